"""The leaderboard in a terminal: one table per data set, and who the winner's segments are."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as Grid

from segbench.contracts import Row
from segbench.leaderboard import Board, across, boards_of, meetings
from segbench.report.across import show_across
from segbench.report.columns import Columns, columns, interval, number, stability_columns
from segbench.report.remarks import (
    below_the_floor,
    equivalents,
    remarks,
    reversals,
    without_rank,
)

WIDE = 160


def render(
    rows: Sequence[Row], width: int | None = None, color: bool | None = None, *,
    stability: bool = False,
) -> str:  # fmt: skip
    """All boards as text, `width` characters wide (default: the terminal's, or as wide as needed).

    A line is a pipeline with an algorithm over its seeds; contestants across data sets follow.

    Where the width does not suffice, intervals and times are left out before anything is cut off.

    Args:
        stability: show it at all its levels, in place of sizes, outcomes and profiles.

    """
    out = io.StringIO()
    to_terminal = sys.stdout.isatty()
    if width is None:
        width = shutil.get_terminal_size().columns if to_terminal else WIDE
    color = to_terminal if color is None else color
    console = Console(file=out, width=width, force_terminal=color, highlight=False)
    boards = boards_of(rows)
    for board in boards:
        _board(console, board, stability_columns if stability else columns)
    for warning in meetings(boards):
        console.print(escape(f"\n! {warning}"), style="yellow")
    if (overall := across(boards)) is not None:
        show_across(console, overall)
    return out.getvalue().rstrip("\n")


def scores(partition: Mapping[str, Any], directions: Mapping[str, bool]) -> str:
    """The scores of one partition (as `segbench score --format json` has them), one a line.

    Args:
        partition: its table, rows, space, columns, segments and scores.
        directions: for each score whether more is better.

    """
    segments = partition["segments"]
    sizes = ", ".join(f"{size:,}" for size in segments["sizes"][:20])
    sizes = f" of {sizes}{' …' if segments['k'] > 20 else ''} customers" if sizes else ""
    noise = f", {segments['noise']:,} without a segment" if segments["noise"] else ""
    grid = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name, justify in (("score", "left"), ("value", "right"), ("95 %", "left"),
                          ("better", "left"), ("", "left")):  # fmt: skip
        grid.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name, score in partition["scores"].items():
        value = score["value"]
        interval = "" if score["low"] is None else f"[{score['low']:.4f}, {score['high']:.4f}]"
        better = {True: "more", False: "less"}.get(directions.get(name, True), "")
        grid.add_row(name, "–" if value is None else f"{value:z.4f}", interval, better,
                     escape(score["why"]))  # fmt: skip
    plural = "" if segments["k"] == 1 else "s"
    out = io.StringIO()
    console = Console(file=out, width=WIDE, highlight=False)
    console.print(escape(f"{partition['table']} · {partition['rows']:,} customers · "
                         f"{partition['space']} space of {', '.join(partition['columns'])}\n"
                         f"{segments['k']} segment{plural}{sizes}{noise}\n"))  # fmt: skip
    console.print(grid)
    return out.getvalue()


def _board(console: Console, board: Board, choice: Columns) -> None:
    first = board.measured
    n = first.dataset.get("rows")
    customers = f" · {n:,} customers" if n else ""
    space = f" · ranked by quality in the {first.space} space" if first.space else ""
    console.print(f"\n[bold]{escape(str(first.dataset['name']))}[/bold]{customers}{space}")
    grid = _grid(board, choice, wide=True)
    if grid.row_count:
        unlimited = console.options.update(width=10 * WIDE)
        fits = Measurement.get(console, unlimited, grid).maximum <= console.width
        console.print(grid if fits else _grid(board, choice, wide=False))
    if board.over_seeds:
        console.print(escape(f"  {board.over_seeds}"), style="dim")
    for left_out in without_rank(board):
        console.print(escape(f"  {left_out}"))
    for remark in remarks(board):
        console.print(escape(f"  {remark}"), style="yellow")
    for group in equivalents(board):
        console.print(escape(f"  {group}"))
    _floor(console, board)
    for reversal in reversals(board):
        console.print(escape(f"  ! {reversal}"), style="yellow")
    winner = next(iter(board.ranked), None)
    if winner is not None and choice is columns:
        _profile(console, winner.typical)


def _grid(board: Board, choice: Columns, wide: bool) -> Grid:
    lines = [line for line in board.lines if line.counted]
    shown = choice(lines, interval if wide else number) if lines else {}
    grid = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in shown:
        left = name in ("features", "algorithm", "tuned on", "sweep")
        if wide or name != "time":
            grid.add_column(name, justify="left" if left else "right", no_wrap=True)
    for line in lines:
        style = "bold" if line.rank == 1 else "dim" if line.baseline else ""
        cells = (text(line) for name, text in shown.items() if wide or name != "time")
        grid.add_row(*map(escape, cells), style=style)
    return grid


def _floor(console: Console, board: Board) -> None:
    """Which lines are not better than the best baseline, and who its segments are in words."""
    told = below_the_floor(board)
    if not told:
        return
    console.print(escape(f"  ! {told}"), style="yellow")
    best = next(line.counted[0].not_above for line in board.ranked if line.counted[0].not_above)
    floor = next(line for line in board.lines if line.baseline and line.first.algorithm == best)
    frame = _read_profile(console, floor.typical)
    if frame is not None and "name" in frame:
        for name, share in zip(frame["name"], frame["share"], strict=True):
            console.print(escape(f"    {share:.1%}: {name}"))


def _read_profile(console: Console, row: Row) -> pd.DataFrame | None:
    """The profile of a row's segments; None where there is none, or none that can be read."""
    path = Path(row.path) / "profile.csv"
    if not path.is_file():
        return None
    try:
        frame = pd.read_csv(path, dtype={"segment": str})
        return frame.astype({"segment": str, "share": float})
    except (ValueError, KeyError, OSError) as error:
        console.print(escape(f"  {path} cannot be read: {error}"), style="yellow")
        return None


def _profile(console: Console, winner: Row) -> None:
    frame = _read_profile(console, winner)
    if frame is None:
        return
    r, segments = winner.result, frame["segment"].tolist()
    title = f"  Segments of rank 1 ({r.features} · {r.algorithm}); medians and modes:"
    console.print(escape(title), style="bold")
    # Attributes down, segments across: tables have more attributes than segments.
    grid = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    grid.add_column("  segment", no_wrap=True)
    for segment in segments:
        grid.add_column("noise" if segment == "-1" else segment, justify="right", no_wrap=True)
    recovered = {str(each["segment"]): f"{each['jaccard']:.2f}"
                 for each in (r.stability or {}).get("segments", [])}  # fmt: skip
    for name in frame.columns[1:]:
        grid.add_row(escape(f"  {name}"), *(escape(_plain(name, v)) for v in frame[name]))
        if name == "share" and recovered:
            grid.add_row("  recovery", *(recovered.get(segment, "") for segment in segments))
    console.print(grid)


def _plain(name: str, value: Any) -> str:
    if pd.isna(value):
        return ""
    if name in ("share", "revenue_share"):
        return f"{value:.1%}"
    return (
        f"{value:,.4g}"
        if isinstance(value, float)
        else (f"{value:,}" if isinstance(value, int) else str(value))
    )
