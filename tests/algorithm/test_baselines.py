"""Cells of recency, frequency and monetary value; rules that anybody can read."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from segbench.algorithm.rfm_quintiles import NAMES, RFMQuintiles
from segbench.algorithm.rule_tree import RuleTree


def customers(n=500, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.exponential(100, n), rng.geometric(0.3, n), rng.lognormal(4, 1, n)])


def test_scores_are_fifths_and_recency_counts_backwards():
    X = customers()
    scores = RFMQuintiles().fit(X).scores(X)
    fifths = pd.qcut(X[:, 2], 5, labels=False) + 1
    assert scores[:, 2].tolist() == fifths.tolist()
    assert scores[:, 0].tolist() == (6 - (pd.qcut(X[:, 0], 5, labels=False) + 1)).tolist()
    assert all(np.bincount(scores[:, j])[1:].tolist() == [100] * 5 for j in (0, 2))


def test_equal_values_have_equal_scores():
    X = customers()
    scores = RFMQuintiles().fit(X).scores(X)[:, 1]
    frame = pd.DataFrame({"value": X[:, 1], "score": scores}).drop_duplicates()
    assert frame["value"].is_unique
    assert frame.sort_values("value")["score"].is_monotonic_increasing


CELLS = {  # recency, then the mean of frequency and monetary value
    "champions": "54 55", "loyal": "34 35 44 45", "potential loyalists": "42 43 52 53",
    "new": "51", "promising": "41", "need attention": "33", "about to sleep": "31 32",
    "at risk": "13 14 23 24", "cannot lose": "15 25", "hibernating": "11 12 21 22",
}  # fmt: skip


def test_cells_are_named_as_declared():
    model = RFMQuintiles()
    model.fit(np.column_stack([np.arange(1.0, 6)] * 3))
    named = {code: name for name, codes in CELLS.items() for code in codes.split()}
    assert len(named) == 25 and set(CELLS) == set(NAMES)
    for code, name in named.items():
        recency, worth = 6 - int(code[0]), int(code[1])
        assert NAMES[model.predict([[recency, worth, worth]])[0]] == name, code


def test_halves_of_the_mean_of_frequency_and_monetary_value_are_rounded_up():
    model = RFMQuintiles().fit(np.column_stack([np.arange(1.0, 6)] * 3))
    assert NAMES[model.predict([[1, 1, 2]])[0]] == NAMES[model.predict([[1, 2, 2]])[0]]
    assert NAMES[model.predict([[1, 1, 2]])[0]] == "potential loyalists"


def test_monotone_changes_of_the_columns_change_nothing():
    X = customers()
    labels = RFMQuintiles().fit_predict(X)
    assert RFMQuintiles().fit_predict(np.log1p(X) * 3 - 2).tolist() == labels.tolist()


def test_other_columns_are_refused():
    with pytest.raises(ValueError, match="4 columns; wanted recency, frequency, monetary"):
        RFMQuintiles().fit(np.zeros((9, 4)))


def test_a_tree_has_the_leaves_of_scikit_learns():
    X = customers()
    model = RuleTree(6, random_state=0).fit(X)
    other = DecisionTreeRegressor(max_leaf_nodes=6, min_samples_leaf=10, random_state=0)
    leaves = other.fit(X - X.mean(axis=0), X - X.mean(axis=0)).apply(X - X.mean(axis=0))
    pairs = set(zip(model.labels_.tolist(), leaves.tolist(), strict=True))
    assert len(pairs) == 6 == len(set(leaves.tolist()))
    assert np.bincount(model.labels_).min() >= 10


def test_a_tree_of_one_leaf_has_one():
    model = RuleTree(1).fit(customers())
    assert set(model.labels_.tolist()) == {0} and model.rules() == [[]]


def test_rules_say_who_is_in_a_leaf():
    X = customers()
    model = RuleTree(6, random_state=0).fit(X)
    rules = model.rules()
    assert len(rules) == 6
    for label, conditions in enumerate(rules):
        inside = np.all([(X[:, c] > limit) == above for c, above, limit in conditions], axis=0)
        assert inside.tolist() == (model.labels_ == label).tolist()


def test_far_from_zero_a_tree_is_the_same():
    X = customers()
    near, far = RuleTree(5).fit(X), RuleTree(5).fit(X + 1e9)
    assert near.labels_.tolist() == far.labels_.tolist()
