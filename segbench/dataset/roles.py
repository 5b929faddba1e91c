"""Which column plays which role: as declared, else by a stated inference.

The inference, for columns of a user's own table that no role names (what it decided is printed):
a column called id, customer_id, ... is the id; numbers are numeric, unless there are only two
different ones (categorical); at most `MAX_LEVELS` different texts are categorical; dates, more
texts than that, a single value or no value at all are ignored. A column in which most cells are
numbers and some are not is an error, because guessing either way would hide it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from segbench.dataset.readers import Raw, is_missing
from segbench.errors import InputError

ROLES = ("id", "numeric", "categorical", "ordinal", "target", "reference", "ignore")
ID_NAMES = frozenset(
    {"id", "customer_id", "customerid", "customer", "client_id", "user_id", "household_id"}
)
COMMA = re.compile(r"[-+]?\d[\d.]*,\d+$")
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
MAX_LEVELS = 30


def assign_roles(raw: Raw, declared: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The declared roles, completed by inference where the declaration leaves columns open."""
    unknown = set(declared) - set(ROLES)
    if unknown:
        raise InputError(
            "dataset.columns", found=", ".join(sorted(unknown)), wanted=f"roles {list(ROLES)}"
        )
    roles: dict[str, Any] = {role: _names(declared.get(role)) for role in ROLES[1:]}
    roles["id"] = None if declared.get("id") is None else str(declared["id"])
    roles["ordinal"] = _ordinal_levels(declared.get("ordinal") or {})
    named = [roles["id"]] if roles["id"] else []
    named += [column for role in ROLES[1:] for column in roles[role]]
    for column in named:
        if column not in raw.columns:
            have = ", ".join(list(raw.columns)[:20])
            raise InputError(raw.file, column=str(column), found="no such column", wanted=have)
        if named.count(column) > 1:
            raise InputError(raw.file, column=column, found="two roles", wanted="one role")
    notes = []
    for column in raw.columns:
        if column not in named:
            role, why = _infer(raw, column, have_id=roles["id"] is not None)
            gaps = int(is_missing(raw.columns[column]).sum())
            notes.append(f"{column} {role} ({why}{f', {gaps} missing' if gaps else ''})")
            if role == "id":
                roles["id"] = column
            else:
                roles[role].append(column)
    _check_any_value(raw, roles)
    return roles, notes


def _names(columns: Any) -> list[str]:
    """Column names from a config: a list, or one name; yaml reads some as numbers."""
    return [str(c) for c in ([columns] if isinstance(columns, str) else columns or ())]


def _ordinal_levels(declared: Any) -> dict[str, list[str]]:
    if not isinstance(declared, Mapping):
        raise InputError("dataset.columns.ordinal", found=declared, wanted="{column: [level, ...]}")
    ordinal = {str(column): _names(levels) for column, levels in declared.items()}
    for column, levels in ordinal.items():
        if len(set(levels)) < len(levels) or len(levels) < 2:
            raise InputError("dataset.columns.ordinal", column=column, found=levels,
                             wanted="two or more distinct levels")  # fmt: skip
    return ordinal


def _infer(raw: Raw, column: str, have_id: bool) -> tuple[str, str]:
    cells = raw.columns[column]
    if not have_id and column.lower() in ID_NAMES:
        return "id", "by its name"
    present = cells[~is_missing(cells)]
    present = np.array([str(cell).strip() for cell in present], dtype=object)
    distinct = np.unique(present.astype(str))
    if len(distinct) < 2:
        return "ignore", "no values" if not len(distinct) else "a single value"
    numbers = pd.to_numeric(pd.Series(present), errors="coerce")
    share = float(numbers.notna().mean())
    if share == 1.0:
        return ("categorical", "two values") if len(distinct) == 2 else ("numeric", "numbers")
    if share > 0.5:
        row = int(np.flatnonzero(~is_missing(cells))[int(np.argmax(numbers.isna()))])
        raise InputError(
            raw.file,
            row=int(raw.lines[row]),
            column=column,
            found=repr(cells[row]),
            wanted="a number, as in most rows (or declare the column categorical)",
        )
    if sum(bool(COMMA.match(text)) for text in distinct) > len(distinct) / 2:
        comma = next(row for row, cell in enumerate(cells) if COMMA.match(str(cell).strip()))
        raise InputError(
            raw.file, row=int(raw.lines[comma]), column=column, found=repr(cells[comma]),
            wanted="numbers with a decimal point (or declare the column categorical, or to ignore)",
        )  # fmt: skip
    if all(DATE.match(text) for text in distinct):
        return "ignore", "dates; days before a fixed day would be numeric"
    if len(distinct) <= min(MAX_LEVELS, len(cells) // 2):
        return "categorical", f"{len(distinct)} different texts"
    return "ignore", f"{len(distinct)} different texts"


def _check_any_value(raw: Raw, roles: Mapping[str, Any]) -> None:
    others = [column for column in raw.columns if column != roles["id"]]
    if others and all(
        raw.columns[column].dtype == object and is_missing(raw.columns[column]).all()
        for column in others
    ):
        raise InputError(raw.file, found="only missing values", wanted="some values")
