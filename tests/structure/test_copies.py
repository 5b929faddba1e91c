"""Copies: no modes, everything else as in the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segbench.contracts import Table
from segbench.structure import KINDS, Structureless
from segbench.structure.copies import _pairwise

N = 800


def mixed() -> Table:
    """Numbers, counts, levels and categories that go together, some of them missing."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=N)
    spend = np.exp(1.0 + 0.8 * z + 0.4 * rng.normal(size=N))
    spend[::7] = np.nan
    plan = np.array(["b", "c", "a"])[np.digitize(z + 0.5 * rng.normal(size=N), [-0.6, 0.6])]
    frame = pd.DataFrame({
        "spend": spend,
        "visits": rng.poisson(np.exp(0.7 * z)).astype(float),
        "plan": pd.Categorical(np.where(np.arange(N) % 11 == 0, None, plan.astype(object))),
        "grade": np.digitize(0.8 * z + 0.6 * rng.normal(size=N), [-1, 0, 1]).astype(float),
        "same": np.full(N, 3.0),
    })  # fmt: skip
    return Table("t", np.arange(N), frame, ("spend", "visits", "same"), ("grade",), ("plan",),
                 {"grade": ("d", "c", "b", "a")}, {}, None, "-")  # fmt: skip


def numbers(X: np.ndarray) -> Table:
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    return Table("t", np.arange(len(X)), frame, tuple(frame), (), (), {}, {}, None, "-")


def copies(table: Table, kind: str, number: int = 10) -> list[Table]:
    source = Structureless(table)
    return [source.draw(kind, np.random.default_rng(i)) for i in range(number)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_a_table_of_the_same_kind(kind: str):
    table = mixed()
    copy = copies(table, kind, 1)[0]
    assert (copy.ids == table.ids).all() and copy.levels == table.levels
    assert list(copy.frame) == list(table.frame)
    assert (copy.frame.dtypes == table.frame.dtypes).all()
    assert (copy.frame.isna() == table.frame.isna()).all(axis=None)
    assert set(copy.frame["visits"]) <= set(np.arange(table.frame["visits"].max() + 1))
    assert set(copy.frame["grade"]) <= {0.0, 1.0, 2.0, 3.0} and set(copy.frame["same"]) == {3.0}
    assert not copy.frame["visits"].equals(table.frame["visits"])


@pytest.mark.parametrize("kind", KINDS)
def test_shares_of_levels_stay(kind: str):
    table = mixed()
    drawn = pd.concat([copy.frame for copy in copies(table, kind)])
    expected = table.frame["plan"].value_counts(normalize=True)
    found = drawn["plan"].value_counts(normalize=True)
    assert found[expected.index].to_numpy() == pytest.approx(expected.to_numpy(), abs=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_together_still_does(kind: str):
    """Rank correlations, with the categories in the order that was made: b, c, a."""

    def correlations(frame: pd.DataFrame) -> np.ndarray:
        plain = frame.assign(plan=frame["plan"].astype(object).map({"b": 0, "c": 1, "a": 2}))
        plain = plain.drop(columns="same").astype(float)
        return plain.corr("spearman").to_numpy()[np.triu_indices(4, 1)]

    table = mixed()
    found = np.mean([correlations(copy.frame) for copy in copies(table, kind)], axis=0)
    expected = correlations(table.frame)
    assert expected.min() > 0.4
    assert found == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_two_groups_become_one_cloud_as_long_as_before(kind: str):
    rng = np.random.default_rng(0)
    X = np.where(rng.random(600) < 0.5, 0.0, 5.0)[:, None] + rng.normal(size=(600, 4))
    for copy in copies(numbers(X), kind, 4):
        Y = copy.frame.to_numpy()
        assert np.corrcoef(Y.T) == pytest.approx(np.corrcoef(X.T), abs=0.06)
        # Along the line from group to group, few of the customers were in the middle third.
        along, before = Y.mean(axis=1), X.mean(axis=1)
        middle = [((x > 5 / 3) & (x < 10 / 3)).mean() for x in (before, along)]
        assert middle[0] < 0.01 and middle[1] > 0.15


def test_skew_and_tails_stay_in_a_copula_and_go_in_a_normal():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.exponential(size=2_000), rng.standard_t(4, size=2_000)])
    copula, gaussian = (pd.concat([c.frame for c in copies(numbers(X), kind)]) for kind in KINDS)
    assert stats.skew(copula["x0"]) == pytest.approx(stats.skew(X[:, 0]), rel=0.25)
    assert stats.kurtosis(copula["x1"]) > 2.0 > 0.5 > abs(stats.kurtosis(gaussian["x1"]))
    assert stats.ks_2samp(copula["x0"], X[:, 0]).statistic < 0.05


def test_the_order_of_customers_and_names_of_levels_say_nothing():
    table = mixed()
    order = np.random.default_rng(3).permutation(N)
    renamed = table.frame.assign(plan=table.frame["plan"].cat.rename_categories({"b": "z"}))
    plain = Structureless(table).root("copula")
    for other in (table.take(order), replace(table, frame=renamed)):
        root = Structureless(other).root("copula")
        np.testing.assert_allclose(root.T @ root, plain.T @ plain, atol=0.02)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_missing_values_do_not_weaken_correlations(kind: str, share: float):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_500, 1)) + 0.5 * rng.normal(size=(1_500, 2))
    X[rng.random(1_500) < share, 0] = np.nan
    expected = pd.DataFrame(X).corr().iloc[0, 1]
    found = np.mean([copy.frame.corr().iloc[0, 1] for copy in copies(numbers(X), kind, 5)])
    assert found == pytest.approx(expected, abs=0.04)


def test_days_and_censored_columns_stay_correlated():
    rng = np.random.default_rng(0)
    f = rng.normal(size=(800, 1)) + 0.3 * rng.normal(size=(800, 3))
    for X in (np.round(738_000 + 300 * f), np.maximum(0, f - 0.5), np.round(2015 + 3 * f)):
        expected = np.corrcoef(X.T)[np.triu_indices(3, 1)]
        found = [np.corrcoef(copy.frame.to_numpy().T)[np.triu_indices(3, 1)]
                 for copy in copies(numbers(X), "copula", 4)]  # fmt: skip
        assert np.mean(found, axis=0) == pytest.approx(expected, abs=0.05)


def test_a_column_without_values_and_one_without_levels():
    frame = pd.DataFrame({"x": np.arange(60.0), "none": np.full(60, np.nan),
                          "plan": pd.Categorical([None] * 60, categories=["a"])})  # fmt: skip
    table = Table("t", np.arange(60), frame, ("x", "none"), (), ("plan",), {}, {}, None, "-")
    copy = copies(table, "copula", 1)[0]
    assert copy.frame["none"].isna().all() and copy.frame["plan"].isna().all()
    assert copy.frame["x"].notna().all()


def test_pairwise_correlations_are_those_of_pandas():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 4)) + [0, 5, 1e3, -2]
    X[X[:, 1] > 6, 0] = np.nan  # who is missing depends on the other column
    X[rng.random(80) < 0.3, 2] = np.nan
    np.testing.assert_allclose(_pairwise(X), pd.DataFrame(X).corr(), atol=1e-9)
