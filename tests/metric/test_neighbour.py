"""Neighbour indices against a second implementation that shares out ties, and genieclust.

Row order, labels, threads and a constant must not change a bit, ties or not.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from spaces import blobs, lattices, mixed_partitions, naive_distances

from segbench.contracts import Partition, Reference
from segbench.errors import Undefined
from segbench.metric import nearest as nearest_lists
from segbench.metric.kernels.nearest_customers import STEP
from segbench.metric.labelled import Labelled
from segbench.metric.nearest import TREE, locations, nearest
from segbench.metric.neighbour import du_nn, dunn_nn_score, own_shares, places_counted, wcnn_score
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL, labelled
from segbench.metric.scoring import score_partition

FEW = settings(deadline=None, max_examples=60)
WCNN, DUNN = INTERNAL["wcnn"], INTERNAL["dunn_nn"]


def to_others(reference: Reference) -> np.ndarray:
    """(n, n) distances; that to oneself is inf, so that one is no neighbour."""
    D = naive_distances(reference)
    np.fill_diagonal(D, np.inf)
    return D


def places(D: np.ndarray, m: int) -> np.ndarray:
    """(n, n) how much of a place on the list of customer i customer j takes: all, part or none."""
    W = np.zeros_like(D)
    for i, to in enumerate(D):
        last = np.sort(to)[m - 1]
        near, tied = to < last - 1e-12, np.abs(to - last) <= 1e-12
        W[i, near] = 1.0
        W[i, tied] = (m - near.sum()) / tied.sum()
    return W


def naive_shares(D: np.ndarray, labels: np.ndarray, m: int) -> np.ndarray:
    return (places(D, m) * (labels[:, None] == labels[None])).sum(axis=1) / m


def naive_dunn(D: np.ndarray, labels: np.ndarray, m: int) -> float:
    """A thousandth of a place at a time, each with the weight of its position."""
    W = places(D, m) * (labels[:, None] != labels[None])
    pairs = sorted(zip(D[W > 0], W[W > 0], strict=True))
    if not pairs:
        return max(np.sort(to)[m - 1] for to in D)
    total, weights, position = 0.0, 0.0, 0.0
    for d, mass in pairs:
        while mass > 1e-12 and position < 15 - 1e-9:
            step = min(mass, np.floor(position + 1e-9) + 1 - position)
            weight = step * np.exp(-0.5 * (np.floor(position + 1e-9) / 5) ** 2)
            total, weights = total + weight * d, weights + weight
            position, mass = position + step, mass - step
    return total / weights


def agree(part: Labelled, m: int) -> None:
    D = to_others(part.space.reference)
    shares = own_shares(part, m, np.arange(len(part)))
    np.testing.assert_allclose(shares, naive_shares(D, part.labels, m), atol=1e-12)
    if np.sort(D, axis=1)[:, m - 1].max() > 0:
        assert du_nn(part, m) == pytest.approx(naive_dunn(D, part.labels, m), rel=1e-9)
    else:
        with pytest.raises(Undefined, match="coincides"):
            du_nn(part, m)


@FEW
@given(lattices(), st.data())
def test_ties_and_duplicates_take_equal_parts(case, data):
    part = labelled(*case, 1)
    agree(part, data.draw(st.integers(1, len(part) - 1)))


@FEW
@given(st.integers(3, 40), st.integers(1, 9), st.data())
def test_is_the_second_implementation_without_ties(n, d, data):
    part = labelled(*blobs(n, d, seed=data.draw(st.integers(0, 2**31))), 1)
    agree(part, data.draw(st.integers(1, n - 1)))


@FEW
@given(mixed_partitions(), st.data())
def test_gower_is_the_second_implementation(part, data):
    agree(part, data.draw(st.integers(1, len(part) - 1)))


def test_customers_without_any_value_are_far_from_each_other():
    X = np.array([[0.0], [0.0], [1.0], [np.nan], [np.nan]])
    C = np.empty((5, 0), dtype=np.int32)
    space = Prepared(Reference("gower", X, C, np.array([1.0]), ("a",)))
    agree(Labelled(space, np.array([0, 0, 1, 1, 0], dtype=np.int32), 2), 1)


@pytest.mark.parametrize("d", [1, 2, TREE, TREE + 1, 12])
@pytest.mark.parametrize("levels", [0, 3])
def test_lists_of_many_customers(d, levels):
    n, m = 5 * STEP + 3, 25
    rng = np.random.default_rng(d)
    X = rng.integers(levels * 4, size=(n, d)).astype(float) if levels else rng.normal(size=(n, d))
    part = labelled(X, np.zeros(n), 2)
    D = cdist(X, X)
    np.fill_diagonal(D, np.inf)
    near, where = nearest(part.space, m), locations(part.space)
    radius = near.radius[where.of] * where.unit
    np.testing.assert_allclose(radius, np.sort(D, axis=1)[:, m - 1], rtol=1e-12)
    for i in (0, 17, n - 1):
        own = near.who[near.starts[where.of[i]] : near.starts[where.of[i] + 1]]
        want = np.unique(where.of[D[i] <= radius[i] * (1 + 1e-12)])
        assert sorted(own) == want.tolist()


@pytest.mark.parametrize("gaps", [0.0, 0.2])
@pytest.mark.parametrize("categories", [0, 1, 3])
def test_lists_of_many_customers_in_gower_space(gaps, categories):
    n, rng = 3 * STEP + 5, np.random.default_rng(categories)
    X = rng.random((n, 3 - categories)) * 8.0
    X[rng.random(X.shape) < gaps] = np.nan
    C = rng.integers(4, size=(n, categories)).astype(np.int32)
    C[rng.random(C.shape) < gaps] = -1
    columns = ("a", "b", "c")
    space = Prepared(Reference("gower", X, C, np.full(X.shape[1], 8.0), columns), 2)
    agree(Labelled(space, rng.integers(2, size=n).astype(np.int32), 2), 5)


def test_more_ties_than_the_tree_is_asked_for():
    X = np.stack(np.mgrid[:3, :3, :3, :3, :3, :3], axis=-1).reshape(-1, 6).astype(np.float64)
    agree(labelled(X, X[:, 0] * X[:, 1] > 1, 1), 25)


@pytest.mark.parametrize("seed", range(8))
def test_are_genieclusts(seed):
    theirs = pytest.importorskip("genieclust.cluster_validity")
    rng = np.random.default_rng(seed)
    X, labels = blobs(1300, int(rng.integers(1, 9)), 3, seed, apart=float(rng.choice([0, 1, 3])))
    part = labelled(X, labels)
    assert places_counted(part) == 25
    assert wcnn_score(X, labels) == pytest.approx(theirs.wcnn_index(X, labels), rel=1e-12)
    assert dunn_nn_score(X, labels) == pytest.approx(theirs.dunnowa_index(X, labels), rel=1e-9)
    small, few = X[:300], labels[:300]
    assert places_counted(labelled(small, few)) == 5
    want = theirs.dunnowa_index(small, few, 5)
    assert dunn_nn_score(small, few) == pytest.approx(want, rel=1e-9)
    assert wcnn_score(small, few) == pytest.approx(theirs.wcnn_index(small, few, 5), rel=1e-12)


def test_no_neighbour_in_another_segment_is_the_largest_value_and_not_infinite():
    X, labels = blobs(150, 2, apart=100.0)
    last = np.sort(to_others(labelled(X, labels).space.reference), axis=1)[:, 1].max()
    assert dunn_nn_score(X, labels) == pytest.approx(last, rel=1e-12)
    assert wcnn_score(X, labels) == 1.0
    assert dunn_nn_score(X, X[:, 1] > 0) < last


@pytest.mark.parametrize(
    ("n", "m"), [(2, 1), (100, 1), (101, 2), (1250, 24), (1251, 25), (9999, 25)]
)
def test_neighbours_stay_below_the_smallest_share_that_is_allowed(n, m):
    assert places_counted(labelled(np.arange(n)[:, None], np.zeros(n), 1)) == m


@FEW
@given(lattices(), st.randoms(use_true_random=False))
def test_nothing_but_the_customers_counts(case, random):
    X, labels = case
    rows = random.sample(range(len(X)), len(X))
    for score in (wcnn_score, dunn_nn_score):
        value = score(X, labels, threads=1)
        same = [
            score(X[rows], labels[rows], threads=1),
            score(X, (labels + 1) % 4, threads=1),
            score(X, labels, threads=3),
            score(X + 1e8, labels, threads=1),
        ]
        np.testing.assert_array_equal(same, value)
    for scale in (2.0**27, 2.0**-27):
        other = X * scale + 1e8 * scale
        assert wcnn_score(other, labels) == pytest.approx(wcnn_score(X, labels), nan_ok=True)
        want = dunn_nn_score(X, labels) * scale
        assert dunn_nn_score(other, labels) == pytest.approx(want, nan_ok=True)


@pytest.mark.parametrize("seed", range(10))
def test_what_rounding_unties_stays_tied(seed):
    rng = np.random.default_rng(seed)
    X, labels = rng.integers(6, size=(150, 2)).astype(np.float64), rng.integers(2, size=150)
    tenths = X * 0.1 + 0.7  # where 0.9 - 0.8 is not 0.8 - 0.7
    assert wcnn_score(tenths, labels) == pytest.approx(wcnn_score(X, labels), rel=1e-12)
    assert dunn_nn_score(tenths, labels) == pytest.approx(dunn_nn_score(X, labels) / 10, rel=1e-9)


@FEW
@given(mixed_partitions(), st.data())
def test_nothing_but_the_customers_counts_in_gower_space(part, data):
    m = data.draw(st.integers(1, len(part) - 1))
    rows = data.draw(st.permutations(range(len(part))))
    space = part.space.reference
    moved = Reference("gower", space.X[rows], space.C[rows], space.ranges, space.columns)
    other = Labelled(Prepared(moved, 2), part.labels[rows], part.k)
    shares = own_shares(part, m, np.arange(len(part)))[rows]
    assert own_shares(other, m, np.arange(len(part))).tolist() == shares.tolist()
    assert _or_why(part, m) == _or_why(other, m)


def _or_why(part: Labelled, m: int) -> float | str:
    try:
        return du_nn(part, m)
    except Undefined as why:
        return str(why)


@FEW
@given(st.integers(101, 160), st.integers(2, 8), st.integers(0, 2**31))
def test_a_rotation_changes_nothing(n, d, seed):
    X, labels = blobs(n, d, 2, seed)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    assert wcnn_score(X @ Q, labels) == pytest.approx(wcnn_score(X, labels), rel=1e-9)
    assert dunn_nn_score(X @ Q, labels) == pytest.approx(dunn_nn_score(X, labels), rel=1e-9)


@pytest.mark.parametrize("d", [3, 9])
def test_blocks_and_threads_do_not_change_a_bit(d):
    X, labels = blobs(1500, d, 4, seed=3)
    rows = np.random.default_rng(0).permutation(1500)
    for score in (wcnn_score, dunn_nn_score):
        value = score(X, labels, threads=1)
        assert value == score(X, labels, threads=4) == score(X[rows], labels[rows], threads=2)


def undefined(X, labels) -> str:
    part = labelled(X, labels, 1)
    whys = {metric.as_score(part).why for metric in (WCNN, DUNN)}
    assert np.isnan(wcnn_score(X, labels)) and np.isnan(dunn_nn_score(X, labels))
    return " ".join(whys)


def test_degenerate_partitions_have_no_value():
    X = np.arange(12.0).reshape(6, 2)
    assert "segments" in undefined(X, np.zeros(6))
    assert "segments" in undefined(X, np.arange(6))
    assert "more than 1 customers" in undefined(X, [0, 0, 1, 2, 3, 4])  # k = n - 1
    assert "more than 1 customers" in undefined(X, [0, 0, 0, 0, 0, 1])
    assert "coincide" in undefined(np.ones((6, 2)), [0, 0, 0, 1, 1, 1])
    assert "segments" in undefined([[0.0], [1.0]], [0, 1])
    assert "segments" in undefined([[0.0], [1.0]], [0, 0])


def test_an_outlier_group_no_larger_than_the_lists_has_no_value():
    X, _ = blobs(400, 2, apart=0.0)
    X[:7] += 1000.0
    assert "more than 7 customers" in undefined(X, np.arange(400) < 7)
    assert wcnn_score(X, np.arange(400) < 8) > 0.9


def test_duplicates():
    X, labels = np.repeat([[0.0], [1.0]], 4, axis=0), np.repeat([0, 1], 4)
    assert wcnn_score(X, labels) == 1.0
    assert wcnn_score(X, np.tile([0, 1], 4)) == pytest.approx(1 / 3)
    why = DUNN.as_score(labelled(X, labels)).why
    assert why == "every customer coincides with 1 others or more"
    X = np.append(np.repeat([0.0, 1.0], 24), 5.0)[:, None]
    assert dunn_nn_score(X, np.arange(49) % 2) == 0.0


def test_too_many_ties_have_no_value(monkeypatch):
    monkeypatch.setattr(nearest_lists, "ENTRIES", 5_000)
    C = np.arange(200, dtype=np.int32)[:, None]  # everyone is as far from everyone
    space = Prepared(Reference("gower", np.empty((200, 0)), C, np.empty(0), ("id",)), 2)
    part = Labelled(space, np.arange(200, dtype=np.int32) % 2, 2)
    assert "tied" in WCNN.as_score(part).why
    monkeypatch.setattr(nearest_lists, "ENTRIES", 50_000)
    space = Prepared(space.reference, 2)
    value = WCNN.as_score(Labelled(space, part.labels, 2)).value
    assert value == pytest.approx(99 / 199)


def test_a_sample_is_the_same_customers_and_its_interval_covers_the_exact_value():
    X, labels = blobs(9_000, 2, 3, seed=1, apart=2.0)
    exact = labelled(X, labels)
    some = Labelled(Prepared(exact.space.reference, 2, exact=8_999), exact.labels, 3)
    shares = own_shares(exact, 25, np.arange(9_000))
    np.testing.assert_array_equal(own_shares(some, 25, some.sample), shares[some.sample])
    score = WCNN.as_score(some)
    assert score.status == "estimate" and score.low < shares.mean() < score.high
    assert "9,000" in DUNN.as_score(some).why


def test_noise_joins_first():
    X, labels = blobs(60, 2)
    given = np.where(np.arange(60) == 4, -1, labels)
    space = labelled(X, labels, 1).space
    found = score_partition(space, Partition.from_labels(given), ["wcnn", "dunn_nn"])
    assert all(score.value is not None for score in found.values())
