"""Estimates for large tables: their intervals cover the exact score, and no segment is missed."""

from __future__ import annotations

import numpy as np
import pytest
from spaces import euclidean, gower

from segbench.contracts import Partition, Reference
from segbench.metric import Prepared, estimate, score_partition
from segbench.metric.estimate import stratified_function, stratified_mean, stratified_sample

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


@pytest.mark.drill
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


STRATA = np.repeat([0, 1, 2], [10, 6, 1]).astype(np.int32)
DRAWN = np.array([0, 2, 3, 7, 10, 13, 14, 16])


def cochran(values: np.ndarray, weights: list[float]) -> tuple[float, float]:
    """Mean and half of the interval, a segment at a time; one that is drawn in full is certain."""
    mean = variance = 0.0
    for segment, weight in enumerate(weights):
        drawn, size = values[STRATA[DRAWN] == segment], (segment == STRATA).sum()
        mean += weight * drawn.mean()
        if len(drawn) < size:
            variance += weight**2 * np.var(drawn, ddof=1) / len(drawn) * (1 - len(drawn) / size)
    return mean, 1.959963984540054 * np.sqrt(variance)


def test_the_interval_is_cochrans():
    values, weights = np.random.default_rng(0).normal(size=8), [0.2, 0.5, 0.3]
    score = stratified_mean(STRATA, DRAWN, values, np.array(weights))
    mean, half = cochran(values, weights)
    assert (score.value, score.low, score.high) == pytest.approx((mean, mean - half, mean + half))


def test_the_interval_of_a_function_is_that_of_its_linear_part():
    values = np.random.default_rng(1).normal(3.0, 1.0, size=(8, 2))
    shares = [10 / 17, 6 / 17, 1 / 17]
    (a, _), (b, _) = (cochran(values[:, i], shares) for i in range(2))
    nothing = np.zeros((17, 2))
    score = stratified_function(STRATA, DRAWN, values, nothing, lambda m: float(m[1] / m[0]))
    _, half = cochran(values[:, 1] / a - b / a**2 * values[:, 0], shares)
    expected = (b / a, b / a - half, b / a + half)
    assert (score.value, score.low, score.high) == pytest.approx(expected, rel=1e-6)


def test_what_is_known_of_everybody_is_no_estimate():
    known = np.random.default_rng(2).normal(3.0, 1.0, size=(17, 2))
    score = stratified_function(STRATA, DRAWN, known[DRAWN], known, lambda m: float(m[0] / m[1]))
    exact = pytest.approx(known[:, 0].sum() / known[:, 1].sum())
    assert (score.low, score.value, score.high) == (exact, exact, exact)


def test_a_sample_of_everybody_is_exact(monkeypatch):
    X, partition = customers(1)
    monkeypatch.setattr(estimate, "SAMPLE", len(X))
    exact = score_partition(Prepared(euclidean(X)), partition, NAMES)
    found = score_partition(Prepared(euclidean(X), exact=1), partition, NAMES)
    for name in NAMES:
        assert found[name].value == pytest.approx(exact[name].value, rel=1e-10)
        assert found[name].high - found[name].low == pytest.approx(0.0, abs=1e-12)


def test_a_segment_of_one_scores_0_in_an_estimate_too(small_samples):
    X, partition = customers(5)
    labels = np.where(np.arange(len(X)) < len(X) - 6, partition.labels, 4 + np.arange(len(X)))
    lonely = Partition.from_labels(labels)
    assert lonely.sizes.tolist()[-6:] == [1] * 6
    exact, found = (
        score_partition(Prepared(euclidean(X), exact=limit), lonely, NAMES)["silhouette_macro"]
        for limit in (None, 100)
    )
    assert found.status == "estimate"
    assert found.value == pytest.approx(exact.value, abs=0.02)


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
