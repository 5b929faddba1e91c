"""Hopkins' statistic, against a second implementation and the law of uniform customers."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import beta
from spaces import blobs

from segbench.contracts import Reference
from segbench.metric.hopkins import hopkins, hopkins_score
from segbench.metric.prepared import Prepared
from segbench.metric.registry import labelled

module = importlib.import_module("segbench.metric.hopkins")
FEW = settings(deadline=None, max_examples=60)


def test_hopkins_is_half_for_uniform_customers_and_near_1_in_clusters():
    rng = np.random.default_rng(0)
    assert 0.45 < hopkins_score(rng.random((3_000, 2))) < 0.6
    assert hopkins_score(blobs(3_000, 2, apart=30.0)[0]) > 0.9
    assert hopkins_score(np.stack(np.mgrid[:40, :40], axis=-1).reshape(-1, 2) / 3.0) < 0.3


def test_hopkins_is_the_second_implementation():
    X = np.random.default_rng(2).normal(size=(60, 3))
    space = labelled(X, np.zeros(60), 1).space
    customers = X[space.canonical.rows]
    D = cdist(customers, customers)
    np.fill_diagonal(D, np.inf)
    rng, values = np.random.default_rng(7), []
    for _ in range(20):
        w = D.min(axis=1)[rng.choice(60, 30, replace=False)]
        u = cdist(X.min(axis=0) + rng.random((30, 4))[:, :3] * np.ptp(X, axis=0), X).min(axis=1)
        values.append((u**3).sum() / ((u**3).sum() + (w**3).sum()))
    found = hopkins(space, seed=7)
    assert found.value == pytest.approx(np.mean(values), rel=1e-9)
    half = 2.093 * np.std(values, ddof=1) / np.sqrt(20)
    assert found.high - found.value == pytest.approx(half, rel=1e-3)


@pytest.mark.drill
def test_hopkins_of_uniform_customers_varies_like_a_beta(monkeypatch):
    monkeypatch.setattr(module, "DRAWS", 300)
    space = labelled(np.random.default_rng(1).random((6_000, 3)), np.zeros(6_000)).space
    values = list(module._draws(space, 0))
    m = module._drawn(6_000)
    assert np.std(values) == pytest.approx(beta(m, m).std(), rel=0.2)


@pytest.mark.drill
@FEW
@given(st.integers(2, 60), st.integers(1, 40), st.integers(0, 2**31))
def test_hopkins_depends_on_the_customers_alone(n, d, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 2**20, size=(n, d)) * 2.0**-20
    value = hopkins_score(X, seed=seed, threads=1)
    same = [
        hopkins_score(X[rng.permutation(n)], seed=seed, threads=1),
        hopkins_score(X, seed=seed, threads=3),
        hopkins_score(X + 1e8, seed=seed, threads=1),
        hopkins_score(X * 2.0**27, seed=seed, threads=1),
        hopkins_score(X * 2.0**-27, seed=seed, threads=1),
    ]
    np.testing.assert_array_equal(same, value)
    assert 0.0 <= value <= 1.0


def test_hopkins_without_a_value():
    def why(X) -> str:
        assert np.isnan(hopkins_score(X))
        return hopkins(labelled(X, np.zeros(len(X))).space).why

    assert "coincide" in why(np.ones((9, 2)))
    assert "coincide" in why([[1.0]])
    assert "rounding" in why(np.repeat(np.random.default_rng(0).random((20, 2)), 2, axis=0))
    space = Reference("gower", np.ones((9, 1)), np.empty((9, 0), np.int32), np.ones(1), ("a",))
    assert "volume" in hopkins(Prepared(space)).why
    assert 0 < hopkins_score([[0.0], [1.0]]) < 1
    wide = np.random.default_rng(0).random((50, 2))
    assert hopkins_score(np.c_[wide, np.full(50, 7.0)]) == pytest.approx(
        hopkins_score(wide), abs=0.2
    )
