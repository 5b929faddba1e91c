"""The leaderboard in a terminal: one table per data set, and who the winner's segments are."""

from __future__ import annotations

import io
import itertools
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
from segbench.report.columns import Columns, columns, interval, number, stability_columns

WIDE = 160


def render(
    rows: Sequence[Row], width: int | None = None, color: bool | None = None, *,
    stability: bool = False,
) -> str:  # fmt: skip
    """All boards as text, `width` characters wide (default: the terminal's, or as wide as needed).

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
    for _, group in itertools.groupby(rows, key=lambda row: row.board):
        _board(console, list(group), stability_columns if stability else columns)
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


def _board(console: Console, rows: list[Row], choice: Columns) -> None:
    first = next((row.result for row in rows if row.result.space), rows[0].result)
    n = first.dataset.get("rows")
    customers = f" · {n:,} customers" if n else ""
    space = f" · ranked by quality in the {first.space} space" if first.space else ""
    console.print(f"\n[bold]{escape(str(first.dataset['name']))}[/bold]{customers}{space}")
    grid = _grid(rows, choice, wide=True)
    if grid.row_count:
        unlimited = console.options.update(width=10 * WIDE)
        fits = Measurement.get(console, unlimited, grid).maximum <= console.width
        console.print(grid if fits else _grid(rows, choice, wide=False))
    for row in rows:
        if not row.eligible and row.result.status != "complete":
            r = row.result
            score = f" quality {row.quality:.3f};" if row.quality is not None else ""
            console.print(escape(f"  {r.status}: {r.features} · {r.algorithm}:{score} {r.why}"))
    for row in rows:
        if row.result.status == "complete" and row.result.why and row.rank:
            console.print(escape(f"  rank {row.rank}: {row.result.why}"), style="yellow")
    _floor(console, rows)
    _reversals(console, rows)
    winner = next((row for row in rows if row.rank == 1), None)
    if winner is not None and winner.path and choice is columns:
        _profile(console, winner)


def _grid(rows: list[Row], choice: Columns, wide: bool) -> Grid:
    shown = choice(rows, interval if wide else number)
    grid = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in shown:
        left = name in ("features", "algorithm", "tuned on", "sweep")
        if wide or name != "time":
            grid.add_column(name, justify="left" if left else "right", no_wrap=True)
    for row in rows:
        if row.eligible or row.result.status == "complete":
            style = "bold" if row.rank == 1 else "dim" if row.result.baseline else ""
            cells = (text(row) for name, text in shown.items() if wide or name != "time")
            grid.add_row(*map(escape, cells), style=style)
    return grid


def _floor(console: Console, rows: list[Row]) -> None:
    """Which rows are not better than the best baseline, and who its segments are in words."""
    below = [row for row in rows if row.not_above]
    if not below:
        return
    best = below[0].not_above
    which = ", ".join(f"rank {row.rank}" for row in below)
    console.print(f"  ! not better than the baseline {escape(best)}: {which}", style="yellow")
    floor = next(r for r in rows if r.result.baseline and r.result.algorithm == best)
    frame = _read_profile(console, floor)
    if frame is not None and "name" in frame:
        for name, share in zip(frame["name"], frame["share"], strict=True):
            console.print(escape(f"    {share:.1%}: {name}"))


def _reversals(console: Console, rows: list[Row]) -> None:
    spaces = sorted({space for row in rows for space in row.reversed_in})
    for space in spaces:
        parts = []
        for row in rows:
            score = row.result.scores.get(f"quality@{space}")
            if space in row.reversed_in and score is not None and score.value is not None:
                parts.append(
                    f"{row.result.features} · {row.result.algorithm} (rank {row.rank}): "
                    f"{score.value:.3f}"
                )
        console.print(escape(f"  ! the order is another in the {space} space: {'; '.join(parts)}"),
                      style="yellow")  # fmt: skip


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
