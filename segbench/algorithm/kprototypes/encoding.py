"""From rows of numbers and categories to the columns that the kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Number
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segbench.contracts import Floats, Ints

UNSEEN = np.int32(2**31 - 1)
"""The code of a category that was not there when levels were learnt: it is none of the modes."""
Values = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


def positions(categorical: Any, p: int, names: Sequence[str] = ()) -> Mask:
    """(p,) which columns hold categories.

    Args:
        categorical: positions (negative ones from the end), names, or a mask (p,); None: none.
        p: number of columns.
        names: (p,) of the columns, if they have any.

    Raises:
        ValueError: a position or a name that the table does not have, or something else.

    """
    wanted = np.atleast_1d(np.asarray([] if categorical is None else categorical))
    if wanted.dtype == bool and wanted.shape == (p,):
        return wanted.copy()
    if all(isinstance(each, str) for each in wanted.flat):
        listed = list(names)
        if not set(wanted) <= set(listed):
            raise ValueError(f"categorical={categorical!r}: X has {listed or 'no names'}")
        wanted = np.array([listed.index(name) for name in wanted], dtype=np.intp)
    if wanted.dtype.kind not in "iu" or wanted.ndim != 1:
        raise ValueError(f"categorical={categorical!r}: wanted positions or names of columns, "
                         f"or a mask of {p}")  # fmt: skip
    if ((wanted < -p) | (wanted >= p)).any():
        raise ValueError(f"categorical={categorical!r}: X has {p} columns")
    chosen = np.zeros(p, dtype=bool)
    chosen[wanted] = True
    return chosen


def split(X: Values, is_category: Mask) -> tuple[Floats, list[Values]]:
    """Numbers (d, n), NaN missing, and the values (n,) of each categorical column.

    Raises:
        ValueError: a number is infinite, or is none.

    """
    numbers = X[:, ~is_category].T
    if numbers.dtype == object:
        numbers = np.where(pd.isna(numbers), np.nan, numbers)  # pandas' NA is no float
    numbers = np.ascontiguousarray(numbers, dtype=np.float64)
    if np.isinf(numbers).any():
        raise ValueError("X contains infinity; wanted finite numbers, or NaN where missing")
    return numbers, [X[:, j] for j in np.flatnonzero(is_category)]


def levels_of(column: Values) -> Values:
    """The distinct values of a column in order, missing ones left out.

    Raises:
        ValueError: numbers and strings are mixed.
        TypeError: there is something else.

    """
    there = column[~pd.isna(column)]
    try:
        return np.unique(there)
    except TypeError as error:
        raise _unordered(there) from error


def codes_of(columns: Sequence[Values], levels: Sequence[Values], n: int) -> Ints:
    """(c, n) position of each value among its column's levels, -1 missing, `UNSEEN` if new."""
    codes = np.full((len(columns), n), -1, dtype=np.int32)
    for code, column, known in zip(codes, columns, levels, strict=True):
        there = np.flatnonzero(~pd.isna(column))
        given = column[there]
        try:
            at = np.searchsorted(known, given)
        except TypeError as error:
            raise _unordered(given) from error
        seen = at < len(known)
        seen[seen] = known[at[seen]] == given[seen]
        code[there] = np.where(seen, at, UNSEEN)
    return codes


def _unordered(values: Values) -> Exception:
    """What to raise for values that cannot be compared."""
    other = [value for value in values if not isinstance(value, (str, Number))]
    if other:
        return TypeError(f"argument must be a string or a number, found {other[0]!r}")
    return ValueError("a categorical column of numbers and strings; wanted one of them")
