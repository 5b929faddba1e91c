"""Static pictures of a leaderboard, as PNG and SVG.

<board>-quality    each line's quality with its interval
<board>-pareto     quality against stability, the area is the time
<board>-tuning     the best objective so far, trial by trial
critical-difference    mean ranks across data sets, where they were tested

Where a board has more lines than can be read, the first ones are drawn and the others counted.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segbench.contracts import Row
from segbench.errors import InputError, one_line
from segbench.leaderboard import Across, Board, Line, across, boards_of
from segbench.leaderboard.pick import VETO
from segbench.report.text import told_apart
from segbench.results import best_so_far, within_guards

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
DPI = 144
INK, QUIET = "#0b5c8a", "#8a8a8a"
MOST_LINES, MOST_TUNED = 40, 8
"""Lines of a board that are drawn: one below the other, and as curves of one plane."""
NEAR = 22.0
"""Points so many pixels apart share a label."""
LARGEST, SMALLEST = 320.0, 36.0
"""Areas of points, in square points."""


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw what there is to draw; returns the files.

    Raises:
        InputError: the libraries that draw are not installed.

    """
    plt = _pyplot()
    boards = boards_of(rows)
    written = []
    stems = told_apart([_stem(board) for board in boards], "-")
    for board, stem in zip(boards, stems, strict=True):
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
    matplotlib.rcParams["text.parse_math"] = False  # a $ in a name is a $
    return plt


def _save(plt: Any, figure: Figure, folder: Path, stem: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem}.{kind}" for kind in FORMATS]
    for path in paths:
        known = {"Date": None} if path.suffix == ".svg" else {}
        figure.savefig(path, dpi=DPI, bbox_inches="tight", metadata=known)
    plt.close(figure)
    return paths


def _stem(board: Board) -> str:
    """A file name: of letters, and short enough for every file system."""
    return re.sub(r"[^\w.-]+", "-", board.dataset)[:50].strip("-.") or "board"


def _title(board: Board, left_out: int = 0) -> str:
    n = board.measured.dataset.get("rows")
    others = f" · {left_out} lines more are not drawn" if left_out else ""
    return _short(board.dataset, 60) + (f" · {n:,} customers" if n else "") + others


def _short(name: str, most: int = 40) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _say_below(ax: Axes, text: str) -> None:
    ax.text(0, -0.2, text, transform=ax.transAxes, fontsize=8, color=QUIET)


def _quality(plt: Any, board: Board, lines: Sequence[Line]) -> Figure:
    left_out = max(0, len(lines) - MOST_LINES)
    lines = lines[:MOST_LINES]
    figure, ax = plt.subplots(figsize=(7, 0.9 + 0.38 * len(lines)))
    for place, line in enumerate(lines):
        score, color = line.quality, QUIET if line.baseline else INK
        seeds = [row.quality for row in line.counted if row.quality is not None]
        ax.plot(seeds, [place] * len(seeds), "|", color=color, markersize=11, alpha=0.6)
        if score.low is not None and score.high is not None:
            ax.plot([score.low, score.high], [place, place], color=color, linewidth=2)
        ax.plot(score.value, place, "D" if line.baseline else "o", color=color, markersize=7)
    left, label = ax.get_xlim()[0], f"quality ({board.measured.space} space)"
    for place, line in enumerate(lines):
        if len(line.rows) > 1 and line.quality.low is None:
            ax.plot([left, line.quality.high], [place, place], ":", color=INK, linewidth=2)
            label = f"quality ({board.measured.space} space); dotted: down to a seed without result"
    ax.set_xlim(left=left)
    ax.set_yticks(range(len(lines)), [_label(board, line) for line in lines])
    ax.invert_yaxis()
    ax.set(xlabel=label, title=_title(board, left_out))
    return figure


def _label(board: Board, line: Line) -> str:
    return f"{_short(board.name(line))}  {'baseline' if line.baseline else line.rank}"


def _pareto(plt: Any, board: Board, lines: Sequence[Line]) -> Figure | None:
    points = [(line, line.quality.value, line.median("stability_ari").value) for line in lines]
    known = [(line, x, y) for line, x, y in points if x is not None and y is not None]
    if not known:
        return None
    figure, ax = plt.subplots(figsize=(7, 4.6))
    front = _front([(x, y) for line, x, y in known if not line.baseline])
    if len(front) > 1:
        ax.step(*zip(*front, strict=True), where="pre", color=INK, alpha=0.4, linewidth=1)
    times = [line.typical.result.seconds.get("total", 0.0) for line, _, _ in known]
    slowest = max(times) or 1.0
    for (line, x, y), seconds in zip(known, times, strict=True):
        color, marker = (QUIET, "D") if line.baseline else (INK, "o")
        size = max(SMALLEST, LARGEST * seconds / slowest)
        ax.scatter(x, y, s=size, alpha=0.75, zorder=3, color=color, marker=marker, linewidths=0)
    ax.axhline(VETO, color=QUIET, linestyle=":", linewidth=1)
    ax.margins(x=0.08, y=0.12)
    _name_points(figure, ax, board, known)
    ax.set(xlabel=f"quality ({board.measured.space} space)", ylabel="stability (ARI of refits)")
    ax.set_title(_title(board))
    _say_below(ax, f"area: time, at most {slowest:,.0f} s; dotted: least stability for production")
    return figure


def _name_points(
    figure: Figure, ax: Axes, board: Board, points: Sequence[tuple[Line, float, float]]
) -> None:
    """A rank, or a baseline's letter, beside each point, and beside the plane whose it is.

    Points that lie on each other have one label together, so that none covers another.
    """
    named = points[:MOST_LINES]
    letters = iter(string.ascii_letters)
    signs = [next(letters) if line.baseline else str(line.rank) for line, _, _ in named]
    figure.canvas.draw()  # the limits of the axes are known from here on
    at = ax.transData.transform([(x, y) for _, x, y in named])
    groups: list[list[int]] = []
    for i in range(len(named)):
        home = next((group for group in groups if min(
            np.hypot(*(at[i] - at[j])) for j in group) < NEAR), None)  # fmt: skip
        groups.append([i]) if home is None else home.append(i)
    for group in groups:
        x, y = max((named[i][1:] for i in group), key=lambda each: each[0])
        ax.annotate(", ".join(signs[i] for i in group), (x, y), xytext=(9, 5), fontsize=8,
                    textcoords="offset points", zorder=4)  # fmt: skip
    lines = [f"{sign}  {_short(board.name(line))}" for sign, (line, _, _) in
             zip(signs, named, strict=True)]  # fmt: skip
    if len(points) > len(named):
        lines.append(f"and {len(points) - len(named)} lines more, without a label")
    ax.text(1.03, 1, "\n".join(lines), transform=ax.transAxes, va="top", fontsize=8)


def _front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that none beats in both, by the first coordinate."""
    kept: list[tuple[float, float]] = []
    for point in sorted(set(points), reverse=True):
        if not kept or point[1] > kept[-1][1]:
            kept.append(point)
    return kept[::-1]


def _tuning(plt: Any, board: Board) -> Figure | None:
    import pandas as pd

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
    left_out = max(0, len(found) - MOST_TUNED)
    figure, ax = plt.subplots(figsize=(7, 4))
    for line, name, frame in found[:MOST_TUNED]:
        counts = within_guards(frame)
        values, best = frame[name].where(counts), best_so_far(frame, name)
        seed = f", seed {line.typical.result.seed}" if len(line.rows) > 1 else ""
        label = f"{line.rank}  {_short(board.name(line))}{seed}"
        (path,) = ax.step(frame["number"], best, where="post", label=label)
        color = path.get_color()
        ax.plot(frame["number"], values, "o", color=color, markersize=5)
        rest = frame[name].where(~counts)
        ax.plot(frame["number"], rest, "o", color=color, markersize=4, fillstyle="none", alpha=0.6)
    ax.set(xlabel="trial", ylabel=f"{found[0][1]}: best so far", title=_title(board, left_out))
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    _say_below(ax, "hollow: refits ended early, or a guard is not kept")
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
    names = told_apart([_short(standing.name) for standing in overall.standings], " ")
    means = [float(each.mean_rank.value or 0.0) for each in overall.standings]
    p = np.eye(len(names))  # of a test that tells all apart but who shares a bar
    for clique in test.cliques:
        p[np.ix_(clique, clique)] = 1.0
    figure, ax = plt.subplots(figsize=(8, 0.9 + 0.32 * len(names)))
    scikit_posthocs.critical_difference_diagram(
        dict(zip(names, means, strict=True)), pd.DataFrame(p, names, names), ax=ax,
        label_fmt_left="{label} ({rank:.2f}) ", label_fmt_right=" ({rank:.2f}) {label}",
        color_palette=dict.fromkeys(names, INK), text_h_margin=0.05,
    )  # fmt: skip
    ax.grid(visible=False)
    n, difference = len(overall.datasets), test.critical_difference
    title = f"Mean ranks on {n} data sets; bars join what differs by less than {difference:.2f}"
    ax.set_title(f"{title} (Nemenyi, 0.05)", fontsize=10, pad=12)
    return figure
