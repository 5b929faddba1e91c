"""A trial: guards one by one, stopping, what is scored, threads."""

from __future__ import annotations

import threading
import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segbench import fitting as module
from segbench.contracts import Partition, Table
from segbench.evaluator import Evaluator
from segbench.guards import describe_violations, guard_violations
from segbench.metric import score_partition
from segbench.space import fit_reference

GUARDS = {"min_share": 0.05, "max_share": 0.6, "max_noise": 0.3, "k_min": 3, "k_max": 4}
WIDE = {"min_share": 0.0, "max_share": 1.0, "max_noise": 1.0, "k_min": 1, "k_max": 99}
STANDARD = {"name": "standard", "columns": "all",
            "numeric": [{"_target_": "sklearn.preprocessing.StandardScaler"}]}  # fmt: skip
KMEANS = {"_target_": "sklearn.cluster.KMeans", "input": "numeric", "baseline": False,
          "params": {"n_init": 1}}  # fmt: skip
RANDOM = {"_target_": "segbench.algorithm.random_groups.RandomGroups", "input": "numeric",
          "baseline": True}  # fmt: skip


def of_sizes(*sizes: int, noise: int = 0) -> Partition:
    return Partition.from_labels(np.repeat([*range(len(sizes)), -1], [*sizes, noise]))


@pytest.mark.parametrize("broken, partition, beyond, words", [
    ("min_share", of_sizes(50, 46, 4), 0.01, "smallest segment 4.0%"),
    ("max_share", of_sizes(61, 20, 19), 0.01, "largest segment 61.0%"),
    ("max_noise", of_sizes(20, 20, 20, noise=40), 0.1, "noise 40.0%"),
    ("k_min", of_sizes(50, 50), 1, "2 segments"),
    ("k_max", of_sizes(20, 20, 20, 20, 20), 1, "5 segments"),
])  # fmt: skip
def test_each_guard_alone(broken, partition, beyond, words):
    violations = guard_violations(partition, GUARDS)
    assert [name for name, value in violations.items() if value > 0] == [broken]
    assert violations[broken] == pytest.approx(beyond)
    assert describe_violations(violations, partition) == words


@pytest.mark.parametrize("partition", [
    pytest.param(of_sizes(50, 45, 5), id="min_share"),
    pytest.param(of_sizes(60, 20, 20), id="max_share"),
    pytest.param(of_sizes(30, 20, 20, noise=30), id="max_noise"),
    pytest.param(of_sizes(25, 25, 25, 25), id="k_max"),
])  # fmt: skip
def test_exactly_at_the_limit_is_within(partition):
    assert {n: v for n, v in guard_violations(partition, GUARDS).items() if v > 0} == {}


def test_shares_are_of_all_customers():
    # 10 of 150 customers, though 10 of the 100 in a segment.
    partition = of_sizes(50, 40, 10, noise=50)
    violations = guard_violations(partition, {**GUARDS, "min_share": 0.08, "max_noise": 0.5})
    assert violations["min_share"] == pytest.approx(0.08 - 10 / 150)


def test_all_noise_breaks_guards_without_an_exception():
    partition = of_sizes(noise=9)
    violations = guard_violations(partition, GUARDS)
    assert violations["k_min"] == 3 and violations["max_noise"] == pytest.approx(0.7)
    assert "noise 100.0%" in describe_violations(violations, partition)


def test_violations_grow_with_the_distance_to_the_limit():
    sizes = ([95, 3, 2], [90, 6, 4], [80, 15, 5])
    beyond = [guard_violations(of_sizes(*size), GUARDS) for size in sizes]
    for name in ("min_share", "max_share"):
        assert beyond[0][name] > beyond[1][name] > beyond[2][name]


@pytest.mark.parametrize("partition", [of_sizes(98, 1, 1), of_sizes(100), of_sizes(noise=100)])
def test_baselines_are_exempt(partition):
    assert set(guard_violations(partition, GUARDS, baseline=True).values()) == {0.0}


def evaluator(n: int = 150, **options: Any) -> Evaluator:
    """Three round groups of customers, the largest 50 %; guards wide open unless given."""
    rng = np.random.default_rng(0)
    group = np.sort(np.arange(n) % 10 // 4)
    X = rng.normal(size=(n, 2)) + 6.0 * np.column_stack([group, group == 1])
    table = Table("t", np.arange(n), pd.DataFrame(X, columns=["a", "b"]), ("a", "b"), (), (), {},
                  {}, None, "-")  # fmt: skip
    reference = fit_reference(table, {"kind": "rank"})
    both = ("quality", "stability_ari")
    made = Evaluator(table, reference, STANDARD, KMEANS, WIDE, both, replicates=4, seed=7)
    return replace(made, **options)


@pytest.fixture
def fits(monkeypatch) -> list[tuple[Any, ...]]:
    """(rows or None, seed, labels) of each fit, as they come."""
    seen: list[tuple[Any, ...]] = []
    original = Evaluator.fit

    def fit(self, params, table=None, seed=None, columns=1.0, number=None):
        fitted = original(self, params, table, seed, columns, number)
        where = None if table is None else table.ids.tobytes()
        seen.append((where, seed, fitted.partition.labels.tobytes()))
        return fitted

    monkeypatch.setattr(Evaluator, "fit", fit)
    return seen


def test_a_trial_within_its_guards_is_refitted_once_a_replicate(fits):
    found = evaluator().evaluate({"n_clusters": 3})
    assert len(fits) == 1 + 4 and sum(rows is None for rows, *_ in fits) == 1
    assert not found.stopped and found.feasible and found.k == 3 and found.noise == 0
    assert found.params == {"n_clusters": 3}
    assert found.scores["stability_ari"].value > 0.9  # the groups are 6 deviations apart


@pytest.mark.parametrize("guard, limit, k", [
    ("min_share", 0.25, 3), ("max_share", 0.3, 3), ("k_min", 4, 3), ("k_max", 2, 3),
])  # fmt: skip
def test_a_stopped_trial_is_not_refitted(guard, limit, k, fits):
    found = evaluator(guards={**WIDE, guard: limit}).evaluate({"n_clusters": k})
    assert [name for name, value in found.violations.items() if value > 0] == [guard]
    assert found.stopped and not found.feasible and len(fits) == 1
    stability = found.scores["stability_ari"]
    assert stability.value is None and stability.status == "undefined" and stability.why
    assert found.scores["quality"].value is not None


def test_an_undefined_objective_stops_the_trial(fits):
    found = evaluator().evaluate({"n_clusters": 1})
    assert [name for name, value in found.violations.items() if value > 0] == ["undefined"]
    assert found.scores["quality"].status == "undefined" and found.scores["quality"].why
    assert found.stopped and not found.feasible and len(fits) == 1


def test_a_trial_of_noise_alone_is_stopped_and_has_no_score():
    dbscan = {**KMEANS, "_target_": "sklearn.cluster.DBSCAN", "params": {"min_samples": 200}}
    found = evaluator(algorithm=dbscan).evaluate({"eps": 0.5})
    assert (found.k, found.noise, found.stopped, found.feasible) == (0, 150, True, False)
    assert {score.status for score in found.scores.values()} == {"undefined"}


def test_a_baseline_beyond_the_guards_is_measured_all_the_same(fits):
    strict = {"min_share": 0.5, "max_share": 0.1, "max_noise": 0.0, "k_min": 8, "k_max": 8}
    found = evaluator(algorithm=RANDOM, guards=strict).evaluate({"n_clusters": 3})
    assert found.feasible and not found.stopped and len(fits) == 1 + 4
    assert found.scores["stability_ari"].value == pytest.approx(0.0, abs=0.1)


def test_only_the_objectives_are_scored(fits):
    found = evaluator(objectives=("silhouette",)).evaluate({"n_clusters": 3})
    assert set(found.scores) == {"silhouette"} and len(fits) == 1


def test_scores_are_those_of_the_fitted_partition_in_the_reference_space():
    made = evaluator(objectives=("quality", "davies_bouldin"))
    expected = score_partition(
        made.reference, made.fit({"n_clusters": 4}).partition, made.objectives
    )
    assert made.evaluate({"n_clusters": 4}).scores == expected


def test_a_refit_sees_its_rows_alone():
    made, rows = evaluator(), np.arange(0, 150, 2)
    fitted = made.fit({"n_clusters": 3}, made.table.take(rows), seed=1)
    X = made.table.frame.to_numpy()[rows]
    np.testing.assert_allclose(fitted.X, (X - X.mean(axis=0)) / X.std(axis=0))
    assert len(fitted.partition.labels) == 75


def test_a_refit_has_a_seed_of_its_own():
    made = evaluator(algorithm=RANDOM)
    own, again, other, none = (
        made.fit({"n_clusters": 3}, made.table, seed).partition.labels.tolist()
        for seed in (made.seed, made.seed, 1, None)
    )
    assert own == again == none != other


def test_threads_do_not_change_a_byte(fits):
    outcomes = []
    for threads in (1, 2, 3):
        fits.clear()
        found = evaluator(threads=threads, n=1200).evaluate({"n_clusters": 5})
        outcomes.append((found.scores, found.violations, set(fits)))
    assert len(outcomes[0][2]) == 5
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_the_seed_decides_and_streams_differ(fits):
    params = {"n_clusters": 6}
    first = evaluator().evaluate(params)
    assert evaluator().evaluate(params).scores == first.scores
    tuning = {rows for rows, *_ in fits} - {None}
    fits.clear()
    made = evaluator()
    made.refits(params, made.fit(params).partition, stream=1)
    assert len(tuning) == 4 and not tuning & {rows for rows, *_ in fits}


@pytest.mark.parametrize("scheme, customers, same", [
    ("subsample", 75, False), ("reseed", 150, True), ("jitter", 150, False), ("noise", 150, False),
])  # fmt: skip
def test_the_scheme_decides_what_a_refit_sees(scheme, customers, same, monkeypatch):
    made = evaluator(stability={"scheme": scheme, "amount": None})
    partition, original, seen = made.fit({"n_clusters": 3}).partition, Evaluator.fit, []

    def fit(self, params, table=None, seed=None, columns=1.0, number=None):
        seen.append((len(table), table.frame.equals(made.table.frame), columns))
        return original(self, params, table, seed, columns, number)

    monkeypatch.setattr(Evaluator, "fit", fit)
    made.refits({"n_clusters": 3}, partition)
    assert seen == [(customers, same, 1.0)] * 4


def test_a_refit_on_some_of_the_columns():
    made = evaluator(stability={"scheme": "features", "amount": 0.5})
    assert made.fit({"n_clusters": 3}, seed=3, columns=0.5).X.shape == (150, 1)
    assert made.fit({"n_clusters": 3}).X.shape == (150, 2), "what is kept has all columns"
    # Of the two columns the one tells three groups apart, the other two: half of the refits lose.
    score = made.refits({"n_clusters": 3}, made.fit({"n_clusters": 3}).partition).scores
    assert 0.2 < score["stability_ari"].value < 1.0


def test_prediction_across_halves_by_the_algorithms_own_rule(fits):
    known = {**KMEANS, "assign": "predict"}
    made = evaluator(algorithm=known, replicates=6)
    partition = made.fit({"n_clusters": 3}).partition
    fits.clear()
    found = made.prediction({"n_clusters": 3}, partition)
    assert len(fits) == 2 * 6, "a split takes two fits"
    assert set(found) == {"prediction_strength", "generalisation_ari"}
    assert found["prediction_strength"].value > 0.95 and found["generalisation_ari"].value > 0.95
    assert made.prediction({"n_clusters": 7}, made.fit({"n_clusters": 7}).partition)[
        "prediction_strength"].value < 0.8  # fmt: skip


def test_prediction_without_segments_is_undefined():
    known = evaluator(algorithm={**KMEANS, "assign": "predict"})
    found = known.prediction({"n_clusters": 1}, known.fit({"n_clusters": 1}).partition)
    assert all("at least 2 segments" in score.why for score in found.values())


def test_prediction_strength_can_be_an_objective(fits):
    known = {**KMEANS, "assign": "predict"}
    found = evaluator(algorithm=known, objectives=("quality", "prediction_strength")).evaluate(
        {"n_clusters": 3})  # fmt: skip
    assert set(found.scores) == {"quality", "prediction_strength"} and found.feasible
    assert len(fits) == 1 + 2 * 4


def test_a_hopeless_trial_is_stopped_by_its_first_refits(fits):
    asked = []

    def hopeless(scores):
        asked.append(scores)
        return True

    known = {**KMEANS, "assign": "predict"}
    names = ("quality", "stability_ari", "prediction_strength")
    made = evaluator(algorithm=known, objectives=names, replicates=12)
    found = made.evaluate({"n_clusters": 3}, hopeless)
    assert found.stopped and found.feasible and found.refits == 4 and len(fits) == 1 + 4
    assert set(asked[0]) == {"quality", "stability_ari"} and len(asked) == 1
    assert found.scores["stability_ari"] == asked[0]["stability_ari"]
    assert "little chance" in found.scores["prediction_strength"].why
    whole = made.evaluate({"n_clusters": 3})
    assert not whole.stopped and whole.refits == 12
    assert whole.scores["prediction_strength"].value > 0.9


def test_other_customers_are_assigned_by_the_names_of_the_partition():
    made = evaluator()
    fitted = made.fit({"n_clusters": 3})
    rows = np.arange(0, 150, 3)
    np.testing.assert_array_equal(
        fitted.assign(made.table.take(rows)), fitted.partition.labels[rows]
    )


def test_parallel_refits_leave_the_warning_filters_alone(monkeypatch):
    """`warnings.catch_warnings` is one list for all threads: first in, first out loses it."""
    made = evaluator(threads=2, replicates=2)
    partition = made.fit({"n_clusters": 3}).partition
    original, both_in = module.fit_labels, threading.Barrier(2)
    entered: list[int] = []

    def fit_labels(estimator, X):
        entered.append(threading.get_ident())
        both_in.wait(10)
        if threading.get_ident() == entered[-1]:
            time.sleep(0.1)  # the last one in is the last one out
        return original(estimator, X)

    monkeypatch.setattr(module, "fit_labels", fit_labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        for _ in range(5):
            entered.clear()
            made.refits({"n_clusters": 3}, partition)
        assert warnings.filters == before
