"""What a mismatch of two categories weighs against squared distances of numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segbench.algorithm.kprototypes.kernels import Columns, weigh
from segbench.contracts import Floats, Ints

SHARES = np.linspace(0.1, 0.9, 9)
"""Of the spread of a whole table that categories may have, in the search."""


def huang(columns: Columns) -> float:
    """Half the mean standard deviation of the numeric columns (Huang 1997, PAKDD, 21-34).

    Constant columns do not count: they tell nobody apart. 1 where there is no other.
    """
    spreads = []
    for x in columns.numbers:
        known = ~np.isnan(x)
        w = columns.weights[known]
        if w.sum() > 0:
            mean = np.average(x[known], weights=w)
            spreads.append(np.sqrt(np.average((x[known] - mean) ** 2, weights=w)))
    spreads = [spread for spread in spreads if spread > 0]
    return 0.5 * float(np.mean(spreads)) if spreads else 1.0


def modha_spangler(columns: Columns, fit: Callable[[float], Ints]) -> float:
    """The weight whose segments are compact in numbers and in categories (Modha & Spangler 2003).

    Machine Learning 52, 217-237. Of nine weights, at which categories make up 10 to 90 % of the
    spread of the whole table, the one with the least product of within/between in the two kinds of
    columns. Huang's rule where no weight has segments that differ in both.

    Args:
        columns: the table.
        fit: labels (n,) of the partition at a weight.

    """
    total = np.array(_spread(columns, np.zeros(len(columns.weights), dtype=np.int32)))
    if not (total > 0).all():
        return huang(columns)
    ratio = total[0] / total[1]
    options = [float(ratio * share / (1 - share)) for share in SHARES]
    products = []
    for option in options:
        within = np.array(_spread(columns, fit(option)))
        between = total - within
        ok = (between > 1e-12 * total).all()
        products.append(float(np.prod(within / between)) if ok else np.inf)
    best = int(np.argmin(products))
    return options[best] if np.isfinite(products[best]) else huang(columns)


def _spread(columns: Columns, labels: Ints) -> tuple[float, float]:
    """Squared distances to the means and mismatches with the modes, both weighted sums."""
    counts = weigh(columns, labels, int(labels.max()) + 1)
    squares: Floats = np.zeros(1)
    for j, x in enumerate(columns.numbers):
        known = ~np.isnan(x)
        mass = counts.mass[:, j]
        means = counts.sums[:, j] / np.where(mass > 0, mass, 1.0)
        squares += (columns.weights[known] * (x[known] - means[labels[known]]) ** 2).sum()
    return float(squares[0]), float(counts.often.sum() - counts.most.sum())
