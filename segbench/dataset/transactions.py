"""A transaction log into one row per customer, at a declared cut-off date.

What lies after the cut-off never enters an attribute: it is summed into the future window, which
only the finished partition is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segbench.dataset.readers import Raw, read
from segbench.dataset.schema import parse_numbers
from segbench.errors import InputError


def aggregate(spec: Mapping[str, Any]) -> Raw:
    """Read the log of `spec` and aggregate it by customer.

    Columns made, for the customers with a purchase up to the cut-off: recency (days from the last
    purchase to the cut-off), frequency (purchases), monetary (total spend), tenure (days since the
    first purchase) and, where `units` names a column, basket (mean units a purchase).

    Raises:
        InputError: a column is absent, or a cell is not a date or a number.

    """
    raw, how = read(spec), spec["transactions"]
    for part in ("customer", "date", "amount", "units"):
        if how.get(part) and how[part] not in raw.columns:
            have = ", ".join(raw.columns)
            raise InputError(raw.file, column=how[part], found="no such column", wanted=have)
    cutoff = pd.Timestamp(str(how["cutoff"]))
    log = pd.DataFrame(
        {
            "customer": raw.columns[how["customer"]],
            "date": _dates(raw, how["date"], how.get("date_format")),
            "amount": parse_numbers(raw, how["amount"]),
        }
    )
    if how.get("units"):
        log["units"] = parse_numbers(raw, how["units"])
    past = log[log["date"] <= cutoff].groupby("customer")
    customers = past["amount"].agg(frequency="size", monetary="sum")
    columns: dict[str, npt.NDArray[Any]] = {
        str(how["customer"]): customers.index.to_numpy(dtype=object),
        "recency": _days(cutoff - past["date"].max()),
        "frequency": customers["frequency"].to_numpy(dtype=np.float64),
        "monetary": customers["monetary"].to_numpy(dtype=np.float64),
        "tenure": _days(cutoff - past["date"].min()),
    }
    if how.get("units"):
        columns["basket"] = past["units"].mean().to_numpy(dtype=np.float64)
    after = log[log["date"] > cutoff].groupby("customer")["amount"].sum()
    future = after.reindex(customers.index, fill_value=0.0).to_numpy(dtype=np.float64)
    lines = np.arange(1, len(customers) + 1)
    return replace(raw, columns=columns, lines=lines, future=future)


def _days(delta: pd.Series) -> npt.NDArray[np.float64]:
    return delta.dt.days.to_numpy(dtype=np.float64)


def _dates(raw: Raw, column: str, form: str | None) -> pd.Series:
    text = pd.Series(raw.columns[column].astype(str))
    dates = pd.to_datetime(text, format=form, errors="coerce")
    if dates.isna().any():
        row = int(np.argmax(dates.isna()))
        wanted = f"a date in the form {form}" if form else "a date"
        raise InputError(raw.file, row=int(raw.lines[row]), column=column,
                         found=repr(text[row]), wanted=wanted)  # fmt: skip
    return dates
