"""k-prototypes against kmodes, brute force, scikit-learn's checks and its own definition."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from kmodes.kmodes import KModes as OriginalModes
from kmodes.kprototypes import KPrototypes as Original
from kmodes.util.dissim import matching_dissim
from kmodes.util.init_methods import init_cao
from scipy.stats import mode
from sklearn.base import clone
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from segbench.algorithm.kmodes import KmodesPrototypes
from segbench.algorithm.kprototypes import KModes, KPrototypes, descent, kernels
from segbench.algorithm.kprototypes.encoding import codes_of, levels_of
from segbench.algorithm.kprototypes.gamma import huang, modha_spangler
from segbench.algorithm.kprototypes.starts import STARTS, start

MIXED = [2, 3]


def customers(n=70, seed=0, levels=3):
    """Two numbers and two categories, no groups."""
    rng = np.random.default_rng(seed)
    return np.hstack([rng.normal(size=(n, 2)), rng.integers(0, levels, (n, 2)).astype(float)])


def columns_of(X, weights=None):
    """Two numbers and two categories as the kernels read them."""
    codes = [X[:, j] for j in MIXED]
    levels = [levels_of(column) for column in codes]
    begin = np.cumsum([0, *map(len, levels)]).astype(np.int32)
    weights = np.ones(len(X)) if weights is None else weights.astype(float)
    return kernels.Columns(X[:, :2].T.copy(), codes_of(codes, levels, len(X)), begin, weights, 0.6)


def gaps(X, seed=0, share=0.15):
    out = X.copy()
    out[np.random.default_rng(seed).random(X.shape) < share] = np.nan
    return out


def cost_of(X, labels, codes, gamma, weights=None):
    """What the partition costs at its own means and modes, from the definition."""
    weights = np.ones(len(X)) if weights is None else weights
    total = 0.0
    for segment in np.unique(labels):
        inside, w = X[labels == segment], weights[labels == segment]
        for j in range(X.shape[1]):
            known = ~np.isnan(inside[:, j]) & (w > 0)
            x, v = inside[known, j], w[known]
            if not len(x):
                continue
            if j in codes:
                total += gamma * (v.sum() - max(v[x == level].sum() for level in set(x)))
            else:
                total += v @ (x - np.average(x, weights=v)) ** 2
    return total


@parametrize_with_checks(
    [KPrototypes(), KModes()],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data":
            "as for KMeans: other rows are drawn as first prototypes",
        **({"check_clustering": "every float is a category of its own"}
           if isinstance(estimator, KModes) else {}),
    },
)  # fmt: skip
def test_scikit_learn_takes_it_for_one_of_its_own(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("k", "levels"), [(3, 4), (5, 3), (8, 2)])
def test_from_the_same_start_the_median_cost_is_not_above_that_of_kmodes(k, levels):
    ours, theirs = [], []
    for seed in range(20):
        X = customers(90, seed, levels)
        init = X[np.random.default_rng(seed).choice(len(X), k, replace=False)]
        model = KPrototypes(k, categorical=MIXED, init=init).fit(X)
        other = Original(k, init=[init[:, :2], init[:, 2:]], n_init=1, gamma=model.gamma_)
        ours.append(model.cost_)
        theirs.append(other.fit(X, categorical=MIXED).cost_)
    assert np.median(ours) <= np.median(theirs)


def test_from_the_same_start_k_modes_are_cheaper_than_those_of_kmodes():
    """By some percent: moves that cost nothing lead on to moves that gain."""
    ours, theirs = [], []
    for seed in range(20):
        X = np.random.default_rng(seed).integers(0, 3, (90, 5)).astype(float)
        init = X[np.random.default_rng(seed).choice(len(X), 4, replace=False)]
        ours.append(KModes(4, init=init).fit(X).cost_)
        theirs.append(OriginalModes(4, init=init, n_init=1).fit(X).cost_)
    assert np.median(ours) < 0.97 * np.median(theirs)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_many_starts_find_the_best_of_all_partitions(seed, missing):
    X = customers(7, seed)
    X = gaps(X, seed) if missing else X
    weights = np.random.default_rng(seed).integers(1, 4, 7).astype(float)
    model = KPrototypes(3, categorical=MIXED, gamma=0.7, n_init=60, random_state=seed)
    model.fit(X, sample_weight=weights)
    best = min(
        cost_of(X, np.array(labels), MIXED, 0.7, weights)
        for labels in itertools.product(range(3), repeat=7)
        if len(set(labels)) == 3
    )
    assert model.cost_ == pytest.approx(best, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("far", [0.0, 1e8])
@pytest.mark.parametrize("codes", [[2, 3], [0, 1, 2, 3], []])
def test_no_single_move_makes_it_cheaper(codes, missing, far):
    """Not even by little, where one customer is a hundred million times farther from the rest."""
    X = customers(40)
    X[0, 0] += far
    X = gaps(X) if missing else X
    weights = np.random.default_rng(1).integers(1, 4, 40).astype(float)
    model = KPrototypes(4, categorical=codes, gamma=0.4, n_init=1, random_state=3)
    labels = model.fit(X, sample_weight=weights).labels_.copy()
    gamma = model.gamma_
    reached = cost_of(X, labels, codes, gamma, weights)
    for i in range(40):
        for segment in range(4):
            moved = labels.copy()
            moved[i] = segment
            assert cost_of(X, moved, codes, gamma, weights) >= reached - 1e-9


@pytest.mark.parametrize("missing", [False, True])
def test_the_cost_is_that_of_the_nearest_prototypes(missing):
    X = gaps(customers()) if missing else customers()
    weights = np.random.default_rng(1).random(70)
    model = KPrototypes(3, categorical=MIXED, random_state=0).fit(X, sample_weight=weights)
    centers = model.cluster_centers_
    squares = np.nansum((X[:, None, :2] - centers[:, :2]) ** 2, axis=2)
    known = ~np.isnan(X[:, None, 2:])
    misses = ((X[:, None, 2:] != centers[:, 2:]) & known).sum(axis=2)
    costs = squares + model.gamma_ * misses
    assert model.labels_.tolist() == costs.argmin(axis=1).tolist()
    assert model.cost_ == pytest.approx(weights @ costs.min(axis=1), rel=1e-9)
    assert model.transform(X) == pytest.approx(np.sqrt(costs), abs=1e-9)
    assert model.predict(X).tolist() == model.labels_.tolist()


def test_a_weight_of_two_is_a_row_that_is_there_twice():
    X = gaps(customers(50))
    weights = np.random.default_rng(3).integers(0, 3, 50)
    init = X[:4].copy()
    init[np.isnan(init)] = 0.0
    one = KPrototypes(4, categorical=MIXED, gamma=0.5, init=init, max_iter=1)
    other = clone(one).fit(np.repeat(X, weights, axis=0))
    one.fit(X, sample_weight=weights)
    np.testing.assert_allclose(one.cluster_centers_, other.cluster_centers_, atol=1e-12)
    assert one.cost_ == pytest.approx(other.cost_)


@pytest.mark.parametrize("init", [*STARTS, None])
def test_without_a_weight_a_row_has_no_say_but_a_label(init):
    X = customers(60, levels=12)
    # Those without a weight would be the most typical ones: nobody has both categories.
    X[:10, 2], X[10:20, 3], X[50:, 2:] = 20, 20, 20
    weights = np.append(np.ones(50), np.zeros(10))
    model = KPrototypes(3, categorical=MIXED, gamma=0.5, init=init or X[:3], random_state=0)
    alone = clone(model).fit(X[:50])
    model.fit(X, sample_weight=weights)
    np.testing.assert_array_equal(model.cluster_centers_, alone.cluster_centers_)
    assert model.labels_.tolist() == alone.predict(X).tolist()


def test_categories_may_stand_in_any_column_and_be_strings():
    X = customers()
    last = KPrototypes(3, categorical=MIXED, random_state=0).fit(X)
    first = KPrototypes(3, categorical=[0, 1], random_state=0).fit(X[:, [2, 3, 0, 1]])
    named = pd.DataFrame(X).astype({2: object, 3: object})
    named[[2, 3]] = np.array(["a", "b", "c"], dtype=object)[X[:, 2:].astype(int)]
    text = KPrototypes(3, categorical=MIXED, random_state=0).fit(named)
    assert first.labels_.tolist() == last.labels_.tolist() == text.labels_.tolist()
    assert set(text.cluster_centers_[:, 2]) <= {"a", "b", "c"}
    assert text.predict(named.iloc[:5]).tolist() == last.labels_[:5].tolist()


@pytest.mark.parametrize("same", [[-2, -1], [False, False, True, True], ["plan", "city"], (3, 2)])
def test_categories_are_named_by_position_name_or_mask(same):
    frame = pd.DataFrame(customers(), columns=["spend", "visits", "plan", "city"])
    wanted = KPrototypes(3, categorical=MIXED, random_state=0).fit(frame).labels_
    assert KPrototypes(3, categorical=same, random_state=0).fit_predict(frame).tolist() == [*wanted]


def test_what_was_fitted_stays_what_it_was():
    X = customers()
    model = KPrototypes(3, categorical=MIXED, random_state=0).fit(X)
    before, centers = model.predict(X).tolist(), model.cluster_centers_
    model.set_params(categorical=[0])
    assert model.predict(X).tolist() == before
    np.testing.assert_array_equal(model.cluster_centers_, centers)


def test_one_category_needs_no_list():
    frame = pd.DataFrame(customers()[:, :3], columns=["spend", "visits", "plan"])
    frame["plan"] = np.array(["a", "b", "c"])[frame["plan"].astype(int)]
    wanted = KPrototypes(3, categorical=[2], random_state=0).fit_predict(frame).tolist()
    for same in (2, "plan", np.int64(2)):
        assert (
            KPrototypes(3, categorical=same, random_state=0).fit_predict(frame).tolist() == wanted
        )


def test_a_number_that_pandas_calls_missing_is_missing():
    X = gaps(customers())
    model = KPrototypes(3, categorical=MIXED, random_state=0)
    frame = pd.DataFrame(X).round().astype({0: "Int64", 1: "Int64"})
    frame[2] = pd.Series(X[:, 2]).map({0.0: "a", 1.0: "b", 2.0: "c"}).astype(object)
    wanted = model.fit_predict(np.hstack([X[:, :2].round(), X[:, 2:]])).tolist()
    assert model.fit_predict(frame).tolist() == wanted


def test_distances_have_names():
    model = KPrototypes(3, categorical=MIXED, random_state=0).set_output(transform="pandas")
    assert list(model.fit(customers()).transform(customers())) == [
        "kprototypes0", "kprototypes1", "kprototypes2"]  # fmt: skip


def test_numbers_and_strings_in_one_category_are_refused():
    with pytest.raises(ValueError, match="numbers and strings"):
        KModes(2).fit(np.array([["a"], [1], ["b"]], dtype=object))


def test_an_unseen_category_is_as_far_from_every_prototype():
    X = customers()
    model = KPrototypes(3, categorical=MIXED, random_state=0).fit(X)
    unseen, missing = X[:9].copy(), X[:9].copy()
    unseen[:, 2], missing[:, 2] = 77.0, np.nan
    assert model.predict(unseen).tolist() == model.predict(missing).tolist()
    np.testing.assert_allclose(model.transform(unseen) ** 2,
                               model.transform(missing) ** 2 + model.gamma_)  # fmt: skip


def test_a_column_without_values_changes_nothing():
    X = customers()
    empty = np.full((70, 1), np.nan)
    model = KPrototypes(3, categorical=MIXED, gamma=0.5, random_state=0)
    more = KPrototypes(3, categorical=[*MIXED, 5], gamma=0.5, random_state=0)
    plain = model.fit(X)
    for other in (clone(model).fit(np.hstack([X, empty])), more.fit(np.hstack([X, empty, empty]))):
        assert other.labels_.tolist() == plain.labels_.tolist()
        assert other.cost_ == pytest.approx(plain.cost_)


def test_the_number_of_jobs_changes_nothing():
    X = customers(300)
    fits = [KPrototypes(4, categorical=MIXED, n_jobs=jobs, random_state=5).fit(X)
            for jobs in (1, 3)]  # fmt: skip
    assert fits[0].labels_.tobytes() == fits[1].labels_.tobytes()
    assert fits[0].cost_ == fits[1].cost_


def test_far_from_zero_it_is_the_same():
    X = customers(200)
    far = X + np.array([1e8, -1e8, 0, 0])
    model = KPrototypes(4, categorical=MIXED, random_state=5)
    near, moved = model.fit(X), clone(model).fit(far)
    assert moved.labels_.tolist() == near.labels_.tolist()
    assert moved.cost_ == pytest.approx(near.cost_, rel=1e-6)


@pytest.mark.parametrize("codes", [None, [], ()])
def test_without_categories_it_is_k_means(codes):
    """From the same start it ends at least as low as Lloyd's algorithm."""
    ours, theirs = [], []
    for seed in range(10):
        X = customers(120, seed)
        init = X[:4]
        model = KPrototypes(4, categorical=codes, init=init).fit(X)
        other = KMeans(4, init=init, n_init=1, tol=0).fit(X)
        ours.append(model.cost_)
        theirs.append(other.inertia_)
        assert model.cost_ == pytest.approx(KMeans(4, init=model.cluster_centers_, n_init=1)
                                            .fit(X).inertia_)  # fmt: skip
    assert np.median(ours) <= np.median(theirs) * (1 + 1e-9)


def test_without_numbers_it_is_k_modes():
    X = customers(100)[:, 2:]
    model = KPrototypes(3, categorical=[0, 1], gamma=7.0, random_state=7).fit(X)
    modes = KModes(3, random_state=7).fit(X)
    assert model.labels_.tolist() == modes.labels_.tolist()
    assert model.cost_ / 7.0 == modes.cost_ == cost_of(X, modes.labels_, [0, 1], 1.0)
    assert KPrototypes(3, categorical=[0, 1], random_state=7).fit(X).cost_ == modes.cost_


@pytest.mark.parametrize("init", STARTS)
def test_every_start_begins_with_rows_that_differ_and_finds_two_groups(init):
    rng = np.random.default_rng(0)
    side = rng.permutation(np.arange(60) % 2)
    X = np.column_stack([rng.normal(0, 0.5, 60) + 9 * side, side, rng.integers(0, 2, 60)])
    for columns, codes in ((X, [1, 2]), (X[:, 1:], [0, 1]), (X[:, :1], [])):
        model = KPrototypes(2, categorical=codes, init=init, n_init=5, random_state=1)
        if columns.shape[1] != 2:
            assert adjusted_rand_score(side, model.fit_predict(columns)) == 1.0
        begun = clone(model).set_params(n_init=1, max_iter=1).fit(columns)
        assert len(np.unique(begun.labels_)) == 2


@pytest.mark.parametrize("init", STARTS)
def test_a_start_at_a_row_with_gaps_has_what_is_typical_in_them(init):
    X = gaps(customers(60), share=0.4)
    means, modes = start(init, columns_of(X), 5, np.random.default_rng(0))
    usual = [*np.nanmean(X[:, :2], axis=0), *mode(X[:, 2:], nan_policy="omit").mode]
    filled = np.where(np.isnan(X), usual, X)
    rows = np.hstack([means, modes])
    assert all(np.isclose(filled, row).all(axis=1).any() for row in rows)
    assert any(np.isnan(X[np.isclose(filled, row).all(axis=1)]).any() for row in rows)


def test_the_start_by_cost_is_as_good_as_that_of_scikit_learn():
    """Sixteen groups of numbers; without the choice among a few draws it is three times worse."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) + 20 * rng.integers(0, 4, (400, 2))
    columns = kernels.Columns(X.T.copy(), np.empty((0, 400), dtype=np.int32),
                              np.zeros(1, dtype=np.int32), np.ones(400), 1.0)  # fmt: skip

    def cost(centers):
        return ((X[:, None] - centers) ** 2).sum(axis=2).min(axis=1).sum()

    ours, theirs = [], []
    for seed in range(60):
        ours.append(cost(start("k-means++", columns, 16, np.random.default_rng(seed)).means))
        theirs.append(cost(kmeans_plusplus(X, 16, random_state=seed)[0]))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), rel=0.1)


def test_the_start_of_cao_is_that_of_kmodes():
    X = np.random.default_rng(4).integers(0, 4, (80, 5)).astype(float)
    init = np.asarray(init_cao(X, 5, matching_dissim), dtype=float)
    ours, given = KModes(5, init="cao").fit(X), KModes(5, init=init).fit(X)
    assert ours.labels_.tolist() == given.labels_.tolist()
    assert ours.n_iter_ == given.n_iter_


def test_gamma_by_huangs_rule_is_half_the_mean_standard_deviation():
    X = customers() * [3.0, 1.0, 1.0, 1.0]
    model = KPrototypes(3, categorical=MIXED, random_state=0).fit(X)
    assert model.gamma_ == pytest.approx(0.5 * X[:, :2].std(axis=0).mean())
    holes = gaps(X)
    model = KPrototypes(3, categorical=MIXED, random_state=0).fit(holes)
    assert model.gamma_ == pytest.approx(0.5 * np.nanstd(holes[:, :2], axis=0).mean())
    flat = np.hstack([np.ones((70, 1)), X])
    model = KPrototypes(3, categorical=[3, 4], random_state=0).fit(flat)
    assert model.gamma_ == pytest.approx(0.5 * X[:, :2].std(axis=0).mean())
    model = KPrototypes(3, categorical=[1, 2], random_state=0).fit(flat[:, [0, 3, 4]])
    assert model.gamma_ == 1.0
    three = np.hstack([9.0 * X[:, :1], X])
    model = KPrototypes(3, categorical=[3, 4], random_state=0).fit(three)
    assert model.gamma_ == pytest.approx(0.5 * three[:, :3].std(axis=0).mean())
    times = np.random.default_rng(0).integers(0, 4, 70)
    model = KPrototypes(3, categorical=MIXED, random_state=0).fit(X, sample_weight=times)
    assert model.gamma_ == pytest.approx(0.5 * X[:, :2].repeat(times, axis=0).std(axis=0).mean())


def groups_in(part, seed=0, n=200):
    """Groups that only the numbers, or only the categories, know of."""
    rng = np.random.default_rng(seed)
    side = rng.permutation(np.arange(n) % 2)
    numbers = rng.normal(size=(n, 2)) + (6 * side[:, None] if part == "numbers" else 0)
    codes = rng.integers(0, 2, (n, 4))
    if part == "categories":
        codes = np.where(rng.random((n, 4)) < 0.93, side[:, None], codes)
    return np.hstack([numbers, codes.astype(float)]), side


def test_a_great_gamma_follows_the_categories_and_a_small_one_the_numbers():
    for part, right, wrong in (("numbers", 1e-3, 1e3), ("categories", 1e3, 1e-3)):
        X, side = groups_in(part)
        for gamma, found in ((right, True), (wrong, False)):
            model = KPrototypes(2, categorical=[2, 3, 4, 5], gamma=gamma, random_state=0)
            agreement = adjusted_rand_score(side, model.fit_predict(X))
            assert agreement > 0.9 if found else agreement < 0.1


def test_the_search_for_gamma_has_the_least_product_of_within_to_between():
    X = customers(150, 3)
    model = KPrototypes(3, categorical=MIXED, gamma="modha_spangler", random_state=0).fit(X)

    def product(labels):
        total = cost_of(X[:, :2], np.zeros(150), [], 1.0), cost_of(X[:, 2:], np.zeros(150),
                                                                   [0, 1], 1.0)  # fmt: skip
        within = cost_of(X[:, :2], labels, [], 1.0), cost_of(X[:, 2:], labels, [0, 1], 1.0)
        return np.prod([w / (t - w) for w, t in zip(within, total, strict=True)])

    spread = X[:, :2].var(axis=0).sum() * 150
    misses = cost_of(X[:, 2:], np.zeros(150), [0, 1], 1.0)
    options = [spread / misses * a / (1 - a) for a in np.linspace(0.1, 0.9, 9)]
    products = [
        product(KPrototypes(3, categorical=MIXED, gamma=g, n_init=1, random_state=0).fit(X).labels_)
        for g in options
    ]
    assert model.gamma_ == pytest.approx(options[int(np.argmin(products))])
    again = KPrototypes(3, categorical=MIXED, gamma=model.gamma_, random_state=0).fit(X)
    assert model.labels_.tolist() == again.labels_.tolist()


def test_the_search_for_gamma_counts_weights_as_rows():
    X = customers(150, 3)
    times = np.random.default_rng(0).integers(0, 4, 150)
    side = (X[:, 0] > 0).astype(np.int32)
    found = [
        modha_spangler(columns_of(X, times), lambda _: side),
        modha_spangler(columns_of(X.repeat(times, axis=0)), lambda _: side.repeat(times)),
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-9)


def test_the_start_of_cao_counts_weights_as_rows():
    X = customers(60, 2, levels=6)
    times = np.random.default_rng(0).integers(0, 4, 60)
    rng = np.random.default_rng(0)
    tables = columns_of(X, times), columns_of(X.repeat(times, axis=0))
    found = [start("cao", columns, 5, rng) for columns in tables]
    np.testing.assert_array_equal(found[0].means, found[1].means)
    np.testing.assert_array_equal(found[0].modes, found[1].modes)


@pytest.mark.parametrize("init", ["k-means++", "huang"])
def test_starts_are_drawn_by_weight(init):
    """Of 40 customers each weighs as much as all before it together and half of these more."""
    X = np.arange(40.0)[:, None] ** 2
    weights = 1.5 ** np.arange(40)
    columns = kernels.Columns(X.T.copy(), np.empty((0, 40), dtype=np.int32),
                              np.zeros(1, dtype=np.int32), weights, 1.0)  # fmt: skip
    rows = [np.sqrt(start(init, columns, 1, np.random.default_rng(s)).means[0, 0])
            for s in range(900)]  # fmt: skip
    counts = np.bincount(np.round(rows).astype(int), minlength=40)[-4:]
    expected = 900 * (weights / weights.sum())[-4:]
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()


def test_the_search_for_gamma_without_spread_is_huangs_rule():
    X = customers()
    X[:, 2:] = 1.0
    model = KPrototypes(3, categorical=MIXED, gamma="modha_spangler", random_state=0).fit(X)
    assert model.gamma_ == pytest.approx(0.5 * X[:, :2].std(axis=0).mean())


def test_the_search_for_gamma_where_no_weight_parts_anybody_is_huangs_rule():
    _, _, columns, _ = counted(0, np.zeros(14, dtype=np.int32), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = modha_spangler(columns, lambda _: np.zeros(14, dtype=np.int32))
    assert found == huang(columns)


def test_where_no_more_rows_differ_there_are_fewer_segments_and_a_warning():
    X = np.repeat(customers(3), 5, axis=0)
    with pytest.warns(ConvergenceWarning, match="3 segments, not 5: no row would cost less"):
        model = KPrototypes(5, categorical=MIXED, random_state=0).fit(X)
    assert len(np.unique(model.labels_)) == 3 and model.cost_ == pytest.approx(0.0, abs=1e-20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KPrototypes(3, categorical=MIXED, random_state=0).fit(X)


@pytest.mark.parametrize("far", [0.0, 1e9])
@pytest.mark.parametrize("codes", [MIXED, []])
def test_where_no_more_rows_differ_rounding_is_not_chased(codes, far):
    """Of 12 kinds of rows 14 segments; means of thirds leave a rest."""
    X = np.repeat(customers(12) / 3 + far, 100, axis=0)
    for seed in range(10):
        model = KPrototypes(14, categorical=codes, n_init=1, random_state=seed)
        with pytest.warns(ConvergenceWarning):
            assert model.fit(X).n_iter_ < 10


def test_no_segment_is_left_empty():
    """From prototypes of which three are nearest to nobody."""
    X = customers(50)
    init = np.vstack([X[:2], np.full((3, 4), 50.0)])
    init[2:, 2:] = X[:3, 2:]
    model = KPrototypes(5, categorical=MIXED, init=init).fit(X)
    assert len(np.unique(model.labels_)) == 5


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"n_clusters": 0}, "n_clusters=0"), ({"n_init": 1.5}, "n_init=1.5"),
     ({"gamma": -1}, "gamma=-1"), ({"gamma": "hung"}, "hung"), ({"init": "kmeans"}, "kmeans"),
     ({"n_clusters": 71}, "n_samples=70 should be >= n_clusters=71"),
     ({"categorical": [4]}, "4 columns"), ({"init": np.zeros((2, 4))}, "shape"),
     ({"init": np.full((8, 4), 9.0)}, "category"), ({"max_iter": True}, "max_iter"),
     ({"gamma": None}, "gamma=None"), ({"gamma": [1, 2]}, "gamma="), ({"gamma": True}, "gamma"),
     ({"categorical": [1.0]}, "categorical="), ({"categorical": [True]}, "mask of 4"),
     ({"categorical": [-5]}, "4 columns"), ({"categorical": ["plan"]}, "no names"),
     ({"categorical": ["2", 3]}, "no names"), ({"categorical": [[2], [3]]}, "categorical=")],
)  # fmt: skip
def test_wrong_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        KPrototypes(**{"categorical": MIXED, **parameters}).fit(customers())


def test_infinite_numbers_and_negative_weights_are_refused():
    X = customers()
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        KPrototypes(2, categorical=MIXED).fit(X)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        KPrototypes(2, categorical=MIXED).fit(customers(), sample_weight=-np.ones(70))
    with pytest.raises(ValueError, match="sum is infinite"):
        KPrototypes(2, categorical=MIXED).fit(customers(), sample_weight=np.full(70, 1e308))


@pytest.mark.parametrize(("k", "seed"), [(2, 0), (4, 1)])
def test_the_wrapped_package_gives_what_the_package_gives(k, seed):
    X = customers(seed=seed) * [4.0, 4.0, 1.0, 1.0]
    model = KmodesPrototypes(k, categorical=MIXED, random_state=seed).fit(X)
    other = Original(k, init="Huang", n_init=1, random_state=seed).fit(X, categorical=MIXED)
    assert model.labels_.tolist() == other.predict(X, categorical=MIXED).tolist()
    assert model.cost_ == other.cost_
    assert (model.transform(X).min(axis=1) ** 2).sum() == pytest.approx(other.cost_)
    modes = KmodesPrototypes(k, categorical=[0, 1], random_state=seed).fit(X[:, 2:])
    assert modes.cost_ == OriginalModes(k, init="Huang", n_init=1, random_state=seed
                                        ).fit(X[:, 2:]).cost_  # fmt: skip
    means = KmodesPrototypes(k, random_state=seed).fit(X)
    assert means.cost_ == KMeans(k, n_init=1, max_iter=100, random_state=seed).fit(X).inertia_


def test_the_wrapped_package_refuses_what_it_does_not_take():
    with pytest.raises(ValueError, match="missing number"):
        KmodesPrototypes(2, categorical=MIXED).fit(gaps(customers()))


def counted(seed, labels, k):
    """Columns of a random table with gaps, ties and weights, and the counts of a partition."""
    X = gaps(customers(14, seed), seed)
    X[:, 1] = np.round(X[:, 1])
    weights = np.random.default_rng(seed).integers(1, 3, 14).astype(float)
    columns = columns_of(X, weights)
    return X, weights, columns, kernels.weigh(columns, labels, k)


@pytest.mark.parametrize("seed", range(6))
def test_what_a_move_is_worth_is_the_difference_of_the_costs(seed):
    labels = np.random.default_rng(seed).integers(0, 3, 14).astype(np.int32)
    X, weights, columns, counts = counted(seed, labels, 3)
    before = cost_of(X, labels, MIXED, 0.6, weights)
    for i in range(14):
        rest = np.delete(np.arange(14), i)
        without = cost_of(X[rest], labels[rest], MIXED, 0.6, weights[rest])
        own = labels[i]
        assert descent.leaving(columns, counts, i, own) == pytest.approx(before - without)
        for segment in {0, 1, 2} - {own}:
            moved = labels.copy()
            moved[i] = segment
            after = cost_of(X, moved, MIXED, 0.6, weights)
            cost = descent.joining(columns, counts, i, segment, np.inf)
            assert cost == pytest.approx(after - without), (i, segment)


def test_nobody_leaves_a_segment_empty():
    X = np.ones((3, 1))
    columns = kernels.Columns(np.empty((0, 3)), X.T.astype(np.int32) * 0,
                              np.array([0, 1], dtype=np.int32), np.ones(3), 1.0)  # fmt: skip
    labels = np.array([0, 1, 1], dtype=np.int32)
    descent.exchange(columns, kernels.weigh(columns, labels, 2), labels, 0.0)
    assert set(labels.tolist()) == {0, 1}
