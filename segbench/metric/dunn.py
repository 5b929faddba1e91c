"""Dunn's index: the separation of segments divided by their extent.

It takes the least distance between customers of different segments and the greatest within one,
exactly, but looks at few pairs. With c a point in the middle of a segment,

    d(x, y) <= d(x, c) + d(y, c),

so pairs are tried from the outside in until no sum is above the greatest distance found. And with u
a vector of dual norm 1 (length 1 in Euclidean space, no entry above 1 / columns in Gower's),

    d(x, y) >= |u x - u y|,

so that, with u along the line from one segment to the other, only customers near the border between
the two come into question. Where values are missing Gower's distance keeps no triangle inequality,
and nothing is known but that it is at most 1: every pair is looked at.

What is passed over could not have changed the answer by more than rounding, for which there is a
margin, so the answer depends neither on the order of the customers nor on the number of threads.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numba import njit

from segbench.contracts import Floats
from segbench.errors import Undefined
from segbench.metric.kernels.distances import (
    CHUNK,
    EUCLIDEAN,
    FAST,
    GAPS,
    MARGIN,
    Points,
    blocks,
    distances,
    each,
)
from segbench.metric.labelled import Labelled
from segbench.metric.registry import internal, plain

ROWS = 256
SLACK = 1e-12
"""What rounding may do to a bound, as a share of the largest coordinates."""


@internal(
    "dunn", maximize=True, low=0.0, high=None, gower=True, cost="n^2",
    formula="least distance between customers of different segments / greatest distance within one",
    paper="Dunn (1974), Journal of Cybernetics 4, 95-104",
    undefined="fewer than 2 or n segments; the customers of each segment coincide; Gower space "
    "with missing values and too many customers for every pair",
)  # fmt: skip
def dunn(part: Labelled) -> float:
    """Dunn index: 0 (customers of two segments coincide) upwards, higher is better.

    Distances below some 1e-16 of the range of the data are lost, here as in all indices.

    Two customers decide it, so a single outlier can. Undefined for fewer than 2 segments, a segment
    per customer, and where the customers of each segment coincide.

    >>> dunn_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    9.0

    """
    if part.points.kind == GAPS:
        part.need_every_pair()
    widest = diameter(part)
    if not widest > 0:
        raise Undefined("the customers of each segment coincide")
    return gap(part) / widest


def diameter(part: Labelled) -> float:
    """Greatest distance between two customers of one segment, in units of the prepared space."""
    radius = _radii(part)
    outside_in = np.lexsort((-radius, part.labels[part.order]))  # by segment all the same
    points, radius = part.points.take(outside_in), radius[outside_in]
    tasks = [
        (start + first, start + last, stop)
        for start, stop in pairwise(part.starts.tolist())
        for first, last in blocks(stop - start, ROWS)
    ]
    found = [0.0]

    def run(task: tuple[int, int, int]) -> None:
        if not (part.space.gower and max(found) >= 1):  # no Gower distance is above 1
            found.append(_farthest(points, radius, *task, max(found)))

    each(run, sorted(tasks, key=lambda task: -radius[task[0]]), part.threads)
    return max(found)


def gap(part: Labelled) -> float:
    """Least distance between customers of different segments, in units of the prepared space."""
    rows, best = np.nan_to_num(part.points.rows), np.inf
    middles = _middles(part, rows)
    slack = SLACK * float(np.abs(rows).sum(axis=1).max(initial=0.0))
    reach = _reaches(part, rows, middles)
    low = -(reach + reach.T)
    first, second = np.triu_indices(part.k, 1)
    for pair in np.argsort(low[first, second], kind="stable"):
        a, b = int(first[pair]), int(second[pair])
        if not best > 0 or low[a, b] > best * (1 + MARGIN) + slack:
            break
        axis = _axes(part.points, middles[b] - middles[a])
        best = _between(part, rows, (a, b), axis, best, slack)
    return best


def _between(
    part: Labelled, rows: Floats, pair: tuple[int, int], axis: Floats, best: float, slack: float
) -> float:
    """Least distance between customers of two segments, or `best` if that is less."""
    here, there = (np.arange(part.starts[segment], part.starts[segment + 1]) for segment in pair)
    along_here, along_there = rows[here] @ axis, rows[there] @ axis
    within = best * (1 + MARGIN) + slack
    here_near = np.flatnonzero(along_here >= along_there.min() - within)
    there_near = np.flatnonzero(along_there <= along_here.max() + within)
    # From the border inwards, so that the first distances are small and rule out most others.
    here_near = here_near[np.argsort(-along_here[here_near], kind="stable")]
    there_near = there_near[np.argsort(along_there[there_near], kind="stable")]
    both = part.points.take(np.concatenate([here[here_near], there[there_near]]))
    along = np.concatenate([along_here[here_near], along_there[there_near]])
    found = [best]

    def run(block: tuple[int, int]) -> None:
        found.append(_nearest(both, along, *block, len(here_near), min(found), slack))

    each(run, blocks(len(here_near), ROWS), part.threads)
    return min(found)


def _radii(part: Labelled) -> Floats:
    """(n,) r in order of segment such that d(x, y) <= r_x + r_y within a segment."""
    points = part.points
    if points.kind == EUCLIDEAN:
        return np.asarray(part.to_centroid[part.order])
    if points.kind == GAPS:
        return np.full(len(part), 0.5)
    middle = np.repeat(_middles(part, points.rows), np.diff(part.starts), axis=0)
    width = len(points.columns) + len(points.codes)
    # In the worst case two customers differ in all categories.
    return np.asarray((np.abs(points.rows - middle).sum(axis=1) + len(points.codes) / 2) / width)


def _middles(part: Labelled, rows: Floats) -> Floats:
    """(k, d) means of each segment."""
    return np.asarray(np.add.reduceat(rows, part.starts[:-1], axis=0) / part.sizes[:, None])


def _axes(points: Points, towards: Floats) -> Floats:
    """(..., d) along vectors: u such that |u x - u y| <= d(x, y)."""
    if points.kind == EUCLIDEAN:
        length = np.sqrt((towards**2).sum(axis=-1, keepdims=True))
        return np.asarray(towards / np.where(length > 0, length, 1.0))
    if points.kind == GAPS:
        return np.zeros_like(towards)
    return np.asarray(np.sign(towards) / (len(points.columns) + len(points.codes)))


def _reaches(part: Labelled, rows: Floats, middles: Floats) -> Floats:
    """(k, k) how far customers of one segment reach along the axis towards another."""
    reach = np.full((part.k, part.k), -np.inf)
    for segment, (start, stop) in enumerate(pairwise(part.starts.tolist())):
        axes = _axes(part.points, middles - middles[segment])
        for a, b in blocks(stop - start, 4096):
            along = (rows[start + a : start + b] @ axes.T).max(axis=0)
            reach[segment] = np.maximum(reach[segment], along)
    return reach


@njit(**FAST)
def _farthest(points, radius, first, last, stop, best):  # type: ignore[no-untyped-def]
    """Greatest distance from first..last to those after them up to `stop`, or `best`."""
    spare = np.empty((2, CHUNK))
    for i in range(first, last):
        right = i + 1
        while right < stop and (radius[i] + radius[right]) * (1.0 + MARGIN) > best:
            right += 1
        for left in range(i + 1, right, CHUNK):
            size = min(CHUNK, right - left)
            distances(points, i, left, left + size, spare)
            for j in range(size):
                best = max(best, spare[0, j])
    return best


@njit(**FAST)
def _nearest(points, along, first, last, split, best, slack):  # type: ignore[no-untyped-def]
    """Least distance from first..last (of 0..split) to those from `split` on, or `best`."""
    spare, there = np.empty((2, CHUNK)), along[split:]
    for i in range(first, last):
        within = best * (1.0 + MARGIN) + slack
        start = split + np.searchsorted(there, along[i] - within)
        stop = split + np.searchsorted(there, along[i] + within, side="right")
        for left in range(start, stop, CHUNK):
            size = min(CHUNK, stop - left)
            distances(points, i, left, left + size, spare)
            for j in range(size):
                best = min(best, spare[0, j])
        if best == 0.0:
            return best
    return best


dunn_score = plain("dunn")
