"""Sums of Gower distances by passes over the sorted columns (see `gower`)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from segbench.contracts import Floats, Ints, Rows
from segbench.metric.kernels.distances import FAST, Points, each

Flags = npt.NDArray[np.bool_]
MANY = 50_000
"""Customers from which threads pay for sorting one column each."""


class Patterns(NamedTuple):
    """Which columns customers have: columns (u, p) 0 or 1, and `of` (n,) each one's pattern."""

    columns: Floats
    of: Rows


def sweep(
    points: Points, patterns: Patterns, swept: Flags, asked: Flags, labels: Ints, threads: int,
    out: Floats,
) -> None:  # fmt: skip
    """Add every distance of which one end is in a swept pattern, into the rows asked for.

    Everybody is summed over for the customers of a swept pattern, and these are then summed over
    for the customers of the patterns that are not swept. No two tasks write the same rows of `out`.
    """
    orders, one = np.empty(points.columns.shape, dtype=np.intp), np.arange(len(swept))

    def sort(column: int) -> None:
        x = points.columns[column]  # NaN is passed over later and would slow the sort down now
        orders[column] = np.argsort(np.where(np.isnan(x), np.inf, x))

    def add(pattern: int | None) -> None:
        if pattern is not None:
            _add(points, orders, patterns, pattern, one >= 0, one == pattern, asked, labels, out)
            return
        for source in np.flatnonzero(swept).tolist():
            _add(points, orders, patterns, source, one == source, ~swept, asked, labels, out)

    each(sort, range(len(orders)), threads if len(labels) > MANY else 1)
    wanted = np.bincount(patterns.of[asked], minlength=len(swept)) > 0
    to_others: list[int | None] = [None] if (wanted & ~swept).any() else []
    each(add, to_others + np.flatnonzero(swept & wanted).tolist(), threads)


def _add(
    points: Points, orders: Rows, patterns: Patterns, pattern: int, sources: Flags, targets: Flags,
    asked: Flags, labels: Ints, out: Floats,
) -> None:  # fmt: skip
    """Add the distances from customers of the patterns `targets` to those of `sources`.

    Both are (u,) and one of them is `pattern` alone, so that the columns in common depend on the
    other's pattern only. Weights are relative to the pattern's own columns: those of customers who
    have them all are exactly 1.
    """
    has = patterns.columns[pattern]
    common = patterns.columns @ has
    relative = np.divide(has.sum(), common, out=np.zeros_like(common), where=common > 0)
    inverse = np.divide(1.0, common, out=np.zeros_like(common), where=common > 0)
    weight = np.where(labels >= 0, (relative * sources)[patterns.of], 0.0)
    factor = np.where(asked, (inverse * targets)[patterns.of], 0.0)
    _passes(points, orders, has > 0, np.maximum(labels, 0), weight, factor, out)
    if common.all():
        return
    # Customers without a column in common are 1 apart, a customer from itself 0 all the same.
    far, source = (common == 0)[patterns.of], sources[patterns.of] & (labels >= 0)
    target, k = targets[patterns.of], out.shape[1]
    out[target & far] += np.bincount(labels[source], minlength=k)
    out[target & ~far] += np.bincount(labels[source & far], minlength=k)
    itself = np.flatnonzero(target & far & source)
    out[itself, labels[itself]] -= 1.0


@njit(**FAST)
def _passes(points, orders, has, segments, weight, factor, out):  # type: ignore[no-untyped-def]
    """out[t, c] += factor[t] * (sum over s in c of weight[s] * |x_s - x_t|), over the columns."""
    d, n = points.columns.shape
    who, x = np.empty(n, orders.dtype), np.empty(n)
    for f in range(d):
        if not has[f]:
            continue
        m = 0
        for i in range(n):
            who[m], x[m] = orders[f, i], points.columns[f, orders[f, i]]
            m += (weight[who[m]] > 0.0 or factor[who[m]] > 0.0) and x[m] == x[m]  # NaN is not
        _pass(who[:m], x[:m], segments, weight, factor, out)
        _pass(who[:m][::-1], x[:m][::-1], segments, weight, factor, out)
    for f in range(len(points.codes)):
        if has[d + f]:
            _mismatches(points.codes[f], segments, weight, factor, out)


@njit(**FAST)
def _pass(who, x, segments, weight, factor, out):  # type: ignore[no-untyped-def]
    """The sources up to each target: `reach` adds up their weights, `total` what they contribute.

    Sources between two targets are taken in when the second is known, in one step each, whatever
    the number of segments. The last loop is the hot one; it reads nothing that was just written
    through an index, which would stall it.
    """
    k = out.shape[1]
    reach, total = np.zeros(k), np.zeros(k)
    start, last = 0, 0.0
    for i in range(len(who)):
        t = who[i]
        f, w, own, step = factor[t], weight[t], segments[t], abs(x[i] - last)
        if f == 0.0:
            continue
        if start < i:
            for c in range(k):
                total[c] += reach[c] * step
            for u in range(start, i):
                total[segments[who[u]]] += weight[who[u]] * abs(x[i] - x[u])
                reach[segments[who[u]]] += weight[who[u]]
            step = 0.0
        for c in range(k):
            total[c] += reach[c] * step
            out[t, c] += f * total[c]
            reach[c] += w if c == own else 0.0
        start, last = i + 1, x[i]


@njit(**FAST)
def _mismatches(codes, segments, weight, factor, out):  # type: ignore[no-untyped-def]
    """Sources of other levels: those below and those above, so that nothing is subtracted."""
    k, levels = out.shape[1], codes.max() + 1
    here, others = np.zeros((levels, k)), np.zeros((levels, k))
    for s in range(len(codes)):
        if codes[s] >= 0:
            here[codes[s], segments[s]] += weight[s]
    for c in range(k):
        below, above = 0.0, 0.0
        for level in range(levels):
            others[level, c] += below
            below += here[level, c]
            others[levels - 1 - level, c] += above
            above += here[levels - 1 - level, c]
    for t in range(len(codes)):
        if factor[t] > 0.0 and codes[t] >= 0:
            for c in range(k):
                out[t, c] += factor[t] * others[codes[t], c]
