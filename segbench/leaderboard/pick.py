"""What to take into production: the best rank sum of a profile among the lines that are stable.

A profile is the indices of a composite objective (`compact`: silhouette, Pearson gamma, WCNN). Each
eligible line is ranked by the median of each index over its seeds, and the ranks are added up. A
line whose median stability is below `VETO` is never picked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segbench.contracts import Score
from segbench.errors import InputError
from segbench.leaderboard.boards import Board
from segbench.leaderboard.lines import Line

STABILITY = "stability_ari"
VETO = 0.75
"""Median adjusted Rand index of refits below which a line is not picked."""
SHORTLIST = 3
PROFILE = "compact"


@dataclass(frozen=True)
class Candidate:
    """An eligible line with its rank sum; `ranks` by the index of the profile, 1 the best."""

    line: Line
    name: str
    rank_sum: float
    ranks: dict[str, float]


@dataclass(frozen=True)
class Pick:
    """The choice on one board.

    Attributes:
        shortlist: up to three candidates, the pick first; empty where none is stable.
        vetoed: ranked lines that are not picked, with their median stability.
        unmeasured: indices of the profile that no line has: then nothing is picked.
        contestants: number of lines that were ranked.

    """

    board: Board
    profile: str
    indices: tuple[str, ...]
    shortlist: tuple[Candidate, ...]
    vetoed: tuple[tuple[Candidate, Score], ...]
    contestants: int
    unmeasured: tuple[str, ...] = ()


def pick(board: Board, profile: str = PROFILE) -> Pick:
    """Choose among the ranked lines of a board.

    Raises:
        InputError: no such profile.

    """
    from segbench.metric import COMPOSITES  # with kernels: only whoever picks waits for them

    if profile not in COMPOSITES:
        raise InputError(f"--profile {profile}", found="no such profile",
                         wanted=f"one of {', '.join(COMPOSITES)}")  # fmt: skip
    indices = COMPOSITES[profile].indices
    lines = board.ranked
    lacking = tuple(index for index in indices if not any(line.has(index) for line in lines))
    if lines and lacking:
        return Pick(board, profile, indices, (), (), len(lines), lacking)
    stable = [line for line in lines if _stable(line)]
    chosen = [_candidates(board, group, indices) for group in
              (stable, [line for line in lines if line not in stable])]  # fmt: skip
    shortlist, vetoed = (sorted(each, key=lambda c: (c.rank_sum, c.line.rank)) for each in chosen)
    unstable = tuple((each, stability(each.line)) for each in vetoed)
    return Pick(board, profile, indices, tuple(shortlist[:SHORTLIST]), unstable, len(lines))


def stability(line: Line) -> Score:
    """The median over all planned seeds, those without an eligible result the worst of all."""
    return line.median(STABILITY, planned=True)


def _stable(line: Line) -> bool:
    value = stability(line).value
    return line.quality.value is not None and value is not None and value >= VETO


def _candidates(board: Board, lines: Sequence[Line], indices: Sequence[str]) -> list[Candidate]:
    from segbench.metric import rank_sum

    coverages = [coverage(line) for line in lines]
    scores = [{index: line.median(index, planned=True) for index in indices} for line in lines]
    ranks = {index: rank_sum(scores, [index], coverages) for index in indices}
    return [
        Candidate(line, board.name(line), float(sum(ranks[index][i] for index in indices)),
                  {index: float(ranks[index][i]) for index in indices})
        for i, line in enumerate(lines)
    ]  # fmt: skip


def coverage(line: Line) -> float:
    """Share of customers that have a segment."""
    result = line.typical.result
    return 1 - (result.segments or {}).get("noise", 0) / (result.dataset.get("rows") or 1)
