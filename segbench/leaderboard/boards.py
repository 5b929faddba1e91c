"""Boards: what may be ranked together, and what may not although it has the same name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from segbench.contracts import Result, Row
from segbench.leaderboard.lines import Line, lines_of
from segbench.leaderboard.rows import versions_of
from segbench.leaderboard.seeds import coverage


@dataclass(frozen=True)
class Board:
    """The rows of one data set, revision, space, terms and metric version, in their order."""

    rows: tuple[Row, ...]

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """In the order of the board."""
        return tuple(lines_of(self.rows))

    @cached_property
    def ranked(self) -> tuple[Line, ...]:
        """The lines that have a rank, the best first."""
        return tuple(line for line in self.lines if line.rank)

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return str(self.rows[0].result.dataset["name"])

    @cached_property
    def measured(self) -> Result:
        """A result that reached its space, where there is one."""
        return next((r.result for r in self.rows if r.result.space), self.rows[0].result)

    @cached_property
    def version(self) -> str:
        """Of the metrics."""
        found = (versions_of(row.result) for row in self.rows)
        return next(filter(None, found), "none")

    @cached_property
    def groups(self) -> list[tuple[Line, ...]]:
        """Lines that are practically equivalent, where there are several, the best first."""
        by = itertools.groupby(self.ranked, key=lambda line: line.counted[0].group)
        found = [tuple(lines) for _, lines in by]
        return [lines for lines in found if len(lines) > 1]

    @cached_property
    def names(self) -> dict[str, str]:
        """What to call each line, by its first key: pipeline, algorithm, and what else differs."""
        return {line.first.key: name for line, name in zip(self.lines, _told_apart(self.lines),
                                                      strict=True)}  # fmt: skip

    def name(self, line: Line) -> str:
        """What to call a line beside the others."""
        return self.names[line.first.key]

    @property
    def over_seeds(self) -> str:
        """What intervals over seeds can say, where lines have several."""
        n = max(len(line.rows) for line in self.lines)
        if n == 1:
            return ""
        none = any(0 < len(line.counted) < len(line.rows) for line in self.lines)
        return (f"medians over up to {n} seeds; the brackets are their bootstrap intervals, which "
                f"hold a median with {coverage(n):.0%} certainty at most"
                f"{'; none: a seed without an eligible result' if none else ''}")  # fmt: skip


def boards_of(rows: Sequence[Row]) -> list[Board]:
    """The boards of ranked rows, which stand board by board."""
    return [Board(tuple(group)) for _, group in itertools.groupby(rows, key=lambda row: row.board)]


def _told_apart(lines: Sequence[Line]) -> list[str]:
    same: dict[str, list[Line]] = {}
    for line in lines:
        same.setdefault(line.name, []).append(line)
    return [
        f"{name} ({_difference(line, same[name])})" if len(same[name]) > 1 else name
        for line, name in ((line, line.name) for line in lines)
    ]


def _difference(line: Line, same: Sequence[Line]) -> str:
    """The set-up in which a line differs from those of its name."""

    def said(result: Result) -> dict[str, str]:
        stability, trials = result.stability or {}, result.trials.get("planned")
        return {
            "tuned on": " and ".join(result.objectives),
            "choice": str((result.choice or {}).get("rule", "")),
            "resamples": str(stability.get("scheme", "")),
            "trials": f"{trials} trials" if trials else "",
            "sweep": f"sweep {result.sweep}",
        }  # fmt: skip

    own, others = said(line.typical.result), [said(other.typical.result) for other in same]
    differ = [text for name, text in own.items()
              if text and len({other[name] for other in others}) > 1]  # fmt: skip
    if not differ or len({tuple(other.values()) for other in others}) < len(others):
        differ.append(line.first.setup[:6] or line.first.key[:8])
    return ", ".join(differ)


def meetings(boards: Sequence[Board]) -> list[str]:
    """A warning for each data set whose results stand on several boards: what keeps them apart."""
    warnings = []
    for name in dict.fromkeys(board.dataset for board in boards):
        same = [board.measured for board in boards if board.dataset == name]
        if len(same) < 2:
            continue
        versions = [board.version for board in boards if board.dataset == name]
        kinds = {
            "data revisions": [str(r.dataset.get("sha256") or "unknown")[:8] for r in same],
            "spaces": [r.space or "none" for r in same],
            "metric versions": versions,
            "schemas": [str(r.schema) for r in same],
            "terms (columns, reference or guards)": [str(r.dataset.get("terms")) for r in same],
        }
        differ = [f"{kind} {', '.join(dict.fromkeys(values))}" for kind, values in kinds.items()
                  if len(set(values)) > 1]  # fmt: skip
        warnings.append(f"{name}: {len(same)} boards that are never ranked together: "
                        f"{'; '.join(differ)}")  # fmt: skip
    return warnings
