"""Scores of a partition: noise, coverage, degenerate cases, outcomes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from sklearn import metrics
from spaces import euclidean, gower, mixed, naive_distances

from segbench.contracts import Outcomes, Partition, Score
from segbench.errors import Undefined
from segbench.metric import EXTERNAL, INTERNAL, score_outcomes, score_partition
from segbench.metric.future import epsilon_squared_interval
from segbench.metric.kernels.distances import TILE

POINTS = np.array([[0.0], [1.0], [2.0], [7.0], [8.0], [9.0]])
HALVES = [0, 0, 0, 1, 1, 1]


def three_groups(n: int = 60, seed: int = 0) -> tuple[np.ndarray, Partition]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    X = rng.normal(size=(n, 2)) + 3 * labels[:, None]
    return X, Partition.from_labels(np.where(rng.random(n) < 0.15, -1, labels))


def with_noise_joined(D: np.ndarray, partition: Partition) -> list[int]:
    """The nearest segment by mean distance for noise, a loop at a time."""
    labels = partition.labels
    return [
        int(np.argmin([D[i, labels == s].mean() for s in range(partition.k)])) if own < 0 else own
        for i, own in enumerate(labels.tolist())
    ]


def check_undefined(score: Score, space: str | None) -> None:
    assert score.status == "undefined" and score.why
    assert score.value is score.low is score.high is None
    assert score.space == space
    json.dumps(asdict(score), allow_nan=False)


def test_euclidean_scores_are_scikit_learns_after_noise_has_joined():
    X, partition = three_groups()
    labels = with_noise_joined(naive_distances(euclidean(X)), partition)
    scores = score_partition(euclidean(X), partition, INTERNAL)
    assert partition.noise > 3
    for name in ("silhouette", "calinski_harabasz", "davies_bouldin"):
        expected = getattr(metrics, f"{name}_score")(X, labels)
        assert scores[name].value == pytest.approx(expected, rel=1e-12)
        assert scores[name].status == "ok" and scores[name].space == "standard"


def test_gower_silhouette_is_scikit_learns_after_noise_has_joined():
    reference = mixed(50)
    partition = Partition.from_labels(np.random.default_rng(1).integers(-1, 3, size=50))
    D = naive_distances(reference)
    labels = with_noise_joined(D, partition)
    scores = score_partition(reference, partition, INTERNAL)
    expected = metrics.silhouette_score(D, labels, metric="precomputed")
    assert scores["silhouette"].value == pytest.approx(expected, rel=1e-12)
    check_undefined(scores["calinski_harabasz"], "gower")
    check_undefined(scores["davies_bouldin"], "gower")


def test_quality_is_silhouette_times_coverage():
    X, partition = three_groups()
    scores = score_partition(euclidean(X), partition, ["quality", "silhouette"])
    share = np.mean(partition.labels >= 0)
    assert 0 < share < 1
    assert scores["quality"].value == pytest.approx(scores["silhouette"].value * share)


def test_leaving_customers_out_does_not_flatter():
    X = np.concatenate([POINTS, [[4.0], [4.6], [5.0]]])
    dropped, left_out, every = (
        score_partition(euclidean(X[: len(labels)]), Partition.from_labels(labels), ["quality"])
        for labels in (HALVES, [*HALVES, -1, -1, -1], [*HALVES, 0, 1, 1])
    )
    assert left_out["quality"].value < every["quality"].value < dropped["quality"].value


def test_leaving_customers_out_does_not_mend_a_bad_score():
    partition = Partition.from_labels([0, 1, 0, 1, 0, -1])
    scores = score_partition(euclidean(POINTS), partition, ["quality", "silhouette"])
    assert scores["quality"].value == scores["silhouette"].value < 0


def test_a_score_has_the_version_of_its_definition(monkeypatch):
    monkeypatch.setitem(INTERNAL, "dunn", replace(INTERNAL["dunn"], version=7))
    monkeypatch.setitem(EXTERNAL, "ari", replace(EXTERNAL["ari"], version=8))
    partition = Partition.from_labels(HALVES)
    assert score_partition(euclidean(POINTS), partition, ["dunn"])["dunn"].version == 7
    assert score_outcomes(partition, reference(list("aabbcc")), 0)["ari"].version == 8


@pytest.mark.parametrize("kind", ["gower", "standard"])
def test_threads_do_not_change_a_bit(kind):
    n = 2 * TILE + 100
    reference = mixed(n)
    if kind == "standard":
        reference = euclidean(np.nan_to_num(reference.X))
    partition = Partition.from_labels(np.random.default_rng(0).integers(-1, 4, size=n))
    one, two, three = (score_partition(reference, partition, INTERNAL, t) for t in (1, 2, 3))
    assert one == two == three


@pytest.mark.parametrize("space", [euclidean, gower])
@pytest.mark.parametrize("X, labels", [
    pytest.param(POINTS, [-1] * 6, id="all noise"),
    pytest.param(POINTS, [0] * 6, id="one segment"),
    pytest.param(POINTS, [0, 0, 0, -1, -1, -1], id="one segment and noise"),
    pytest.param(POINTS, list(range(6)), id="n segments"),
    pytest.param(np.full((6, 2), 0.1), HALVES, id="constant"),
    pytest.param(np.full((6, 2), 0.1 + 1e8), HALVES, id="large constant"),
    pytest.param(np.full((6, 2), 0.1), [0, 0, 1, 1, -1, -1], id="constant and noise"),
    pytest.param(POINTS[:1], [0], id="one customer"),
    pytest.param(POINTS[:1], [-1], id="one customer, noise"),
])  # fmt: skip
def test_degenerate_partitions_have_no_score(space, X, labels):
    scores = score_partition(space(X), Partition.from_labels(labels), INTERNAL)
    assert list(scores) == list(INTERNAL)
    for score in scores.values():
        check_undefined(score, space(X).kind)


def test_identical_centroids_never_score_well():
    ring = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * 0.1 + 0.7
    partition = Partition.from_labels([0, 0, 0, 0, 1, 1, 1, 1])
    scores = score_partition(euclidean(np.vstack([ring, ring[::-1]])), partition, INTERNAL)
    check_undefined(scores["davies_bouldin"], "standard")
    assert scores["calinski_harabasz"].value == pytest.approx(0.0, abs=1e-12)
    assert scores["quality"].value < 0


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_numbers_as_extreme_as_a_table_may_hold_give_no_nan(scale):
    scores = score_partition(euclidean(POINTS * scale), Partition.from_labels(HALVES), INTERNAL)
    plain = score_partition(euclidean(POINTS), Partition.from_labels(HALVES), INTERNAL)
    for name, score in scores.items():
        expected = plain[name].value * scale ** INTERNAL[name].power
        assert score.value == pytest.approx(expected, rel=1e-9)


def reference(*columns) -> Outcomes:
    arrays = [np.array(column, dtype=object) for column in columns]
    return Outcomes(reference={f"truth {i}": column for i, column in enumerate(arrays)})


def test_agreement_leaves_out_customers_without_a_label_and_keeps_noise_as_singletons():
    partition = Partition.from_labels([0, 0, 0, 1, 1, -1, -1, 1])
    scores = score_outcomes(partition, reference(["a", "a", "b", "b", "b", "c", "c", None]), 0)
    truth, singletons = ["a", "a", "b", "b", "b", "c", "c"], [0, 0, 0, 1, 1, 2, 3]
    assert scores["ari"].value == pytest.approx(metrics.adjusted_rand_score(truth, singletons))
    ami = metrics.adjusted_mutual_info_score(truth, singletons)
    assert scores["ami"].value == pytest.approx(ami)
    assert set(scores) == set(EXTERNAL)


def test_the_best_of_several_references_counts():
    partition = Partition.from_labels(HALVES)
    poor, exact = ["a", "b"] * 3, ["x", "x", "x", "y", "y", "y"]
    for columns in ((poor, exact), (exact, poor)):
        scores = score_outcomes(partition, reference(*columns), 0)
        assert scores["ari"].value == scores["ami"].value == 1.0


@pytest.mark.parametrize("truth", [["a"] * 6, ["a", None, "a", None, None, "a"], [None] * 6])
def test_a_reference_without_two_labels_says_nothing(truth):
    scores = score_outcomes(Partition.from_labels(HALVES), reference(truth), 0)
    check_undefined(scores["ari"], None)
    check_undefined(scores["ami"], None)


def test_an_agreement_without_a_value_says_why(monkeypatch):
    def never(truth: np.ndarray, labels: np.ndarray) -> float:
        raise Undefined("because")

    monkeypatch.setitem(EXTERNAL, "ari", replace(EXTERNAL["ari"], compute=never))
    scores = score_outcomes(Partition.from_labels(HALVES), reference(list("aabbcc")), 0)
    assert scores["ari"].why == "because" and scores["ari"].value is None


@pytest.mark.parametrize("labels", [[0] * 6, [-1] * 6])
def test_trivial_partitions_agree_with_nothing(labels):
    scores = score_outcomes(Partition.from_labels(labels), reference(list("aabbcc")), 0)
    assert scores["ari"].value == pytest.approx(0.0, abs=1e-12)
    assert scores["ami"].value == pytest.approx(0.0, abs=1e-12)


def test_nothing_known_is_no_score():
    assert score_outcomes(Partition.from_labels(HALVES), Outcomes(), 0) == {}


def test_future_is_scored_on_a_log_scale_that_keeps_the_sign():
    future = np.array([0.0, 3.0, 10.0, -5.0, 200.0, 1000.0])
    score = score_outcomes(Partition.from_labels(HALVES), Outcomes(future=future), 0)["future_eta2"]
    y = np.where(future < 0, -np.log1p(np.abs(future)), np.log1p(np.abs(future)))
    within = sum(((part - part.mean()) ** 2).sum() for part in (y[:3], y[3:]))
    expected = 1 - 5 / 4 * within / ((y - y.mean()) ** 2).sum()
    assert score.value == pytest.approx(expected)
    assert score.low <= score.value <= score.high <= 1


def test_the_interval_of_the_future_is_drawn_with_the_seed():
    partition, future = Partition.from_labels(np.arange(40) % 2), np.arange(40.0)
    a, b, c = (
        score_outcomes(partition, Outcomes(future=future), seed)["future_eta2"]
        for seed in (1, 1, 2)
    )
    assert a == b and a.value == c.value and (a.low, a.high) != (c.low, c.high)
    assert (a.low, a.high) == epsilon_squared_interval(np.log1p(future), partition.labels, 1)


def test_noise_is_one_group_for_the_future():
    future = np.array([1.0, 2.0, 50.0, 60.0, 7.0, 8.0])
    noisy, named = ([0, 0, 1, 1, -1, -1], [0, 0, 1, 1, 2, 2])
    a, b = (
        score_outcomes(Partition.from_labels(labels), Outcomes(future=future), 0)
        for labels in (noisy, named)
    )
    assert a["future_eta2"].value == pytest.approx(b["future_eta2"].value)


@pytest.mark.parametrize("labels, future", [
    pytest.param([-1] * 50, np.arange(50.0), id="all noise"),
    pytest.param([0] * 50, np.arange(50.0), id="one segment"),
    pytest.param(list(range(50)), np.arange(50.0), id="n segments"),
    pytest.param([0, 1] * 25, np.zeros(50), id="nobody came back"),
    pytest.param([0, 1] * 25, np.full(50, 0.1), id="everybody spent the same"),
    pytest.param([0], np.ones(1), id="one customer"),
])  # fmt: skip
def test_degenerate_future_has_no_score(labels, future):
    scores = score_outcomes(Partition.from_labels(labels), Outcomes(future=future), 0)
    check_undefined(scores["future_eta2"], None)
