"""The leaderboard as people read it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from test_leaderboard import entry

from segbench.contracts import Score
from segbench.leaderboard import boards_of, rank
from segbench.report.columns import columns, interval
from segbench.report.terminal import render, scores

LONG = "a" * 30


def board(*extra):
    return rank([
        entry("best", 0.7, segments={"k": 3, "noise": 0, "sizes": [4, 3, 2],
                                     "smallest_share": 0.22, "largest_share": 0.44}),
        entry("random", 0.1, baseline=True),
        entry("cheat", 0.9, status="ineligible", why="largest segment 99.0%"),
        entry("broken", None, status="failed", why="[bold]row 3[/bold]", space=None),
        *extra,
    ])  # fmt: skip


def test_every_row_shows_with_its_reason():
    text = render(board())
    lines = text.splitlines()
    assert "d · 9 customers · ranked by quality in the rank space" in lines[1]
    assert lines[3].split()[:2] == ["1", "f"] and "baseline" in lines[4]
    assert "ineligible: f · cheat: quality 0.900; largest segment 99.0%" in text
    assert "failed: f · broken: [bold]row 3[/bold]" in text, "a reason is not markup"


@pytest.mark.parametrize("width", [80, 100, 200])
def test_narrow_terminals_lose_intervals_before_words(width: int):
    score = Score(0.912, 0.85, 0.97)
    rows = rank([entry("kprototypes", features="onehot_pca",
                       scores={"quality": Score(0.5), "stability_ari": score})])  # fmt: skip
    text = render(rows, width=width)
    assert "…" not in text and "kprototypes" in text and "0.91" in text
    assert ("[0.85, 0.97]" in text) == (width > 80)


def test_reversal_is_said_with_the_numbers():
    a = entry("a", 0.9, others={"standard": 0.1})
    b = entry("b", 0.5, others={"standard": 0.4})
    text = render(rank([a, b]))
    assert "the order is another in the standard space" in text
    assert "a (rank 1): 0.100" in text and "b (rank 2): 0.400" in text


def test_what_rows_were_tuned_on_shows_where_it_differs():
    one, other = entry("a", 0.9, objectives=["quality"]), entry("b", 0.5, objectives=["compact"])
    text = render(rank([one, other]))
    assert "tuned on" in text and "compact" in text
    assert "tuned on" not in render(rank([one]))


def test_winner_profile_is_shown(tmp_path: Path):
    (tmp_path / "profile.csv").write_text(
        "segment,size,share,spend,plan\n0,6,0.6,12.5,pro\n-1,4,0.4,,\n"
    )
    stored = entry("best", 0.7)
    text = render(rank([type(stored)(stored.result, tmp_path)]))
    assert [line.split() for line in text.splitlines()[-5:]] == [
        ["segment", "0", "noise"], ["size", "6", "4"], ["share", "60.0%", "40.0%"],
        ["spend", "12.5"], ["plan", "pro"],
    ]  # fmt: skip


STABLE = {"scheme": "bootstrap", "amount": None, "replicates": 20,
          "segments": [{"segment": 0, "jaccard": 0.912}, {"segment": 1, "jaccard": 0.5}],
          "customers": {"unsure": 0.0312, "never_drawn": 0}}  # fmt: skip


def stable(tmp_path: Path):
    names = ("stability_ari", "segment_jaccard_min", "customer_consistency", "prediction_strength")
    scores = {name: Score(0.9 - i / 10, 0.05, 0.95) for i, name in enumerate(names)}
    stored = entry("best", 0.7, scores={"quality": Score(0.7), **scores})
    return type(stored)(replace(stored.result, stability=STABLE), tmp_path)


def test_stability_is_a_table_of_three_levels(tmp_path: Path):
    text = render(rank([stable(tmp_path), entry("old", 0.6)]), stability=True)
    head, best, old = text.splitlines()[2:5]
    assert re.split(r"  +", head.strip()) == [
        "rank", "features", "algorithm", "quality", "partition ARI", "weakest segment",
        "customers stay", "halves", "unsure", "refits", "result",
    ]  # fmt: skip
    assert re.split(r"  +", best.strip())[3:10] == [
        "0.700", "0.90 [0.05, 0.95]", "0.80 [0.05, 0.95]", "0.70 [0.05, 0.95]",
        "0.60 [0.05, 0.95]", "3.1%", "20",
    ]  # fmt: skip
    assert old.split()[:4] == ["2", "f", "old", "0.600"]


def test_a_baseline_that_nothing_beats_says_who_its_segments_are(tmp_path: Path):
    (tmp_path / "profile.csv").write_text(
        "segment,name,size,share\n0,spend > 9 (or missing),6,0.6\n1,spend ≤ 9,4,0.4\n"
    )
    tree = entry("tree", 0.5, baseline=True)
    rows = [type(tree)(tree.result, tmp_path), entry("kmeans", 0.4)]
    lines = render(rank(rows)).splitlines()
    assert lines[-3:] == ["  ! not better than the baseline tree: rank 1",
                          "    60.0%: spend > 9 (or missing)", "    40.0%: spend ≤ 9"]  # fmt: skip
    better = [rows[0], entry("kmeans", 0.6)]
    assert "spend" not in render(rank(better))


def test_p_is_shown_where_a_row_has_one(tmp_path: Path):
    one = stable(tmp_path)
    asked = type(one)(replace(one.result, structure={"p": 0.025}), tmp_path)
    head, best, old = render(rank([asked, entry("old", 0.6)]), stability=True).splitlines()[2:5]
    assert re.split(r"  +", head.strip())[9] == "p"
    assert re.split(r"  +", best.strip())[9] == "0.025" and "0.025" not in old


def test_rules_and_resamples_show_where_they_differ(tmp_path: Path):
    one = stable(tmp_path)
    other = replace(one.result, algorithm="other", key="k2", choice={"rule": "knee"},
                    stability={**STABLE, "scheme": "subsample", "amount": 0.4})  # fmt: skip
    first = replace(one.result, choice={"rule": "compact_rank"})
    rows = rank([type(one)(result, tmp_path) for result in (first, other)])
    for text in (render(rows), render(rows, stability=True)):
        assert "subsample 0.4" in text and "bootstrap" in text
        assert "knee" in text and "compact_rank" in text
    assert "bootstrap" not in render(rank([one]))


def test_the_profile_says_which_segments_come_back(tmp_path: Path):
    (tmp_path / "profile.csv").write_text("segment,size,share\n0,6,0.6\n1,3,0.3\n-1,1,0.1\n")
    text = render(rank([stable(tmp_path)]))
    assert text.splitlines()[-1].split() == ["recovery", "0.91", "0.50"]
    assert "recovery" not in render(rank([stable(tmp_path)]), stability=True)


def test_a_line_stands_once_with_its_seeds_and_says_which_of_them_failed():
    def seed(name: str, number: int, quality: float | None, **changes: object):
        failed = {} if quality is not None else {"status": "failed", "space": None, "why": "broke"}
        return entry(f"{name}{number}", quality, algorithm=name, setup=name, seed=number,
                     **{**failed, **changes})  # fmt: skip

    a = [seed("a", 0, 0.5), seed("a", 1, 0.3, why="beware"), seed("a", 2, 0.4)]
    b = [seed("b", 0, 0.35, why="so so"), seed("b", 1, None), seed("b", 2, None)]
    rows = rank([*a, *b])
    text = render(rows)
    head, *lines = text.splitlines()[2:5]
    best, second = (re.split(r"  +", line.strip()) for line in lines)
    seeds = [line[head.index("seeds") :][:6].strip() for line in lines]
    assert best[:4] == ["1", "f", "a", "0.400 [0.300, 0.500]"]
    assert "3" in seeds[0] and second[:4] == ["2", "f", "b", "undefined"]
    assert "1 of 3" in second and "75% certainty" in text
    assert "failed: f · b, seed 1, 2: broke" in text, "said once"
    assert "rank 1 (seed 1): beware" in text and "rank 2 (seed 0): so so" in text


def test_contestants_across_data_sets_follow_and_too_few_are_said():
    def on(count: int) -> str:
        return render(rank([
            entry(f"{a}{d}", q, algorithm=a, setup=a,
                  dataset={"name": f"d{d}", "sha256": "1" * 64})
            for d in range(count) for a, q in (("a", 0.9), ("b", 0.5), ("c", 0.1))
        ]))  # fmt: skip

    text = on(2)
    assert "Across 2 data sets · d0, d1 · a row is a pipeline and algorithm" in text
    assert "below 5 there is no Friedman test and no critical-difference diagram" in text
    row = next(line for line in text.splitlines() if line.startswith("f · a "))
    rank_, rate, elo, *ranks = row.split()[3:]
    assert (rank_, rate, ranks) == ("1.00", "1.00", ["1", "1"]) and int(elo) > 1600
    many = on(5)
    assert "Friedman's chi-squared 10.00, p = 0.00674; mean ranks 1.48 apart differ" in many
    assert "not told apart: f · a and f · b" in many
    assert "no pair can be told apart on 5 data sets (the least p is 0.19)" in many
    assert re.search(r"1 f · a +– +1.00 +1.00", many), "who won against whom"
    assert "Across" not in on(1)


def test_boards_that_meet_are_warned_of():
    rows = rank([entry("a"), entry("b", dataset={"name": "d", "sha256": "2" * 64})])
    assert "! d: 2 boards that are never ranked together: data revisions" in render(rows)


def test_long_lists_of_ranks_are_cut_short():
    rows = rank([entry(f"a{i:02d}", 0.5, why="the same") for i in range(40)])
    assert "rank 1, 2, 3, 4, 5, 6, 7, 8, and 32 others: the same" in render(rows)


def test_nothing_in_a_result_moves_the_cursor():
    evil = "\x1b[31mred\x1b]0;title\x07 1:100:2 \r"
    text = render(rank([entry("a", why=evil, features=evil), entry("b", None, status="failed",
                                                                   why=evil)]))  # fmt: skip
    assert not set(text) & {"\x1b", "\x07", "\r"} and "1:100:2" in text


def test_two_set_ups_that_fail_alike_are_two_lines():
    rows = rank([entry(f"k{i}", None, algorithm="k", setup=f"{i}" * 12, status="failed", why="boom")
                 for i in range(2)])  # fmt: skip
    assert render(rows).count("boom") == 2


def test_a_row_without_quality_says_why():
    none = entry("a", scores={"quality": Score.undefined("one segment")})
    assert "complete: f · a: one segment" in render(rank([none, entry("b")]))


def test_what_is_ours_keeps_its_lines():
    partition = {"table": "t.csv", "rows": 9, "space": "rank", "columns": ["a"], "scores": {},
                 "segments": {"k": 2, "sizes": [5, 4], "noise": 0}}  # fmt: skip
    assert scores(partition, {}).splitlines()[:3] == [
        "t.csv · 9 customers · rank space of a", "2 segments of 5, 4 customers", ""]  # fmt: skip
    rows = rank([entry("a"), entry("b", dataset={"name": "d", "sha256": "2" * 64})])
    assert "\n! d: 2 boards" in render(rows)


def test_what_was_never_measured_has_no_cells_and_what_does_not_count_has_its_own():
    noisy = {"k": 3, "noise": 1, "smallest_share": 0.1, "largest_share": 0.5}
    rows = rank([entry("a", segments=noisy, seconds={"total": 12345.0}),
                 entry("b", status="ineligible", segments=noisy, setup="b"),
                 entry("c", None, status="skipped", setup="c", segments=None)])  # fmt: skip
    lines = list(boards_of(rows)[0].lines)
    shown = columns(lines, interval)
    cells = {name: [shown[name](line) for line in lines] for name in ("k", "noise", "time")}
    assert cells == {"k": ["3", "3", ""], "noise": ["11%", "11%", ""],
                     "time": ["12,345 s", "", ""]}  # fmt: skip
