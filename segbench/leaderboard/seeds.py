"""What several seeds of the same contestant say together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil, comb, inf, isfinite

from segbench.contracts import Score

LEVEL = 0.95


def median(values: Sequence[float]) -> Score:
    """The median of one value per seed, with its bootstrap interval.

    A seed without a value stands as -inf, below every other: it counts against the median and is
    never left out. Where -inf reaches the median there is none.

    >>> median([0.5, 0.3, 0.4]).value
    0.4
    >>> median([0.5, float("-inf"), 0.4]).value
    0.4

    """
    ordered = sorted(values)
    n = len(ordered)
    if not n:
        return Score.undefined("no seeds")
    lower, upper = ordered[(n - 1) // 2], ordered[n // 2]
    if not isfinite(lower):
        return Score.undefined("half of the seeds or more have no eligible result")
    low, high = bootstrap_ends(n)
    return Score(
        (lower + upper) / 2,
        None if n == 1 or not isfinite(ordered[low]) else ordered[low],
        None if n == 1 else ordered[high],
        why=f"median of {n} seeds",
    )


@cache
def bootstrap_ends(n: int) -> tuple[int, int]:
    """Positions in n ordered values between which the bootstrap's 95 % interval of the median lies.

    Exact: what infinitely many resamples would give (Efron 1982, The Jackknife, the Bootstrap and
    Other Resampling Plans, section 10.2). Of an even number both middle values are asked, the lower
    for the low end and the upper for the high one.

    >>> bootstrap_ends(3), bootstrap_ends(20)
    ((0, 2), (5, 14))

    """
    tail = (1 - LEVEL) / 2
    middle = ceil(n / 2)  # the lower median is that one of n, from 1
    for k in range(1, n + 1):
        share = k / n  # the median is the k-th value or below where so many draws are
        below = sum(comb(n, j) * share**j * (1 - share) ** (n - j) for j in range(middle, n + 1))
        if below > tail:
            return k - 1, n - k
    raise AssertionError("all draws are the greatest value or below")


def coverage(n: int) -> float:
    """The most that an interval between n values can hold the median, for any distribution.

    >>> coverage(3), coverage(6)
    (0.75, 0.96875)

    """
    return 1 - 2.0 ** (1 - n)


WORST = -inf
"""What a seed without an eligible result is worth."""
