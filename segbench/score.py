"""Score a partition that any tool made: a table of customers, a file of labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segbench.contracts import Partition, Reference, Score, Table
from segbench.dataset import load
from segbench.dataset.readers import is_missing, read
from segbench.dataset.roles import ID_NAMES
from segbench.errors import InputError
from segbench.machine import processors
from segbench.metric import (
    EXTERNAL,
    INTERNAL,
    Prepared,
    hopkins,
    score_outcomes,
    score_partition,
)
from segbench.space import fit_reference

WHOLE = re.compile(r"(-?\d+)(\.0+)?$")
LABEL_NAMES = ("segment", "label", "labels", "cluster", "class")
NOISE = frozenset({"-1", "-1.0", "noise"})


@dataclass(frozen=True)
class Scored:
    """The scores of a partition, and what they were made on."""

    table: Table
    partition: Partition
    space: str
    columns: tuple[str, ...]
    scores: dict[str, Score]

    def as_json(self) -> dict[str, Any]:
        """Plain values, as a part of `result.json` has them."""
        sizes = self.partition.sizes.tolist()
        return {
            "table": self.table.name, "rows": len(self.table), "sha256": self.table.sha256,
            "space": self.space, "columns": list(self.columns),
            "segments": {"k": self.partition.k, "sizes": sizes, "noise": self.partition.noise},
            "scores": {name: score.as_json() for name, score in self.scores.items()},
        }  # fmt: skip


def score_files(
    table: Path, labels: Path, *, space: str | None = None, metrics: Sequence[str] = (),
    reference: Sequence[str] = (), columns: Sequence[str] = (), id_column: str | None = None,
    categorical: Sequence[str] = (),
    delimiter: str | None = None, threads: int | None = None,
) -> Scored:  # fmt: skip
    """Score the partition in `labels` on the customers in `table`.

    Args:
        table: CSV, one row per customer.
        labels: CSV or Parquet. A column called segment, label, cluster or class (or the only one
            that is no id) holds the labels. Rows are matched by id where the file has ids, else by
            their order. -1, `noise` and what means a missing value (an empty cell, NA, ...) mean
            that a customer has no segment.
        space: rank, gower or standard; None: rank, or gower where a column is categorical.
        metrics: keys to score; none means all, without `hopkins`, which judges the table alone.
        reference: columns of the table with known labels; never used as attributes.
        columns: the attributes that the space is made of; none means all.
        categorical: attributes that are no numbers, whatever they look like.
        id_column: of both files, where it is not called id, customer_id, ...
        delimiter: of both files; None: what the header of each has of , ; tab and |.
        threads: how many work at a time, all processors by default; no score depends on it.

    Raises:
        InputError: naming file, row and column of what is wrong.

    """
    wanted = _wanted(metrics, bool(reference))
    spec = {"name": "table", "reader": "table", "path": str(table), "delimiter": delimiter,
            "columns": {"reference": list(reference), "id": id_column,
                        "categorical": list(categorical)}}  # fmt: skip
    customers, outcomes = load(spec)
    partition = Partition.from_labels(read_labels(labels, customers, delimiter))
    fitted = _fit(customers, space, columns)
    prepared = Prepared(fitted, threads or processors())
    scores = score_partition(prepared, partition, [name for name in wanted if name in INTERNAL])
    scores |= score_outcomes(partition, outcomes, seed=0)
    if "hopkins" in wanted:
        scores["hopkins"] = hopkins(prepared)
    kept = {name: scores[name] for name in wanted}
    return Scored(customers, partition, fitted.kind, fitted.columns, kept)


def _fit(table: Table, space: str | None, columns: Sequence[str]) -> Reference:
    try:
        return fit_reference(table, {"kind": space, "columns": list(columns) or None})
    except InputError as error:
        option = "--columns" if error.file.endswith(".columns") else f"--space {space}"
        raise InputError(option, found=error.found, wanted=error.wanted) from None


def _wanted(metrics: Sequence[str], with_reference: bool) -> list[str]:
    known = [*INTERNAL, "hopkins", *EXTERNAL]
    for name in metrics:
        if name not in known:
            raise InputError("--metrics", found=name, wanted=f"some of {', '.join(known)}")
        if name in EXTERNAL and not with_reference:
            raise InputError("--metrics", found=f"{name}, which compares with known labels",
                             wanted="--reference COLUMN beside it")  # fmt: skip
    if metrics:
        return list(dict.fromkeys(metrics))
    return [*INTERNAL, *(EXTERNAL if with_reference else ())]


def read_labels(path: Path, table: Table, delimiter: str | None = None) -> npt.NDArray[np.int64]:
    """(n,) integer labels of the table's customers, in the table's order; -1 is noise.

    Raises:
        InputError: a customer has no line or two, a line names nobody, or no column holds labels.

    """
    columns = _columns(path, delimiter)
    known = {*ID_NAMES, table.id_name.lower()}
    ids = next((name for name in columns if name.lower() in known), None)
    others = [name for name in columns if name != ids]
    label = _label_column(path, others)
    if ids is None and len(others) > 1:  # one of them may be the id: never guess the order
        raise InputError(path, found=f"columns {', '.join(others)} and no id",
                         wanted="--id COLUMN, or the labels alone, in order")  # fmt: skip
    cells, rows = columns[label], np.arange(len(columns[label]))
    if ids is not None:
        rows = _match(path, ids, columns[ids], table)
    elif len(cells) != len(table):
        raise InputError(path, found=f"{len(cells)} labels without ids",
                         wanted=f"{len(table)}, one for each row, under a header")  # fmt: skip
    text = np.array([str(cell).strip() for cell in cells[rows]], dtype=object)
    noise = is_missing(text) | np.isin([cell.lower() for cell in text], list(NOISE))
    codes = np.unique(_plain(text[~noise]), return_inverse=True)[1].astype(np.int64)
    found = np.full(len(text), -1, dtype=np.int64)
    found[~noise] = codes
    return found


def _plain(cells: npt.NDArray[Any]) -> list[str]:
    """1.0 is 1, where all are whole numbers: other tools write them as floats."""
    texts = [str(cell).strip() for cell in cells]
    whole = [WHOLE.match(text) for text in texts]
    return [found[1] for found in whole if found] if all(whole) else texts


def _columns(path: Path, delimiter: str | None) -> dict[str, npt.NDArray[Any]]:
    if path.suffix.lower() not in (".parquet", ".pq"):
        return dict(read({"path": str(path), "delimiter": delimiter}).columns)
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(path, found="no such file", wanted="a file of labels") from None
    except (OSError, ValueError) as error:
        raise InputError(path, found=str(error), wanted="a Parquet file") from error
    return {str(name): _cells(frame[name]) for name in frame.columns}


def _cells(column: pd.Series) -> npt.NDArray[Any]:
    """As a CSV would have them: whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return np.asarray(column.astype(object).where(column.notna(), ""), dtype=object)


def _label_column(path: Path, names: Sequence[str]) -> str:
    named = [name for wanted in LABEL_NAMES for name in names if name.lower() == wanted]
    if named:
        return named[0]
    if len(names) != 1:
        raise InputError(path, found=f"columns {', '.join(names) or 'with ids only'}",
                         wanted=f"one called {', '.join(LABEL_NAMES)}")  # fmt: skip
    return names[0]


def _match(path: Path, column: str, ids: npt.NDArray[Any], table: Table) -> npt.NDArray[np.intp]:
    """The line of each of the table's customers."""
    lines: dict[str, int] = {}
    for i, key in enumerate(_plain(ids)):
        if lines.setdefault(key, i) != i:
            raise InputError(path, row=i + 2, column=column, found=f"{ids[i]} again",
                             wanted="one line for each customer")  # fmt: skip
    own = _plain(table.ids)
    lacking = [key for key in own if key not in lines]
    if lacking:
        raise InputError(path, column=column, found=f"no label for {len(lacking)} customers, "
                         f"{lacking[0]} the first (this file begins with {ids[0]})",
                         wanted="one for each")  # fmt: skip
    if len(lines) > len(own):
        stray = next(key for key in lines if key not in set(own))
        raise InputError(path, row=lines[stray] + 2, column=column, found=stray,
                         wanted=f"an id of {table.name}")  # fmt: skip
    return np.array([lines[key] for key in own], dtype=np.intp)
