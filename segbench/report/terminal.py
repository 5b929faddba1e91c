"""The leaderboard in a terminal: one table per data set, and who the winner's segments are."""

from __future__ import annotations

import io
import itertools
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as Grid

from segbench.contracts import Row, Score

WIDE = 160


def render(rows: Sequence[Row], width: int | None = None, color: bool | None = None) -> str:
    """All boards as text, `width` characters wide (default: the terminal's, or as wide as needed).

    Where the width does not suffice, intervals and times are left out before anything is cut off.
    """
    out = io.StringIO()
    to_terminal = sys.stdout.isatty()
    if width is None:
        width = shutil.get_terminal_size().columns if to_terminal else WIDE
    color = to_terminal if color is None else color
    console = Console(file=out, width=width, force_terminal=color, highlight=False)
    for _, group in itertools.groupby(rows, key=lambda row: row.board):
        _board(console, list(group))
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


def _board(console: Console, rows: list[Row]) -> None:
    first = next((row.result for row in rows if row.result.space), rows[0].result)
    n = first.dataset.get("rows")
    customers = f" · {n:,} customers" if n else ""
    space = f" · ranked by quality in the {first.space} space" if first.space else ""
    console.print(f"\n[bold]{escape(str(first.dataset['name']))}[/bold]{customers}{space}")
    grid = _grid(rows, wide=True)
    if grid.row_count:
        unlimited = console.options.update(width=10 * WIDE)
        fits = Measurement.get(console, unlimited, grid).maximum <= console.width
        console.print(grid if fits else _grid(rows, wide=False))
    for row in rows:
        if not row.eligible and row.result.status != "complete":
            r = row.result
            score = f" quality {row.quality:.3f};" if row.quality is not None else ""
            console.print(escape(f"  {r.status}: {r.features} · {r.algorithm}:{score} {r.why}"))
    for row in rows:
        if row.result.status == "complete" and row.result.why and row.rank:
            console.print(escape(f"  rank {row.rank}: {row.result.why}"), style="yellow")
    _reversals(console, rows)
    winner = next((row for row in rows if row.rank == 1), None)
    if winner is not None:
        _profile(console, winner)


def _grid(rows: list[Row], wide: bool) -> Grid:
    columns = _columns(rows, _interval if wide else _number)
    grid = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        left = name in ("features", "algorithm", "tuned on", "sweep")
        if wide or name != "time":
            grid.add_column(name, justify="left" if left else "right", no_wrap=True)
    for row in rows:
        if row.eligible or row.result.status == "complete":
            style = "bold" if row.rank == 1 else "dim" if row.result.baseline else ""
            cells = (text(row) for name, text in columns.items() if wide or name != "time")
            grid.add_row(*map(escape, cells), style=style)
    return grid


def _columns(rows: list[Row], interval: Callable[[Score | None], str]) -> dict[str, Any]:
    """Name -> text of a row; scores that no row has are left out."""
    columns: dict[str, Any] = {
        "rank": lambda row: (
            str(row.rank) if row.rank else "baseline" if row.result.baseline else "–"
        ),
        "features": lambda row: row.result.features,
        "algorithm": lambda row: row.result.algorithm,
        "quality": lambda row: _number(row.result.scores.get("quality")),
        "stability": lambda row: interval(row.result.scores.get("stability_ari")),
    }
    if len({tuple(row.result.objectives) for row in rows if row.rank}) > 1:
        columns["tuned on"] = lambda row: ", ".join(row.result.objectives)
    if len({row.result.seed for row in rows}) > 1:
        columns["seed"] = lambda row: str(row.result.seed)
    if len({row.result.trials.get("planned") for row in rows if row.rank}) > 1:
        columns["trials"] = lambda row: str(row.result.trials.get("planned", ""))
    if len({row.result.sweep for row in rows}) > 1:
        columns["sweep"] = lambda row: row.result.sweep
    for title, name, shown in (("future η²", "future_eta2", interval), ("ARI", "ari", _number)):
        if any(name in row.result.scores for row in rows):
            columns[title] = lambda row, n=name, s=shown: s(row.result.scores.get(n))
    columns["k"] = lambda row: str((row.result.segments or {}).get("k", ""))
    columns["sizes"] = _sizes
    if any((row.result.segments or {}).get("noise") for row in rows):
        columns["noise"] = lambda row: _noise(row)
    columns["time"] = lambda row: f"{row.result.seconds.get('total', 0):.0f} s"
    columns["result"] = lambda row: row.result.key[:8]
    return columns


def _number(score: Score | None) -> str:
    return "" if score is None else "undefined" if score.value is None else f"{score.value:.3f}"


def _interval(score: Score | None) -> str:
    if score is None or score.value is None:
        return _number(score)
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} [{score.low:.2f}, {score.high:.2f}]"


def _sizes(row: Row) -> str:
    segments = row.result.segments or {}
    if "smallest_share" not in segments:
        return ""
    return f"{segments['smallest_share']:.0%}–{segments['largest_share']:.0%}"


def _noise(row: Row) -> str:
    n = row.result.dataset.get("rows") or 1
    return f"{(row.result.segments or {}).get('noise', 0) / n:.0%}"


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


def _profile(console: Console, winner: Row) -> None:
    path = Path(winner.path) / "profile.csv"
    if not path.is_file():
        return
    try:
        frame = pd.read_csv(path, dtype={"segment": str})
        segments = frame["segment"].tolist()
    except (ValueError, KeyError, OSError) as error:
        console.print(escape(f"  {path} cannot be read: {error}"), style="yellow")
        return
    r = winner.result
    title = f"  Segments of rank 1 ({r.features} · {r.algorithm}); medians and modes:"
    console.print(escape(title), style="bold")
    # Attributes down, segments across: tables have more attributes than segments.
    grid = Grid(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    grid.add_column("  segment", no_wrap=True)
    for segment in segments:
        grid.add_column("noise" if segment == "-1" else segment, justify="right", no_wrap=True)
    for name in frame.columns[1:]:
        grid.add_row(escape(f"  {name}"), *(escape(_plain(name, v)) for v in frame[name]))
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
