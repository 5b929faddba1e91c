"""z-scores against random partitions, and what they depend on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spaces import euclidean, gower

from segbench.contracts import Partition
from segbench.metric import CALIBRATED, INTERNAL, Calibration, score_partition, with_candidates
from segbench.metric.prepared import Prepared
from segbench.metric.random_partitions import GENERATORS, join_nearest


def blobs(
    n: int = 150, k: int = 3, seed: int = 0, apart: float = 6.0
) -> tuple[np.ndarray, Partition]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % k
    return rng.normal(size=(n, 2)) + apart * labels[:, None], Partition.from_labels(labels)


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


def test_the_sample_is_2000_customers_from_all_over_the_table():
    rows = Calibration.of(euclidean(np.arange(4_000.0)[:, None])).rows
    assert len(set(rows.tolist())) == len(rows) == 2_000
    assert np.bincount(rows // 500) == pytest.approx(250, abs=50)


def test_no_z_where_the_sample_has_lost_a_segment():
    X, good = blobs(n=600)
    calibration = Calibration.of(euclidean(X), sample=200)
    labels = good.labels.copy()
    labels[np.setdiff1d(np.arange(600), calibration.rows)[0]] = 3
    found = calibration.standardise(Partition.from_labels(labels), ["silhouette", "wcnn"])
    assert set(found) == {"silhouette_z", "wcnn_z"}
    for score in found.values():
        assert score.value is None and score.space == "standard"
        assert score.why == "the sample of 200 customers has 3 of the segments"


def test_a_z_has_the_space_and_the_version_of_its_index(monkeypatch):
    monkeypatch.setitem(INTERNAL, "silhouette", replace(INTERNAL["silhouette"], version=7))
    X, good = blobs(n=60)
    found = Calibration.of(gower(X)).standardise(good, ["silhouette"])["silhouette_z"]
    assert (found.space, found.version) == ("gower", 7)


def test_an_index_without_a_value_has_a_z_without_one_for_the_same_reason():
    X, good = blobs(n=60)
    found = Calibration.of(gower(X)).standardise(good, ["calinski_harabasz"])
    assert "centroids" in found["calinski_harabasz_z"].why
    assert found["calinski_harabasz_z"].value is None


def test_every_random_partition_is_a_draw_of_its_own(monkeypatch):
    from segbench.metric import random_partitions as module

    drawn: list[tuple[int, ...]] = []

    def spied(grow):
        def spy(space: Prepared, seeds: np.ndarray) -> np.ndarray:
            drawn.append(tuple(seeds[:2].tolist()))
            return grow(space, seeds)

        return spy

    for name in ("join_nearest", "grow_nearest", "grow_furthest"):
        monkeypatch.setattr(module, name, spied(getattr(module, name)))
    reference = euclidean(np.random.default_rng(0).normal(size=(1_000, 2)))
    for seed, k in ((0, 2), (0, 3), (1, 2)):
        calibration = Calibration(reference, np.arange(1_000), seed=seed)
        for generator in GENERATORS:
            calibration.partitions(generator, k)
    assert len(drawn) == 300 and len(set(drawn)) >= 299  # of a million pairs, hardly one twice


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.0])
def test_no_z_where_random_partitions_differ_by_rounding(angle):
    turn = angle + np.array([0.0, 2.0, 4.0]) * np.pi / 3  # whoever is alone, all is the same
    X = np.column_stack([np.cos(turn), np.sin(turn)])
    partition = Partition.from_labels([0, 0, 1])
    found = Calibration.of(euclidean(X)).standardise(partition, ["calinski_harabasz"])
    assert "do not differ" in found["calinski_harabasz_z"].why


def test_a_seed_among_its_copies_keeps_its_segment():
    space, seeds = Prepared(euclidean([[0.0]] * 5 + [[1.0]])), np.array([3, 1])
    assert join_nearest(space, seeds).tolist() == [0, 1, 0, 0, 0, 0]


def test_the_calibrated_indices_share_a_random_partition_of_every_kind():
    X, _ = blobs(n=60)
    calibration = Calibration.of(euclidean(X))
    for k in (2, 5):
        for name in ("silhouette", "calinski_harabasz"):
            expected = [
                score_partition(euclidean(X), partition, [name])[name].value
                for generator in GENERATORS
                for partition in calibration.partitions(generator, k)
            ]
            assert calibration.random_scores(name, k).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("X", [np.full((40, 2), 3.0), np.repeat([[0.0], [1.0]], 20, axis=0)])
def test_no_z_without_an_index_or_without_differences(X):
    partition = Partition.from_labels(np.arange(40) % 2)
    for score in Calibration.of(euclidean(X)).standardise(partition).values():
        assert score.value is None or np.isfinite(score.value)
        assert score.value is not None or score.why


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_random_scores_that_differ_by_rounding_alone_give_no_z(angle):
    turn = angle + np.array([0.0, 2.0, 4.0]) * np.pi / 3  # each two are equally far apart
    calibration = Calibration.of(euclidean(np.column_stack([np.cos(turn), np.sin(turn)])))
    z = calibration.standardise(Partition.from_labels(np.array([0, 0, 1])), ["silhouette"])
    assert z["silhouette_z"].value is None and "do not differ" in z["silhouette_z"].why


def test_candidates_among_the_random_ones():
    z = [3.0, 1.0, 0.5]
    random = np.random.default_rng(0).normal(size=100)
    random = (random - random.mean()) / random.std(ddof=1)
    pool = np.concatenate([random, z])
    expected = (3.0 - pool.mean()) / pool.std(ddof=1)
    assert with_candidates(3.0, z, 100) == pytest.approx(expected)
