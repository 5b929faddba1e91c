"""Whether ranks over data sets differ by more than chance: Friedman, then Nemenyi and Wilcoxon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from segbench.contracts import Floats

LEAST = 5
"""Data sets below which nothing is tested."""
LEVEL = 0.05
EXACT = 50
"""Differences up to which the signed-rank test counts all signs."""
WORST = -1.0
"""The quality that a data set without an eligible result counts with: no quality is lower."""


@dataclass(frozen=True)
class Significance:
    """Tests of m contestants on N data sets.

    Attributes:
        statistic, p: Friedman's chi-squared, corrected for ties.
        critical_difference: of two mean ranks, by Nemenyi's test at the level 0.05.
        cliques: contestants (positions, by mean rank) that Nemenyi's test does not tell apart,
            the greatest sets.
        wilcoxon: (m, m) p of the signed-rank test of each pair, corrected by Holm.
        favours: (m, m) whether the signed ranks of a pair are for the row's contestant.

    """

    statistic: float
    p: float
    critical_difference: float
    cliques: tuple[tuple[int, ...], ...]
    wilcoxon: tuple[tuple[float, ...], ...]
    favours: tuple[tuple[bool, ...], ...]


def significance(Q: Floats, mean_ranks: Sequence[float]) -> Significance:
    """Test medians of quality (m, N), -inf where there is none, of three contestants or more.

    Source: Demšar (2006), JMLR 7, 1-30; Benavoli et al. (2016), JMLR 17(5), for pairs by Wilcoxon.
    """
    m, n = Q.shape
    Q = np.maximum(Q, WORST)
    statistic, p = friedman(Q)
    difference = (
        studentized_range(1 - LEVEL, m) / np.sqrt(2) * float(np.sqrt(m * (m + 1) / (6 * n)))
    )
    pairs = [(i, j) for i in range(m) for j in range(i)]
    table = np.ones((m, m))
    for (i, j), value in zip(pairs, holm([wilcoxon(Q[i] - Q[j]) for i, j in pairs]), strict=True):
        table[i, j] = table[j, i] = value
    favours = tuple(tuple(signed_ranks(a - b) > 0 for b in Q) for a in Q)
    return Significance(statistic, p, difference, cliques(mean_ranks, difference),
                        tuple(map(tuple, table.tolist())), favours)  # fmt: skip


def friedman(Q: Floats) -> tuple[float, float]:
    """Friedman's statistic for (m, N) values, corrected for ties, and its p by chi-squared.

    Source: Friedman (1937), JASA 32, 675-701; Conover (1999), section 5.8, for ties.
    """
    m, n = Q.shape
    ranks = shared_ranks(Q.T)
    spread = float((ranks**2).sum()) - n * m * (m + 1) ** 2 / 4
    if spread == 0:  # nobody differs anywhere
        return 0.0, 1.0
    sums = ranks.sum(axis=0) - n * (m + 1) / 2
    statistic = (m - 1) * float((sums**2).sum()) / spread
    return statistic, chi_squared_above(statistic, m - 1)


def chi_squared_above(x: float, df: int) -> float:
    """Probability that chi-squared of so many degrees of freedom is x or more.

    Source: Abramowitz & Stegun (1964), 26.4.4 and 26.4.5: for whole numbers the sum is finite.
    """
    half, even = x / 2, df % 2 == 0
    if x <= 0:
        return 1.0
    total = 0.0 if even else math.erfc(math.sqrt(half))
    for i in range(df // 2):
        power = i if even else i + 0.5
        total += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
    return min(total, 1.0)


def signed_ranks(differences: Floats) -> float:
    """The sum of ranks of positive differences less that of negative ones."""
    ranks = shared_ranks(-np.abs(differences)[None])[0]
    return float((np.sign(differences) * ranks).sum())


def wilcoxon(differences: Floats) -> float:
    """Two-sided p of the signed-rank test, differences of 0 left out.

    Up to 50 differences all signs are counted, given how many are equally large; of more, the
    normal approximation.

    Source: Wilcoxon (1945), Biometrics Bulletin 1, 80-83; Hollander & Wolfe (1999), section 3.1.
    """
    known = differences[differences != 0]
    n = len(known)
    if n == 0:
        return 1.0
    ranks = shared_ranks(-np.abs(known)[None])[0]
    least = min(float(ranks[known > 0].sum()), float(ranks[known < 0].sum()))
    if n <= EXACT:
        doubled = tuple(sorted(round(2 * rank) for rank in ranks))
        return min(2 * float(_sums(doubled)[: round(2 * least) + 1].sum()), 1.0)
    counts = np.unique(ranks, return_counts=True)[1]
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((counts**3 - counts).sum()) / 48
    return math.erfc((n * (n + 1) / 4 - least) / math.sqrt(2 * variance))


@cache
def _sums(ranks: tuple[int, ...]) -> Floats:
    """Share of all signs with which the positive ones among the ranks add up to 0, 1, 2, ..."""
    ways = np.zeros(sum(ranks) + 1)
    ways[0] = 1.0
    for rank in ranks:
        ways[rank:] = ways[rank:] + ways[:-rank]
        ways /= 2
    return ways


def studentized_range(level: float, m: int) -> float:
    """Quantile of the range of m independent standard normal variables.

    Source: Pearson & Hartley (1942), Biometrika 32, 301-310; found by bisection, integrated by the
    trapezoidal rule, which is all but exact for so smooth a function.
    """
    z = np.linspace(-9, 9, 1001)
    density = m * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    low, high = 0.0, 20.0
    below = _below(z)
    for _ in range(40):
        middle = (low + high) / 2
        reached = float((density * (below - _below(z - middle)) ** (m - 1)).sum())
        low, high = (middle, high) if reached < level else (low, middle)
    return (low + high) / 2


def _below(z: Floats) -> Floats:
    """The standard normal distribution function."""
    return np.array([math.erfc(-each / math.sqrt(2)) / 2 for each in z])


def shared_ranks(values: Floats) -> Floats:
    """(..., m) ranks along the last axis, 1 for the greatest, ties sharing."""
    above = (values[..., None, :] > values[..., :, None]).sum(axis=-1)
    same = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    return np.asarray(above + (same + 1) / 2, dtype=np.float64)


def holm(p: Sequence[float]) -> list[float]:
    """P of several tests, corrected for their number (Holm 1979, Scand. J. Statist. 6, 65-70).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]

    """
    order = np.argsort(p, kind="stable")
    factor = len(p) - np.arange(len(p))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(np.asarray(p)[order] * factor), 1.0)
    return [float(value) for value in corrected]


def cliques(mean_ranks: Sequence[float], difference: float) -> tuple[tuple[int, ...], ...]:
    """Positions of contestants whose mean ranks lie less than `difference` apart, greatest sets.

    >>> cliques([1.0, 1.9, 2.7], 1.0)
    ((0, 1), (1, 2))

    """
    order = sorted(range(len(mean_ranks)), key=lambda i: mean_ranks[i])
    found: list[tuple[int, ...]] = []
    for at, first in enumerate(order):
        near = [i for i in order[at:] if mean_ranks[i] - mean_ranks[first] < difference]
        if len(near) > 1 and not (found and set(near) <= set(found[-1])):
            found.append(tuple(near))
    return tuple(found)
