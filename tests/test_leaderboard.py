"""Ranking: who is compared with whom, in which order, and what is flagged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segbench.contracts import Result, Score
from segbench.leaderboard import build, flat, rank
from segbench.results import Stored, add_to_plan, write_result


def entry(name: str, quality: float | None = 0.5, **changes: Any) -> Stored:
    scores = {"quality": Score(quality, space="rank")} if quality is not None else {}
    for space, value in changes.pop("others", {}).items():
        scores[f"quality@{space}"] = Score(value, space=space)
    fields: dict[str, Any] = {
        "key": name, "sweep": "s", "status": "complete", "why": "",
        "dataset": {"name": "d", "sha256": "1" * 64, "rows": 9}, "features": "f",
        "algorithm": name, "baseline": False, "space": "rank", "seed": 0, "scores": scores,
    }  # fmt: skip
    return Stored(Result(**{**fields, **changes}), Path(name))


def order(*entries: Stored) -> list[tuple[str, int | None]]:
    return [(row.result.algorithm, row.rank) for row in rank(entries)]


def test_eligible_by_quality_then_the_rest():
    assert order(
        entry("failed", None, status="failed", space=None),
        entry("worse", 0.2),
        entry("cheat", 0.99, status="ineligible"),
        entry("best", 0.6),
        entry("skipped", None, status="skipped", space=None),
    ) == [("best", 1), ("worse", 2), ("cheat", None), ("skipped", None), ("failed", None)]


def test_baseline_stands_at_its_score_without_a_rank():
    assert order(entry("low", 0.1), entry("random", 0.3, baseline=True), entry("high", 0.5)) == [
        ("high", 1), ("random", None), ("low", 2),
    ]  # fmt: skip


def test_whoever_is_not_above_the_best_baseline_is_told():
    rows = rank([entry("low", 0.1), entry("random", -0.1, baseline=True), entry("high", 0.5),
                 entry("same", 0.3), entry("tree", 0.3, baseline=True),
                 entry("one", None, baseline=True)])  # fmt: skip
    told = {row.result.algorithm: row.not_above for row in rows}
    assert told == {"high": "", "same": "tree", "tree": "", "low": "tree", "random": "", "one": ""}
    assert rows[-1].result.algorithm == "one", "no score is not a score of 0"
    assert flat(rows)[1]["not_above"] == "tree"


@pytest.mark.parametrize(
    "other",
    [{"space": "gower"}, {"schema": 2},
     {"dataset": {"name": "d", "sha256": "1" * 64, "terms": "x"}},
     {"dataset": {"name": "d", "sha256": "2" * 64, "rows": 9}},
     {"dataset": {"name": "e", "sha256": "1" * 64, "rows": 9}}],
)  # fmt: skip
def test_what_cannot_be_compared_is_not_ranked_together(other: dict):
    assert {rank_ for _, rank_ in order(entry("a", 0.9), entry("b", 0.1, **other))} == {1}


def test_reversal_in_another_space_is_flagged_and_native_never_counts():
    rows = rank([
        entry("a", 0.9, others={"standard": 0.1, "gower": 0.9, "native": 0.1}),
        entry("b", 0.5, others={"standard": 0.4, "gower": 0.5, "native": 0.9}),
        entry("c", 0.1, others={"standard": 0.05, "gower": 0.1, "native": 0.95}),
    ])  # fmt: skip
    assert [row.reversed_in for row in rows] == [("standard",), ("standard",), ()]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9), st.randoms())
def test_ranks_are_a_permutation_whatever_the_order_of_files(values: list[float], random: Any):
    entries = [entry(f"{i}", value) for i, value in enumerate(values)]
    expected = order(*entries)
    random.shuffle(entries)
    assert order(*entries) == expected
    assert sorted(r for _, r in expected) == list(range(1, len(values) + 1))


def test_planned_cell_without_a_result_is_a_row(tmp_path: Path):
    done = entry("done")
    write_result(tmp_path / "s" / "done", done.result, "")
    cells = [{"key": name, "key_without_data": "-", "dataset": "d", "features": "f", "seed": 0,
              "algorithm": name, "baseline": False, "data_sha256": "1" * 64, "terms": None}
             for name in ("done", "lost")]  # fmt: skip
    add_to_plan(tmp_path / "s", cells)
    for root in (tmp_path, tmp_path / "s"):
        rows = build(root)
        assert [(r.result.algorithm, r.result.status) for r in rows] == [
            ("done", "complete"), ("lost", "missing"),
        ]  # fmt: skip
        assert len({row.board for row in rows}) == 1, "shown where it belongs"


def test_same_result_in_two_sweeps_is_one_row(tmp_path: Path):
    for sweep in ("s", "t"):
        write_result(tmp_path / sweep / "k", entry("k").result, "")
    cut_off = entry("k", None, status="timeout").result
    write_result(tmp_path / "u" / "k", cut_off, "")
    (row,) = build(tmp_path)
    assert row.result.status == "complete", "a later sweep that was cut off does not hide it"


def test_flat_row_has_the_same_names_whatever_the_status():
    full, empty = flat(rank([entry("a"), entry("b", None, status="failed")]))
    assert list(full) == list(empty) and full["quality"] == 0.5 and empty["quality"] is None


def test_flat_row_has_stability_with_its_intervals_and_the_regret():
    names = ("stability_ari", "segment_jaccard_min", "customer_consistency", "prediction_strength")
    scores = {name: Score(0.5 + i / 10, 0.1, 0.9 + i / 100) for i, name in enumerate(names)}
    (found,) = flat(rank([entry("a", scores={"quality": Score(0.5), **scores},
                             regret={"lost": 0.25}, trials={"refits": 88},
                             structure={"p": 0.025})]))  # fmt: skip
    for i, name in enumerate(names):
        assert found[name] == 0.5 + i / 10
        assert (found[f"{name}_low"], found[f"{name}_high"]) == (0.1, 0.9 + i / 100)
    assert (found["regret"], found["refits"], found["p"]) == (0.25, 88, 0.025)
