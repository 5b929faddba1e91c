"""From a data set's config to `(Table, Outcomes)`.

A data set is a yaml in `conf/dataset`; its `reader` names one of `READERS`. Everything below works
on plain dictionaries, so a table can be loaded without Hydra:

>>> spec = {"name": "blobs", "reader": "blobs", "n": 60, "k": 3, "seed": 0}
>>> table, outcomes = load({**spec, "columns": {"reference": ["segment"]}})
>>> len(table), sorted(outcomes.reference)
(60, ['segment'])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd

from segbench.contracts import Outcomes, Table
from segbench.dataset.readers import Raw, read, source
from segbench.dataset.schema import build_frame, build_table, find_ids
from segbench.dataset.synthetic import blobs
from segbench.dataset.transactions import aggregate
from segbench.errors import InputError

READERS: dict[str, Callable[[Mapping[str, Any]], Raw]] = {
    "table": read,
    "transactions": aggregate,
    "blobs": blobs,
}


def load(spec: Mapping[str, Any]) -> tuple[Table, Outcomes]:
    """Read, type and check a data set.

    Raises:
        InputError: naming file, row and column of what is wrong.

    """
    if spec["reader"] not in READERS:
        raise InputError("dataset.reader", found=spec["reader"], wanted=f"one of {list(READERS)}")
    return build_table(READERS[spec["reader"]](spec), display_name(spec), spec)


def display_name(spec: Mapping[str, Any]) -> str:
    """What the leaderboard calls the data set: its name; `table` goes by the name of its file."""
    if spec["name"] == "table" and spec.get("path"):
        return Path(str(spec["path"])).name.split(".")[0]
    return str(spec["name"])


def fingerprint(spec: Mapping[str, Any]) -> str:
    """sha256 of the source bytes, without parsing them.

    Raises:
        InputError: the file cannot be found or read, or its sha256 is not the declared one.

    """
    return blobs(spec).sha256 if spec["reader"] == "blobs" else source(spec).sha256


def read_customers(
    path: Path,
    delimiter: str | None,
    id_name: str,
    numeric: Sequence[str],
    ordinal: Mapping[str, Sequence[str]],
    categorical: Mapping[str, Sequence[str]],
    missing_values: Mapping[str, Sequence[float]],
) -> tuple[npt.NDArray[Any] | None, pd.DataFrame]:
    """Ids (None: the file has none) and attributes of new customers, typed as in the training."""
    raw = read({"path": str(path), "delimiter": delimiter})
    return find_ids(raw, id_name), build_frame(raw, numeric, ordinal, categorical, missing_values)
