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

from segbench.dataset.readers import Raw, is_missing, read
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
    cutoff = _day(how["cutoff"])
    log = pd.DataFrame(
        {
            "customer": _present(raw, how["customer"]),
            "date": _days(raw, how["date"], how.get("date_format")),
            "amount": _amounts(raw, how["amount"]),
            "line": raw.lines,
        }
    )
    if how.get("units"):
        log["units"] = _amounts(raw, how["units"])
    if log["date"].min() > cutoff:
        found = f"no purchase up to {cutoff:%Y-%m-%d}"
        raise InputError(raw.file, found=found, wanted="some before dataset.transactions.cutoff")
    past = log[log["date"] <= cutoff].groupby("customer")
    customers = past["amount"].agg(frequency="size", monetary="sum")
    columns: dict[str, npt.NDArray[Any]] = {
        str(how["customer"]): customers.index.to_numpy(dtype=object),
        "recency": _since(past["date"].max(), cutoff),
        "frequency": customers["frequency"].to_numpy(dtype=np.float64),
        "monetary": customers["monetary"].to_numpy(dtype=np.float64),
        "tenure": _since(past["date"].min(), cutoff),
    }
    if how.get("units"):
        columns["basket"] = past["units"].mean().to_numpy(dtype=np.float64)
    after = log[log["date"] > cutoff].groupby("customer")["amount"].sum()
    future = after.reindex(customers.index, fill_value=0.0).to_numpy(dtype=np.float64)
    lines = past["line"].min().to_numpy()
    return replace(raw, columns=columns, lines=lines, future=future)


def _day(cutoff: Any) -> pd.Timestamp:
    try:
        return pd.Timestamp(str(cutoff)).normalize()
    except ValueError:
        raise InputError(
            "dataset.transactions.cutoff", found=cutoff, wanted="a date such as 1997-09-30"
        ) from None


def _since(day: pd.Series, cutoff: pd.Timestamp) -> npt.NDArray[np.float64]:
    return (cutoff - day).dt.days.to_numpy(dtype=np.float64)


def _present(raw: Raw, column: str) -> npt.NDArray[Any]:
    """The column as stripped text.

    Raises:
        InputError: a cell is missing.

    """
    cells = np.array([str(cell).strip() for cell in raw.columns[column]], dtype=object)
    missing = is_missing(cells)
    if missing.any():
        row = int(np.argmax(missing))
        raise InputError(raw.file, row=int(raw.lines[row]), column=column,
                         found=repr(cells[row]), wanted="a value")  # fmt: skip
    return cells


def _amounts(raw: Raw, column: str) -> npt.NDArray[np.float64]:
    _present(raw, column)
    return parse_numbers(raw, column)


def _days(raw: Raw, column: str, form: str | None) -> pd.Series:
    """The day of each date; a time zone is read as UTC, the time of day does not count."""
    text = pd.Series(_present(raw, column).astype(str))
    dates = pd.to_datetime(text, format=form, errors="coerce", utc=True)
    if dates.isna().any():
        row = int(np.argmax(dates.isna()))
        wanted = f"a date in the form {form}" if form else "a date"
        raise InputError(raw.file, row=int(raw.lines[row]), column=column,
                         found=repr(text[row]), wanted=wanted)  # fmt: skip
    return dates.dt.tz_localize(None).dt.normalize()
