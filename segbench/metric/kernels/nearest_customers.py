"""Lists of the nearest others of a customer: exact, with all that are tied for the last place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints
from segbench.metric.kernels.distances import (
    EUCLIDEAN,
    FAST,
    GOWER,
    MARGIN,
    distances,
)

STEP = 128
"""Distances between two looks at how far is enough."""


class Line(NamedTuple):
    """A list in the making.

    Attributes:
        far, who: distances and locations that are nearer than the last place, in order.
        tied: locations at the distance of the last place.
        state: how many locations are nearer, how many customers; the distance of the last place,
            and how many locations are at it.
        spare: scratch.

    """

    far: Floats
    who: Ints
    tied: Ints
    state: Floats
    spare: Floats


@njit(**FAST)
def search_lists(places, m, asked, likely, reach):  # type: ignore[no-untyped-def]
    """Lists of the m nearest others: lengths, locations, distances; radius and share of each."""
    n, size = len(asked), 0
    lengths, radius, share = np.empty(n, np.intp), np.empty(n), np.empty(n)
    index, distance = np.empty(n * (m + 8), np.int32), np.empty(n * (m + 8))
    line = Line(
        np.empty(m + 1), np.empty(m + 1, np.int32), np.empty(len(places.counts), np.int32),
        np.empty(4), np.empty((2, STEP)),
    )  # fmt: skip
    for q in range(n):
        _fill(places, m, asked[q], likely[q], reach[q], line)
        lengths[q] = int(line.state[0] + line.state[3])
        stop = size + lengths[q]
        while stop > len(index):
            index = np.concatenate((index, np.empty_like(index)))
            distance = np.concatenate((distance, np.empty_like(distance)))
        radius[q] = line.state[2]
        share[q] = _write(places, m, asked[q], line, index[size:stop], distance[size:stop])
        size = stop
    return lengths, index[:size].copy(), distance[:size].copy(), radius, share


@njit(**FAST)
def _write(places, m, here, line, index, distance):  # type: ignore[no-untyped-def]
    """Copy a list; the share of the last places that each customer at its distance takes."""
    strict, at_last = int(line.state[0]), 0
    index[:strict], distance[:strict] = line.who[:strict], line.far[:strict]
    index[strict:], distance[strict:] = line.tied[: len(index) - strict], line.state[2]
    for place in index[strict:]:
        at_last += places.counts[place] - (1 if place == here else 0)
    return (m - line.state[1]) / at_last


@njit(**FAST)
def _fill(places, m, here, likely, reach, line):  # type: ignore[no-untyped-def]
    """The list of `here`, from the likely candidates alone where no other can be as near."""
    _start(places, m, here, line)
    for j in likely:
        _offer_all(places, m, here, j, j + 1, line)
    if line.state[2] * (1.0 + MARGIN) >= reach:
        _start(places, m, here, line)
        _sweep(places, m, here, line)


@njit(**FAST)
def _start(places, m, here, line):  # type: ignore[no-untyped-def]
    """An empty list, but for those who coincide."""
    line.state[:] = 0.0
    line.state[2] = np.inf
    if places.counts[here] > 1:
        _offer(places, m, here, here, places.apart[here], line)


@njit(**FAST)
def _sweep(places, m, here, line):  # type: ignore[no-untyped-def]
    """Offer all locations, outwards, until the column they are sorted by alone is too far."""
    n, points, lead, scale = len(places.counts), places.points, places.lead, 0.0
    if points.kind == EUCLIDEAN:
        scale = 1.0 - MARGIN
    elif points.kind == GOWER and lead >= 0:
        scale = (1.0 - MARGIN) / (len(points.columns) + len(points.codes))
    x = points.columns[lead] if lead >= 0 else np.zeros(n)
    left, right = here, here
    while left > 0 or right < n:
        if right < n and scale * abs(x[right] - x[here]) > line.state[2]:
            right = n
        if right < n:
            start, right = right, min(right + STEP, n)
            _offer_all(places, m, here, start, right, line)
        if left > 0 and scale * abs(x[left - 1] - x[here]) > line.state[2]:
            left = 0
        if left > 0:
            stop, left = left, max(left - STEP, 0)
            _offer_all(places, m, here, left, stop, line)


@njit(**FAST)
def _offer_all(places, m, here, start, stop, line):  # type: ignore[no-untyped-def]
    """Offer the locations start..stop, but for `here`."""
    distances(places.points, here, start, stop, line.spare)
    for j in range(stop - start):
        if line.spare[0, j] <= line.state[2] * (1.0 + MARGIN) and start + j != here:
            d = _rounded(line.spare[0, j])
            if d <= line.state[2]:
                _offer(places, m, here, start + j, d, line)


@njit(nogil=True, cache=True, fastmath=False)
def _rounded(d):  # type: ignore[no-untyped-def]
    """Rounded to 40 binary digits (Veltkamp), so that rounding does not make ties unequal.

    Without a word on fastmath it would take it over from the caller, and be simplified to d.
    """
    split = d * 8193.0
    return split - (split - d)


@njit(**FAST)
def _offer(places, m, here, other, d, line):  # type: ignore[no-untyped-def]
    """Put a location on the list; what is beyond the last place then is dropped."""
    far, who, tied, state, counts = line.far, line.who, line.tied, line.state, places.counts
    if d == state[2]:
        tied[int(state[3])] = other
        state[3] += 1
        return
    size = int(state[0])
    while size > 0 and far[size - 1] > d:
        far[size], who[size] = far[size - 1], who[size - 1]
        size -= 1
    far[size], who[size] = d, other
    state[0] += 1
    state[1] += counts[other] - (1 if other == here else 0)
    while state[1] >= m:  # the farthest of those nearer have the last place now
        state[2], state[3] = far[int(state[0]) - 1], 0
        while state[0] > 0 and far[int(state[0]) - 1] == state[2]:
            state[0] -= 1
            tied[int(state[3])] = who[int(state[0])]
            state[1] -= counts[who[int(state[0])]] - (1 if who[int(state[0])] == here else 0)
            state[3] += 1
