"""Algorithms whose work is done by a package: what they give is what the package gives."""

import sys

import genieclust
import kmedoids
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import AgglomerativeClustering
from sklearn.utils.estimator_checks import parametrize_with_checks
from stepmix.stepmix import StepMix
from threadpoolctl import threadpool_limits

from segbench.algorithm.genie import Genie
from segbench.algorithm.kmedoids import KMedoids
from segbench.algorithm.kmodes import KmodesPrototypes
from segbench.algorithm.kprototypes import KModes, KPrototypes
from segbench.algorithm.latent_classes import LatentClasses
from segbench.algorithm.random_groups import RandomGroups
from segbench.algorithm.rule_tree import RuleTree
from segbench.errors import NotApplicable


def customers(n=150, seed=0):
    rng = np.random.default_rng(seed)
    side = rng.integers(3, size=n)
    X = rng.normal(size=(n, 2)) + 3 * side[:, None]
    usual = rng.random((n, 3)) < 0.7
    codes = np.where(usual, side[:, None], rng.integers(0, 3, (n, 3)))
    return np.hstack([X, codes.astype(float)])


@parametrize_with_checks([KMedoids(3), RuleTree(3), LatentClasses(2)])
def test_scikit_learn_takes_them_for_its_own(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "estimator",
    [KPrototypes, KModes, KmodesPrototypes, KMedoids, Genie, RuleTree, RandomGroups, LatentClasses],
)
@pytest.mark.parametrize("count", [0, -1, 2.5, True, "2", None])
def test_a_number_of_segments_that_is_none_is_named(estimator, count):
    with pytest.raises(ValueError, match=f"n_c.*={count!r}: wanted an integer of at least 1"):
        estimator(count).fit(customers())


@pytest.mark.parametrize("metric", ["euclidean", "cityblock"])
def test_medoids_are_those_of_the_best_start(metric):
    X = customers()
    model = KMedoids(8, metric=metric, n_init=4, random_state=1).fit(X)
    away = cdist(X, X, metric)
    seeds = np.random.RandomState(1).randint(2**31 - 1, size=4).tolist()
    losses = [kmedoids.fasterpam(away, 8, 300, "random", s, n_cpu=1).loss for s in seeds]
    assert model.inertia_ == pytest.approx(min(losses)) and losses[0] > min(losses)
    assert (X[model.medoid_indices_] == model.cluster_centers_).all()
    assert model.labels_.tolist() == cdist(X, model.cluster_centers_, metric).argmin(1).tolist()
    # No exchange of a medoid and another customer is an improvement.
    for i in range(8):
        for row in range(150):
            swapped = np.append(np.delete(model.medoid_indices_, i), row)
            assert away[:, swapped].min(axis=1).sum() >= model.inertia_ - 1e-9


def test_genie_is_that_of_the_package_and_single_linkage_at_one():
    X = customers()[:, :2]
    model = Genie(3, gini_threshold=0.5, M=5).fit(X)
    other = genieclust.Genie(3, gini_threshold=0.5, M=5).fit_predict(X)
    assert model.labels_.tolist() == other.tolist()
    single = AgglomerativeClustering(3, linkage="single").fit_predict(X)
    loose = Genie(3, gini_threshold=1.0).fit_predict(X)
    assert len(set(zip(single.tolist(), loose.tolist(), strict=True))) == 3


@pytest.mark.parametrize("M", [0, 5])
def test_genie_does_not_depend_on_threads(M):
    """Of customers who tie the package links others with two threads."""
    X = np.random.default_rng(0).integers(0, 12, (200, 2)).astype(float)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(Genie(5, M=M).fit_predict(X).tolist())
    assert found[0] == found[1]


def test_genie_forgets_a_table_that_was_changed_in_place():
    X = customers()[:, :2].copy()
    model = Genie(3)
    model.fit(X)
    X[:] = customers(seed=9)[:, :2]
    assert model.fit_predict(X).tolist() == Genie(3).fit_predict(X.copy()).tolist()


@pytest.mark.parametrize("part", [slice(0, 5), slice(2, 5), slice(0, 2)])
@pytest.mark.parametrize("gaps", [False, True])
def test_latent_classes_have_the_probabilities_of_stepmix(part, gaps):
    X = customers()[:, part].copy()
    d = {0: 2, 2: 0}[part.start] if part.stop == 5 else 2
    codes = list(range(d, X.shape[1]))
    if gaps and not codes:
        pytest.skip("numbers may not be missing")
    if gaps:
        X[::7, codes[0]] = np.nan
    model = LatentClasses(3, categorical=codes, random_state=0).fit(X)
    measurement = {}
    if d:
        measurement["numbers"] = {"model": "gaussian_diag", "n_columns": d}
    if codes:
        kind = "categorical_nan" if gaps else "categorical"
        measurement["codes"] = {"model": kind, "n_columns": len(codes)}
    other = StepMix(3, measurement=measurement, n_init=5, abs_tol=1e-6, random_state=0,
                    verbose=0, progress_bar=0).fit(X)  # fmt: skip
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(X), atol=1e-9)
    assert model.labels_.tolist() == other.predict(X).tolist()


def test_a_category_that_is_unknown_or_missing_has_no_say():
    X = customers()
    model = LatentClasses(3, categorical=[2, 3, 4], random_state=0).fit(X)
    unseen, missing = X[:20].copy(), X[:20].copy()
    unseen[:, 3], missing[:, 3] = 50.0, np.nan
    np.testing.assert_array_equal(model.predict_proba(unseen), model.predict_proba(missing))
    nobody = np.full((1, 5), np.nan)
    nobody[0, :2] = X[0, :2]
    assert np.isfinite(model.predict_proba(nobody)).all()


def test_what_no_class_has_still_has_probabilities():
    """Two classes that share no answer, and somebody who gives one of each."""
    X = np.repeat([[0.0, 0.0], [1.0, 1.0]], 30, axis=0)
    model = LatentClasses(2, categorical=[0, 1], random_state=0).fit(X)
    assert model.predict_proba([[0.0, 1.0]]) == pytest.approx(np.full((1, 2), 0.5))


def test_latent_classes_refuse_a_missing_number_and_a_table_without_values():
    X = customers()
    X[3, 0] = np.nan
    with pytest.raises(ValueError, match="NaN in a column of numbers"):
        LatentClasses(2, categorical=[2, 3, 4]).fit(X)
    with pytest.raises(ValueError, match="no column with a value"):
        LatentClasses(2, categorical=[0]).fit(np.full((9, 1), np.nan))


@pytest.mark.parametrize(
    ("package", "estimator"), [("kmedoids", KMedoids(2)), ("genieclust", Genie(2))]
)
def test_a_package_that_is_not_installed_is_named(package, estimator, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NotApplicable, match=rf"{package}.*segbench\[copyleft\]"):
        estimator.fit(customers())
