"""The nearest others of the customers of a space, found once and kept."""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from segbench.contracts import Floats, Ints, Rows
from segbench.errors import Undefined
from segbench.metric.kernels.distances import GAPS, Points, blocks, each
from segbench.metric.kernels.nearest_customers import search_lists
from segbench.metric.prepared import Prepared

ROWS = 128
"""Rows that a thread works on at a time."""
TREE, SPARE = 6, 9
"""Dimensions up to which a tree is faster than a sweep, and what it is asked for beyond M."""
ENTRIES = 32_000_000
"""Entries of the lists of a space at the most, 12 bytes each; ties can make them long."""


class Places(NamedTuple):
    """The locations of a space, in canonical order.

    Attributes:
        points: u locations.
        counts: (u,) customers at each.
        apart: (u,) distance of two customers there: 0, or 1 where no value is known at all.
        of: (n,) location of each customer of the table.
        lead, unit: as in `Canonical`.

    """

    points: Points
    counts: Rows
    apart: Floats
    of: Rows
    lead: int
    unit: float


class Nearest(NamedTuple):
    """The M nearest others of the customers at some locations, a list for each location.

    Attributes:
        starts: (lists + 1,) where each list begins.
        who: locations on the lists; the own one where others share it.
        distance: to them, in the unit of the canonical points.
        radius: (lists,) distance of the last place.
        share: (lists,) part of a place that a customer at exactly that distance takes.

    """

    starts: Rows
    who: Ints
    distance: Floats
    radius: Floats
    share: Floats


def locations(space: Prepared) -> Places:
    """Where the customers are."""
    return space.keep("locations", lambda: _locations(space))


def _locations(space: Prepared) -> Places:
    points, rows, lead, unit = space.canonical
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (points.codes[:, 1:] != points.codes[:, :-1]).any(axis=0)
    for x in points.columns:
        missing = np.isnan(x)
        new[1:] |= (x[1:] != x[:-1]) & ~(missing[1:] & missing[:-1])
    of = np.empty(len(rows), dtype=np.intp)
    of[rows] = np.cumsum(new) - 1
    own = points.take(np.flatnonzero(new))
    blank = np.isnan(own.rows).all(axis=1) & (own.codes < 0).all(axis=0)
    apart = np.where(blank & (own.kind == GAPS), 1.0, 0.0)
    return Places(own, np.bincount(of), apart, of, lead, unit)


def nearest(space: Prepared, m: int) -> Nearest:
    """The m nearest others of every customer, a list for each location."""
    every = np.arange(len(locations(space).counts))
    return space.keep(("nearest", m), lambda: search(space, m, every))


def search(space: Prepared, m: int, asked: Rows) -> Nearest:
    """The m nearest others of the customers at some locations.

    Raises:
        Undefined: so many are tied that the lists would not fit in memory.

    """
    places, lock, room = locations(space), Lock(), ENTRIES
    tree = _tree(space, places)
    found: dict[int, tuple[Any, ...]] = {}

    def run(block: tuple[int, int]) -> None:
        nonlocal room
        rows = asked[block[0] : block[1]]
        lists = search_lists(places, m, rows, *_candidates(tree, places, m, rows))
        with lock:
            room -= len(lists[1])
            found[block[0]] = lists
        if room < 0:
            raise Undefined(f"too many customers are tied for the place of neighbour {m}")

    each(run, blocks(len(asked), ROWS), space.threads)
    lists = zip(*(found[first] for first in sorted(found)), strict=True)
    lengths, *rest = (np.concatenate(list(line)) for line in lists)
    return Nearest(np.concatenate([[0], np.cumsum(lengths)]), *rest)


def _tree(space: Prepared, places: Places) -> cKDTree | None:
    """Of the locations, where they have few dimensions."""
    d = len(space.reference.columns)
    if space.gower or d > TREE:
        return None
    rows = places.points.rows[:, :d]
    return space.keep("tree", lambda: cKDTree(rows, balanced_tree=False))


def _candidates(tree: cKDTree | None, places: Places, m: int, asked: Rows) -> tuple[Rows, Floats]:
    """(len(asked), c) locations that are likely to be nearest; how far all others are at least."""
    if tree is None:
        return np.empty((len(asked), 0), dtype=np.intp), np.full(len(asked), -1.0)
    n, d = tree.data.shape
    c = min(m + SPARE, n)
    reach, found = tree.query(places.points.rows[asked, :d], np.arange(1, c + 1))
    return found, reach[:, -1] if c < n else np.full(len(asked), np.inf)
