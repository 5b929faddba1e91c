"""From a yaml and parameters to labels: one-hot geometry, seeding, and what is refused."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from segbench.algorithm import design, fit_labels, make
from segbench.contracts import Matrix
from segbench.errors import InputError
from segbench.paths import CONF

SPECS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((CONF / "algorithm").glob("*.yaml"))
}


def matrix(X, C, n_levels=None):
    X, C = np.array(X, dtype=np.float64), np.array(C, dtype=np.int32)
    names = tuple(f"column {j}" for j in range(X.shape[1] + C.shape[1]))
    return Matrix(X, C, names, tuple(C.max(axis=0) + 1) if n_levels is None else n_levels)


def two_groups(n=80, seed=0):
    """Two far groups that also differ in their categories, and which is which."""
    rng = np.random.default_rng(seed)
    side = rng.permutation(np.arange(n) % 2)
    C = np.column_stack([side, np.where(rng.random(n) < 0.9, side, 2)])
    return matrix(rng.normal(0, 0.5, (n, 2)) + 9 * side[:, None], C), side


CODES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=8)


@given(CODES)
def test_the_squared_one_hot_distance_counts_the_categories_that_differ(codes):
    numbers = np.arange(len(codes))[:, None] * 0.5
    out = design(matrix(numbers, codes, (4, 3)), "numeric")
    for i, one in enumerate(codes):
        for j, other in enumerate(codes):
            wanted = (0.5 * (i - j)) ** 2 + sum(a != b for a, b in zip(one, other, strict=True))
            assert ((out[i] - out[j]) ** 2).sum() == pytest.approx(wanted, abs=1e-12)


def test_two_customers_in_different_categories_are_at_distance_one():
    one, other = design(matrix([[3.0], [3.0]], [[0], [4]], (5,)), "numeric")
    assert np.linalg.norm(one - other) == 1.0


def test_an_unknown_category_has_no_indicator():
    out = design(matrix([[1.0], [2.0]], [[-1], [0]], (2,)), "numeric")
    assert out[0].tolist() == [1.0, 0.0, 0.0]
    assert out.shape == (2, 3)


def test_numbers_alone_pass_as_they_are():
    X = np.random.default_rng(0).normal(size=(5, 3))
    made = matrix(X, np.empty((5, 0)), ())
    for kind in ("numeric", "mixed"):
        np.testing.assert_array_equal(design(made, kind), X)


def test_mixed_input_ends_in_the_codes_that_categorical_points_at():
    made, _ = two_groups()
    out = design(made, "mixed")
    estimator = make(SPECS["kprototypes"], {"n_clusters": 2}, 0, made)
    np.testing.assert_array_equal(out[:, estimator.categorical], made.C)
    np.testing.assert_array_equal(np.delete(out, estimator.categorical, axis=1), made.X)


def test_parameters_of_the_trial_win_over_fixed_ones_and_the_seed_goes_in():
    made, _ = two_groups()
    estimator = make(SPECS["kmeans"], {"n_clusters": 3, "n_init": 9}, 17, made)
    assert (estimator.n_clusters, estimator.n_init, estimator.random_state) == (3, 9, 17)
    fixed = make(SPECS["kmeans"], {"n_clusters": 3}, 17, made)
    assert fixed.n_init == SPECS["kmeans"]["params"]["n_init"]


def test_a_parameter_that_the_algorithm_lacks_is_refused():
    with pytest.raises(InputError, match="clusters"):
        make(SPECS["kmeans"], {"clusters": 3}, 0, two_groups()[0])


class Says:
    """An estimator that returns what it was told to."""

    def __init__(self, labels):
        self.labels = labels

    def fit_predict(self, X):
        return self.labels


@pytest.mark.parametrize(
    "labels",
    [[0, 1], [0, 1, 0, 1], [0.0, 1.0, 0.0], [[0], [1], [0]], ["a", "b", "a"], [True] * 3, None],
)
def test_labels_that_are_not_one_integer_a_row_are_refused(labels):
    with pytest.raises(ValueError, match="integer labels"):
        fit_labels(Says(labels), np.zeros((3, 1)))


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64])
def test_integers_of_any_width_are_kept(dtype):
    labels = fit_labels(Says(np.array([2, 0, 7], dtype=dtype)), np.zeros((3, 1)))
    assert labels.dtype == np.int32
    assert labels.tolist() == [2, 0, 7]
