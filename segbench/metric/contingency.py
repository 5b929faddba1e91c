"""Who meets whom in two labellings: the one table that every agreement is computed from.

The noise customers of a labelling are segments of one each. They are kept as one *group* with the
number of its segments, never as a row or column each, so that the table of two labellings with
20,000 noise customers is as small as that of two without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from numba import njit
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from segbench.contracts import Floats, Ints
from segbench.errors import Undefined

Counts = npt.NDArray[np.int64]
SMALL = 4096  # cells of a table that costs nothing, however few the customers
DENSE = 10_000  # cells up to which the solver for full tables is the faster one
WIDE = (np.dtype(np.int32), np.dtype(np.int64))  # integers that may be counted as they are
UNSEEN = 1e-25  # a share of the sum, far below what a float can hold


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
    height, width = (int(labels.max(initial=-1)) + 2 for labels in (a, b))
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
        low, high, few = int(values.min()), int(values.max()), max(4 * len(values), SMALL)
        if low >= 0 and high < few:
            return values if values.dtype in WIDE else values.astype(np.int64)
        if high - low < few and high < 2**63:
            return values.astype(np.int64) - low
    found, _ = pd.factorize(values)
    if np.any(found < 0):
        at = int(np.argmin(found))
        raise ValueError(f"{name}: found {values[at]} at position {at}, wanted a label for each")
    return found


def expected_information(table: Contingency) -> float:
    """Mean of the mutual information over all labellings with these segment sizes, in nats.

    It depends on nothing but the sizes, so segments of equal size, noise above all, are computed
    once and counted as often as they occur.
    """
    a, b = _distinct(table.a_size, table.a_times), _distinct(table.b_size, table.b_times)
    return float(_expected(*a, *b, table.n))


def _distinct(size: Counts, times: Counts) -> tuple[Counts, Floats]:
    sizes, which = np.unique(size[times > 0], return_inverse=True)
    return sizes, np.bincount(which, times[times > 0]).astype(np.float64)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _expected(a: Counts, a_times: Floats, b: Counts, b_times: Floats, n: int) -> float:
    total = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            total += a_times[i] * b_times[j] * _expected_cell(a[i], b[j], n)
    return total


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _expected_cell(a: int, b: int, n: int) -> float:
    """Mean of x / n * log(n * x / (a * b)), x being the hypergeometric overlap of a and b.

    Probabilities come from the mode outwards by their ratios, so there are neither factorials,
    whose logarithms lose digits, nor the many terms that no sum would notice.
    """
    mode, apart, scale = (a + 1) * (b + 1) // (n + 2), n - a - b, n / (a * b)
    weights, total = 0.0, 0.0
    x, weight = mode, 1.0
    while weight > UNSEEN:
        weights += weight
        total += weight * x * np.log(scale * x) if x > 0 else 0.0
        weight *= (a - x) / (x + 1.0) * ((b - x) / (apart + x + 1.0))
        x += 1
    x, weight = mode, mode / (a - mode + 1.0) * ((apart + mode) / (b - mode + 1.0))
    while weight > UNSEEN:
        x -= 1
        weights += weight
        total += weight * x * np.log(scale * x) if x > 0 else 0.0
        weight *= x / (a - x + 1.0) * ((apart + x) / (b - x + 1.0))
    return total / weights / n


def best_pairing(table: Contingency, weights: Floats) -> float:
    """Largest sum of weights that pairs each segment of a with at most one of b, and vice versa.

    Args:
        weights: (m,) what a pair of segments of the groups that meet is worth, at least 0.

    """
    # The noise customers that share a segment are worth the same, and it can be paired with only
    # one of them: one node stands for all. Those that are noise on both sides pair off.
    height, width = len(table.a_size) - 1, len(table.b_size) - 1
    apart = (table.row == 0) & (table.column == 0)
    rest, row, column = ~apart, table.row - 1, table.column - 1
    left = np.where(row < 0, height + column, row)[rest]
    right = np.where(column < 0, width + row, column)[rest]
    pairs = _pair(left, right, weights[rest]) if rest.any() else 0.0
    return pairs + float((weights * table.times)[apart].sum())


def _pair(left: Counts, right: Counts, weights: Floats) -> float:
    height, width = int(left.max()) + 1, int(right.max()) + 1
    if height * width <= DENSE:
        matrix = np.zeros((height, width))
        matrix[left, right] = weights
        return float(matrix[linear_sum_assignment(matrix, maximize=True)].sum())
    # The solver for sparse tables wants everyone paired and no weight of 0: everyone on the left
    # may stay with a partner of its own, and every weight is 1 more.
    partner = np.arange(width, width + height)
    ends = np.append(left, np.arange(height)), np.append(right, partner)
    graph = coo_array((np.append(weights + 1, np.ones(height)), ends)).tocsr()
    row, column = min_weight_full_bipartite_matching(graph, maximize=True)
    partner[row] = column
    return float(weights[partner[left] == right].sum())
