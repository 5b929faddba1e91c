"""Indices over all pairs, against the list of all pairs; many equal distances among them."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from spaces import customers, euclidean, gower, is_defined, mixed, mixed_customers, naive_distances

from segbench.contracts import Reference
from segbench.metric import c_index_score, pearson_gamma_score, within_between_score
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL

FEW = settings(deadline=None, max_examples=60)
SCORES = {
    "pearson_gamma": pearson_gamma_score,
    "within_between": within_between_score,
    "c_index": c_index_score,
}
selection = importlib.import_module("segbench.metric.c_index")


def naive(D: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """From every pair; NaN where an index is 0 / 0."""
    i, j = np.triu_indices(len(labels), 1)
    d, apart = D[i, j], (labels[i] != labels[j])
    within, n = d[~apart].sum(), int((~apart).sum())
    ordered = np.sort(d)
    least, most = ordered[:n].sum(), ordered[len(d) - n :].sum()
    varies = np.ptp(d) > 1e-12 * d.max()
    with warnings.catch_warnings(action="ignore"):
        return {
            "pearson_gamma": float(np.corrcoef(d, apart)[0, 1]) if varies else np.nan,
            "within_between": float(d[~apart].mean() / d[apart].mean()),
            "c_index": float((within - least) / (most - least)) if most > least else np.nan,
        }


def of_space(reference: Reference, labels: np.ndarray, name: str) -> float:
    part = Labelled(Prepared(reference), labels, int(labels.max()) + 1)
    value = INTERNAL[name].as_score(part).value
    return np.nan if value is None else value


@pytest.mark.parametrize("name", SCORES)
@FEW
@given(customers())
def test_is_the_list_of_pairs_or_undefined(name, case):
    X, labels = case
    D = naive_distances(euclidean(X))
    expected = naive(D, labels)[name] if is_defined(X, labels) else np.nan
    found = SCORES[name](X, labels)
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", SCORES)
@FEW
@given(mixed_customers())
def test_gower_is_the_list_of_pairs(name, case):
    reference, labels = case
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    D = naive_distances(reference)
    found, expected = of_space(reference, labels, name), naive(D, labels)[name]
    if 2 <= labels.max() + 1 < len(labels) and D.any() and np.isfinite(expected):
        assert found == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(found)


@pytest.mark.parametrize("kept", [0, 50, 10**6])
@pytest.mark.parametrize("kind", ["normal", "lattice", "gower"])
@pytest.mark.parametrize("k", [2, 9])
def test_extremes_are_those_of_the_sorted_distances(kept, kind, k, monkeypatch):
    monkeypatch.setattr(selection, "SORTED", kept)
    rng = np.random.default_rng(k)
    X = rng.normal(size=(300, 2)) if kind == "normal" else rng.integers(5, size=(300, 2))
    reference = mixed(300, k) if kind == "gower" else euclidean(X)
    labels = rng.integers(k, size=300).astype(np.int32)
    expected = naive(naive_distances(reference), labels)["c_index"]
    assert of_space(reference, labels, "c_index") == pytest.approx(expected, rel=1e-9)


def test_equal_distances_leave_nothing_to_choose():
    corners, labels = np.eye(4), np.array([0, 0, 1, 1], dtype=np.int32)
    assert np.isnan(c_index_score(corners, labels))
    assert np.isnan(pearson_gamma_score(corners, labels))
    assert within_between_score(corners, labels) == pytest.approx(1.0)
    apart = gower(np.full((4, 1), np.nan), [[-1]] * 4)
    assert np.isnan(of_space(apart, labels, "c_index"))


def test_pairs_as_close_as_can_be_are_0_and_as_far_1():
    X = [[0.0], [1.0], [10.0], [11.0]]
    assert c_index_score(X, [0, 0, 1, 1]) == 0.0
    assert c_index_score(X, [0, 1, 1, 0]) > 0.9
