"""Raw columns into a typed Table and its Outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segbench.contracts import RFM, Floats, Outcomes, Table
from segbench.dataset.readers import Raw, is_missing
from segbench.dataset.roles import ID_NAMES, assign_roles
from segbench.errors import InputError

UNSEEN = "(a level that the training table did not have)"
MAX_ABS = 1e100
"""Above this the square of a value, summed over customers, no longer fits a float64."""


def build_table(raw: Raw, name: str, spec: Mapping[str, Any]) -> tuple[Table, Outcomes]:
    """Type every column of `raw` by the roles in `spec["columns"]`, inferring what is not declared.

    Raises:
        InputError: a column is declared but absent or cannot hold what it holds, an id is missing
            or repeated, or nothing usable is left.

    """
    if len(raw.lines) < 2:
        raise InputError(raw.file, found="1 customer", wanted="at least 2")
    roles, notes = assign_roles(raw, {**(spec.get("columns") or {}), **raw.declared})
    special = _missing_values(raw.file, spec, roles["numeric"])
    frame: dict[str, Any] = {}
    for column in roles["numeric"]:
        frame[column] = parse_numbers(raw, column, special.get(column, ()))
    for column, levels in roles["ordinal"].items():
        frame[column] = _ordinal(raw, column, levels)
    for column in roles["categorical"]:
        frame[column] = _categorical(raw, column)
    if not frame:
        raise InputError(raw.file, found="no usable column", wanted="a numeric or categorical one")
    for column, values in frame.items():
        if pd.isna(pd.Series(values)).all():
            raise InputError(
                raw.file, column=column, found="only missing values", wanted="some values"
            )
    table = Table(
        name=name,
        ids=_ids(raw, roles["id"]),
        frame=pd.DataFrame(frame),
        numeric=tuple(roles["numeric"]),
        ordinal=tuple(roles["ordinal"]),
        categorical=tuple(roles["categorical"]),
        levels={column: tuple(levels) for column, levels in roles["ordinal"].items()},
        rfm=_rfm(raw.file, spec.get("rfm") or {}, roles["numeric"]),
        revenue=_revenue(raw.file, spec.get("revenue"), roles["numeric"]),
        sha256=raw.sha256,
        id_name=roles["id"] or "id",
        notes=tuple(notes),
    )
    return table, _outcomes(raw, roles)


def build_frame(
    raw: Raw,
    numeric: Sequence[str],
    ordinal: Mapping[str, Sequence[str]],
    categorical: Mapping[str, Sequence[str]],
    missing_values: Mapping[str, Sequence[float]],
) -> pd.DataFrame:
    """Columns typed exactly as another table's were; a level that it did not have is `UNSEEN`.

    Raises:
        InputError: a column is absent or holds what it cannot.

    """
    frame: dict[str, Any] = {}
    for column in [*numeric, *categorical]:
        if column not in raw.columns:
            have = f"that column beside {', '.join(list(raw.columns)[:20])}"
            raise InputError(raw.file, column=column, found="no such column", wanted=have)
        if column in ordinal:
            frame[column] = _ordinal(raw, column, list(ordinal[column]))
        elif column in categorical:
            levels = list(categorical[column])
            text, missing = _text(raw, column)
            text[~np.isin(text.astype(str), levels)] = UNSEEN
            text[missing] = None
            frame[column] = pd.Categorical(text, categories=[*levels, UNSEEN])
        else:
            frame[column] = parse_numbers(raw, column, tuple(missing_values.get(column, ())))
    return pd.DataFrame(frame)


def find_ids(raw: Raw, column: str) -> npt.NDArray[Any] | None:
    """The ids of a table: the named column, else one called id, ..., else None."""
    named = column if column in raw.columns else None
    by_name = next((name for name in raw.columns if name.lower() in ID_NAMES), None)
    found = named or by_name
    return None if found is None else _ids(raw, found)


def parse_numbers(raw: Raw, column: str, special: tuple[float, ...] = ()) -> Floats:
    """The column as float64 with NaN for missing values; `special` values are missing too.

    Raises:
        InputError: a cell is no number, or too large a one.

    """
    cells = raw.columns[column]
    if cells.dtype == object:
        stripped, missing = _text(raw, column)
        text = pd.Series(np.where(missing, "nan", stripped.astype(str)))
        values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        _refuse(raw, column, np.isnan(values) & ~missing, "a number")
    else:
        values = cells.astype(np.float64)
    limit = f"a number between -{MAX_ABS:g} and {MAX_ABS:g}"
    _refuse(raw, column, np.abs(values) > MAX_ABS, limit)
    return np.where(np.isin(values, special), np.nan, values)


def _ordinal(raw: Raw, column: str, levels: list[str]) -> Floats:
    text, missing = _text(raw, column)
    position = {level: float(i) for i, level in enumerate(levels)}
    codes = np.array([position.get(cell, np.nan) for cell in text])
    _refuse(raw, column, np.isnan(codes) & ~missing, f"one of {levels}")
    return np.where(missing, np.nan, codes)


def _categorical(raw: Raw, column: str) -> pd.Categorical:
    text, missing = _text(raw, column)
    text[missing] = None
    return pd.Categorical(text, categories=sorted(set(text[~missing]), key=_natural))


def _text(raw: Raw, column: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    cells = np.array([str(cell).strip() for cell in raw.columns[column]], dtype=object)
    return cells, is_missing(cells)


def _natural(level: str) -> tuple[int, float, str]:
    """Sort numbers by value, before texts by letter."""
    try:
        return (0, float(level), level)
    except ValueError:
        return (1, 0.0, level)


def _refuse(raw: Raw, column: str, bad: npt.NDArray[np.bool_], wanted: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        cell = raw.columns[column][row]
        found = repr(cell) if isinstance(cell, str) else f"{cell:g}"
        raise InputError(
            raw.file, row=int(raw.lines[row]), column=column, found=found, wanted=wanted
        )


def _ids(raw: Raw, column: str | None) -> npt.NDArray[Any]:
    """The id column (integers where all are written as such), or row numbers from 0."""
    if column is None:
        return np.arange(len(raw.lines))
    text, missing = _text(raw, column)
    _refuse(raw, column, missing, "an id")
    again = pd.Series(text).duplicated().to_numpy()
    if again.any():
        first = raw.lines[int(np.argmax(text == text[int(np.argmax(again))]))]
        _refuse(raw, column, again, f"an id that occurs once (row {first} has it too)")
    # Zero-padded ids (00001) must come back as they were given.
    plain = all(len(i) < 19 and i.isascii() and i.isdigit() and str(int(i)) == i for i in text)
    return text.astype(np.int64) if plain else text


def _rfm(file: str, declared: Mapping[str, Any], numeric: list[str]) -> dict[str, str]:
    """Columns that play recency, frequency and monetary: as declared, else by their names."""
    by_name = {column.lower(): column for column in numeric}
    found = {}
    for part in RFM:
        column = declared.get(part) or by_name.get(part)
        if column and column not in numeric:
            raise InputError(file, column=column, found=f"no numeric column for {part}",
                             wanted=f"one of {numeric}")  # fmt: skip
        if column:
            found[part] = str(column)
    return found


def _revenue(file: str, declared: Any, numeric: list[str]) -> str | None:
    if declared and declared not in numeric:
        raise InputError(file, column=declared, found="no numeric column for revenue",
                         wanted=f"one of {numeric}")  # fmt: skip
    return str(declared) if declared else None


def _missing_values(
    file: str, spec: Mapping[str, Any], numeric: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    found = {}
    for column, values in (spec.get("missing_values") or {}).items():
        if column not in numeric:
            raise InputError(file, column=str(column), found="missing_values for it",
                             wanted=f"a numeric column, one of {list(numeric)}")  # fmt: skip
        try:
            found[str(column)] = tuple(float(value) for value in values)
        except (TypeError, ValueError):
            raise InputError("dataset.missing_values", column=str(column), found=values,
                             wanted="a list of numbers") from None  # fmt: skip
    return found


def _outcomes(raw: Raw, roles: Mapping[str, Any]) -> Outcomes:
    reference = {}
    for column in roles["reference"]:
        text, missing = _text(raw, column)
        text[missing] = None
        reference[column] = text
    targets = {}
    for column in roles["target"]:
        cells = raw.columns[column]
        missing = is_missing(cells)
        targets[column] = pd.Series(cells).mask(missing)
    return Outcomes(reference, pd.DataFrame(targets), raw.future)
