"""Stability by refits: the same draws, chance and certainty, threads, Student's interval."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest
from customers import customers
from sklearn.metrics import adjusted_rand_score

from segbench.contracts import Partition, Score
from segbench.stability import REFITTED, Draw, Resampling, Stability, measure
from segbench.stability.interval import mean_interval
from segbench.stability.segment import segment_jaccard

Labels = Callable[[np.ndarray, int], np.ndarray]


def measured(
    refit: Labels, partition: Partition, *, replicates: int, seed: int, **options: int
) -> Stability:
    """Stability under the bootstrap, of a refit by (rows, seed)."""

    def by_draw(draw: Draw) -> np.ndarray:
        return refit(draw.rows, draw.seed)

    resampling = Resampling(customers(len(partition.labels)), "bootstrap", None, seed)
    return measure(by_draw, partition, resampling, replicates, **options)


def stability(*arguments: object, **options: object) -> Score:
    return measured(*arguments, **options).scores["stability_ari"]


def resample(n: int, seed: int, stream: int, replicate: int) -> tuple[np.ndarray, int]:
    draw = Resampling(customers(n), "bootstrap", None, seed).draw(stream, replicate)
    return draw.rows, draw.seed


THREE = Partition.from_labels(np.arange(300) % 3)


class Spy:
    """A refit that keeps its calls; `flip` is the share of customers that change segment."""

    def __init__(self, partition: Partition = THREE, flip: float = 0.0) -> None:
        self.partition, self.flip = partition, flip
        self.calls: dict[int, np.ndarray] = {}

    def __call__(self, rows: np.ndarray, seed: int) -> np.ndarray:
        self.calls[seed] = rows
        return self.labels(rows, seed)

    def labels(self, rows: np.ndarray, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        random = rng.integers(3, size=len(rows))
        kept = rng.random(len(rows)) >= self.flip
        return np.where(kept, self.partition.labels[rows], random).astype(np.int32)

    def draws(self) -> set[tuple[int, bytes]]:
        return {(seed, rows.tobytes()) for seed, rows in self.calls.items()}


def draws(**options: int) -> set[tuple[int, bytes]]:
    spy = Spy()
    stability(spy, THREE, **{"replicates": 4, "seed": 1, **options})
    return spy.draws()


def test_same_seed_and_stream_draw_the_same_customers():
    assert len(draws()) == 4
    assert draws() == draws() == draws(threads=3)
    assert draws() < draws(replicates=6)


@pytest.mark.parametrize("other", [{"seed": 2}, {"stream": 1}])
def test_another_seed_or_stream_shares_no_replicate(other):
    assert not {rows for _, rows in draws()} & {rows for _, rows in draws(**other)}


def test_a_sample_is_distinct_customers_in_table_order_about_63_percent():
    shares = []
    for i in range(50):
        rows, seed = resample(2000, seed=3, stream=0, replicate=i)
        assert (np.diff(rows) > 0).all() and rows[0] >= 0 and rows[-1] < 2000
        assert 0 <= seed < 2**31
        shares.append(len(rows) / 2000)
    assert np.mean(shares) == pytest.approx(1 - np.exp(-1), abs=0.005)


def test_every_customer_is_drawn_sooner_or_later_and_equally():
    counts = np.bincount(np.concatenate([resample(50, 0, 0, i)[0] for i in range(2000)]))
    assert len(counts) == 50
    np.testing.assert_allclose(counts / 2000, 1 - (1 - 1 / 50) ** 50, atol=0.05)


def test_identical_refits_are_certain():
    score = stability(Spy(), THREE, replicates=5, seed=0)
    assert (score.value, score.high, score.status) == (1.0, 1.0, "ok")
    assert score.low == pytest.approx(0.05**0.2)  # five refits could have missed as much


def test_names_of_the_refitted_segments_do_not_matter():
    names = np.array([2, 0, 1], dtype=np.int32)
    score = stability(lambda rows, _: names[THREE.labels[rows]], THREE, replicates=5, seed=0)
    assert score.value == 1.0


def test_random_refits_are_worth_nothing():
    score = stability(Spy(flip=1.0), THREE, replicates=40, seed=0)
    assert score.value == pytest.approx(0.0, abs=0.01)
    assert score.low < 0 < score.high


def test_noise_that_moves_costs_stability():
    noisy = Partition.from_labels(np.where(np.arange(300) < 60, -1, np.arange(300) % 3))
    truth = np.where(noisy.labels < 0, 1000 + np.arange(300), noisy.labels)
    spy = Spy(THREE)  # finds no noise at all
    score = stability(spy, noisy, replicates=4, seed=0)
    values = [adjusted_rand_score(truth[r], THREE.labels[r]) for r in spy.calls.values()]
    assert score.value == pytest.approx(np.mean(values))
    assert score.value < 0.9


def test_noise_customers_count_in_what_independent_labels_are_worth():
    noisy = Partition.from_labels(np.where(np.arange(300) < 60, -1, np.arange(300) % 3))
    found = measured(Spy(noisy), noisy, replicates=5, seed=0).scores["stability_vi"]
    sizes = np.append(noisy.sizes, np.ones(60)) / 300
    assert found.high == pytest.approx((1 - 0.05**0.2) * -2 * (sizes * np.log(sizes)).sum())


@pytest.mark.parametrize("flip", [0.1, 0.5])
def test_mean_and_interval_are_those_of_the_refits(flip):
    spy = Spy(flip=flip)
    score = stability(spy, THREE, replicates=7, seed=0)
    values = [
        adjusted_rand_score(THREE.labels[rows], spy.labels(rows, seed))
        for seed, rows in spy.calls.items()
    ]
    expected = mean_interval(np.array(values), worst=0.0, least=-0.5)
    assert score.value == pytest.approx(np.mean(values))
    assert (score.low, score.high) == pytest.approx((expected.low, expected.high))


def test_the_interval_of_vi_reaches_to_independent_labels():
    found = measured(Spy(), THREE, replicates=5, seed=0).scores["stability_vi"]
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx((1 - 0.05**0.2) * 2 * np.log(3))


def test_interval_stays_within_what_ari_can_be():
    seeds = [resample(300, 0, 0, i)[1] for i in range(3)]
    refits = [Spy(flip=flip).labels for flip in (0.0, 0.0, 0.9)]
    score = stability(
        lambda rows, seed: refits[seeds.index(seed)](rows, seed), THREE, replicates=3, seed=0
    )
    assert score.high == 1.0 and -0.5 <= score.low < score.value


def test_threads_do_not_change_a_bit_even_if_they_finish_out_of_order():
    refit = Spy(flip=0.3)
    first = resample(300, 0, 0, 0)[1]

    def slow_first(rows: np.ndarray, seed: int) -> np.ndarray:
        time.sleep(0.05 if seed == first else 0.0)
        return refit(rows, seed)

    one, two, three = (
        stability(slow_first, THREE, replicates=6, seed=0, threads=t) for t in (1, 2, 3)
    )
    assert one == two == three


def test_the_thread_budget_is_spent_on_refits():
    together = threading.Barrier(2, timeout=10)

    def refit(rows: np.ndarray, seed: int) -> np.ndarray:
        together.wait()  # breaks unless two refits run at a time
        return THREE.labels[rows]

    assert stability(refit, THREE, replicates=4, seed=0, threads=2).value == 1.0


def test_a_refit_that_fails_is_not_hidden():
    def refit(rows: np.ndarray, seed: int) -> np.ndarray:
        raise ValueError("n_samples=1 should be >= n_clusters=2")

    with pytest.raises(ValueError, match="n_samples"):
        stability(refit, THREE, replicates=3, seed=0, threads=2)


@pytest.mark.parametrize("labels", [
    pytest.param([0] * 20, id="one segment"),
    pytest.param([-1] * 20, id="all noise"),
    pytest.param(list(range(20)), id="n segments"),
    pytest.param([0], id="one customer"),
])  # fmt: skip
def test_degenerate_partitions_are_not_called_stable(labels):
    partition = Partition.from_labels(labels)
    found = measured(Spy(partition), partition, replicates=4, seed=0)
    scores = found.scores
    assert set(scores) == set(REFITTED) and not found.segments and found.customers is None
    for score in scores.values():
        assert score.status == "undefined" and score.why and score.value is None
        json.dumps(asdict(score), allow_nan=False)


def by_definition(own: np.ndarray, again: np.ndarray, k: int) -> list[float]:
    """Jaccard of each segment with the most similar one, as sets of customers."""
    sets = [set(np.flatnonzero(again == found)) for found in set(again[again >= 0].tolist())]
    out = []
    for segment in range(k):
        members = set(np.flatnonzero(own == segment))
        best = max((len(members & s) / len(members | s) for s in sets), default=0.0)
        out.append(best if members else np.nan)
    return out


@pytest.mark.parametrize("seed", range(6))
def test_segment_jaccard_is_that_of_sets(seed):
    rng = np.random.default_rng(seed)
    own, again = rng.integers(-1, 4, size=(2, 40)).astype(np.int32)
    own[own == 2] = 0  # a segment that this resample did not draw
    np.testing.assert_allclose(segment_jaccard(own, again, 4), by_definition(own, again, 4))


def test_all_noise_recovers_nothing():
    own, again = np.array([0, 0, 1], dtype=np.int32), np.full(3, -1, dtype=np.int32)
    assert segment_jaccard(own, again, 2).tolist() == [0.0, 0.0]


def test_the_weakest_segment_counts():
    """Segment 2 dissolves in every refit, the others come back."""

    def refit(rows: np.ndarray, _: int) -> np.ndarray:
        own = THREE.labels[rows]
        return np.where(own == 2, 2 + np.arange(len(own)) % 4, own).astype(np.int32)

    score = measured(refit, THREE, replicates=5, seed=0).scores["segment_jaccard_min"]
    assert score.value == pytest.approx(0.25, abs=0.06)
    assert 0 <= score.low <= score.value <= score.high <= 1
    kept = measured(Spy(), THREE, replicates=5, seed=0).scores["segment_jaccard_min"]
    assert (kept.value, kept.low, kept.high) == pytest.approx((1.0, 0.05**0.2, 1.0))


LONELY = Partition.from_labels([0] * 20 + [1] * 19 + [2])
"""The last segment is one customer, whom a replicate often does not draw."""


def test_a_segment_counts_in_the_replicates_that_drew_it_alone():
    def merge(rows: np.ndarray, _: int) -> np.ndarray:
        return np.minimum(LONELY.labels[rows], 1)

    found = measured(merge, LONELY, replicates=8, seed=0).scores["segment_jaccard_min"]
    rows = [resample(40, 0, 0, i)[0] for i in range(8)]
    values = [by_definition(LONELY.labels[r], merge(r, 0), 3)[2] for r in rows if 39 in r]
    assert 2 < len(values) < 8
    assert found.value == pytest.approx(np.mean(values))
    expected = mean_interval(np.array(values), worst=0.0, least=0.0)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_a_segment_that_comes_back_whenever_it_is_drawn_is_certain():
    found = measured(Spy(LONELY), LONELY, replicates=8, seed=0).scores["segment_jaccard_min"]
    drawn = sum(39 in resample(40, 0, 0, i)[0] for i in range(8))
    assert 2 < drawn < 8
    assert (found.value, found.low, found.high) in [
        pytest.approx((1.0, 0.05 ** (1 / refits), 1.0)) for refits in (8, drawn)
    ]  # all three segments come back whenever they are drawn


def test_a_segment_is_not_weak_for_being_drawn_seldom():
    """The lonely one comes back in full whenever it is drawn, the first never does."""

    def split(rows: np.ndarray, _: int) -> np.ndarray:
        return np.where(rows < 3, 3, LONELY.labels[rows]).astype(np.int32)

    def draws(seed: int) -> list[np.ndarray]:
        return [resample(40, seed, 0, i)[0] for i in range(8)]

    seed = next(s for s in range(99) if sum(39 in rows for rows in draws(s)) == 4)
    found = measured(split, LONELY, replicates=8, seed=seed).scores["segment_jaccard_min"]
    first = [by_definition(LONELY.labels[r], split(r, 0), 3)[0] for r in draws(seed)]
    assert 0.7 < found.value == pytest.approx(np.mean(first))


def test_nothing_speaks_for_a_segment_that_is_never_drawn():
    seed = next(s for s in range(99) if all(39 not in resample(40, s, 0, i)[0] for i in range(2)))
    found = measured(Spy(LONELY), LONELY, replicates=2, seed=seed)
    found = found.scores["segment_jaccard_min"]
    assert (found.value, found.low, found.high, found.status) == (0.0, 0.0, 1.0, "ok")


def test_of_a_segment_drawn_once_anything_may_be():
    seed = next(s for s in range(99) if sum(39 in resample(40, s, 0, i)[0] for i in range(2)) == 1)
    found = measured(
        lambda rows, _: np.minimum(LONELY.labels[rows], 1), LONELY, replicates=2, seed=seed
    ).scores["segment_jaccard_min"]
    assert 0 < found.value < 0.1 and (found.low, found.high) == (0.0, 1.0)


def test_the_interval_of_a_jaccard_stays_within_0_and_1():
    seeds = [resample(300, 0, 0, i)[1] for i in range(2)]

    def refit(rows: np.ndarray, seed: int) -> np.ndarray:
        return THREE.labels[rows] if seed == seeds[0] else np.zeros(len(rows), dtype=np.int32)

    found = measured(refit, THREE, replicates=2, seed=0).scores["segment_jaccard_min"]
    assert found.value == pytest.approx((1 + 1 / 3) / 2, abs=0.05)
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_refit_without_a_partition_agrees_in_nothing():
    spy = Spy()
    seeds = [resample(300, 0, 0, i)[1] for i in range(4)]

    def refit(rows, seed):
        if seed == seeds[1]:
            raise ValueError("ill-defined covariance")
        return spy.labels(rows, seed)

    found = measured(refit, THREE, replicates=4, seed=0)
    assert (found.refits, found.failed) == (4, 1)
    for name in ("stability_ari", "stability_ami", "stability_ecs", "customer_consistency"):
        assert found.scores[name].value == pytest.approx(0.75), name
    assert found.scores["segment_jaccard_min"].value == pytest.approx(0.75)
    assert found.scores["stability_vi"].value == pytest.approx(2 * np.log(3) / 4)
    assert [each.dissolved for each in found.segments] == [1, 1, 1]
    assert found.as_json([None] * 3)["failed"] == 1


def test_an_algorithm_that_has_no_partition_of_any_resample_raises_its_own_error():
    def refit(rows, seed):
        raise ValueError("ill-defined covariance")

    with pytest.raises(ValueError, match="ill-defined"):
        measured(refit, THREE, replicates=4, seed=0)
