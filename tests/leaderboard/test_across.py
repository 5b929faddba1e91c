"""Contestants across data sets: who is compared, with which weight, and what is said."""

from __future__ import annotations

import numpy as np
import pytest
from test_leaderboard import entry

from segbench.leaderboard import Across, across, boards_of, rank

Table = dict[str, dict[str, list]]


def compare(table: Table, **changes: object) -> Across | None:
    """`table[data set][algorithm]` lists a quality for each seed, None where it failed."""
    entries = []
    for dataset, lines in table.items():
        for name, values in lines.items():
            for seed, value in enumerate(values):
                failed = {"status": "failed", "space": None} if value is None else {}
                entries.append(entry(
                    f"{dataset}{name}{seed}", value, algorithm=name, seed=seed, setup=name,
                    dataset={"name": dataset, "sha256": "1" * 64, "rows": 9}, **failed, **changes,
                ))  # fmt: skip
    return across(boards_of(rank(entries)))


def by_name(found: Across) -> dict:
    return {standing.name.removeprefix("f · "): standing for standing in found.standings}


def test_mean_ranks_win_rates_and_equal_weight():
    """A data set with many seeds weighs as much as one with a single one."""
    found = compare({"x": {"a": [0.9] * 9, "b": [0.5] * 9, "c": [0.1] * 9},
                     "y": {"a": [0.1], "b": [0.9], "c": [0.5]}})  # fmt: skip
    of = by_name(found)
    assert {name: s.mean_rank.value for name, s in of.items()} == {"a": 2.0, "b": 1.5, "c": 2.5}
    assert {name: s.win_rate.value for name, s in of.items()} == {"a": 0.5, "b": 0.75, "c": 0.25}
    assert found.standings[0].name == "f · b" and of["b"].ranks == (2.0, 1.0)
    names = [s.name[-1] for s in found.standings]
    assert found.beats[names.index("b")][names.index("a")] == 0.5
    assert of["b"].elo.value > 1500 > of["c"].elo.value


def test_ties_share_their_rank():
    found = compare({"x": {"a": [0.5], "b": [0.5], "c": [0.1]}, "y": {"a": [0.5], "b": [0.5],
                                                                      "c": [0.1]}})  # fmt: skip
    assert [s.mean_rank.value for s in found.standings] == [1.5, 1.5, 3.0]
    assert found.beats[0][1] == 0.5


def test_what_has_no_result_is_last_and_never_left_out():
    found = compare({"x": {"a": [0.9], "b": [0.2], "c": [None]}, "y": {"a": [None], "b": [0.1],
                                                                       "c": [None]}})  # fmt: skip
    of = by_name(found)
    assert of["b"].mean_rank.value == 1.5 and of["a"].ranks == (1.0, 2.5)
    assert of["c"].ranks == (3.0, 2.5) and of["c"].qualities == (None, None)
    assert of["b"].win_rate.value == 0.75


def test_failed_seeds_lose_their_games():
    found = compare({"x": {"a": [0.9, None, 0.9, 0.9], "b": [0.5] * 4},
                     "y": {"a": [0.9] * 4, "b": [0.5] * 4}})  # fmt: skip
    assert by_name(found)["a"].win_rate.value == pytest.approx((0.75 + 1) / 2)


def test_whoever_is_not_on_every_data_set_is_told_and_not_compared():
    found = compare({"x": {"a": [0.9], "b": [0.5], "only": [0.99]}, "y": {"a": [0.1], "b": [0.5]}})
    assert list(found.elsewhere.items()) == [("f · only", 1)]
    assert by_name(found)["a"].ranks == (1.0, 2.0)


def test_one_data_set_and_one_contestant_are_nothing_to_compare():
    assert compare({"x": {"a": [0.9], "b": [0.5]}}) is None
    found = compare({"x": {"a": [0.9]}, "y": {"a": [0.9], "b": [0.5]}})
    assert found.standings == () and "1 of 2 contestants" in found.why


def test_below_five_data_sets_there_is_no_test_and_it_says_so():
    table = {f"d{i}": {"a": [0.9], "b": [0.5], "c": [0.1]} for i in range(5)}
    five = compare(table)
    assert five.test is not None and five.why == ""
    assert five.test.statistic == pytest.approx(10.0), "the greatest of three on five"
    four = compare({name: table[name] for name in list(table)[:4]})
    assert four.test is None and "4 data sets: below 5" in four.why
    two = compare({name: {"a": [0.9], "b": [0.1]} for name in table})
    assert two.test is None and "takes three" in two.why


def test_algorithms_are_compared_where_each_data_set_has_its_own_pipeline():
    entries = [
        entry(f"{d}{a}", q, algorithm=a, features=f"for-{d}", setup=f"{d}{a}",
              dataset={"name": d, "sha256": "1" * 64})
        for d, a, q in (("x", "a", 0.9), ("x", "b", 0.1), ("y", "a", 0.9), ("y", "b", 0.1))
    ]  # fmt: skip
    found = across(boards_of(rank(entries)))
    assert found.unit == "algorithm" and [s.name for s in found.standings] == ["a", "b"]
    second = entry("x2", 0.5, algorithm="a", features="another", setup="o",
                   dataset={"name": "x", "sha256": "1" * 64})  # fmt: skip
    found = across(boards_of(rank([*entries, second])))
    assert found.unit != "algorithm" and not found.standings, "an algorithm has two on x"


def test_baselines_are_not_contestants():
    table = {"x": {"a": [0.9], "b": [0.1]}, "y": {"a": [0.9], "b": [0.1]}}
    assert compare(table, baseline=True) is None


def test_a_data_set_on_which_all_fail_is_named_and_ends_no_comparison():
    table = {f"d{i}": {"a": [0.9], "b": [0.5], "c": [0.1]} for i in range(5)}
    found = compare({**table, "torn": {"a": [None], "b": [None], "c": [None]}})
    assert found.test is not None and found.empty == ("torn",)
    assert found.datasets == ("d0", "d1", "d2", "d3", "d4")


def test_the_same_data_set_twice_counts_once():
    entries = [entry(f"{d}{s}{a}", q, algorithm=a, setup=a, dataset={"name": d, "sha256": s * 64})
               for d, s in (("x", "1"), ("x", "2"), ("y", "1"))
               for a, q in (("a", 0.9), ("b", 0.1))]  # fmt: skip
    found = across(boards_of(rank(entries)))
    assert found.datasets == ("x", "y") and found.left_out == 1


@pytest.mark.drill
def test_intervals_hold_what_they_say_and_name_what_was_resampled():
    """Two algorithms that are the same in truth: the win rate's interval reaches 1/2."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(40):
        table = {f"d{i}": {"a": rng.normal(size=3).tolist(), "b": rng.normal(size=3).tolist(),
                           "c": rng.normal(size=3).tolist()} for i in range(8)}  # fmt: skip
        found = compare(table)
        assert found.resampled == "data sets and seeds"
        score = by_name(found)["a"].win_rate
        held += score.low <= 0.5 <= score.high
    assert held >= 34, "95 % are promised; 85 % of forty at least"
    few = compare({d: {"a": [0.1, 0.2], "b": [0.3, 0.1]} for d in "xy"})
    assert few.resampled == "seeds"
    single = compare({d: {"a": [0.1], "b": [0.3]} for d in "xy"})
    assert single.resampled == "" and single.standings[0].mean_rank.low is None


def test_the_same_results_give_the_same_intervals():
    table = {f"d{i}": {"a": [0.1 * i, 0.2], "b": [0.3, 0.1 * i]} for i in range(6)}
    assert compare(table) == compare(table)
