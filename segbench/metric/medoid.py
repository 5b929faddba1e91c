"""Dispersion around medoids, which any distance has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from segbench.metric.kernels.distances import GAPS, MARGIN
from segbench.metric.kernels.nearest_segment import lower_bounds
from segbench.metric.labelled import Labelled
from segbench.metric.means import own_means
from segbench.metric.registry import internal, plain

TOLERANCE = 1e-12


@internal(
    "medoid_dispersion", maximize=False, low=0.0, high=None, gower=True, cost="n^2", power=1,
    formula="mean distance of customers to the medoid of their segment, which is the customer with "
    "the least sum of distances to its segment; in units of the space",
    paper="Kaufman & Rousseeuw (1990), Finding Groups in Data, chapter 2: what k-medoids minimises",
    undefined="fewer than 2 or n segments; all customers coincide; Gower space with missing values "
    "and too many customers for every pair",
)  # fmt: skip
def medoid_dispersion(part: Labelled) -> float:
    """Mean distance to the own medoid: 0 (all customers are at it) upwards, lower is better.

    It grows with the scale and falls with k, so it compares partitions of one space with equally
    many segments. Undefined for fewer than 2 segments and a segment per customer.

    >>> medoid_dispersion_score([[0.0], [1.0], [3.0], [11.0], [12.0]], [0, 0, 0, 1, 1])
    0.8

    """
    if not part.space.gower:
        least = sum(_least_sum(part, *ends) for ends in pairwise(part.starts.tolist()))
        return part.space.in_own_units(least / len(part))
    if part.points.kind == GAPS:
        part.need_every_pair()
    sums = own_means(part) * (part.sizes[part.labels] - 1)
    return float(np.minimum.reduceat(sums[part.order], part.starts[:-1]).sum()) / len(part)


def _least_sum(part: Labelled, first: int, last: int) -> float:
    """Least sum of distances from one of the customers first..last to all of them.

    The sum is a convex function of the place, so each customer that is tried bounds it for all
    others by the plane that touches it there (Kelley 1960, J. SIAM 8, 703-712). The next one tried
    has the lowest bound; some tens are enough, and what remains cannot be lower by 1e-12 of it.
    """
    rows = np.arange(first, last)
    bound = lower_bounds(part.points, np.array([first, last]), rows, np.full(len(rows), -1), 1)
    Y, low = part.points.rows[rows], bound[:, 0] * (1 - MARGIN) * len(rows)
    left, least = np.arange(len(Y)), np.inf
    while len(left):
        tried = Y[left[low.argmin()]]
        apart = tried - Y
        distance = np.sqrt((apart**2).sum(axis=1))
        slope = (1 / np.where(distance > 0, distance, np.inf)) @ apart
        least = min(least, float(distance.sum()))
        low = np.maximum(low, distance.sum() + (Y[left] - tried) @ slope)
        hopeful = low < least * (1 - TOLERANCE)
        left, low = left[hopeful], low[hopeful]
    return least


medoid_dispersion_score = plain("medoid_dispersion")
