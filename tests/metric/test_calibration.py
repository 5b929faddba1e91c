"""z-scores against random partitions, and what they depend on."""

from __future__ import annotations

import numpy as np
import pytest
from spaces import euclidean

from segbench.contracts import Partition
from segbench.metric import CALIBRATED, Calibration, score_partition, with_candidates
from segbench.metric.random_partitions import GENERATORS


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
