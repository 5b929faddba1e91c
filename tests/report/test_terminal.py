"""The leaderboard as people read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_leaderboard import entry

from segbench.contracts import Score
from segbench.leaderboard import rank
from segbench.report.terminal import render

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
