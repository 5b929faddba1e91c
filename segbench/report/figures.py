"""Static pictures of a leaderboard, as PNG and SVG.

<board>-quality    each line's quality with its interval
<board>-pareto     quality against stability, the size is the time
<board>-tuning     the best objective so far, trial by trial
critical-difference    mean ranks across data sets, where they were tested
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segbench.contracts import Row
from segbench.errors import InputError, one_line
from segbench.leaderboard import Across, Board, Line, across, boards_of
from segbench.leaderboard.pick import VETO

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
DPI = 144
INK, QUIET = "#0b5c8a", "#8a8a8a"


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw what there is to draw; returns the files.

    Raises:
        InputError: the libraries that draw are not installed.

    """
    plt = _pyplot()
    boards = boards_of(rows)
    written = []
    for board, stem in zip(boards, _stems(boards), strict=True):
        lines = [line for line in board.lines if line.counted and line.quality.value is not None]
        if not lines:
            continue
        for name, figure in (
            ("quality", _quality(plt, board, lines)),
            ("pareto", _pareto(plt, board, lines)),
            ("tuning", _tuning(plt, board)),
        ):
            if figure is not None:
                written += _save(plt, figure, folder, f"{stem}-{name}")
    overall = across(boards)
    if overall is not None and overall.test is not None:
        figure = _critical_difference(plt, overall)
        written += _save(plt, figure, folder, "critical-difference")
    return written


def _pyplot() -> Any:
    try:
        import matplotlib

        matplotlib.use("Agg")  # pictures go to files: no screen is needed
        import matplotlib.pyplot as plt
        import seaborn
    except ImportError as error:
        raise InputError("--figures", found=f"no {error.name}",
                         wanted="pip install 'segbench[figures]'") from error  # fmt: skip
    seaborn.set_theme(context="notebook", style="whitegrid", font_scale=0.9)
    matplotlib.rcParams["svg.hashsalt"] = "segbench"  # the same picture is the same file
    return plt


def _save(plt: Any, figure: Figure, folder: Path, stem: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.{kind}" for kind in FORMATS]
    for path in paths:
        known = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=DPI, bbox_inches="tight", metadata=known)
    plt.close(figure)
    return paths


def _stems(boards: Sequence[Board]) -> list[str]:
    """A file name for each board; of several of one data set, numbered."""
    stems: list[str] = []
    for board in boards:
        name = re.sub(r"[^\w.-]+", "-", board.dataset).strip("-.") or "board"
        numbered = (name if n == 1 else f"{name}-{n}" for n in itertools.count(1))
        stems.append(next(each for each in numbered if each not in stems))
    return stems


def _title(board: Board) -> str:
    n = board.measured.dataset.get("rows")
    return board.dataset + (f" · {n:,} customers" if n else "")


def _quality(plt: Any, board: Board, lines: Sequence[Line]) -> Figure:
    figure, ax = plt.subplots(figsize=(7, 0.9 + 0.38 * len(lines)))
    for place, line in enumerate(lines):
        score, color = line.quality, QUIET if line.baseline else INK
        seeds = [row.quality for row in line.counted if row.quality is not None]
        ax.plot(seeds, [place] * len(seeds), "|", color=color, markersize=11, alpha=0.6)
        if score.low is not None and score.high is not None:
            ax.plot([score.low, score.high], [place, place], color=color, linewidth=2)
        ax.plot(score.value, place, "s" if line.baseline else "o", color=color, markersize=7)
    left, label = ax.get_xlim()[0], f"quality ({board.measured.space} space)"
    for place, line in enumerate(lines):
        if len(line.rows) > 1 and line.quality.low is None:
            ax.plot([left, line.quality.high], [place, place], ":", color=INK, linewidth=2)
            label = f"quality ({board.measured.space} space); dotted: down to a seed without result"
    ax.set_xlim(left=left)
    ax.set_yticks(range(len(lines)), [_label(board, line) for line in lines])
    ax.invert_yaxis()
    ax.set(xlabel=label, title=_title(board))
    return figure


def _label(board: Board, line: Line) -> str:
    return f"{board.name(line)}  {'baseline' if line.baseline else line.rank}"


def _pareto(plt: Any, board: Board, lines: Sequence[Line]) -> Figure | None:
    points = [(line, line.quality.value, line.median("stability_ari").value) for line in lines]
    known = [(line, x, y) for line, x, y in points if x is not None and y is not None]
    if not known:
        return None
    figure, ax = plt.subplots(figsize=(7, 4.6))
    front = _front([(x, y) for line, x, y in known if not line.baseline])
    if len(front) > 1:
        ax.step(*zip(*front, strict=True), where="pre", color=INK, alpha=0.4, linewidth=1)
    for line, x, y in known:
        seconds = line.typical.result.seconds.get("total", 0.0)
        color, marker = (QUIET, "s") if line.baseline else (INK, "o")
        size = 40 + 14 * np.sqrt(seconds)
        ax.scatter(x, y, s=size, alpha=0.75, zorder=3, color=color, marker=marker)
    _name_points(ax, board, known)
    ax.axhline(VETO, color=QUIET, linestyle=":", linewidth=1)
    ax.margins(x=0.18, y=0.12)
    ax.set(xlabel=f"quality ({board.measured.space} space)", ylabel="stability (ARI of refits)")
    ax.set_title(f"{_title(board)} · size: time · dotted: least stability for production")
    return figure


def _name_points(ax: Axes, board: Board, points: Sequence[tuple[Line, float, float]]) -> None:
    """Names beside points, above or below where another name would be hit."""
    taken: list[tuple[float, float]] = []
    middle = (min(x for _, x, _ in points) + max(x for _, x, _ in points)) / 2
    for line, x, y in sorted(points, key=lambda each: (-each[2], each[1])):
        near = sum(abs(x - a) < 0.12 and abs(y - b) < 0.06 for a, b in taken)
        taken.append((x, y))
        side = ("right", -9) if x > middle else ("left", 9)
        ax.annotate(board.name(line), (x, y), xytext=(side[1], 7 - 13 * near), ha=side[0],
                    textcoords="offset points", fontsize=8)  # fmt: skip


def _front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that none beats in both, by the first coordinate."""
    kept: list[tuple[float, float]] = []
    for point in sorted(set(points), reverse=True):
        if not kept or point[1] > kept[-1][1]:
            kept.append(point)
    return kept[::-1]


def _tuning(plt: Any, board: Board) -> Figure | None:
    import pandas as pd

    from segbench.metric import maximize

    found = []
    for line in board.ranked:
        path = Path(line.typical.path) / "trials.parquet"
        name = next(iter(line.typical.result.objectives), None)
        if name is None or not line.typical.path or not path.is_file():
            continue
        try:
            frame = pd.read_parquet(path)
        except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
            print(f"warning: {path} cannot be read: {one_line(error)}", file=sys.stderr)
            continue
        if {name, "number", "state"} <= set(frame):
            found.append((line, name, frame))
    # Of lines that were tuned on another objective there is no common axis.
    found = [each for each in found if each[1] == found[0][1]]
    if not found:
        return None
    figure, ax = plt.subplots(figsize=(7, 4))
    for line, name, frame in found:
        within = frame[frame["state"] == "complete"]
        guards = [name for name in map(str, frame.columns) if name.startswith("guard_")]
        within = within[(within[guards].fillna(0) <= 0).all(axis=1)]
        values = within.set_index("number")[name].reindex(frame["number"])
        best = (values.cummax() if maximize(name) else values.cummin()).ffill()
        (path,) = ax.step(best.index + 1, best, where="post", label=board.name(line))
        ax.plot(frame["number"] + 1, frame[name], ".", color=path.get_color(), alpha=0.5)
    ax.set(xlabel="trial", ylabel=f"{found[0][1]}: best so far, within the guards",
           title=_title(board))  # fmt: skip
    ax.legend(fontsize=8)
    return figure


def _critical_difference(plt: Any, overall: Across) -> Figure:
    try:
        import scikit_posthocs
    except ImportError as error:
        raise InputError("--figures", found=f"no {error.name}",
                         wanted="pip install 'segbench[figures]'") from error  # fmt: skip
    import pandas as pd

    test = overall.test
    assert test is not None
    names = [standing.name for standing in overall.standings]
    ranks = {each.name: float(each.mean_rank.value or 0.0) for each in overall.standings}
    apart = [[float(abs(ranks[a] - ranks[b]) < test.critical_difference) for b in names]
             for a in names]  # fmt: skip
    figure, ax = plt.subplots(figsize=(8, 0.9 + 0.32 * len(names)))
    scikit_posthocs.critical_difference_diagram(
        ranks, pd.DataFrame(apart, names, names), ax=ax, label_fmt_left="{label} ({rank:.2f})",
        label_fmt_right="({rank:.2f}) {label}",
    )  # fmt: skip
    n, difference = len(overall.datasets), test.critical_difference
    title = f"Mean ranks on {n} data sets; bars join what differs by less than {difference:.2f}"
    ax.set_title(f"{title} (Nemenyi, 0.05)", fontsize=10)
    return figure
