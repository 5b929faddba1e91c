"""Static pictures: what is drawn, and that it is what the results say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_leaderboard import entry

from segbench.contracts import Score
from segbench.leaderboard import across, boards_of, rank
from segbench.report import figures
from segbench.results import Stored

plt = pytest.importorskip("matplotlib.pyplot")


def test_front_is_what_nobody_beats():
    points = [(0.1, 0.9), (0.5, 0.5), (0.4, 0.4), (0.9, 0.1), (0.5, 0.2)]
    assert figures._front(points) == [(0.1, 0.9), (0.5, 0.5), (0.9, 0.1)]


def stored(folder: Path, name: str, quality: float, dataset: str = "a/b") -> Stored:
    folder.mkdir()
    frame = pd.DataFrame({
        "number": range(4), "state": ["complete", "pruned", "complete", "failed"],
        "quality": [0.1, 0.9, quality, np.nan], "guard_k": [0.0, 0.0, 0.0, np.nan],
    })  # fmt: skip
    frame.to_parquet(folder / "trials.parquet")
    known = entry(name, scores={"quality": Score(quality), "stability_ari": Score(0.8)},
                  dataset={"name": dataset, "sha256": "1" * 64, "rows": 9},
                  objectives=["quality"], seconds={"total": 3.0})  # fmt: skip
    return Stored(known.result, folder)


def test_pictures_of_each_board_are_written_and_repeat_byte_for_byte(tmp_path: Path):
    rows = rank([stored(tmp_path / "x", "x", 0.5), stored(tmp_path / "y", "y", 0.4)])
    names = {path.name for path in figures.draw(rows, tmp_path / "out")}
    assert names == {f"a-b-{kind}.{end}" for kind in ("quality", "pareto", "tuning")
                     for end in ("png", "svg")}  # fmt: skip
    figures.draw(rows, tmp_path / "again")
    for name in names:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_trajectory_is_the_best_finished_trial_within_the_guards(tmp_path: Path):
    rows = rank([stored(tmp_path / "x", "x", 0.5)])
    (board,) = boards_of(rows)
    figure = figures._tuning(figures._pyplot(), board)
    steps = figure.axes[0].lines[0].get_ydata()
    assert list(steps) == [0.1, 0.1, 0.5, 0.5], "not the pruned one, and on to the last trial"


def test_critical_difference_diagram_joins_what_is_not_told_apart(tmp_path: Path):
    qualities = (("a", 0.9, 0.0), ("b", 0.8, 0.2), ("c", 0.1, 0.0))
    entries = [entry(f"{d}{a}", q + more * (d % 2), algorithm=a, setup=a,
                     dataset={"name": f"d{d}", "sha256": "1" * 64})
               for d in range(9) for a, q, more in qualities]  # fmt: skip
    rows = rank(entries)
    overall = across(boards_of(rows))
    assert [len(clique) for clique in overall.test.cliques] == [2]
    written = figures.draw(rows, tmp_path)
    assert tmp_path / "critical-difference.png" in written
    figure = figures._critical_difference(figures._pyplot(), overall)
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert any("f · c (3.00)" in text or "(3.00) f · c" in text for text in texts), texts
