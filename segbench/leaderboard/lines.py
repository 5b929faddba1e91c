"""The lines of a board: a pipeline, an algorithm and a set-up, with their results over seeds.

What has no eligible result counts against its line: a seed that is ineligible, skipped, failed,
timed out, out of memory or missing is worse than every other (`seeds.WORST`), and none is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from segbench.contracts import Result, Row, Score
from segbench.leaderboard.seeds import WORST, median


@dataclass(frozen=True)
class Line:
    """Results that differ in nothing but their seed.

    Attributes:
        rows: by seed.

    """

    rows: tuple[Row, ...]

    @property
    def first(self) -> Result:
        """The first seed's result: what all have in common can be read there."""
        return self.rows[0].result

    @property
    def baseline(self) -> bool:
        """Whether it is drawn without a rank; a cell that was not composed does not know."""
        return any(row.result.baseline for row in self.rows)

    @property
    def rank(self) -> int | None:
        """Its place on the board."""
        return next((row.rank for row in self.rows if row.rank), None)

    @cached_property
    def counted(self) -> tuple[Row, ...]:
        """The rows whose scores count: eligible, or a baseline's that are complete."""
        return tuple(row for row in self.rows if row.counts)

    @cached_property
    def quality(self) -> Score:
        """Median quality over all planned seeds."""
        return self.median("quality")

    def median(self, name: str, *, planned: bool = False) -> Score:
        """The median of a score over the seeds; one seed's own score with its own interval.

        Of quality, and of others with `planned`, the median is over all planned seeds, of which
        those without an eligible result count as the worst; else over those that have it. Where
        scores have intervals of their own, that of the median is at least as wide as theirs are in
        the median: seeds that agree do not make up for few refits.
        """
        found = [row.result.scores.get(name) for row in self.counted]
        if len(self.rows) == 1 and found and found[0] is not None:
            return found[0]
        known = [score for score in found if score and score.value is not None]
        values = [score.value for score in known if score.value is not None]
        if planned or name == "quality":
            values += [WORST] * (len(self.rows) - len(values))
        whole = median(values)
        own = [(s.low, s.high) for s in known if s.low is not None and s.high is not None]
        if whole.value is None or len(own) < len(values):
            return whole
        low, high = (median(ends).value for ends in zip(*own, strict=True))
        lows = [end for end in (whole.low, low) if end is not None]
        highs = [end for end in (whole.high, high) if end is not None]
        return replace(whole, low=min(lows), high=max(highs))

    def has(self, name: str) -> bool:
        """Whether any seed has the score."""
        return any(name in row.result.scores for row in self.rows)

    @cached_property
    def typical(self) -> Row:
        """The row that stands for the line: of median quality, the lower one of two."""
        ordered = sorted(self.counted or self.rows, key=lambda row: (
            WORST if row.quality is None else row.quality, -row.result.seed))  # fmt: skip
        return ordered[(len(ordered) - 1) // 2]

    @property
    def name(self) -> str:
        """Pipeline and algorithm."""
        return f"{self.first.features} · {self.first.algorithm}"


def lines_of(rows: Iterable[Row]) -> list[Line]:
    """The lines of one board's rows, in the order in which they first appear."""
    lines: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        lines.setdefault(_identity(row.result), []).append(row)
    _adopt_uncomposed(lines)
    return [Line(tuple(sorted(each, key=lambda row: (row.result.seed, row.result.key))))
            for each in lines.values()]  # fmt: skip


def _adopt_uncomposed(lines: dict[tuple[str, ...], list[Row]]) -> None:
    """A cell that could not be composed knows no set-up: it is of the one line of its name."""
    for identity, rows in list(lines.items()):
        row = rows[0]
        if row.result.setup or row.result.scores or row.counts:
            continue
        homes = [each for each, others in lines.items()
                 if each[:2] == identity[:2] and others[0].result.setup]  # fmt: skip
        if len(homes) == 1:
            lines[homes[0]] += lines.pop(identity)


def _identity(result: Result) -> tuple[str, ...]:
    """What seeds of one line have in common; a record that does not say it stands alone."""
    return (result.features, result.algorithm, result.setup or result.key)


def best_first(line: Line) -> tuple[float, int, float, str]:
    """Order of lines: by median quality, then by eligible seeds, then by the best of them."""
    value = line.quality.value
    best = max((row.quality for row in line.counted if row.quality is not None), default=WORST)
    return (
        -(WORST if value is None else value),
        -len(line.counted),
        -best,
        line.rows[0].result.key,
    )
