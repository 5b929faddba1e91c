"""Silhouette and the joining of noise, against scikit-learn and a naive loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from sklearn import metrics
from spaces import customers, euclidean, gower, is_defined, mixed, mixed_customers, naive_distances

from segbench.contracts import Reference
from segbench.errors import Undefined
from segbench.metric import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_macro_score,
    silhouette_score,
    simplified_silhouette_score,
)
from segbench.metric.labelled import Labelled
from segbench.metric.means import join_noise, nearest_means, own_means
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL
from segbench.metric.silhouette import (
    BOUND,
    SMALL,
    _error_bound,
    silhouette_by_segment,
    silhouette_samples,
)


def silhouette(reference: Reference, labels: np.ndarray, **options: object) -> float:
    """The registered score in a space; raises Undefined as its callers see it."""
    part = Labelled(Prepared(reference, **options), labels, int(labels.max()) + 1)
    score = INTERNAL["silhouette"].as_score(part)
    if score.value is None:
        raise Undefined(score.why)
    return score.value


FEW = settings(deadline=None, max_examples=40)


@FEW
@given(customers())
def test_equals_scikit_learn_or_is_undefined(case):
    X, labels = case
    if is_defined(X, labels):
        assert silhouette_score(X, labels) == pytest.approx(
            metrics.silhouette_score(X, labels), abs=1e-12
        )
    else:
        assert np.isnan(silhouette_score(X, labels))


def simplified(X: np.ndarray, labels: np.ndarray) -> float:
    """By definition, a customer and a segment at a time."""
    centroids = {c: X[labels == c].mean(axis=0) for c in set(labels.tolist())}
    values = []
    for x, own in zip(X, labels.tolist(), strict=True):
        to = {c: float(np.linalg.norm(x - centroid)) for c, centroid in centroids.items()}
        a, b = to.pop(own), min(to.values())
        values.append(0.0 if (labels == own).sum() == 1 else (b - a) / max(a, b))
    return float(np.mean(values))


@pytest.mark.parametrize("seed", range(20))
def test_simplified_is_its_definition(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(8, 30)), int(rng.integers(2, 6))
    labels = np.append(rng.integers(k, size=n - 1), k)  # the last is alone
    X = rng.normal(size=(n, 3)) + 2.0 * labels[:, None]
    found = simplified_silhouette_score(X, labels)
    assert found == pytest.approx(simplified(X, labels), abs=1e-12)


def test_simplified_of_customers_at_their_own_and_another_centroid_is_0():
    X, labels = [[0.0], [0.0], [0.0], [0.0], [1.0]], [0, 0, 0, 1, 2]
    assert simplified_silhouette_score(X, labels) == pytest.approx(0.0, abs=1e-9)


@FEW
@given(customers())
def test_macro_is_the_mean_of_scikit_learns_means_by_segment(case):
    X, labels = case
    if is_defined(X, labels):
        samples = metrics.silhouette_samples(X, labels)
        expected = np.mean([samples[labels == segment].mean() for segment in set(labels.tolist())])
        assert silhouette_macro_score(X, labels) == pytest.approx(expected, abs=1e-12)
    else:
        assert np.isnan(silhouette_macro_score(X, labels))


@FEW
@given(customers(), st.permutations(range(5)), st.integers(-20, 20), st.randoms())
def test_names_order_offset_and_scale_do_not_matter(case, names, power, random):
    X, labels = case
    score = pytest.approx(silhouette_score(X, labels), abs=1e-12, nan_ok=True)
    order = random.sample(range(len(X)), len(X))
    assert silhouette_score(X, np.array(names)[labels]) == score
    assert silhouette_score(X, [f"segment {label}" for label in labels]) == score
    assert silhouette_score(X[order], labels[order]) == score
    assert silhouette_score(X + 1e8, labels) == score  # exact on a grid
    assert silhouette_score(X * 2.0**power, labels) == score


@FEW
@given(st.integers(0, 2**31))
def test_a_constant_moves_it_by_no_more_than_the_rounding_of_the_input(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 2))
    labels = rng.integers(0, 3, size=30)
    rounded = (X + 1e8) - 1e8  # what is left of X, exactly
    expected = pytest.approx(metrics.silhouette_score(rounded, labels), abs=1e-12)
    assert silhouette_score(X + 1e8, labels) == expected


def test_segments_that_coincide_in_pairs_score_0_as_in_scikit_learn():
    C = [[0], [0], [0], [1], [1]]
    assert silhouette(gower(np.zeros((5, 1)), C), np.array([0, 0, 1, 2, 3], dtype=np.int32)) == 0
    assert silhouette_score(C, [0, 0, 1, 2, 3]) == metrics.silhouette_score(C, [0, 0, 1, 2, 3]) == 0


@FEW
@given(mixed_customers())
def test_gower_equals_scikit_learn_on_the_naive_matrix(case):
    reference, labels = case
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    D = naive_distances(reference)
    if 2 <= labels.max() + 1 < len(labels) and D.any():
        expected = metrics.silhouette_score(D, labels, metric="precomputed")
        assert silhouette(reference, labels) == pytest.approx(expected, abs=1e-12)
    else:
        with pytest.raises(Undefined):
            silhouette(reference, labels)


@pytest.mark.parametrize("X, labels", [
    ([[1.0]], [0]),
    ([[0.0], [1.0], [2.0]], [5, 5, 5]),
    ([[0.0], [1.0], [2.0]], [0, 1, 2]),
    ([[0.1, 0.7]] * 6, [0, 0, 0, 1, 1, 1]),
])  # fmt: skip
def test_degenerate_is_nan(X, labels):
    assert np.isnan(silhouette_score(X, labels))


@pytest.mark.parametrize("X, labels", [
    ([[np.nan], [1.0], [2.0]], [0, 0, 1]),
    ([[np.inf], [1.0], [2.0]], [0, 0, 1]),
    ([1.0, 2.0, 3.0], [0, 0, 1]),
    ([[0.0], [1.0], [2.0]], [0, 1]),
    (np.empty((0, 2)), []),
])  # fmt: skip
def test_what_is_no_table_is_refused(X, labels):
    with pytest.raises(ValueError, match=r"must be|labels: found"):
        silhouette_score(X, labels)


def test_identical_centroids_are_no_good_segments():
    ring = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert silhouette_score(np.vstack([ring, 3 * ring]), np.repeat([0, 1], 4)) < 0.2
    assert silhouette_score(np.vstack([ring, ring]), np.repeat([0, 1], 4)) < 0


@pytest.mark.parametrize("kind", ["gower", "standard"])
@pytest.mark.parametrize("seed", range(4))
def test_noise_joins_the_nearest_segment_by_mean_distance(kind, seed):
    reference = mixed(40, seed)
    if kind == "standard":
        reference = euclidean(np.nan_to_num(reference.X))
    labels = np.random.default_rng(seed).integers(-1, 3, size=40).astype(np.int32)
    given_labels, D = labels.copy(), naive_distances(reference)
    joined = join_noise(Prepared(reference), labels, 3)
    for i in range(40):
        means = [round(D[i, labels == segment].mean(), 12) for segment in range(3)]
        assert joined[i] == (labels[i] if labels[i] >= 0 else int(np.argmin(means)))
    assert labels.tolist() == given_labels.tolist()


def test_noise_does_not_join_other_noise_or_the_largest_segment():
    X = [[0.0], [0.1], [0.2], [0.3], [9.0], [10.0], [10.1], [10.2]]
    labels = np.array([0, 0, 0, 0, 1, -1, -1, -1], dtype=np.int32)
    assert join_noise(Prepared(euclidean(X)), labels, 2).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("seed", range(10))
def test_noise_joins_the_first_of_segments_that_are_equally_far(seed):
    """Whose mean distances differ by rounding, since they are added up in another order."""
    rng = np.random.default_rng(seed)
    far = rng.random(40)
    X = np.zeros((81, 2))
    X[1:41, 0], X[41:, 1] = far, rng.permutation(far)
    for first, second in ((0, 1), (1, 0)):
        labels = np.repeat([-1, first, second], [1, 40, 40]).astype(np.int32)
        assert join_noise(Prepared(euclidean(X)), labels, 2)[0] == 0


def test_nothing_to_join():
    all_noise = np.full(3, -1, dtype=np.int32)
    assert join_noise(Prepared(euclidean([[0.0], [1.0], [2.0]])), all_noise, 0).tolist() == [
        -1,
        -1,
        -1,
    ]


def labelled(X: np.ndarray, labels: np.ndarray, single: bool = True) -> Labelled:
    space = Prepared(euclidean(X), single=single)
    return Labelled(space, np.asarray(labels, dtype=np.int32), int(np.max(labels)) + 1)


def by_distances(part: Labelled, single: bool) -> tuple[np.ndarray, np.ndarray]:
    """(n,) silhouettes by distances of this precision, and the bound of their error."""
    a, b = own_means(part, single=single), nearest_means(part, single=single)
    several = (part.sizes[part.labels] > 1) & (np.maximum(a, b) > 0)
    s = np.divide(b - a, np.maximum(a, b), out=np.zeros(len(a)), where=several)
    return s, _error_bound(part, a, b)


def many(
    n: int, d: int, k: int, seed: int = 0, apart: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """More customers than are always worked out in float64: k round segments."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % k)
    return rng.normal(size=(n, d)) + apart * rng.normal(size=(k, d))[labels], labels


def with_a_segment_of_3_and_of_1() -> tuple[np.ndarray, np.ndarray]:
    X, labels = many(5_100, 4, 5, apart=0.5)
    labels[:4] = [6, 5, 5, 5]
    return X, labels


def skewed() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.lognormal(sigma=1.5, size=(5_100, 5)), rng.integers(4, size=5_100)


def near_copies() -> tuple[np.ndarray, np.ndarray]:
    """Two tight groups far apart, of two segments each: coordinates dwarf the distances."""
    rng = np.random.default_rng(0)
    groups = np.where(np.arange(5_200) % 2, 1.0, -1.0)
    return groups[:, None] + 1e-6 * rng.normal(size=(5_200, 2)), np.arange(5_200) % 4


def far_outliers() -> tuple[np.ndarray, np.ndarray]:
    X, labels = many(5_100, 2, 3)
    X[:5] += 1e6
    labels[:5] = 3
    return X, labels


WITHIN = {
    "overlapping": many(5_100, 3, 4, apart=0.5),
    "apart, many columns": many(5_500, 13, 6, apart=5.0),
    "one column": many(6_000, 1, 3),
    "small segments": with_a_segment_of_3_and_of_1(),
    "skewed": skewed(),
    "copies": (np.round(many(5_100, 2, 3)[0]), many(5_100, 2, 3)[1]),
}


def sentinel() -> tuple[np.ndarray, np.ndarray]:
    """Two segments of small numbers and one of a code so large that float32 sees two points."""
    rng, labels = np.random.default_rng(0), np.arange(5_400) % 3
    low = np.where(labels == 0, rng.integers(1, 51, 5_400), rng.integers(60, 101, 5_400))
    return np.where(labels == 2, 9_999_999_999.0, low)[:, None], labels


BEYOND = {"near copies": near_copies(), "far outliers": far_outliers(), "sentinel": sentinel()}
"""Tables for which float32 distances are known to be good enough, and not."""


@pytest.mark.drill
@pytest.mark.parametrize("case", WITHIN)
def test_of_many_customers_float32_distances_are_within_a_millionth_of_scikit_learn(case):
    X, labels = WITHIN[case]
    part = labelled(X, labels)
    found = silhouette_samples(part)
    in_float32, in_float64 = (by_distances(labelled(X, labels), single)[0] for single in (1, 0))
    assert found.tobytes() == in_float32.tobytes() != in_float64.tobytes()
    expected = metrics.silhouette_samples(X - X.mean(axis=0), labels)
    score = silhouette(part.space.reference, part.labels)
    assert score == pytest.approx(expected.mean(), abs=1e-6, rel=0)
    by_segment = [expected[labels == segment].mean() for segment in range(part.k)]
    assert silhouette_by_segment(part) == pytest.approx(by_segment, abs=1e-6, rel=0)


@pytest.mark.parametrize("case", [*WITHIN, *BEYOND])
def test_float32_distances_err_by_no_more_than_the_bound(case):
    part = labelled(*{**WITHIN, **BEYOND}[case])
    found, bound = by_distances(part, single=True)
    error = np.abs(found - by_distances(part, single=False)[0])
    assert (error <= bound).all()
    worst = max(bound[part.labels == segment].mean() for segment in range(part.k))
    assert (worst <= BOUND) == (case in WITHIN)


def test_the_bound_holds_for_the_rounding_of_coordinates_at_its_worst():
    """Pairs close together on either side of 0 and just above a power of two, where a float32 is
    coarsest: every error counts in full, none is averaged away."""
    worst = 0.0
    for seed in range(600):
        near = 1e-3 * np.random.default_rng(seed).random(6)
        X = np.concatenate([1 + near[:3], -1 - near[3:], [0.0, 0.0]])[:, None]
        part = labelled(X, np.array([0, 0, 1, 2, 2, 3, 4, 4]))
        found, bound = by_distances(part, single=True)
        error = np.abs(found - by_distances(part, single=False)[0])
        assert (error <= bound).all()
        pairs = part.sizes[part.labels] > 1
        worst = max(worst, (error / bound)[pairs].max())
    assert worst > 0.76  # the bound is no larger than it must be


def test_the_bound_holds_for_squares_that_are_lost_in_many_columns():
    """Each four of 396 columns add a little less than what a float32 of the first can keep."""
    X = np.full((4, 400), 7 * 2.0**-16) * np.array([1, 1, -1, -1])[:, None]
    X[:, 0] = [-3, -1, 1, 3]
    part = labelled(X, np.array([0, 0, 1, 1]))
    found, bound = by_distances(part, single=True)
    error = np.abs(found - by_distances(part, single=False)[0])
    assert (error <= bound).all() and error.max() > 10 * 2.0**-24


@pytest.mark.parametrize("case", BEYOND)
def test_where_float32_could_show_distances_are_float64(case):
    X, labels = BEYOND[case]
    found = silhouette_samples(labelled(X, labels))
    assert found.tobytes() == silhouette_samples(labelled(X, labels, single=False)).tobytes()
    assert found.tobytes() == by_distances(labelled(X, labels), single=False)[0].tobytes()


def test_near_copies_would_be_wrong_in_float32():
    part = labelled(*BEYOND["near copies"])
    error = by_distances(part, single=True)[0] - by_distances(part, single=False)[0]
    assert abs(error.mean()) > 10 * BOUND


def test_one_segment_in_which_float32_could_show_is_enough():
    """Two segments of 20 close together, whose bound all others would hide in a mean."""
    X, labels = many(5_100, 3, 30, apart=0.5)
    X[:40] = 3.0 + 0.3 * np.random.default_rng(0).normal(size=(40, 3))
    labels[:40] = np.arange(40) % 2 + 30
    part = labelled(X, labels)
    _, bound = by_distances(part, single=True)
    means = np.array([bound[labels == segment].mean() for segment in range(32)])
    assert means.max() > BOUND > means.mean()
    exact = silhouette_samples(labelled(X, labels, single=False))
    assert silhouette_samples(part).tobytes() == exact.tobytes()


@pytest.mark.parametrize("n", [SMALL, SMALL + 1])
def test_few_customers_are_exact_and_so_are_many_where_it_is_asked(n):
    X, labels = many(n, 2, 3)
    exact = by_distances(labelled(X, labels), single=False)[0].tobytes()
    assert silhouette_samples(labelled(X, labels, single=False)).tobytes() == exact
    assert (silhouette_samples(labelled(X, labels)).tobytes() == exact) == (n <= 5_000)


def test_many_customers_under_gower_are_exact():
    X, labels = many(5_100, 1, 3)
    found = silhouette(gower(X), labels.astype(np.int32))
    assert found == pytest.approx(metrics.silhouette_score(X, labels), abs=1e-10, rel=0)


@pytest.mark.drill
def test_the_shared_indices_are_scikit_learns_on_a_thousand_tables(monkeypatch):
    # Its distances x'x - 2 x'y + y'y leave 1e-8 of customers that coincide: too coarse here.
    exact = lambda a, b=None: cdist(a, a if b is None else b)  # noqa: E731
    monkeypatch.setattr("sklearn.metrics.cluster._unsupervised.pairwise_distances", exact)
    for seed in range(1_000):
        rng = np.random.default_rng(seed)
        n, d = int(rng.integers(3, 61)), int(rng.integers(1, 7))
        k = int(rng.integers(2, min(8, n - 1) + 1))
        labels = rng.permutation(np.concatenate([np.arange(k), rng.integers(k, size=n - k)]))
        X = rng.normal(size=(n, d)) + rng.choice([0.0, 1.0, 5.0]) * rng.normal(size=(k, d))[labels]
        if seed % 3 == 0:
            X[rng.integers(n, size=n // 4)] = X[rng.integers(n, size=n // 4)]
        X -= X.mean(axis=0)
        expected = [
            metrics.silhouette_score(cdist(X, X), labels, metric="precomputed"),
            metrics.calinski_harabasz_score(X, labels),
            metrics.davies_bouldin_score(X, labels),
        ]
        if pdist([X[labels == segment].mean(axis=0) for segment in range(k)]).min() < 1e-12:
            expected[2] = np.nan  # two segments of copies alone, which scikit-learn passes over
        shared = (silhouette_score, calinski_harabasz_score, davies_bouldin_score)
        found = [score(X, labels, threads=1) for score in shared]
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-10, nan_ok=True), seed
