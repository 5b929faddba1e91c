"""Segment and customer level: recoveries, where segments come from, who stays."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from customers import customers

from segbench.contracts import Partition
from segbench.stability import Draw, Resampling, measure, stability_across
from segbench.stability.customer import UNSURE, consistency, describe, stays
from segbench.stability.segment import recoveries, weakest

NAN = np.nan


def labels(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def test_recoveries_count_at_hennigs_limits():
    jaccard = np.array([[0.5, 0.75, NAN], [0.51, 0.74, NAN], [1.0, NAN, NAN]])
    first, second, never = recoveries(jaccard)
    assert (first.dissolved, first.recovered, first.refits) == (1, 1, 3)
    assert (second.dissolved, second.recovered, second.refits) == (0, 1, 2)
    assert first.jaccard.value == pytest.approx(2.01 / 3)
    assert second.jaccard.value == pytest.approx(0.745)
    assert (never.refits, never.jaccard.value, never.jaccard.high) == (0, 0.0, 1.0)
    assert weakest([first, second]) == first.jaccard


def test_across_is_one_less_the_relative_entropy():
    own = labels(0, 0, 0, 0, 1, 1, 2, 2, 3)
    coarser = labels(0, 0, 0, 0, 0, 1, 1, 2, -1)
    first, second, third, lost = stability_across(own, 4, coarser, 3)
    assert first == 1.0, "all of it stands in one segment"
    assert second == third == pytest.approx(1 - np.log(2) / np.log(3))
    assert lost is None, "its only customer is noise there"
    assert stability_across(own, 4, np.zeros(9, dtype=np.int32), 1) == [None] * 4


def test_across_is_zero_where_all_take_part_evenly():
    assert stability_across(labels(0, 0, 1), 2, labels(0, 1, 1), 2) == [0.0, 1.0]


def by_trying(own: np.ndarray, again: np.ndarray, k: int) -> int:
    """The most customers that any one-to-one pairing lets stay, noise with noise."""
    others = max(int(again.max()) + 1, 0)
    most = 0
    for pairing in itertools.permutations([*range(others), *[None] * k], k):
        kept = sum(((own == s) & (again == t)).sum() for s, t in enumerate(pairing)
                   if t is not None)  # fmt: skip
        most = max(most, kept)
    return most + int(((own < 0) & (again < 0)).sum())


@pytest.mark.parametrize("seed", range(8))
def test_as_many_as_possible_stay(seed: int):
    rng = np.random.default_rng(seed)
    own, again = rng.integers(-1, 3, size=(2, 15)).astype(np.int32)
    k = int(own.max()) + 1
    kept = stays(own, again, k)
    assert kept.sum() == by_trying(own, again, k)
    for segment in range(k):
        assert len(set(again[kept & (own == segment)].tolist())) <= 1


def test_merged_segments_do_not_both_stay():
    own = labels(0, 0, 0, 1, 1, -1, -1)
    again = labels(0, 0, 0, 0, 0, -1, 0)
    assert stays(own, again, 2).tolist() == [True] * 3 + [False] * 2 + [True, False]
    assert not stays(own, np.full(7, -1, np.int32), 2)[:5].any()


def test_consistency_is_a_share_of_the_refits_that_drew_a_customer():
    rows = [np.array([0, 1]), np.array([0, 2]), np.array([0])]
    kept = [np.array([True, True]), np.array([True, False]), np.array([False])]
    shares = consistency(4, rows, kept)
    np.testing.assert_allclose(shares, [2 / 3, 1.0, 0.0, NAN])
    found = describe(shares)
    assert found["unsure"] == pytest.approx(2 / 3) and found["never_drawn"] == 1
    assert found["median"] == pytest.approx(2 / 3)
    assert describe(np.array([UNSURE]))["unsure"] == 0.0
    assert describe(None) is None
    assert describe(np.array([NAN])) == {"unsure": 0.0, "never_drawn": 1}


def test_measure_brings_the_levels_together():
    """Customer 0 alternates between two segments, all others stay."""
    partition = Partition.from_labels(np.arange(40) % 2)
    calls: list[Draw] = []

    def refit(draw: Draw) -> np.ndarray:
        calls.append(draw)
        again = partition.labels[draw.rows].copy()
        again[draw.rows == 0] = len(calls) % 2
        return again

    found = measure(refit, partition, Resampling(customers(40), "bootstrap", None, 0), 30)
    drew = [i for i, draw in enumerate(calls, 1) if 0 in draw.rows]
    assert found.customers[0] == pytest.approx(np.mean([i % 2 == 0 for i in drew]))
    assert (found.customers[1:] == 1.0).all()
    shares = [1 - (i % 2) * (0 in d.rows) / len(d.rows) for i, d in enumerate(calls, 1)]
    assert found.scores["customer_consistency"].value == pytest.approx(np.mean(shares))
    assert found.scores["stability_vi"].value > 0
    assert 0.9 < found.scores["stability_ecs"].value < 1
    assert [each.recovered for each in found.segments] == [30, 30]
    plain = found.as_json([None, 0.5])
    assert plain["segments"][1]["across"] == 0.5 and plain["customers"]["unsure"] == 1 / 40


def test_replaced_customers_are_not_compared():
    partition = Partition.from_labels(np.arange(100) % 2)

    def refit(draw: Draw) -> np.ndarray:
        return np.where(draw.compared, partition.labels[draw.rows], 1).astype(np.int32)

    found = measure(refit, partition, Resampling(customers(100), "noise", 0.3, 0), 5)
    assert found.scores["stability_ari"].value == 1.0
    assert found.scores["customer_consistency"].value == 1.0


def test_only_what_is_asked_for_is_worked_out():
    partition = Partition.from_labels(np.arange(100) % 2)
    resampling = Resampling(customers(100), "bootstrap", None, 0)
    found = measure(lambda d: partition.labels[d.rows], partition, resampling, 3, ["stability_ami"])
    assert list(found.scores) == ["stability_ami"]
    assert not found.segments and found.customers is None


@pytest.mark.parametrize("threads", [1, 3])
def test_a_look_after_every_fourth_refit(threads: int):
    partition, seen = Partition.from_labels(np.arange(100) % 2), []

    def hopeless(scores: dict) -> bool:
        seen.append(scores["stability_ari"])
        return len(seen) == 2

    resampling = Resampling(customers(100), "bootstrap", None, 0)

    def refit(draw: Draw) -> np.ndarray:
        return (partition.labels[draw.rows] + draw.rows % 7 // 6) % 2

    def run(replicates: int, **options: object):
        names = ["stability_ari"]
        return measure(refit, partition, resampling, replicates, names, threads=threads, **options)

    found = run(20, hopeless=hopeless)
    assert found.refits == 8 and len(seen) == 2
    assert seen[1] == found.scores["stability_ari"] == run(8).scores["stability_ari"]
    assert seen[0] == run(4).scores["stability_ari"]
    seen.clear()
    assert run(8, hopeless=hopeless).refits == 8 and len(seen) == 1, "no look when it is over"
    assert run(6).refits == 6
