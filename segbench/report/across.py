"""Contestants across data sets in a terminal, and what the tests say in words."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from segbench.contracts import Score
from segbench.leaderboard import Across
from segbench.report.columns import interval
from segbench.report.grid import Grid

SUMMARY = 4
"""Columns that are shown where there is no room for each data set's rank."""


def show_across(console: Console, overall: Across) -> None:
    """Print mean ranks, win rates and ratings, and the tests."""
    n = len(overall.datasets)
    article = "an" if overall.unit[0] in "aeiou" else "a"
    names = escape(", ".join(overall.datasets))
    console.print(
        f"\n[bold]Across {n} data sets[/bold] · {names} · a row is {article} {overall.unit}"
    )
    if overall.standings:
        header, rows = standing_cells(overall)
        fits = _grid(header, rows)
        (fits if fits.width <= console.width else _grid(header, rows, SUMMARY)).print(console)
    if overall.resampled:
        console.print(
            f"  in brackets 95 % of what resampling {overall.resampled} gives", style="dim"
        )
    for line in significance_lines(overall):
        console.print(escape(f"  {line}"))
    for name, count in overall.elsewhere.items():
        console.print(escape(f"  not compared: {name}, on {count} of {n} data sets"), style="dim")


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


def significance_lines(overall: Across) -> list[str]:
    """What the tests across data sets say, or why there are none."""
    test = overall.test
    if test is None:
        return [overall.why]
    names = [standing.name for standing in overall.standings]
    lines = [f"Friedman's chi-squared {test.statistic:.2f}, p = {test.p:.3g}; mean ranks "
             f"{test.critical_difference:.2f} apart differ (Nemenyi, 0.05)"]  # fmt: skip
    for clique in test.cliques:
        inner = f", {len(clique) - 2} between them," if len(clique) > 2 else ""
        lines.append(f"not told apart: {names[clique[0]]}{inner} and {names[clique[-1]]}")
    pairs = [(names[i], names[j], test.wilcoxon[i][j])
             for i in range(len(names)) for j in range(i + 1, len(names))]  # fmt: skip
    told = [f"{a} over {b} (p = {p:.2g})" for a, b, p in pairs if p < 0.05]
    lines.append(f"Wilcoxon with Holm's correction: {'; '.join(told) or 'no pair differs'}")
    return lines
