"""Random partitions of the three kinds, against naive growth."""

from __future__ import annotations

import numpy as np
import pytest
from spaces import euclidean, gower, mixed, naive_distances
from test_calibration import blobs

from segbench.metric import Calibration
from segbench.metric.prepared import Prepared
from segbench.metric.random_partitions import (
    GENERATORS,
    grow_furthest,
    grow_nearest,
    join_nearest,
    tree_edges,
)


def grown(D: np.ndarray, seeds: np.ndarray, furthest: bool) -> list[int]:
    """By definition: the unassigned customer nearest to a segment joins it, one at a time."""
    labels = np.full(len(D), -1)
    labels[seeds] = np.arange(len(seeds))
    while (labels < 0).any():
        best = (np.inf, -1, -1)
        for i in np.flatnonzero(labels < 0):
            for s in range(len(seeds)):
                to = D[i, labels == s]
                best = min(best, (float(to.max() if furthest else to.min()), int(i), s))
        labels[best[1]] = best[2]
    return labels.tolist()


@pytest.mark.parametrize("kind", ["euclidean", "gower"])
@pytest.mark.parametrize("seed", range(4))
def test_growth_is_the_naive_one(kind, seed):
    rng = np.random.default_rng(seed)
    reference = mixed(30, seed) if kind == "gower" else euclidean(rng.normal(size=(30, 3)))
    if kind == "gower":  # without ties, of which either may come first
        reference = gower(rng.normal(size=(30, 2)), reference.C)
    D, seeds = naive_distances(reference), rng.choice(30, 4, replace=False)
    space = Prepared(reference)
    assert grow_nearest(space, seeds).tolist() == grown(D, seeds, furthest=False)
    assert grow_furthest(space, seeds).tolist() == grown(D, seeds, furthest=True)
    assert join_nearest(space, seeds).tolist() == D[:, seeds].argmin(axis=1).tolist()


def test_the_many_join_the_segment_whose_furthest_grown_member_is_nearest(monkeypatch):
    from segbench.metric import random_partitions as module

    monkeypatch.setattr(module, "GROWN", 20)
    reference = euclidean(np.random.default_rng(5).normal(size=(60, 3)))
    D, seeds = naive_distances(reference), np.array([3, 50, 17])
    chosen: list[np.ndarray] = []
    grow = module._furthest

    def spy(points: object, own: np.ndarray) -> np.ndarray:
        chosen.append(grow(points, own))
        return chosen[-1]

    monkeypatch.setattr(module, "_furthest", spy)
    labels = grow_furthest(Prepared(reference), seeds)
    assert labels[seeds].tolist() == [0, 1, 2] and len(chosen[0]) == 20
    # Which 20 grew shows in no output; whoever did, the others are nearest by their furthest.
    rng = np.random.default_rng(seeds.astype(np.int64))
    others = np.setdiff1d(np.arange(60), seeds)
    grown_rows = np.concatenate([seeds, rng.choice(others, 17, replace=False)])
    assert labels[grown_rows].tolist() == chosen[0].tolist()
    for i in np.setdiff1d(others, grown_rows):
        furthest = [D[i, grown_rows[chosen[0] == s]].max() for s in range(3)]
        assert labels[i] == int(np.argmin(furthest))


def test_spanning_tree_is_as_long_as_scipys():
    from scipy.sparse.csgraph import minimum_spanning_tree

    reference = euclidean(np.random.default_rng(1).normal(size=(80, 3)))
    space = Prepared(reference)
    expected = minimum_spanning_tree(naive_distances(reference)).sum()
    assert tree_edges(space)[2].sum() * space.unit == pytest.approx(expected)


def test_partitions_are_a_third_of_each_kind_seeded_and_of_k_segments():
    calibration = Calibration.of(euclidean(blobs()[0]))
    again = Calibration.of(euclidean(blobs()[0]))
    drawn = {g: calibration.partitions(g, 4) for g in GENERATORS}
    assert [len(drawn[g]) for g in GENERATORS] == [34, 33, 33]
    for generator, partitions in drawn.items():
        assert all(partition.k == 4 and not partition.noise for partition in partitions)
        assert len({partition.labels.tobytes() for partition in partitions}) > 20
        for a, b in zip(partitions, again.partitions(generator, 4), strict=True):
            assert a.labels.tobytes() == b.labels.tobytes()
