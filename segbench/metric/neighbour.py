"""Indices of nearest neighbours: WCNN and DuNN of a partition, Hopkins' statistic of a table.

The neighbours of a customer are the M others nearest to it, found exactly and once per space
(`nearest`). Customers that coincide share one list. Where several are tied for the last places,
each takes an equal part of a place, which is what an index would be on average if ties were broken
by lot; so no value depends on the order of the table. Distances are tied if they agree in 40 binary
digits: what should be tied often differs in the last ones.

M is 25, as in the paper, but below 2 % of the customers (`places_counted`): the paper's indices are
-inf where a segment has no more than M customers, and 25 would rule out most segments of a table of
some hundreds. M depends on the table alone, since an index with fewer neighbours is higher, and
partitions of the same table must remain comparable.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from scipy.spatial import cKDTree
from scipy.special import expit, logsumexp
from scipy.stats import beta
from scipy.stats import t as student

from segbench.contracts import Floats, Ints, Rows, Score
from segbench.errors import Undefined
from segbench.metric.estimate import stratified_mean
from segbench.metric.kernels import (
    CHUNK,
    EUCLIDEAN,
    FAST,
    GAPS,
    GOWER,
    MARGIN,
    Points,
    blocks,
    distances,
    each,
)
from segbench.metric.prepared import Labelled, Prepared
from segbench.metric.registry import internal, labelled, plain

PAPER = "Gagolewski, Bartoszuk & Cena (2021), Information Sciences 581, 620-636"
MOST, SHARE = 25, 50
"""Neighbours of a customer at the most, and the part of the customers that they stay below."""
SMOOTH = 5
"""Spread of the weights of the least distances in DuNN, three times as many of which count."""
ROWS, STEP = 128, 128
"""Rows that a thread works on at a time, and distances between two looks at how far is enough."""
TREE, SPARE = 6, 9
"""Dimensions up to which a tree is faster than a sweep, and what it is asked for beyond M."""
ENTRIES = 32_000_000
"""Entries of the lists of a space at the most, 12 bytes each; ties can make them long."""
DRAWS, SAMPLED = 20, 500
"""Draws that Hopkins' statistic is the mean of, and customers in each at the most."""


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


@internal(
    "wcnn", maximize=True, low=0.0, high=1.0, gower=True, cost="n^2",
    formula="mean over customers of the share of their M nearest others that are in the own "
    "segment; M = 25, but below 2 % of the customers",
    paper=PAPER, undefined="fewer than 2 or n segments; a segment of M customers or fewer; all "
    "customers coincide",
)  # fmt: skip
def wcnn(part: Labelled) -> float | Score:
    """Share of near neighbours in the own segment: 0 to 1, higher is better.

    Undefined for fewer than 2 segments, for a segment per customer, where all coincide, and for a
    segment of M customers or fewer, which has not got M neighbours of its own. Like
    `genieclust.cluster_validity.wcnn_index`, which says -inf there.

    >>> wcnn_score([[0.0], [1.0], [2.0], [2.5], [10.0], [11.0]], [0, 0, 0, 1, 1, 1])
    0.6666666666666666

    """
    m = places_counted(part)
    if part.estimated:
        shares = own_shares(part, m, part.sample)
        return stratified_mean(part.labels, part.sample, shares, part.sizes / len(part))
    return fsum(own_shares(part, m, np.arange(len(part)))) / len(part)


@internal(
    "dunn_nn", maximize=True, low=0.0, high=None, gower=True, cost="n^2", power=1,
    formula="weighted mean of the 15 least distances from a customer to one of its M nearest "
    "others in another segment, weights exp(-((i - 1) / 5)^2 / 2); M = 25, but below 2 % of the "
    "customers; the largest distance to an M-th neighbour where there is none",
    paper=f"{PAPER}: DuNN_25_SMin:5_Const", undefined="fewer than 2 or n segments; a segment of M "
    "customers or fewer; every customer coincides with M others; too many customers",
)  # fmt: skip
def dunn_nn(part: Labelled) -> float:
    """Dunn's index of near neighbours: 0 upwards, higher is better; for segments of any shape.

    `genieclust.cluster_validity.dunnowa_index` with its default operators: SMin:5 of the distances
    between segments over Const, 1, so it is a distance, in the units of the space. (DuNN_25_Min_Max
    is their minimum over the maximum of those within segments.) Where no customer has a near
    neighbour in another segment, which is inf there, it is the largest value that is possible
    otherwise: the largest distance to an M-th neighbour.

    Undefined for fewer than 2 segments, for a segment per customer, for a segment of M customers or
    fewer (-inf there), where all coincide, and where each coincides with M others.

    >>> round(dunn_nn_score([[0.0], [1.0], [2.0], [2.5], [10.0], [11.0]], [0, 0, 0, 1, 1, 1]), 4)
    0.5

    """
    if part.estimated:
        raise Undefined(f"takes every near neighbour, too many for {len(part):,} customers")
    return dunn(part, places_counted(part))


def places_counted(part: Labelled) -> int:
    """M: at most 25, fewer than 2 % of the customers, at least 1.

    Raises:
        Undefined: a segment has no more than M customers.

    """
    m = max(min(MOST, -(-len(part) // SHARE) - 1), 1)
    smallest = int(part.sizes.min())
    if smallest <= m:
        raise Undefined(f"needs segments of more than {m} customers, the smallest has {smallest}")
    return m


def own_shares(part: Labelled, m: int, rows: Rows) -> Floats:
    """(len(rows),) share of the m nearest others of each customer that are in its segment."""
    of = locations(part.space).of[rows]
    if part.estimated:
        asked, lists = np.unique(of, return_inverse=True)
        near = search(part.space, m, asked)
    else:
        lists, near = of, nearest(part.space, m)
    out = np.empty(len(rows))
    _own(near, of, lists, part.labels[rows], *_contents(part), out)
    return out / m


def dunn(part: Labelled, m: int) -> float:
    """DuNN of m neighbours."""
    near, places = nearest(part.space, m), locations(part.space)
    if not near.radius.max() > 0:
        raise Undefined(f"every customer coincides with {m} others or more")
    count = _crossings(near, places.counts, *_contents(part))
    cross = count > 0
    if not cross.any():
        return float(near.radius.max()) * places.unit
    return _smooth_least(near.distance[cross], count[cross]) * places.unit


def _smooth_least(distance: Floats, count: Floats) -> float:
    """Mean of the least distances, weighted by a normal density of their position.

    Each distance counts so many times; a part of a position has the same part of its weight.
    """
    order = np.argsort(distance, kind="stable")
    weights = np.exp(-0.5 * (np.arange(3 * SMOOTH) / SMOOTH) ** 2)
    total = np.concatenate([[0.0], np.cumsum(weights)])
    position = np.concatenate([[0.0], np.cumsum(count[order])])
    reached = np.interp(position, np.arange(len(total)), total)
    return float(np.diff(reached) @ distance[order] / reached[-1])


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


def _contents(part: Labelled) -> tuple[Rows, Ints, Rows]:
    """Segments at each location: where their list begins, which they are, customers of each."""
    of = locations(part.space).of
    keys, counts = np.unique(of * part.k + part.labels, return_counts=True)
    starts = np.searchsorted(keys // part.k, np.arange(of.max() + 2))
    return starts, (keys % part.k).astype(np.int32), counts


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
        lists = _search(places, m, rows, *_candidates(tree, places, m, rows))
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
def _search(places, m, asked, likely, reach):  # type: ignore[no-untyped-def]
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


@njit(**FAST)
def _own(near, of, lists, labels, starts, segments, members, out):  # type: ignore[no-untyped-def]
    """out[i] = places on the list of customer i that its own segment takes."""
    for i in range(len(of)):
        strict, ties = 0, 0
        q = lists[i]
        for e in range(near.starts[q], near.starts[q + 1]):
            place = near.who[e]
            own = -1 if place == of[i] else 0
            for s in range(starts[place], starts[place + 1]):
                if segments[s] == labels[i]:
                    own += members[s]
            if near.distance[e] < near.radius[q]:
                strict += own
            else:
                ties += own
        out[i] = strict + near.share[q] * ties


@njit(**FAST)
def _crossings(near, counts, starts, segments, members):  # type: ignore[no-untyped-def]
    """How many customers each entry of the lists puts beside one of another segment."""
    out = np.zeros(len(near.who))
    for u in range(len(counts)):
        for e in range(near.starts[u], near.starts[u + 1]):
            v = near.who[e]
            pairs, t = counts[u] * counts[v], starts[v]
            for s in range(starts[u], starts[u + 1]):
                while t < starts[v + 1] and segments[t] < segments[s]:
                    t += 1
                if t < starts[v + 1] and segments[t] == segments[s]:
                    pairs -= members[s] * members[t]
            out[e] = pairs * (1.0 if near.distance[e] < near.radius[u] else near.share[u])
    return out


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
    space = labelled(X, np.zeros(len(X), dtype=np.int32), threads).space
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


wcnn_score = plain("wcnn")
dunn_nn_score = plain("dunn_nn")
