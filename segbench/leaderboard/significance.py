"""Whether ranks over data sets differ by more than chance: Friedman, then Nemenyi and Wilcoxon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segbench.contracts import Floats

LEAST = 5
"""Data sets below which nothing is tested."""
LEVEL = 0.05
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

    """

    statistic: float
    p: float
    critical_difference: float
    cliques: tuple[tuple[int, ...], ...]
    wilcoxon: tuple[tuple[float, ...], ...]


def significance(Q: Floats, mean_ranks: Sequence[float]) -> Significance:
    """Test medians of quality (m, N), -inf where there is none, of three contestants or more.

    Source: Demšar (2006), JMLR 7, 1-30; Benavoli et al. (2016), JMLR 17(5), for pairs by Wilcoxon.
    """
    from scipy.stats import friedmanchisquare, studentized_range, wilcoxon

    m, n = Q.shape
    Q = np.maximum(Q, WORST)
    if (Q[0] == Q).all():  # nobody differs anywhere; the correction for ties would divide by 0
        statistic, p = 0.0, 1.0
    else:
        statistic, p = map(float, friedmanchisquare(*Q))
    q = float(studentized_range.ppf(1 - LEVEL, m, np.inf)) / np.sqrt(2)
    difference = q * float(np.sqrt(m * (m + 1) / (6 * n)))
    pairs = [(i, j) for i in range(m) for j in range(i)]
    raw = [1.0 if (Q[i] == Q[j]).all() else float(wilcoxon(Q[i], Q[j]).pvalue) for i, j in pairs]
    table = np.ones((m, m))
    for (i, j), value in zip(pairs, holm(raw), strict=True):
        table[i, j] = table[j, i] = value
    return Significance(statistic, p, difference, cliques(mean_ranks, difference),
                        tuple(map(tuple, table.tolist())))  # fmt: skip


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
