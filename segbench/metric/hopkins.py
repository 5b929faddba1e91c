"""Hopkins' statistic: whether a table has any structure to find, before it is partitioned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import njit
from scipy.special import expit, logsumexp
from scipy.stats import beta
from scipy.stats import t as student

from segbench.contracts import Floats, Rows, Score
from segbench.errors import Undefined
from segbench.metric.kernels.distances import CHUNK, FAST, Points, blocks, distances, each
from segbench.metric.prepared import Prepared
from segbench.metric.registry import labelled

ROWS = 32
"""Rows that a thread works on at a time."""
DRAWS, SAMPLED = 20, 500
"""Draws that Hopkins' statistic is the mean of, and customers in each at the most."""


def hopkins_score(X: Any, *, seed: int = 0, threads: int | None = None) -> float:
    """Hopkins' statistic of a table: 0 to 1; about 1/2 if customers are uniform, 1 in clusters.

    Args:
        X: (n, d) finite numbers.
        seed: of the draws.
        threads: how many work at a time (default: all processors); the value does not depend on it.

    Returns:
        The statistic; NaN where it is undefined: fewer than 2 customers, all of them coincide, or
        most of them coincide with another.

    >>> round(hopkins_score([[0.0], [0.01], [0.02], [9.98], [9.99], [10.0]]), 2)
    1.0

    """
    space = labelled(X, None, threads).space
    value = hopkins(space, seed).value
    return float("nan") if value is None else value


def hopkins(space: Prepared, seed: int = 0) -> Score:
    """Hopkins' statistic of a table, as the mean of some draws with its 95 % interval.

    H = sum u^d / (sum u^d + sum w^d): w distances of m customers to the nearest other, u distances
    of m places drawn uniformly from the customers' bounding box to the nearest customer, d the
    columns with spread (Hopkins & Skellam 1954, Annals of Botany 18, 213-227; Lawson & Jurs 1990,
    J. Chem. Inf. Comput. Sci. 30, 36-41; with the exponent d, without which H of uniform customers
    is not Beta(m, m), as Wright 2022, R Journal 14/3, 282-292, explains). m is a tenth of the
    customers, at least 30 and at most 500. It is a property of the table, not of a partition.
    """
    if space.gower:
        return Score.undefined("needs a volume to be uniform in, which Gower distance has not")
    try:
        found = np.array(list(_draws(space, seed)))
    except Undefined as why:
        return Score.undefined(str(why))
    m, value = _drawn(len(space)), float(found.mean())
    half = float(student.ppf(0.975, DRAWS - 1) * found.std(ddof=1)) / DRAWS**0.5
    chance = float(beta.sf(value, m, m))
    low, high = max(value - half, 0.0), min(value + half, 1.0)
    note = f"mean of {DRAWS} draws of {m} customers; p = {chance:.2g} if they were uniform"
    return Score(value, low, high, "estimate", note)


def _drawn(n: int) -> int:
    return min(max(30, n // 10), SAMPLED, n)


def _draws(space: Prepared, seed: int) -> Iterator[float]:
    """H of each draw; customers are drawn in canonical order, whatever that of the table."""
    points = space.canonical.points
    n, top = len(points.rows), points.rows.max(axis=0, initial=0.0)
    d, m, rng = int((top > 0).sum()), _drawn(len(points.rows)), np.random.default_rng(seed)
    if n < 2 or not d:
        raise Undefined("all customers coincide in this space")
    joint = points._replace(rows=np.concatenate([points.rows, np.zeros((m, len(top)))]))
    for _ in range(DRAWS):
        w = _to_nearest(points, rng.choice(n, m, replace=False), space.threads)
        if np.count_nonzero(w) < m / 2:
            raise Undefined("most customers coincide with another, by rounding or in clusters")
        joint.rows[n:] = rng.random((m, len(top))) * top
        u = _to_nearest(joint, np.arange(n, n + m), space.threads)
        with np.errstate(divide="ignore"):
            yield float(expit(logsumexp(d * np.log(u)) - logsumexp(d * np.log(w))))


def _to_nearest(points: Points, rows: Rows, threads: int) -> Floats:
    """(len(rows),) distance of each row to the nearest column other than itself."""
    out = np.empty(len(rows))
    each(lambda block: _least(points, rows, *block, out), blocks(len(rows), ROWS // 4), threads)
    return out


@njit(**FAST)
def _least(points, rows, first, last, out):  # type: ignore[no-untyped-def]
    spare, n = np.empty((2, CHUNK)), points.columns.shape[1]
    for q in range(first, last):
        out[q] = np.inf
        for start in range(0, n, CHUNK):
            stop = min(start + CHUNK, n)
            distances(points, rows[q], start, stop, spare)
            if start <= rows[q] < stop:
                spare[0, rows[q] - start] = np.inf
            for j in range(stop - start):
                out[q] = min(out[q], spare[0, j])
