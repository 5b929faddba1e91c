"""Indices of nearest neighbours: WCNN and DuNN.

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

from math import fsum

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Rows, Score
from segbench.errors import Undefined
from segbench.metric.estimate import stratified_mean
from segbench.metric.kernels.distances import FAST
from segbench.metric.labelled import Labelled
from segbench.metric.nearest import locations, nearest, search
from segbench.metric.registry import internal, plain

PAPER = "Gagolewski, Bartoszuk & Cena (2021), Information Sciences 581, 620-636"
MOST, SHARE = 25, 50
"""Neighbours of a customer at the most, and the part of the customers that they stay below."""
SMOOTH = 5
"""Spread of the weights of the least distances in DuNN, three times as many of which count."""


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
    part.need_every_pair()
    return du_nn(part, places_counted(part))


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


def du_nn(part: Labelled, m: int) -> float:
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


def _contents(part: Labelled) -> tuple[Rows, Ints, Rows]:
    """Segments at each location: where their list begins, which they are, customers of each."""
    of = locations(part.space).of
    keys, counts = np.unique(of * part.k + part.labels, return_counts=True)
    starts = np.searchsorted(keys // part.k, np.arange(of.max() + 2))
    return starts, (keys % part.k).astype(np.int32), counts


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


wcnn_score = plain("wcnn")
dunn_nn_score = plain("dunn_nn")
