"""Contestants across data sets in a terminal, and what the tests say in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console

from segbench.contracts import Score
from segbench.leaderboard import Across
from segbench.leaderboard.significance import LEVEL
from segbench.report.columns import interval
from segbench.report.grid import Grid
from segbench.report.text import marked

MATRIX = 12
"""Contestants up to which a terminal shows who won against whom."""
SUMMARY = 4
"""Columns that are shown where there is no room for each data set's rank."""


def as_json(overall: Across) -> dict[str, Any]:
    """Everything, for other programs; `beats` in the order of the standings."""
    plain = asdict(overall)
    for standing, each in zip(plain["standings"], overall.standings, strict=True):
        for name in ("mean_rank", "win_rate", "elo"):
            score = getattr(each, name)
            standing[name] = {"value": score.value, "low": score.low, "high": score.high}
    return {**plain, "says": [*significance_lines(overall), *left_out(overall)]}


def show_across(console: Console, overall: Across) -> None:
    """Print mean ranks, win rates and ratings, and the tests."""
    n = len(overall.datasets)
    article = "an" if overall.unit[0] in "aeiou" else "a"
    names = marked(", ".join(overall.datasets))
    console.print(
        f"\n[bold]Across {n} data sets[/bold] · {names} · a row is {article} {overall.unit}"
    )
    if overall.standings:
        header, rows = standing_cells(overall)
        fits = _grid(header, rows)
        (fits if fits.width <= console.width else _grid(header, rows, SUMMARY)).print(console)
    if 2 < len(overall.standings) <= MATRIX:
        console.print("  share of games that the row's won against the column's:")
        numbers = [str(i) for i in range(1, len(overall.standings) + 1)]
        games = Grid(["", *numbers], ("",))
        for i, (standing, shares) in enumerate(zip(overall.standings, overall.beats, strict=True)):
            cells = ["–" if i == j else f"{share:.2f}" for j, share in enumerate(shares)]
            games.add([f"  {numbers[i]} {standing.name}", *cells])
        games.print(console)
    if overall.resampled:
        console.print(
            f"  in brackets 95 % of what resampling {overall.resampled} gives", style="dim"
        )
    for line in [*significance_lines(overall), *left_out(overall)]:
        console.print(marked(f"  {line}"))


def _grid(
    header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], count: int | None = None
) -> Grid:
    """Of the first `count` columns; None: all."""
    grid = Grid(header[:count], header[:1])
    for row in rows:
        grid.add(row[:count])
    return grid


def standing_cells(overall: Across) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The header and the rows of the table of standings."""
    header = (overall.unit, "mean rank", "win rate", "Elo", *overall.datasets)
    rows = []
    for s in overall.standings:
        placed = zip(s.ranks, s.qualities, strict=True)
        ranks = (f"{r:g}" if quality is not None else f"{r:g} (no result)" for r, quality in placed)
        rows.append((s.name, interval(s.mean_rank), interval(s.win_rate), _rating(s.elo), *ranks))
    return header, tuple(rows)


def _rating(elo: Score) -> str:
    """Without digits behind the point, which say nothing here."""
    if elo.low is None or elo.high is None:
        return f"{elo.value:.0f}"
    return f"{elo.value:.0f} [{elo.low:.0f}, {elo.high:.0f}]"


def left_out(overall: Across) -> list[str]:
    """Who and what is not in the comparison."""
    n = len(overall.datasets)
    lines = [f"not compared: {name}, on {count} of {n} data sets"
             for name, count in overall.elsewhere.items()]  # fmt: skip
    if overall.empty:
        lines.append(f"nobody has a rank on: {', '.join(overall.empty)}")
    if overall.left_out:
        lines.append(f"left out: {overall.left_out} boards of data sets that have another one with "
                     "more ranked lines")  # fmt: skip
    return lines


def significance_lines(overall: Across) -> list[str]:
    """What the tests across data sets say, or why there are none."""
    test = overall.test
    if test is None:
        return [overall.why]
    names = [standing.name for standing in overall.standings]
    n, m = len(overall.datasets), len(names)
    lines = [f"Friedman's chi-squared {test.statistic:.2f}, p = {test.p:.3g}; mean ranks "
             f"{test.critical_difference:.2f} apart differ (Nemenyi, 0.05)"]  # fmt: skip
    if test.p >= LEVEL:
        lines.append("not significant: what follows is no evidence of a difference")
    for clique in test.cliques:
        inner = f", {len(clique) - 2} between them," if len(clique) > 2 else ""
        lines.append(f"not told apart: {names[clique[0]]}{inner} and {names[clique[-1]]}")
    pairs = [(names[i], names[j], test.wilcoxon[i][j])
             for i in range(m) for j in range(m) if test.favours[i][j]]  # fmt: skip
    told = [f"{a} over {b} (p = {p:.2g})" for a, b, p in pairs if p < LEVEL]
    least = min(m * (m - 1) / 2**n, 1.0)  # Holm's first p where one wins everywhere
    none = "no pair is told apart"
    if least >= LEVEL:
        none = f"no pair can be told apart on {n} data sets (the least p is {least:.2g})"
    lines.append(f"Wilcoxon with Holm's correction: {'; '.join(told) or none}")
    return lines
