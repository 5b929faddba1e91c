"""The leaderboard in a terminal: one table per data set, and who the winner's segments are."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from segbench.contracts import Row
from segbench.errors import InputError
from segbench.leaderboard import Across, Board, across, boards_of, meetings
from segbench.report.across import show_across
from segbench.report.columns import Columns, columns, interval, number, stability_columns
from segbench.report.grid import Grid
from segbench.report.remarks import (
    below_the_floor,
    equivalents,
    remarks,
    reversals,
    without_rank,
)
from segbench.report.segments import Segment, read_segments, segment_rows
from segbench.report.text import marked

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
    console = _console(out, width, color)
    boards = boards_of(rows)
    for board in boards:
        _board(console, board, stability_columns if stability else columns)
    for warning in meetings(boards):
        console.print(marked(f"\n! {warning}"), style="yellow")
    if (overall := across(boards)) is not None:
        show_across(console, overall)
    return out.getvalue().rstrip("\n")


def compared(overall: Across, width: int | None = None, color: bool | None = None) -> str:
    """Contestants across data sets as text."""
    out = io.StringIO()
    show_across(_console(out, width, color), overall)
    return out.getvalue().strip("\n")


def _console(out: io.StringIO, width: int | None, color: bool | None) -> Console:
    to_terminal = sys.stdout.isatty()
    if width is None:
        width = shutil.get_terminal_size().columns if to_terminal else WIDE
    color = to_terminal if color is None else color
    return Console(file=out, width=width, force_terminal=color, highlight=False, emoji=False)


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
    grid = Grid(("score", "value", "95 %", "better", ""), ("score", "95 %", "better", ""))
    for name, score in partition["scores"].items():
        value = score["value"]
        interval = "" if score["low"] is None else f"[{score['low']:.4f}, {score['high']:.4f}]"
        better = {True: "more", False: "less"}.get(directions.get(name, True), "")
        grid.add((name, "–" if value is None else f"{value:z.4f}", interval, better, score["why"]))
    plural = "" if segments["k"] == 1 else "s"
    out = io.StringIO()
    console = Console(file=out, width=WIDE, highlight=False, emoji=False)
    console.print(marked(f"{partition['table']} · {partition['rows']:,} customers · "
                         f"{partition['space']} space of {', '.join(partition['columns'])}\n"
                         f"{segments['k']} segment{plural}{sizes}{noise}\n"))  # fmt: skip
    grid.print(console)
    return out.getvalue()


def _board(console: Console, board: Board, choice: Columns) -> None:
    first = board.measured
    n = first.dataset.get("rows")
    customers = f" · {n:,} customers" if n else ""
    space = f" · ranked by quality in the {first.space} space" if first.space else ""
    console.print(f"\n[bold]{marked(str(first.dataset['name']))}[/bold]{customers}{space}")
    grid = _grid(board, choice, wide=True)
    if grid.rows:
        fits = grid.width <= console.width
        (grid if fits else _grid(board, choice, wide=False)).print(console)
    if board.over_seeds:
        console.print(marked(f"  {board.over_seeds}"), style="dim")
    for left_out in without_rank(board):
        console.print(marked(f"  {left_out}"))
    for remark in remarks(board):
        console.print(marked(f"  {remark}"), style="yellow")
    for group in equivalents(board):
        console.print(marked(f"  {group}"))
    _floor(console, board)
    for reversal in reversals(board):
        console.print(marked(f"  ! {reversal}"), style="yellow")
    winner = next(iter(board.ranked), None)
    if winner is not None and choice is columns:
        _profile(console, winner.typical)


def _grid(board: Board, choice: Columns, wide: bool) -> Grid:
    lines = [line for line in board.lines if line.counted]
    shown = choice(lines, interval if wide else number) if lines else {}
    names = [name for name in shown if wide or name != "time"]
    grid = Grid(names, ("features", "algorithm", "tuned on", "sweep"))
    for line in lines:
        style = "bold" if line.rank == 1 else "dim" if line.baseline else ""
        grid.add([shown[name](line) for name in names], style)
    return grid


def _floor(console: Console, board: Board) -> None:
    """Which lines are not better than the best baseline, and who its segments are in words."""
    told = below_the_floor(board)
    if not told:
        return
    console.print(marked(f"  ! {told}"), style="yellow")
    best = next(line.counted[0].not_above for line in board.ranked if line.counted[0].not_above)
    floor = next(line for line in board.lines if line.baseline and line.first.algorithm == best)
    segments = _segments(console, floor.typical)
    for segment in segments:
        if segment.get("name"):
            share = float(segment["share"] or 0)
            console.print(marked(f"    {share:.1%}: {segment['name']}"))


def _segments(console: Console, row: Row) -> list[Segment]:
    if not row.path:  # of W&B, which has the numbers only
        return []
    try:
        return read_segments(Path(row.path))
    except InputError as error:
        console.print(marked(f"  {error}"), style="yellow")
        return []


def _profile(console: Console, winner: Row) -> None:
    segments = _segments(console, winner)
    if not segments:
        return
    r = winner.result
    title = f"  Segments of rank 1 ({r.features} · {r.algorithm}); medians and modes:"
    console.print(marked(title), style="bold")
    # Attributes down, segments across: tables have more attributes than segments.
    numbers = ["noise" if each["segment"] == "-1" else each["segment"] for each in segments]
    grid = Grid(["  segment", *numbers], ("  segment",))
    for name, *cells in segment_rows(segments, r):
        grid.add([f"  {name}", *cells])
    grid.print(console)
