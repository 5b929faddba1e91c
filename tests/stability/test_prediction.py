"""One half predicts the other: prediction strength by its definition, and generalisation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segbench.stability import measure_prediction
from segbench.stability.interval import mean_interval
from segbench.stability.prediction import prediction_strength


def by_pairs(own: np.ndarray, assigned: np.ndarray) -> float:
    """Tibshirani & Walther's definition, pair by pair."""
    shares = []
    for segment in set(own[own >= 0].tolist()):
        pairs = list(itertools.permutations(np.flatnonzero(own == segment), 2))
        together = [assigned[i] == assigned[j] >= 0 for i, j in pairs]
        shares += [np.mean(together)] if pairs else []
    return min(shares, default=np.nan)


@pytest.mark.parametrize("seed", range(10))
def test_prediction_strength_is_the_worst_share_of_pairs(seed: int):
    rng = np.random.default_rng(seed)
    own, assigned = rng.integers(-1, 4, size=(2, 25)).astype(np.int32)
    assert prediction_strength(own, assigned) == pytest.approx(by_pairs(own, assigned))


def test_segments_without_a_pair_do_not_count():
    own, assigned = np.array([0, 0, 1], np.int32), np.array([2, 2, 0], np.int32)
    assert prediction_strength(own, assigned) == 1.0
    assert np.isnan(prediction_strength(np.array([0, 1, -1], np.int32), assigned))


class Groups:
    """k-means on numbers in k groups; keeps what it was asked."""

    def __init__(self, groups: int, k: int, n: int = 200) -> None:
        rng = np.random.default_rng(0)
        self.X = rng.normal(size=(n, 2)) + 20.0 * np.column_stack([np.arange(n) % groups] * 2)
        self.k = k
        self.asked: list[tuple[np.ndarray, np.ndarray, int]] = []

    def __call__(self, rows: np.ndarray, others: np.ndarray, seed: int):
        self.asked.append((rows, others, seed))
        model = KMeans(self.k, n_init=1, random_state=seed).fit(self.X[rows])
        return model.labels_.astype(np.int32), model.predict(self.X[others]).astype(np.int32)


def test_groups_that_are_there_predict_each_other():
    found = measure_prediction(Groups(3, 3), 200, splits=4, seed=0)
    for score in found.values():
        assert (score.value, score.low, score.high) == pytest.approx((1.0, 0.05 ** (1 / 4), 1.0))


def test_too_many_segments_do_not():
    assert measure_prediction(Groups(1, 5), 200, 4, 0)["prediction_strength"].value < 0.8


def test_means_over_splits_both_ways():
    groups = Groups(1, 3)
    found = measure_prediction(groups, 200, splits=3, seed=5, stream=1)
    strengths, aris = [], []
    for (a, b, s), (b2, a2, t) in zip(groups.asked[::2], groups.asked[1::2], strict=True):
        assert (a == a2).all() and (b == b2).all() and s != t
        assert not set(a) & set(b) and len(a) + len(b) == 200 and len(a) == 100
        la, ab = Groups(1, 3)(a, b, s)
        lb, ba = Groups(1, 3)(b, a, t)
        strengths.append((by_pairs(la, ba) + by_pairs(lb, ab)) / 2)
        aris.append((adjusted_rand_score(la, ba) + adjusted_rand_score(lb, ab)) / 2)
    for name, values in (("prediction_strength", strengths), ("generalisation_ari", aris)):
        least = 0.0 if name == "prediction_strength" else -0.5
        expected = mean_interval(np.array(values), worst=0.0, least=least)
        assert found[name].value == pytest.approx(np.mean(values))
        assert (found[name].low, found[name].high) == pytest.approx((expected.low, expected.high))


def test_the_seed_and_the_stream_decide_and_threads_do_not():
    def asked(**options: int) -> set[bytes]:
        groups = Groups(2, 2)
        measure_prediction(groups, 200, 3, **{"seed": 1, **options})
        return {rows.tobytes() + bytes(str(seed), "ascii") for rows, _, seed in groups.asked}

    assert asked() == asked(threads=3)
    assert not asked() & asked(seed=2) and not asked() & asked(stream=1)
    one, two = (measure_prediction(Groups(1, 3), 200, 4, 0, threads=t) for t in (1, 2))
    assert one == two


def test_no_split_has_the_random_numbers_of_a_resample():
    groups = Groups(2, 2)
    measure_prediction(groups, 200, 3, 1)
    seeds = {seed for *_, seed in groups.asked}
    first = np.random.default_rng(np.random.SeedSequence(1, spawn_key=(0, 0))).permutation(200)[
        :100
    ]
    assert len(seeds) == 6 and not any((rows == np.sort(first)).all() for rows, *_ in groups.asked)


def test_lonely_segments_are_undefined():
    def fit(rows: np.ndarray, others: np.ndarray, _: int):
        return np.arange(len(rows), dtype=np.int32), np.zeros(len(others), dtype=np.int32)

    found = measure_prediction(fit, 10, 2, 0)
    assert found["prediction_strength"].status == "undefined"
    assert found["generalisation_ari"].value == 0.0


def test_a_split_without_a_partition_is_worth_nothing():
    calls = []

    def fit(rows, others, seed):
        calls.append(seed)
        if len(calls) == 1:
            raise ValueError("ill-defined covariance")
        return rows.astype(np.int32) % 2, others.astype(np.int32) % 2

    found = measure_prediction(fit, 40, 4, 0)
    assert found["prediction_strength"].value == pytest.approx(0.75)
    assert found["generalisation_ari"].value == pytest.approx(0.75)

    def never(rows, others, seed):
        raise ValueError("ill-defined covariance")

    with pytest.raises(ValueError, match="ill-defined"):
        measure_prediction(never, 40, 4, 0)
