"""Who meets whom in two labellings: the one table that every agreement is computed from.

The noise customers of a labelling are segments of one each. They are kept as one *group* with the
number of its segments, never as a row or column each, so that the table of two labellings with
20,000 noise customers is as small as that of two without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit

from segbench.contracts import Ints
from segbench.errors import Undefined

Counts = npt.NDArray[np.int64]
SMALL = 4096  # cells of a table that costs nothing, however few the customers
WIDE = (np.dtype(np.int32), np.dtype(np.int64))  # integers that may be counted as they are


@dataclass(frozen=True)
class Contingency:
    """The contingency table of labellings a and b, without its zeros.

    Group 0 of a labelling is its noise, group i + 1 its segment i.

    Attributes:
        n: number of customers, at least 1.
        row, column: (m,) groups of a and b that meet.
        size, times: (m,) two segments of these groups share `size` customers, `times` times.
        a_size, a_times, b_size, b_times: a group consists of `times` segments of `size` customers,
            of none where no customer has the label.

    """

    n: int
    row: Counts
    column: Counts
    size: Counts
    times: Counts
    a_size: Counts
    a_times: Counts
    b_size: Counts
    b_times: Counts

    @property
    def segments(self) -> tuple[int, int]:
        """Numbers of segments of a and b, each noise customer one."""
        return int(self.a_times.sum()), int(self.b_times.sum())

    @property
    def same(self) -> bool:
        """Whether a and b are the same partition under other names."""
        first, second = self.a_size[self.row], self.b_size[self.column]
        return bool(np.all((first == self.size) & (second == self.size)))


def contingency(a: Ints, b: Ints) -> Contingency:
    """Count the customers that segments of two labellings share.

    Time O(n) for few segments, O(n log n) for many; memory O(n).

    Args:
        a, b: (n,) integer labels; each customer with a negative one is a segment of its own.

    Raises:
        ValueError: the lengths differ.
        Undefined: there is nobody to agree about.

    """
    if len(a) != len(b):
        raise ValueError(f"labellings of {len(a)} and {len(b)} customers")
    if not len(a):
        raise Undefined("no customers")
    height, width = (max(_extremes(labels)[1], -1) + 2 for labels in (a, b))
    if height * width <= max(4 * len(a), SMALL):
        table = _count(a, b, height, width)
        row, column = np.nonzero(table)
        count = table[row, column]
    else:  # a table would be mostly zeros; sorted codes cost no more memory than the labels
        groups = np.maximum(a, -1).astype(np.int64) * width + np.maximum(b, -1) + width + 1
        code, count = np.unique(groups, return_counts=True)
        (row, height), (column, width) = (_close(part) for part in np.divmod(code, width))
    alone = (row == 0) | (column == 0)
    return Contingency(
        len(a), row, column, np.where(alone, 1, count), np.where(alone, count, 1),
        *_groups(row, count, height), *_groups(column, count, width),
    )  # fmt: skip


def _extremes(values: npt.NDArray[Any]) -> tuple[int, int]:
    if values.dtype not in WIDE:
        return int(values.min()), int(values.max())
    low, high = _low_high(values)  # both in one pass
    return int(low), int(high)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _low_high(values: Ints) -> tuple[int, int]:
    low, high = values[0], values[0]
    for x in values:
        low, high = min(low, x), max(high, x)
    return low, high


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _count(a: Ints, b: Ints, height: int, width: int) -> Counts:
    table = np.zeros((height, width), dtype=np.int64)
    for i in range(len(a)):
        table[max(a[i], -1) + 1, max(b[i], -1) + 1] += 1
    return table


def _close(groups: Counts) -> tuple[Counts, int]:
    """The groups numbered without gaps, noise still 0, and their number."""
    names, closed = np.unique(np.append(groups, 0), return_inverse=True)
    return closed[:-1].astype(np.int64), len(names)


def _groups(group: Counts, count: Counts, number: int) -> tuple[Counts, Counts]:
    size = np.bincount(group, count, number).astype(np.int64)
    times = (size > 0).astype(np.int64)
    size[0], times[0] = 1, size[0]
    return size, times


def codes(labels: Any, name: str) -> npt.NDArray[Any]:
    """Labels of any kind as integers from 0; no label is noise.

    Raises:
        ValueError: the labels are not (n,), or some are missing.

    """
    values = np.asarray(labels)
    if values.dtype.kind in "US" and not hasattr(labels, "dtype"):
        values = np.asarray(labels, dtype=object)  # numpy spells a NaN among words "nan"
    if values.ndim != 1:
        raise ValueError(f"{name}: found shape {values.shape}, wanted (n,) labels")
    if values.dtype.kind in "iu" and values.size:
        # Numbers that lie close together are codes already: nothing to sort, nothing to hash.
        (low, high), few = _extremes(values), max(4 * len(values), SMALL)
        if low >= 0 and high < few:
            return values if values.dtype in WIDE else values.astype(np.int64)
        if high - low < few and high < 2**63:
            return values.astype(np.int64) - low
    found, _ = pd.factorize(values)
    if np.any(found < 0):
        at = int(np.argmin(found))
        raise ValueError(f"{name}: found {values[at]} at position {at}, wanted a label for each")
    return found


def of_labels(agree: Callable[[Ints, Ints], float], labels_true: Any, labels_pred: Any) -> float:
    """An agreement of labels of any kind; NaN where it is undefined."""
    try:
        return agree(codes(labels_true, "labels_true"), codes(labels_pred, "labels_pred"))
    except Undefined:
        return float("nan")
