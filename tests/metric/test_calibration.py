"""Random partitions of the three kinds, against naive growth; z-scores and what they depend on."""

from __future__ import annotations

import numpy as np
import pytest
from test_kernels import euclidean, gower, mixed, naive_distances

from segbench.contracts import Partition
from segbench.metric import CALIBRATED, Calibration, score_partition, with_candidates
from segbench.metric.calibration import (
    GENERATORS,
    _grow_furthest,
    _grow_nearest,
    _join_nearest,
    spanning_tree,
)
from segbench.metric.prepared import Prepared


def blobs(
    n: int = 150, k: int = 3, seed: int = 0, apart: float = 6.0
) -> tuple[np.ndarray, Partition]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % k
    return rng.normal(size=(n, 2)) + apart * labels[:, None], Partition.from_labels(labels)


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
    assert _grow_nearest(space, seeds).tolist() == grown(D, seeds, furthest=False)
    assert _grow_furthest(space, seeds).tolist() == grown(D, seeds, furthest=True)
    assert _join_nearest(space, seeds).tolist() == D[:, seeds].argmin(axis=1).tolist()


def test_the_many_join_the_segment_whose_furthest_grown_member_is_nearest(monkeypatch):
    from segbench.metric import calibration as module

    monkeypatch.setattr(module, "GROWN", 20)
    reference = euclidean(np.random.default_rng(5).normal(size=(60, 3)))
    D, seeds = naive_distances(reference), np.array([3, 50, 17])
    chosen: list[np.ndarray] = []
    grow = module._furthest

    def spy(points: object, own: np.ndarray) -> np.ndarray:
        chosen.append(grow(points, own))
        return chosen[-1]

    monkeypatch.setattr(module, "_furthest", spy)
    labels = _grow_furthest(Prepared(reference), seeds)
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
    assert spanning_tree(space)[2].sum() * space.unit == pytest.approx(expected)


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


def test_z_is_the_distance_to_the_mean_in_deviations():
    X, partition = blobs(apart=2.0)
    calibration = Calibration.of(euclidean(X))
    scores = calibration.standardise(partition)
    raw = score_partition(euclidean(X), partition, CALIBRATED)
    for name in CALIBRATED:
        random = [
            score_partition(euclidean(X), p, [name])[name].value
            for generator in GENERATORS
            for p in calibration.partitions(generator, partition.k)
        ]
        assert name in ("wcnn", "dunn_nn") or None not in random
        random = [0.0 if value is None else value for value in random]  # the worst there is
        expected = (raw[name].value - np.mean(random)) / np.std(random, ddof=1)
        assert scores[f"{name}_z"].value == pytest.approx(expected)


def test_random_partitions_average_zero_and_good_ones_stand_out():
    X, good = blobs()
    calibration = Calibration.of(euclidean(X))
    assert all(score.value > 1 for score in calibration.standardise(good, ["silhouette"]).values())
    drawn = [p for g in GENERATORS for p in calibration.partitions(g, 3)]
    z = [calibration.standardise(p, ["silhouette"])["silhouette_z"].value for p in drawn]
    assert np.mean(z) == pytest.approx(0.0, abs=1e-9) and np.std(z, ddof=1) == pytest.approx(1.0)


def test_what_less_is_better_of_turns_its_sign(monkeypatch):
    from segbench.metric import calibration as module

    monkeypatch.setattr(module, "CALIBRATED", ("davies_bouldin",))
    X, good = blobs()
    found = Calibration.of(euclidean(X)).standardise(good, ["davies_bouldin"])
    assert found["davies_bouldin_z"].value > 0


def test_a_z_does_not_depend_on_scale_threads_or_what_was_asked_before():
    X, good = blobs(apart=3.0)
    expected = Calibration.of(euclidean(X)).standardise(good)
    fresh = Calibration.of(euclidean(X), threads=2)
    fresh.standardise(Partition.from_labels(np.arange(150) % 5))
    assert fresh.standardise(good) == expected
    for name, score in Calibration.of(euclidean(X * 2.0**9)).standardise(good).items():
        assert score.value == pytest.approx(expected[name].value, rel=1e-6)


def test_a_large_table_is_calibrated_on_a_sample_of_it():
    X, good = blobs(n=600)
    calibration = Calibration.of(euclidean(X), sample=200)
    assert len(calibration.space) == 200 and (np.diff(calibration.rows) > 0).all()
    on_sample = Partition.from_labels(good.labels[calibration.rows])
    plain = Calibration.of(euclidean(X[calibration.rows])).standardise(on_sample)
    found = calibration.standardise(good)
    for name, score in found.items():
        assert score.value == pytest.approx(plain[name].value, rel=1e-9)


@pytest.mark.parametrize("X", [np.full((40, 2), 3.0), np.repeat([[0.0], [1.0]], 20, axis=0)])
def test_no_z_without_an_index_or_without_differences(X):
    partition = Partition.from_labels(np.arange(40) % 2)
    for score in Calibration.of(euclidean(X)).standardise(partition).values():
        assert score.value is None or np.isfinite(score.value)
        assert score.value is not None or score.why


def test_candidates_among_the_random_ones():
    z = [3.0, 1.0, 0.5]
    random = np.random.default_rng(0).normal(size=100)
    random = (random - random.mean()) / random.std(ddof=1)
    pool = np.concatenate([random, z])
    expected = (3.0 - pool.mean()) / pool.std(ddof=1)
    assert with_candidates(3.0, z, 100) == pytest.approx(expected)
