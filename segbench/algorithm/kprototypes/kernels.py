"""What k-prototypes is made of: distances, nearest prototypes, the counts behind prototypes.

The columns of a table lie one after the other: numbers (d, n), NaN where missing, and codes (c, n),
-1 where missing. A missing value takes no part: it adds to no distance, no mean and no mode.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints

BLOCK = 512
"""Rows at a time: their distances to all prototypes stay in the first cache."""
LEAST = 1e-11
"""Of what a move is about, or of the distances in the table; a gain below it may be rounding."""
KERNEL = {"nogil": True, "cache": True}


class Columns(NamedTuple):
    """A table by columns.

    Attributes:
        numbers: (d, n), NaN missing.
        codes: (c, n), -1 missing.
        start: (c + 1,) where the levels of each column begin in a row of frequencies.
        weights: (n,) of the rows.
        gamma: weight of a mismatch.

    """

    numbers: Floats
    codes: Ints
    start: Ints
    weights: Floats
    gamma: float


class Prototypes(NamedTuple):
    """Means (k, d) and modes (k, c); NaN and -1 where a segment has no value."""

    means: Floats
    modes: Ints


class Counts(NamedTuple):
    """What prototypes are made from.

    Attributes:
        sums, mass: (k, d) weighted sum of the values of a column, and the weight they have.
        often: (k, levels of all columns) weight of each level.
        known: (k, c) weight of all levels of a column.
        most, next: (k, c) weight of the most frequent level, and of the best among the others.
        rows: (k,) rows with a weight.

    """

    sums: Floats
    mass: Floats
    often: Floats
    known: Floats
    most: Floats
    next: Floats
    rows: Ints


@njit(**KERNEL)
def distances(columns, prototypes, first, last, out):  # type: ignore[no-untyped-def]
    """Dissimilarity of the rows first..last to each prototype, into out (k, last - first)."""
    k = len(prototypes.means)
    out[:, : last - first] = 0.0
    for j in range(len(columns.numbers)):
        x = columns.numbers[j, first:last]
        for s in range(k):
            mean = prototypes.means[s, j]
            for i in range(len(x)):
                square = (x[i] - mean) * (x[i] - mean)
                out[s, i] += square if square == square else 0.0  # not a number: missing
    for j in range(len(columns.codes)):
        code = columns.codes[j, first:last]
        for s in range(k):
            mode = prototypes.modes[s, j]
            for i in range(len(code)):
                out[s, i] += columns.gamma if code[i] >= 0 and code[i] != mode else 0.0


@njit(**KERNEL)
def nearest(columns, prototypes, labels, costs):  # type: ignore[no-untyped-def]
    """The nearest prototype of each row, the first of several; how many rows changed it."""
    n, k = len(labels), len(prototypes.means)
    out = np.empty((k, BLOCK))
    which = np.empty(BLOCK, np.int32)
    moved = 0
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        distances(columns, prototypes, first, first + size, out)
        best = costs[first : first + size]
        best[:] = out[0, :size]
        which[:] = 0
        for s in range(1, k):
            for i in range(size):
                closer = out[s, i] < best[i]
                which[i] = s if closer else which[i]
                best[i] = out[s, i] if closer else best[i]
        for i in range(size):
            moved += which[i] != labels[first + i]
            labels[first + i] = which[i]
    return moved


@njit(**KERNEL)
def weigh(columns, labels, k):  # type: ignore[no-untyped-def]
    """The counts of a partition."""
    n, d, c = len(labels), len(columns.numbers), len(columns.codes)
    w = columns.weights
    counts = Counts(
        np.zeros((k, d)), np.zeros((k, d)), np.zeros((k, columns.start[c])), np.zeros((k, c)),
        np.zeros((k, c)), np.zeros((k, c)), np.zeros(k, np.int32),
    )  # fmt: skip
    for i in range(n):
        counts.rows[labels[i]] += w[i] > 0.0
    for j in range(d):
        x = columns.numbers[j]
        for i in range(n):
            if x[i] == x[i]:
                counts.sums[labels[i], j] += w[i] * x[i]
                counts.mass[labels[i], j] += w[i]
    for j in range(c):
        code, start = columns.codes[j], columns.start[j]
        for i in range(n):
            if code[i] >= 0:
                counts.often[labels[i], start + code[i]] += w[i]
                counts.known[labels[i], j] += w[i]
    for s in range(k):
        for j in range(c):
            rank_levels(columns, counts, s, j)
    return counts


@njit(**KERNEL)
def rank_levels(columns, counts, s, j):  # type: ignore[no-untyped-def]
    """Bring `most` and `next` of one segment and column up to date."""
    most, second = 0.0, 0.0
    for level in range(columns.start[j], columns.start[j + 1]):
        here = counts.often[s, level]
        if here > most:
            most, second = here, most
        elif here > second:
            second = here
    counts.most[s, j], counts.next[s, j] = most, second


@njit(**KERNEL)
def centres(columns, counts, prototypes):  # type: ignore[no-untyped-def]
    """Means and modes, the first of several; a segment without a value keeps what it had."""
    k, d = counts.sums.shape
    for s in range(k):
        for j in range(d):
            if counts.mass[s, j] > 0.0:
                prototypes.means[s, j] = counts.sums[s, j] / counts.mass[s, j]
        for j in range(len(columns.codes)):
            if counts.most[s, j] > 0.0:
                level = columns.start[j]
                while counts.often[s, level] < counts.most[s, j]:
                    level += 1
                prototypes.modes[s, j] = level - columns.start[j]


@njit(**KERNEL)
def typical(columns):  # type: ignore[no-untyped-def]
    """The prototype (1, d), (1, c) of all rows; NaN and -1 where a column has no value."""
    counts = weigh(columns, np.zeros(columns.weights.size, np.int32), 1)
    means = np.full((1, len(columns.numbers)), np.nan)
    found = Prototypes(means, np.full((1, len(columns.codes)), np.int32(-1)))
    centres(columns, counts, found)
    return found


@njit(**KERNEL)
def rounding(columns):  # type: ignore[no-untyped-def]
    """What a row of weight 1 may cost by rounding alone: of the spread of all rows, next to none.

    Where no more rows differ than there are segments, there are no other costs.
    """
    n = columns.weights.size
    costs = np.empty(n)
    nearest(columns, typical(columns), np.empty(n, np.int32), costs)
    return LEAST**2 * weighted_sum(costs, columns.weights) / columns.weights.sum()


@njit(**KERNEL)
def weighted_sum(costs, weights):  # type: ignore[no-untyped-def]
    """The cost of a partition, in a fixed order."""
    total = 0.0
    for i in range(len(costs)):
        total += costs[i] * weights[i]
    return total
