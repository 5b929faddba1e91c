"""Tests across data sets, against published numbers and scikit-posthocs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from segbench.leaderboard.significance import (
    chi_squared_above,
    cliques,
    friedman,
    holm,
    significance,
    studentized_range,
    wilcoxon,
)

DEMSAR = np.array([
    [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.000, 0.940, 0.619, 0.972,
     0.957],
    [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.000, 0.962, 0.666, 0.981,
     0.978],
    [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.000, 0.965, 0.614, 0.9751,
     0.946],
    [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.000, 0.962, 0.669, 0.975,
     0.970],
])  # fmt: skip
"""AUC of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data sets: Demšar (2006), table 6."""
MEAN_RANKS = [3.143, 2.000, 2.893, 1.964]


def ranks(Q: np.ndarray) -> np.ndarray:
    return pd.DataFrame(-Q).rank(axis=0).mean(axis=1).to_numpy()


def test_published_example():
    assert ranks(DEMSAR) == pytest.approx(MEAN_RANKS, abs=5e-4)
    found = significance(DEMSAR, ranks(DEMSAR))
    # 9.28 is published; tables without ties would give it, these have some.
    n, k = 14, 4
    without_ties = (
        12 * n / (k * (k + 1)) * (sum(r * r for r in ranks(DEMSAR)) - k * (k + 1) ** 2 / 4)
    )
    assert without_ties == pytest.approx(9.28, abs=0.01)
    assert found.statistic >= without_ties and found.p < 0.05
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)


def test_pairs_against_scikit_posthocs():
    posthocs = pytest.importorskip("scikit_posthocs")
    Q = 0.1 * np.random.default_rng(0).normal(size=(4, 14)) + [[0.0], [0.05], [0.1], [0.15]]
    expected = posthocs.posthoc_wilcoxon(list(Q), p_adjust="holm").to_numpy()
    assert np.array(significance(Q, ranks(Q)).wilcoxon) == pytest.approx(expected)
    found = significance(DEMSAR, ranks(DEMSAR))
    nemenyi = posthocs.posthoc_nemenyi_friedman(DEMSAR.T).to_numpy()
    apart = np.abs(np.subtract.outer(ranks(DEMSAR), ranks(DEMSAR))) >= found.critical_difference
    assert (apart == (nemenyi < 0.05)).all()


def test_no_difference_anywhere_is_no_error():
    found = significance(np.full((3, 6), 0.5), [2.0, 2.0, 2.0])
    assert (found.statistic, found.p) == (0.0, 1.0) and found.cliques == ((0, 1, 2),)
    assert set(np.ravel(found.wilcoxon)) == {1.0}


def test_a_missing_result_counts_as_the_worst_quality():
    Q = np.array([[0.5] * 6, [0.4] * 6, [-np.inf] * 6])
    as_worst = np.where(np.isinf(Q), -1.0, Q)
    assert significance(Q, [1.0, 2.0, 3.0]) == significance(as_worst, [1.0, 2.0, 3.0])
    Q[1, :3] = -np.inf  # both without a result: they tie
    found = significance(Q, [1.0, 2.25, 2.75])
    assert np.isfinite(found.wilcoxon).all() and found.favours[1][2] and not found.favours[2][1]


def test_holm_is_monotone_and_capped():
    assert holm([0.5, 0.01, 0.5]) == pytest.approx([1.0, 0.03, 1.0])


def test_cliques_are_the_greatest_sets():
    assert cliques([1.0, 1.2, 3.0, 3.1], 1.0) == ((0, 1), (2, 3))
    assert cliques([3.0, 1.0, 1.5], 5.0) == ((1, 2, 0),)
    assert cliques([1.0, 3.0], 1.0) == ()


@pytest.mark.parametrize(("m", "n"), [(3, 5), (6, 12), (20, 7)])
def test_statistics_against_scipy_with_ties_and_without(m: int, n: int):
    rng = np.random.default_rng(m)
    for Q in (rng.normal(size=(m, n)), rng.integers(4, size=(m, n)).astype(float)):
        expected = stats.friedmanchisquare(*Q)
        assert friedman(Q) == pytest.approx((expected.statistic, expected.pvalue))
    quantile = stats.studentized_range.ppf(0.95, m, np.inf)
    assert studentized_range(0.95, m) == pytest.approx(quantile, rel=1e-6)


@pytest.mark.parametrize("n", [5, 12, 40, 80])
def test_signed_ranks_against_scipy(n: int):
    rng = np.random.default_rng(n)
    d = rng.normal(0.3, 1, n)
    method = "exact" if n <= 50 else "asymptotic"
    assert wilcoxon(d) == pytest.approx(stats.wilcoxon(d, method=method).pvalue)
    padded = np.array([*d, 0.0, 0.0])
    assert wilcoxon(padded) == wilcoxon(d), "differences of 0 say nothing"


@pytest.mark.parametrize("df", [1, 2, 3, 4, 7, 10, 19])
def test_chi_squared_against_scipy(df: int):
    for x in (0.0, 0.1, 1.0, 5.0, 20.0, 80.0):
        assert chi_squared_above(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9, abs=1e-300)


def test_signed_ranks_with_ties_count_all_signs():
    d = np.array([1.0, -1.0, 2.0, 2.0, -2.0, 3.0, 4.0])
    ranks = stats.rankdata(np.abs(d))
    sums = [float(ranks[list(signs)].sum()) for r in range(8)
            for signs in itertools.combinations(range(7), r)]  # fmt: skip
    least = min(ranks[d > 0].sum(), ranks[d < 0].sum())
    assert wilcoxon(d) == pytest.approx(2 * np.mean(np.array(sums) <= least))


def test_many_contestants_are_no_overflow():
    for x, df in ((3980.0, 199), (2000.0, 399)):
        assert chi_squared_above(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-6)


def test_who_is_favoured_is_said_by_the_signed_ranks():
    """Many small wins lose against few great ones, whatever the mean ranks say."""
    a = np.array([0.5] * 12)
    b = a + np.array([0.3, 0.31, 0.32, 0.33, 0.34, *(-0.001 * i for i in range(1, 8))])
    c = np.full(12, 0.1)
    found = significance(np.array([a, b, c]), [1.4, 1.6, 3.0])
    assert found.favours[1][0] and not found.favours[0][1]
