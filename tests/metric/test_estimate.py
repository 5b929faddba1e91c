"""Estimates for large tables: their intervals cover the exact score, and no segment is missed."""

from __future__ import annotations

import numpy as np
import pytest
from test_kernels import euclidean, gower

from segbench.contracts import Partition, Reference
from segbench.metric import Prepared, estimate, score_partition
from segbench.metric.estimate import stratified_sample

NAMES = ("silhouette", "silhouette_macro", "pearson_gamma")


def customers(seed: int, n: int = 1_800) -> tuple[np.ndarray, Partition]:
    """Four overlapping segments, the last of 25 customers."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.concatenate([np.full(25, 3), rng.integers(3, size=n - 25)]))
    X = rng.normal(size=(n, 3)) * rng.exponential(1.0, size=(n, 1)) + 1.5 * labels[:, None]
    return X, Partition.from_labels(labels)


@pytest.fixture
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "SAMPLE", 500)
    monkeypatch.setattr(estimate, "LEAST", 50)


def with_gaps(X: np.ndarray) -> Reference:
    return gower(np.where(np.random.default_rng(0).random(X.shape) < 0.02, np.nan, X))


@pytest.mark.parametrize("space, names", [
    (euclidean, NAMES),
    (gower, ("pearson_gamma",)),
    (with_gaps, ("silhouette", "silhouette_macro")),
])  # fmt: skip
def test_intervals_cover_the_exact_score_as_often_as_they_say(small_samples, space, names):
    hits, sets = dict.fromkeys(names, 0), 150
    for seed in range(sets):
        X, partition = customers(seed)
        reference: Reference = space(X)
        exact = score_partition(Prepared(reference), partition, names)
        found = score_partition(Prepared(reference, exact=100), partition, names)
        for name in names:
            assert found[name].status == "estimate" and exact[name].status == "ok"
            hits[name] += found[name].low <= exact[name].value <= found[name].high
    for name, number in hits.items():  # binomial(150, .95): 134 and 150 are its 0.2 % points
        assert 134 <= number <= 149, (name, number)


def test_gower_silhouette_without_gaps_is_exact_for_any_number(small_samples):
    X, partition = customers(4)
    exact, found = (
        score_partition(Prepared(gower(X), exact=limit), partition, ["silhouette"])["silhouette"]
        for limit in (None, 100)
    )
    assert found == exact and found.status == "ok"


def test_every_segment_is_sampled_and_a_small_one_in_full():
    labels = np.concatenate([np.zeros(20_000), np.ones(50), np.full(1_000, 2)]).astype(np.int32)
    sample = stratified_sample(labels, 3)
    counts = np.bincount(labels[sample])
    assert counts.tolist() == [int(np.ceil(5_000 * 20_000 / 21_050)), 50, 238]
    assert len(set(sample.tolist())) == len(sample)
    assert sample.tolist() == stratified_sample(labels, 3).tolist()


def test_a_sample_of_everybody_is_exact(monkeypatch):
    X, partition = customers(1)
    monkeypatch.setattr(estimate, "SAMPLE", len(X))
    exact = score_partition(Prepared(euclidean(X)), partition, NAMES)
    found = score_partition(Prepared(euclidean(X), exact=1), partition, NAMES)
    for name in NAMES:
        assert found[name].value == pytest.approx(exact[name].value, rel=1e-10)
        assert found[name].high - found[name].low == pytest.approx(0.0, abs=1e-12)


def test_an_estimate_says_so_and_coverage_scales_its_interval(small_samples):
    X, partition = customers(2)
    noisy = Partition.from_labels(np.where(np.arange(len(X)) % 10 == 0, -1, partition.labels))
    scores = score_partition(Prepared(euclidean(X), exact=100), noisy, ["silhouette", "quality"])
    silhouette, quality = scores["silhouette"], scores["quality"]
    assert "estimate from" in silhouette.why and "of 1,800 customers" in silhouette.why
    factor = noisy.coverage if silhouette.value > 0 else 1.0
    for end in ("value", "low", "high"):
        assert getattr(quality, end) == pytest.approx(getattr(silhouette, end) * factor)


def test_indices_without_an_estimate_say_that_they_are_too_large():
    X, partition = customers(3)
    score = score_partition(Prepared(euclidean(X), exact=100), partition, ["c_index"])["c_index"]
    assert score.status == "undefined" and "1,800 customers, exact up to 100" in score.why
