"""Rules for new customers: nearest, in reach, by exact match first; and how faithful they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from segbench.algorithm import Assigner, by_features, fidelity, rule_for, spread_out
from segbench.algorithm.assigner import NearestCustomers, NearestPrototype, OwnRule, lead, nearness
from segbench.contracts import Matrix, Partition
from segbench.errors import InputError, Undefined
from segbench.keys import row_keys


def groups(n=120, k=3, seed=0, apart=2.0):
    rng = np.random.default_rng(seed)
    side = np.concatenate([np.arange(k), rng.integers(k, size=n - k)])
    return rng.normal(size=(n, 2)) + apart * np.column_stack([side, side % 2]), side.astype(
        np.int32
    )


def matrix(X, C=None, n_levels=()):
    C = np.empty((len(X), 0)) if C is None else C
    return Matrix(X, C.astype(np.int32), tuple(map(str, range(X.shape[1]))), tuple(n_levels))


def test_nearest_customers_is_the_one_nearest_neighbour():
    X, side = groups()
    side[::9] = -1
    new = np.random.default_rng(1).normal(2, 3, (500, 2))
    wanted = KNeighborsClassifier(1).fit(X, side).predict(new)
    rule = NearestCustomers().fit(X, side)
    np.testing.assert_array_equal(rule.predict(new), wanted)
    away = np.linalg.norm(new[:, None] - X, axis=2)
    own = np.where(side == wanted[:, None], away, np.inf).min(axis=1)
    other = np.where(side != wanted[:, None], away, np.inf).min(axis=1)
    np.testing.assert_allclose(rule.margins(new, wanted), 1 - own / other)


def test_nearest_prototype_is_the_nearest_mean():
    X, side = groups()
    new = np.random.default_rng(1).normal(2, 3, (500, 2))
    wanted = NearestCentroid().fit(X, side).predict(new)
    np.testing.assert_array_equal(NearestPrototype().fit(X, side).predict(new), wanted)


def test_noise_reaches_no_farther_than_the_customers_are_apart():
    X = np.array([[0.0], [1.0], [3.0], [10.0], [10.5]])
    segments = np.array([0, 0, 0, 1, 1], dtype=np.int32)
    new = np.array([[4.9], [5.1], [-1.9], [-2.1], [11.0], [11.1], [3.0]])
    assert NearestCustomers(noise=True).fit(X, segments).predict(new).tolist() == [
        0, -1, 0, -1, 1, -1, 0]  # fmt: skip
    assert NearestCustomers().fit(X, segments).predict(new).tolist() == [0, 0, 0, 0, 1, 1, 0]


def test_a_segment_of_one_reaches_nobody_but_its_equals():
    X = np.array([[0.0], [1.0], [8.0]])
    rule = NearestCustomers(noise=True).fit(X, np.array([0, 0, 1], dtype=np.int32))
    assert rule.predict(np.array([[8.0], [8.001], [1e6]])).tolist() == [1, -1, -1]


def test_where_everybody_is_noise_so_is_the_stranger():
    rule = NearestCustomers(noise=True).fit(np.zeros((4, 1)), np.full(4, -1, dtype=np.int32))
    assert rule.predict(np.ones((2, 1))).tolist() == [-1, -1]


def test_an_own_rule_speaks_in_segments():
    X, _ = groups()
    model = KMeans(3, random_state=0).fit(X)
    partition = Partition.from_labels(model.labels_)
    rule = OwnRule(model, partition.raw)
    np.testing.assert_array_equal(rule.predict(X), partition.labels)
    away = np.sort(model.transform(X), axis=1)
    np.testing.assert_allclose(rule.margins(X, rule.predict(X)), 1 - away[:, 0] / away[:, 1])


def test_the_margin_of_a_mixture_is_the_lead_in_probability():
    X, _ = groups()
    model = GaussianMixture(3, random_state=0).fit(X)
    partition = Partition.from_labels(model.predict(X))
    shares = np.sort(model.predict_proba(X), axis=1)
    rule = OwnRule(model, partition.raw)
    np.testing.assert_allclose(rule.margins(X, partition.labels), shares[:, -1] - shares[:, -2])


def test_a_component_that_is_nobodys_gives_the_next_best_segment():
    """Of three components the middle one has no training customer (of those that are shown)."""
    X, _ = groups(apart=6.0)
    for model in (GaussianMixture(3, random_state=0).fit(X), KMeans(3, random_state=0).fit(X)):
        label = model.predict(X)
        lost = label[1]
        partition = Partition.from_labels(label[label != lost])
        rule = OwnRule(model, partition.raw)
        if hasattr(model, "predict_proba"):
            best = model.predict_proba(X)[:, list(partition.raw)].argmax(axis=1)
        else:
            best = model.transform(X)[:, list(partition.raw)].argmin(axis=1)
        found = rule.predict(X)
        np.testing.assert_array_equal(found, best)
        assert (found >= 0).all() and len(set(found[label == lost].tolist())) == 2
        assert (rule.margins(X, found) >= 0).all()


def test_who_has_no_segment_has_no_margin_and_who_is_known_at_least_0():
    X, side = groups(apart=0.0)
    side[:10] = -1
    keys = row_keys(X)
    assigner = Assigner.of(keys, side, NearestPrototype().fit(X[10:], side[10:]))
    segments = assigner.assign(X, keys)
    rule = assigner.rule.margins(X, segments)
    margins = assigner.margins(X, segments)
    assert np.isnan(margins[:10]).all() and (rule[10:] < 0).any()
    np.testing.assert_array_equal(margins[10:], np.maximum(rule[10:], 0.0))


def test_leads_and_nearness_of_a_tie_a_sole_and_a_lost_segment():
    segments = np.array([0, 1, 0], dtype=np.int32)
    shares = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    assert lead(shares, segments).tolist() == pytest.approx([0.0, -0.8, 1.0])
    assert lead(np.ones((2, 1)), segments[:2] * 0).tolist() == [1.0, 1.0]
    away = np.array([[2.0, 2.0], [1.0, 4.0], [0.0, 3.0]])
    assert nearness(away, segments).tolist() == pytest.approx([0.0, -3.0, 1.0])
    assert nearness(np.zeros((1, 2)), segments[:1]).tolist() == [0.0]
    assert nearness(np.array([[3.0]]), segments[:1]).tolist() == [1.0]


def test_whoever_is_known_keeps_the_segment_whatever_the_rule_says():
    X, side = groups(apart=0.0)  # no rule can know these
    keys = row_keys(X)
    rule = NearestPrototype().fit(X, side)
    assert (rule.predict(X) != side).any()
    assigner = Assigner.of(keys, side, rule)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(assigner.assign(X[order], keys[order]), side[order])
    new = X + 1e-9
    np.testing.assert_array_equal(assigner.assign(new, row_keys(new)), rule.predict(new))
    assert assigner.knows(keys).all() and not assigner.knows(row_keys(new)).any()
    np.testing.assert_array_equal(Assigner.of(None, side, rule).assign(X, keys), rule.predict(X))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2)), min_size=1, max_size=40))
def test_labels_by_features_are_what_most_of_the_equal_ones_have(pairs):
    who, labels = np.array(pairs, dtype=np.int32).T
    found = by_features(row_keys(who[:, None].astype(float)), labels)
    for each in set(who.tolist()):
        votes = labels[who == each].tolist()
        wanted = min(set(votes), key=lambda label: (-votes.count(label), label))
        assert (found[who == each] == wanted).all()


def test_fidelity_of_a_stand_in_is_that_on_customers_it_has_not_seen():
    X, _ = groups(apart=0.0)
    chance = np.random.default_rng(3).integers(0, 2, len(X)).astype(np.int32)
    spec = {"assign": "nearest_customers"}
    assert fidelity(spec, None, X, chance, (0, 1), 0)[0] < 0.65, "seen, it would be 1"
    X, side = groups(apart=50.0)
    assert fidelity(spec, None, X, side, (0, 1, 2), 0) == (1.0, 120)
    assert fidelity({"assign": "nearest_prototype"}, None, X, side, (0, 1, 2), 0) == (1.0, 120)


def test_fidelity_is_not_asked_about_customers_whose_equals_were_seen():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 8, (4000, 2)).astype(float)
    _, kind = np.unique(X, axis=0, return_inverse=True)
    chance = rng.integers(0, 2, 64).astype(np.int32)[kind]
    share, kinds = fidelity({"assign": "nearest_customers"}, None, X, chance, (0, 1), 0)
    assert kinds == 64 and share < 0.65, "with their equals in the rule it would be 1"
    with pytest.raises(Undefined, match="the same features"):
        fidelity({"assign": "nearest_customers"}, None, X[:1], chance[:1] * 0, (0,), 0)


def test_a_segment_of_one_is_missing_from_a_fold_and_nobody_falls_into_it():
    side = np.array([0] * 30 + [1] + [2] * 20, dtype=np.int32)
    X = np.random.default_rng(0).normal(size=(51, 2)) + 90.0 * side[:, None]
    for rule in ("nearest_prototype", "nearest_customers"):
        assert fidelity({"assign": rule}, None, X, side, (0, 1, 2), 0)[0] == pytest.approx(50 / 51)


def test_fidelity_of_an_own_rule_is_on_the_customers_it_was_fitted_on():
    X, _ = groups()
    model = KMeans(3, random_state=0).fit(X)
    partition = Partition.from_labels(model.labels_)
    spec = {"assign": "predict"}
    assert fidelity(spec, model, X, partition.labels, partition.raw, 0)[0] == 1.0
    wrong = partition.labels.copy()
    wrong[:12] = (wrong[:12] + 1) % 3
    assert fidelity(spec, model, X, wrong, partition.raw, 0)[0] == pytest.approx(0.9)


def test_rules_are_those_of_the_yaml():
    X, side = groups()
    kinds = {"predict": OwnRule, "nearest_prototype": NearestPrototype,
             "nearest_customers": NearestCustomers, None: NearestCustomers}  # fmt: skip
    for name, kind in kinds.items():
        assert type(rule_for({"assign": name}, None, X, side, (0, 1, 2))) is kind
    assert rule_for({"assign": None, "noise": True}, None, X, side, (0, 1, 2)).noise
    with pytest.raises(InputError, match=r"algorithm\.assign: found guess"):
        rule_for({"assign": "guess"}, None, X, side, (0, 1, 2))


def test_a_sample_is_spread_over_the_whole_table():
    rng = np.random.default_rng(0)
    X = rng.lognormal(size=(5000, 2)) * [1.0, 10.0]
    X[rng.random(5000) < 0.1, 0] = np.nan
    table = matrix(X)
    rows = spread_out(table, 500, seed=1)
    assert len(set(rows.tolist())) == 500 and (np.diff(rows) > 0).all()
    # Ten rows make a stratum: a decile of the table has a tenth of the sample, give or take one.
    decile = np.searchsorted(np.quantile(X[:, 1], np.arange(0.1, 1, 0.1)), X[rows, 1])
    assert np.abs(np.bincount(decile, minlength=10) - 50).max() <= 4
    assert (spread_out(table, 500, 1) == rows).all() and (spread_out(table, 500, 2) != rows).any()
    assert spread_out(table, None, 0).tolist() == spread_out(table, 5000, 0).tolist()
    assert spread_out(table, None, 0).tolist() == [*range(5000)]


def test_a_sample_of_categories_has_the_shares_of_the_table():
    """Beside another that has many: their codes are farther apart, and mean nothing by that."""
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.choice(2, 3000, p=[0.6, 0.4]), rng.integers(0, 50, 3000)])
    table = matrix(np.empty((3000, 0)), codes, (2, 50))
    for seed in range(5):
        counts = np.bincount(codes[spread_out(table, 300, seed), 0], minlength=2)
        assert np.abs(counts - np.bincount(codes[:, 0]) / 10).max() <= 1


def test_keys_tell_rows_apart_and_not_their_zeros_or_gaps():
    X = np.random.default_rng(0).integers(0, 40, (20_000, 3)).astype(float)
    assert len(set(row_keys(X).tolist())) == len(np.unique(X, axis=0))
    other = np.array([[-0.0, np.nan], [0.0, -np.nan]])
    assert len(set(row_keys(other).tolist())) == 1
    swapped = np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 1.0]])
    assert len(set(row_keys(swapped).tolist())) == 4
    assert row_keys(np.array([[1.5, np.nan]])).tolist() == [ANCHOR], "kept models know these keys"


ANCHOR = 2584162262904379834
