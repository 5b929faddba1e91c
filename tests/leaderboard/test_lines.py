"""Lines over seeds: who belongs together, and what counts against whom."""

from __future__ import annotations

import pytest
from test_leaderboard import entry

from segbench.contracts import Row, Score
from segbench.leaderboard import across, boards_of, flat, meetings, rank


def seeds(name: str, *qualities: float | None, **changes: object) -> list:
    """A line's results; None is a seed that failed."""
    return [
        entry(f"{name}{seed}", value, algorithm=name, setup=name, seed=seed, **(
            {"status": "failed", "space": None} if value is None else {}), **changes)
        for seed, value in enumerate(qualities)
    ]  # fmt: skip


def ranks(*lines: list) -> dict[str, int | None]:
    rows = rank([each for line in lines for each in line])
    return {line.first.algorithm: line.rank for line in boards_of(rows)[0].lines}


def test_lines_are_ranked_by_their_median_not_by_their_best_seed():
    lucky, steady = seeds("lucky", 0.9, 0.1, 0.1), seeds("steady", 0.3, 0.3, 0.3)
    assert ranks(lucky, steady) == {"steady": 1, "lucky": 2}


def test_failed_seeds_count_against_their_line():
    half, whole = seeds("half", 0.9, None, None), seeds("whole", 0.2, 0.2, 0.2)
    assert ranks(half, whole) == {"whole": 1, "half": 2}
    one = seeds("one", 0.9, 0.2, None)
    assert ranks(one, seeds("whole", 0.3, 0.3, 0.3)) == {"whole": 1, "one": 2}, "median 0.2"
    assert ranks(half, seeds("none", None, None, None)) == {"half": 1, "none": None}


def test_seeds_of_a_line_share_rank_and_what_failed_shows_with_its_reason():
    rows = rank([*seeds("a", 0.5, 0.6, None), *seeds("b", 0.7, 0.1, 0.2)])
    assert [(r.result.key, r.rank) for r in rows] == [
        ("a0", 1), ("a1", 1), ("b0", 2), ("b1", 2), ("b2", 2), ("a2", None)]  # fmt: skip


def test_another_set_up_is_another_line_and_is_named_by_what_differs():
    few = entry("k1", 0.5, algorithm="k", setup="x", trials={"planned": 5})
    many = entry("k2", 0.6, algorithm="k", setup="y", trials={"planned": 50})
    (board,) = boards_of(rank([few, many]))
    assert [board.name(line) for line in board.lines] == ["f · k (50 trials)", "f · k (5 trials)"]


def test_names_are_told_apart_even_where_nothing_that_is_said_differs():
    same = [entry(f"k{i}", i / 10, algorithm="k", setup=f"{i}" * 12) for i in range(3)]
    (board,) = boards_of(rank(same))
    assert len({board.name(line) for line in board.lines}) == 3


def test_interval_is_at_least_as_wide_as_those_of_the_seeds():
    """Seeds that agree do not make up for few refits."""
    scores = [{"quality": Score(0.5), "stability_ari": Score(1.0, low, 1.0)}
              for low in (0.6, 0.7, 0.8)]  # fmt: skip
    entries = [entry(f"a{i}", algorithm="a", setup="x", seed=i, scores=each)
               for i, each in enumerate(scores)]  # fmt: skip
    (line,) = boards_of(rank(entries))[0].lines
    assert (line.median("stability_ari").low, line.median("stability_ari").high) == (0.7, 1.0)
    assert (line.quality.low, line.quality.high) == (0.5, 0.5)


def test_one_seed_keeps_its_own_interval():
    (line,) = boards_of(rank([entry("a", scores={"quality": Score(0.5, 0.2, 0.9)})]))[0].lines
    assert line.quality == Score(0.5, 0.2, 0.9)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [([0.5, 0.5, 0.5], [0.495, 0.495, 0.495], True), ([0.5] * 3, [0.48] * 3, False),
     ([0.50, 0.40, 0.30], [0.495, 0.395, 0.295], True),  # in pairs, although seeds differ more
     ([0.50, 0.40, 0.30], [0.30, 0.40, 0.50], False),  # equal medians of seeds that differ
     ([0.50, 0.50, 0.50], [0.50, 0.50, None], False),
     ([0.50] * 15, [0.50] * 14 + [None], False), ([0.50, 0.5, None], [0.50, 0.5, None], True)],
)  # fmt: skip
def test_practically_equivalent_is_decided_in_pairs_of_seeds(a: list, b: list, same: bool):
    (board,) = boards_of(rank([*seeds("a", *a), *seeds("b", *b)]))
    assert bool(board.groups) is same
    numbers = {row["group"] for row in flat(board.rows) if row["rank"]}
    assert numbers == ({1} if same else {1, 2})


def test_equivalence_is_to_the_best_of_a_group_and_does_not_chain():
    values = {"a": 0.5, "b": 0.493, "c": 0.486, "d": 0.2}
    (board,) = boards_of(rank([entry(name, value) for name, value in values.items()]))
    assert [[line.first.algorithm for line in group] for group in board.groups] == [["a", "b"]]
    assert [row.group for row in board.rows] == [1, 1, 2, 3]


def test_typical_row_is_that_of_median_quality():
    (board,) = boards_of(rank(seeds("a", 0.1, 0.9, 0.5, None)))
    assert board.lines[0].typical.result.seed == 2


def test_what_meets_and_is_never_ranked_together_is_said():
    other = {"name": "d", "sha256": "2" * 64, "rows": 9}
    newer = Score(0.4, space="rank", version=2)
    rows = rank([entry("a"), entry("b", dataset=other), entry("c", scores={"quality": newer}),
                 entry("e", dataset={"name": "e", "sha256": "3" * 64})])  # fmt: skip
    assert {row.rank for row in rows} == {1}, "each is alone on its board"
    (warning,) = meetings(boards_of(rows))
    for words in ("d: 3 boards", "11111111, 22222222", "metric versions v1, v2"):
        assert words in warning
    assert "spaces" not in warning and meetings(boards_of(rank([entry("a")]))) == []


def test_a_cell_without_scores_stands_with_the_one_board_it_can_belong_to():
    timeout = entry("t", None, status="timeout")
    rows = rank([entry("a"), timeout])
    assert len({row.board for row in rows}) == 1
    elsewhere = entry("t", None, status="timeout", space="gower")
    assert len({row.board for row in rank([entry("a"), elsewhere])}) == 2


def test_flat_rows_say_what_their_line_is_worth():
    found = {row["key"]: row for row in flat(rank(seeds("a", 0.2, 0.4, 0.3)))}
    for row in found.values():
        assert (row["quality_median"], row["quality_median_low"], row["seeds"]) == (0.3, 0.2, 3)
    assert found["a1"]["quality"] == 0.4


def test_a_baseline_has_lines_too_and_the_floor_is_their_median():
    floor = seeds("tree", 0.9, 0.2, 0.2, baseline=True)
    rows: list[Row] = rank([*floor, *seeds("a", 0.3, 0.3, 0.3), *seeds("b", 0.1, 0.1, 0.9)])
    told = {row.result.algorithm: row.not_above for row in rows if row.rank}
    assert told == {"a": "", "b": "tree"}


def test_another_revision_of_the_data_counts_against_nobody():
    """A missing cell knows neither space nor score, but which data it was planned for."""
    other = {"name": "d", "sha256": "2" * 64}
    lost = entry("lost", None, algorithm="a", setup="a", status="missing", space=None,
                 dataset=other)  # fmt: skip
    rows = rank([*seeds("a", 0.5), *seeds("b", 0.4), lost])
    assert {r.result.key: r.rank for r in rows} == {"a0": 1, "b0": 2, "lost": None}
    assert len(boards_of(rows)) == 2


def test_failures_stay_on_the_board_of_their_terms():
    def on(terms: str) -> list:
        where = {"name": "d", "sha256": "1" * 64, "terms": terms}
        of_a = [entry(f"a{terms}{i}", 0.9 if i == 0 else None, algorithm="a", setup="a", seed=i,
                      dataset=where, **({} if i == 0 else {"status": "timeout", "space": None}))
                for i in range(3)]  # fmt: skip
        return [*of_a, *(entry(f"b{terms}{i}", 0.5, algorithm="b", setup="b", seed=i, dataset=where)
                         for i in range(3))]  # fmt: skip

    found = boards_of(rank([*on("A"), *on("B")]))
    assert len(found) == 2
    for board in found:
        assert [line.first.algorithm for line in board.ranked] == ["b", "a"]


def test_a_seed_that_could_not_be_composed_counts_against_its_line():
    torn = entry("torn", None, algorithm="a", seed=2, status="failed", space=None)
    assert ranks([*seeds("a", 0.9, 0.2), torn], seeds("b", 0.3, 0.3, 0.3)) == {"b": 1, "a": 2}


def test_reversal_is_seen_though_the_first_seed_has_failed():
    a = seeds("a", None, 0.9, 0.9, 0.9, others={"gower": 0.1})
    b = seeds("b", None, 0.5, 0.5, 0.5, others={"gower": 0.6})
    assert {row.reversed_in for row in rank([*a, *b]) if row.rank} == {("gower",)}


@pytest.mark.parametrize(("there", "flag"), [(0.609, ()), (0.611, ("gower",))])
def test_places_that_change_by_a_practical_tie_are_no_reversal(there, flag):
    a, b = seeds("a", 0.9, others={"gower": 0.6}), seeds("b", 0.5, others={"gower": there})
    assert [row.reversed_in for row in rank([*a, *b])] == [flag, flag]


def test_another_version_of_an_index_of_a_profile_is_another_board():
    def scores(version: int) -> dict:
        return {"quality": Score(0.5), "wcnn": Score(0.5, version=version)}

    rows = rank([entry("a", scores=scores(1)), entry("b", scores=scores(2))])
    assert len(boards_of(rows)) == 2 and "wcnn v2" in meetings(boards_of(rows))[0]


def test_records_without_a_set_up_are_like_no_other():
    entries = [entry(f"{d}{a}{i}", q, algorithm=a, seed=i, dataset={"name": d, "sha256": "1" * 64})
               for d in "xy" for a, values in (("a", (0.9, 0.9, 0.1)), ("b", (0.5, 0.5, 0.5)))
               for i, q in enumerate(values)]  # fmt: skip
    assert across(boards_of(rank(entries))).standings == ()
