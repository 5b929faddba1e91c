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


def test_pareto_has_points_at_their_scores_and_steps_through_what_was_attained():
    scores = {"a": (0.6, 0.7, 40.0), "b": (0.5, 0.8, 10.0), "c": (0.4, 0.75, 2.0),
              "b2": (0.5, 0.8, 10.0)}  # fmt: skip
    rows = rank([entry(name, algorithm=name, setup=name, seconds={"total": seconds},
                       scores={"quality": Score(q), "stability_ari": Score(t)})
                 for name, (q, t, seconds) in scores.items()])  # fmt: skip
    (board,) = boards_of(rows)
    ax = figures._pareto(figures._pyplot(), board, board.lines).axes[0]
    points = {tuple(each.get_offsets()[0]): each.get_sizes()[0] for each in ax.collections}
    assert set(points) == {(0.6, 0.7), (0.5, 0.8), (0.4, 0.75)}
    assert points[0.6, 0.7] == pytest.approx(4 * points[0.5, 0.8]), "areas are times"
    steps = ax.lines[0]
    assert steps.get_drawstyle() == "steps-pre" and steps.get_alpha() > 0
    assert list(zip(*steps.get_data(), strict=True)) == [(0.5, 0.8), (0.6, 0.7)]
    labels = {text.get_text(): text.xy for text in ax.texts if hasattr(text, "xy")}
    assert labels == {"1": (0.6, 0.7), "2, 3": (0.5, 0.8), "4": (0.4, 0.75)}
    (names,) = [text.get_text() for text in ax.texts if "f · a" in text.get_text()]
    assert names.splitlines()[0] == "1  f · a" and names.splitlines()[3] == "4  f · c"


def test_quality_has_each_line_with_its_interval_in_the_order_of_the_board():
    rows = rank([entry("a", scores={"quality": Score(0.6, 0.5, 0.7)}, setup="a"),
                 entry("b", 0.4, setup="b"), entry("t", 0.5, baseline=True)])  # fmt: skip
    (board,) = boards_of(rows)
    ax = figures._quality(figures._pyplot(), board, board.lines).axes[0]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["f · a  1", "f · t  baseline", "f · b  2"] and ax.yaxis_inverted()
    drawn = {(line.get_marker(), tuple(line.get_xdata()), line.get_ydata()[0]) for line in ax.lines}
    assert {("o", (0.6,), 0), ("D", (0.5,), 1), ("o", (0.4,), 2), ("None", (0.5, 0.7), 0)} <= drawn


def test_of_very_many_lines_the_first_are_drawn_and_the_others_counted(tmp_path: Path):
    rows = rank([entry(f"{i:03}", setup=str(i), scores={
        "quality": Score(i / 100), "stability_ari": Score(0.9)}) for i in range(70)])  # fmt: skip
    (board,) = boards_of(rows)
    ax = figures._quality(figures._pyplot(), board, board.lines).axes[0]
    assert len(ax.get_yticks()) == 40 and "30 lines more" in ax.get_title()
    ax = figures._pareto(figures._pyplot(), board, board.lines).axes[0]
    assert len(ax.collections) == 70, "every point"
    assert any("and 30 lines more" in text.get_text() for text in ax.texts)


def test_names_are_no_formulas_and_no_paths(tmp_path: Path):
    name = "a $ \\x $ b/" + "é" * 300
    rows = rank([entry("$x$ _ ^", 0.5, dataset={"name": name, "sha256": "1" * 64})])
    written = figures.draw(rows, tmp_path)
    assert {path.parent for path in written} == {tmp_path} and all(p.is_file() for p in written)


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
    texts = {text.get_text().strip() for text in figure.axes[0].texts}
    assert texts == {"f · a (1.44)", "f · b (1.56)", "(3.00) f · c"}
    bars = [sorted(line.get_xdata()) for line in figure.axes[0].lines
            if set(line.get_ydata()) == {-1.0}]  # fmt: skip
    assert bars == [[float(overall.standings[i].mean_rank.value) for i in overall.test.cliques[0]]]
