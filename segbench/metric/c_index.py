"""C-index: sums of the smallest and largest distances of all pairs, without keeping these."""

from __future__ import annotations

import numpy as np
from numba import njit

from segbench.contracts import Floats
from segbench.errors import Undefined
from segbench.metric.kernels.distances import CHUNK, FAST, blocks, distances, each
from segbench.metric.labelled import Labelled
from segbench.metric.pairs import within_sums
from segbench.metric.prepared import Prepared
from segbench.metric.registry import internal, plain

BITS, STEP = 48, 12
SORTED = 2_000_000
"""Distances that are kept at a time."""
ROWS = 256


@internal(
    "c_index", maximize=False, low=0.0, high=1.0, gower=True, cost="n^2",
    formula="(S - S_min) / (S_max - S_min): S sum of the N distances within segments, S_min and "
    "S_max sums of the N smallest and largest of all",
    paper="Hubert & Levin (1976), Psychological Bulletin 83, 1072-1080",
    undefined="fewer than 2 or n segments; the N smallest and largest distances add up to "
    "the same; too many customers for every pair",
)  # fmt: skip
def c_index(part: Labelled) -> float:
    """C-index: 0 (the pairs within segments are the closest ones of all) to 1, lower is better.

    Exact by repeated selection: no more than two million distances are kept at a time. Undefined
    for fewer than 2 segments, a segment per customer, and where all distances are equal.

    >>> c_index_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.0

    """
    part.need_every_pair()
    within, count = within_sums(part)
    smallest, largest = extreme_sums(part.space, int(count))
    if not largest - smallest > 1e-12 * largest:
        raise Undefined("all distances are equal")
    return float(min(max((within - smallest) / (largest - smallest), 0.0), 1.0))


def extreme_sums(space: Prepared, count: int) -> tuple[float, float]:
    """Sums of the `count` smallest and of the `count` largest distances of all pairs."""
    return _extreme_sum(space, count, smallest=True), _extreme_sum(space, count, smallest=False)


def _extreme_sum(space: Prepared, count: int, *, smallest: bool) -> float:
    """Sum of the `count` smallest or largest distances, in a few passes over the pairs.

    A distance is filed under the first 48 bits of its share of the largest possible one, 12 bits a
    pass, until those that agree with the last one so far are few enough to be sorted. Those that
    agree in all 48 count with their mean.
    """
    prefix, left, total = 0, count, 0.0
    for shift in range(BITS - STEP, -1, -STEP):
        counts, sums = _histogram(space, prefix, shift)
        order = np.arange(len(counts)) if smallest else np.arange(len(counts))[::-1]
        full = int(np.searchsorted(np.cumsum(counts[order]), left, side="right"))
        total += float(sums[order[:full]].sum())
        left -= int(counts[order[:full]].sum())
        if not left:
            break
        last = int(order[full])
        prefix = prefix << STEP | last
        if not shift or counts[last] == left:
            return total + left * float(sums[last] / counts[last])
        if counts[last] <= SORTED:
            values = np.sort(_collected(space, prefix, shift))
            return total + float((values[:left] if smallest else values[-left:]).sum())
    return total


def _histogram(space: Prepared, prefix: int, shift: int) -> tuple[Floats, Floats]:
    """Counts and sums of the distances that begin with `prefix`, by their next `STEP` bits."""

    def make() -> tuple[Floats, Floats]:
        tasks = list(enumerate(blocks(len(space), ROWS)))
        counts = np.zeros((len(tasks), 1 << STEP), dtype=np.int64)
        sums = np.zeros((len(tasks), 1 << STEP))
        scale = _scale(space)

        def run(task: tuple[int, tuple[int, int]]) -> None:
            line, (first, last) = task
            _file(space.points, first, last, scale, prefix, shift, counts[line], sums[line])

        each(run, tasks, space.threads)
        return counts.sum(axis=0), sums.sum(axis=0)

    # Every partition of a space begins with the same pass.
    return space.keep("distance_histogram", make) if shift == BITS - STEP else make()


def _collected(space: Prepared, prefix: int, shift: int) -> Floats:
    """The distances whose bits above `shift` are `prefix`."""
    found: dict[int, Floats] = {}
    scale = _scale(space)

    def run(block: tuple[int, int]) -> None:
        found[block[0]] = _collect(space.points, *block, scale, prefix, shift)

    each(run, blocks(len(space), ROWS), space.threads)
    return np.concatenate(list(found.values()))


def _scale(space: Prepared) -> float:
    """What makes of a distance a number of `BITS` bits."""
    top = 1.0 if space.gower else 2 * float(np.sqrt((space.X**2).sum(axis=1).max()))
    return float(1 << BITS) / (top * (1 + 1e-9))  # no distance is beyond the last bin


@njit(**FAST)
def _file(points, first, last, scale, prefix, shift, counts, sums):  # type: ignore[no-untyped-def]
    n, spare = points.rows.shape[0], np.empty((2, CHUNK))
    for i in range(first, last):
        for left in range(i + 1, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, i, left, right, spare)
            for j in range(right - left):
                key = np.int64(spare[0, j] * scale) >> shift
                if key >> STEP == prefix:
                    counts[key & (len(counts) - 1)] += 1
                    sums[key & (len(counts) - 1)] += spare[0, j]


@njit(**FAST)
def _collect(points, first, last, scale, prefix, shift):  # type: ignore[no-untyped-def]
    n, spare = points.rows.shape[0], np.empty((2, CHUNK))
    found, size = np.empty(CHUNK), 0
    for i in range(first, last):
        for left in range(i + 1, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, i, left, right, spare)
            if size + CHUNK > len(found):
                found = np.concatenate((found, np.empty_like(found)))
            for j in range(right - left):
                found[size] = spare[0, j]  # and is written over if it does not count
                size += np.int64(spare[0, j] * scale) >> shift == prefix
    return found[:size]


c_index_score = plain("c_index")
