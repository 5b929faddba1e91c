"""Significance: p by counting copies, the veto, and what it says of tables with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import compose_config
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from segbench.contracts import Table
from segbench.evaluator import Evaluator
from segbench.space import fit_reference
from segbench.stability import Resampling
from segbench.structure import Structure, significance
from segbench.structure.compare import _most_stable

SEARCH = [{"n_clusters": k} for k in range(2, 6)]


def evaluator(X: np.ndarray, **options: object) -> Evaluator:
    """k-means on z-scores; 6 refits."""
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    table = Table("t", np.arange(len(X)), frame, tuple(frame), (), (), {}, {}, None, "-")
    config = compose_config("dataset=blobs", "features=standard", "algorithm=kmeans")
    made = Evaluator(table, fit_reference(table, {"kind": "rank"}), config["features"],
                     {**config["algorithm"], "params": {"n_init": 2}}, config["guards"],
                     ("quality", "stability_ari"), replicates=6, seed=3)  # fmt: skip
    return replace(made, **options)


def groups(centres: list[list[float]], n: int = 150, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array(centres)[rng.integers(len(centres), size=n)] + rng.normal(
        size=(n, len(centres[0])))  # fmt: skip


APART = groups([[0, 0], [7, 0], [0, 7]])
ALONG = groups([[0, 0, 0], [5, 5, 5]])
CLOUD = np.random.default_rng(0).normal(size=(150, 3)) @ np.diag([4, 1, 1]) @ np.ones((3, 3))


@pytest.mark.drill
@pytest.mark.parametrize("X", [APART, ALONG], ids=["three groups", "two along a diagonal"])
def test_groups_apart_are_found(X: np.ndarray):
    found = significance(evaluator(X), SEARCH, copies=19, level=0.05, customers=500)
    assert found.p == 1 / 20 and found.stability == pytest.approx(1.0, abs=0.02)
    assert {kind: each["copies"] for kind, each in found.kinds.items()} == {
        "copula": 19, "gaussian": 19}  # fmt: skip


def test_a_long_cloud_is_stable_and_still_has_no_segments():
    found = significance(evaluator(CLOUD), SEARCH, copies=39, level=0.05, customers=500)
    assert found.stability > 0.85
    assert found.p > 0.05


def test_the_stability_of_the_table_is_that_of_a_plain_loop():
    made = evaluator(ALONG[:, :2] * [1, 0.3])
    found = significance(made, SEARCH, copies=1, level=1.0, customers=500)
    X, resampling = made.table.frame.to_numpy(), Resampling(made.table, "bootstrap", None, 3)

    def labels(rows: np.ndarray, k: int, seed: int) -> np.ndarray:
        return KMeans(k, n_init=2, random_state=seed).fit_predict(
            StandardScaler().fit_transform(X[rows]))  # fmt: skip

    means = []
    for k in range(2, 6):
        own = labels(np.arange(len(X)), k, 3)
        shares = np.bincount(own) / len(own)
        draws = [resampling.draw(1 << 17, i) for i in range(6)]
        agreed = [adjusted_rand_score(own[d.rows], labels(d.rows, k, d.seed)) for d in draws]
        means += [np.mean(agreed)] if shares.min() >= 0.02 and shares.max() <= 0.8 else []
    assert found.stability == pytest.approx(max(means))


def test_among_partitions_that_always_come_back_the_silhouette_decides():
    X = groups([[0], [12], [200], [212]])
    made, sets = evaluator(X), [{"n_clusters": 4}, {"n_clusters": 2}]
    scaled = StandardScaler().fit_transform(X)
    silhouettes = [silhouette_score(scaled, KMeans(**each, n_init=9, random_state=0)
                                    .fit_predict(scaled)) for each in sets]  # fmt: skip
    assert abs(silhouettes[0] - silhouettes[1]) > 0.05
    for search in (sets, sets[::-1]):
        for enough in (None, 1.0):
            (stability, silhouette), params = _most_stable(made, search, enough)
            assert stability == 1.0 and silhouette == pytest.approx(max(silhouettes))
            assert params == sets[int(np.argmax(silhouettes))]


def counting(monkeypatch: pytest.MonkeyPatch, reached: list[float]) -> list[object]:
    """Replaces the search by given outcomes: first the table's, then those of the copies."""
    calls: list[object] = []
    outcomes = iter(reached)

    def most_stable(made: Evaluator, search: object, enough: float | None = None) -> object:
        calls.append((len(made.table), enough))
        return (next(outcomes), -1.0), {"n_clusters": 2}

    monkeypatch.setattr("segbench.structure.compare._most_stable", most_stable)
    return calls


def test_p_counts_the_table_among_the_copies(monkeypatch):
    calls = counting(monkeypatch, [0.9, *[0.0] * 10, 0.9, *[0.0] * 28, *[0.0] * 39])
    found = significance(evaluator(CLOUD), SEARCH, copies=39, level=0.05, customers=500)
    assert found.kinds["copula"] == {"p": 2 / 40, "copies": 39}
    assert found.kinds["gaussian"] == {"p": 1 / 40, "copies": 39}
    assert found.p == 2 / 40
    assert calls[0] == (150, None) and set(calls[1:]) == {(150, 0.9)}


def test_a_kind_ends_when_it_has_seen_enough_and_the_other_is_not_asked(monkeypatch):
    calls = counting(monkeypatch, [0.9, 0.95, 0.0, 0.0, 0.9, 1.0, 0.0, 0.92])
    found = significance(evaluator(CLOUD), SEARCH, copies=39, level=0.05, customers=500)
    assert found.kinds == {"copula": {"p": 4 / 7, "copies": 7}} and len(calls) == 8


def test_both_kinds_count_and_the_greater_p_wins(monkeypatch):
    counting(monkeypatch, [0.9, *[0.0] * 39, 0.9, 0.9, *[0.0] * 10, 0.9, *[0.0] * 26])
    found = significance(evaluator(CLOUD), SEARCH, copies=39, level=0.05, customers=500)
    assert (found.kinds["copula"]["p"], found.p) == (1 / 40, 4 / 40)


def test_only_a_sample_of_many_customers_is_asked(monkeypatch):
    calls = counting(monkeypatch, [0.9] * 9)
    found = significance(evaluator(CLOUD), SEARCH, copies=39, level=0.05, customers=60)
    assert {n for n, _ in calls} == {60} and found.customers == 60


def test_a_set_that_cannot_get_there_any_more_is_given_up(monkeypatch):
    """The answer is that of all refits; fewer are made."""
    fits = []
    original = Evaluator.fit

    def fit(self, *arguments, **options):
        fits.append(arguments)
        return original(self, *arguments, **options)

    monkeypatch.setattr(Evaluator, "fit", fit)
    found = significance(evaluator(APART), SEARCH, copies=19, level=0.05, customers=500)
    assert found.p == 1 / 20
    searches, most = 1 + 2 * 19, 4 * (1 + 6)
    assert 4 * 2 * searches <= len(fits) < 0.5 * most * searches


def test_an_algorithm_without_a_partition_is_not_tested(monkeypatch):
    def fit(self, *arguments, **options):
        raise ValueError("ill-defined covariance")

    monkeypatch.setattr(Evaluator, "fit", fit)
    found = significance(evaluator(CLOUD), SEARCH, copies=39, level=0.05, customers=500)
    assert (found.stability, found.p, found.kinds) == (0.0, None, {})
    assert found.verdict("complete", "")[0] == "complete"
    assert "not tested" in found.verdict("complete", "")[1]


@pytest.mark.drill
def test_the_same_seed_gives_the_same_answer():
    ask = {"copies": 3, "level": 0.25, "customers": 100}
    first, again = (significance(evaluator(ALONG), SEARCH, **ask) for _ in range(2))
    assert first == again
    threads = significance(evaluator(ALONG, threads=2), SEARCH, **ask)
    assert threads == first
    first, other = (significance(evaluator(CLOUD, seed=seed), SEARCH, **ask) for seed in (3, 4))
    assert other.stability != first.stability


def outcome(p: float, level: float) -> Structure:
    return Structure(p, level, 0.97, {"n_clusters": 2}, {"copula": {"p": p, "copies": 39}}, 500, 20)


def test_the_verdict():
    assert outcome(0.025, 0.05).verdict("complete", "") == ("complete", "")
    assert outcome(0.025, 0.05).verdict("complete", "a remark") == ("complete", "a remark")
    status, why = outcome(0.4, 0.05).verdict("complete", "a remark")
    assert status == "ineligible" and why.startswith("a remark; no segments found")
    assert "p = 0.4" in why and "level=1" in why
    status, why = outcome(0.4, 1.0).verdict("complete", "")
    assert status == "complete" and why == "tables without segments are as stable (p = 0.4)"


def test_one_set_without_parameters_is_tested_too():
    fixed = evaluator(APART)
    fixed = replace(fixed, algorithm={**fixed.algorithm, "params": {"n_init": 2, "n_clusters": 3}})
    found = significance(fixed, [{}], copies=19, level=0.05, customers=500)
    assert found.p == 1 / 20 and found.params == {}


def test_parameters_beyond_the_guards_are_not_compared():
    strict = evaluator(APART)
    strict = replace(strict, guards={**strict.guards, "min_share": 0.3})
    free, found = (significance(each, SEARCH, copies=3, level=0.25, customers=500)
                   for each in (evaluator(APART), strict))  # fmt: skip
    assert (free.params, found.params) == ({"n_clusters": 3}, {"n_clusters": 2})
    none = replace(strict, guards={**strict.guards, "max_share": 0.01})
    found = significance(none, SEARCH, copies=3, level=0.25, customers=500)
    assert found.p is None and found.kinds == {} and found.stability == 0
    assert "not tested" in found.verdict("complete", "")[1]
