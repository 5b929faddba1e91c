"""What there is to say of a board beside its numbers, one sentence each, for every format."""

from __future__ import annotations

from collections.abc import Iterable

from segbench.leaderboard import EQUIVALENT, Board, Line

MOST = 8
"""Lines that one remark names; with hundreds of them it says how many others there are."""


def all_remarks(board: Board) -> list[str]:
    """All of them, in the order in which a terminal shows them."""
    floor = below_the_floor(board)
    return [*([board.over_seeds] if board.over_seeds else []), *without_rank(board),
            *remarks(board), *equivalents(board), *([floor] if floor else []),
            *reversals(board)]  # fmt: skip


def without_rank(board: Board) -> list[str]:
    """Rows without a rank with their reason; seeds of which the same is said stand together."""
    several = any(len(line.rows) > 1 for line in board.lines)
    of = {row.result.key: line for line in board.lines for row in line.rows}
    said: dict[tuple[str, str], list[str]] = {}
    for row in board.rows:
        if row.counts:
            continue
        r = row.result
        score = f" quality {row.quality:.3f};" if row.quality is not None else ""
        undefined = r.scores["quality"].why if "quality" in r.scores else "no quality"
        name = f"{r.status}: {board.name(of[r.key])}"
        said.setdefault((name, f"{score} {r.why or undefined}"), []).append(str(r.seed))
    return [f"{name}{f', seed {_few(seeds)}' if several else ''}:{why}"
            for (name, why), seeds in said.items()]  # fmt: skip


def remarks(board: Board) -> list[str]:
    """What results say of themselves, and of which seeds where not of all."""
    said: dict[str, list[str]] = {}
    for line in board.ranked:
        whys: dict[str, list[int]] = {}
        for row in line.counted:
            if row.result.why:
                whys.setdefault(row.result.why, []).append(row.result.seed)
        for why, seeds in whys.items():
            of = "" if len(seeds) == len(line.rows) else f" (seed {_few(map(str, seeds))})"
            said.setdefault(why, []).append(f"{line.rank}{of}")
    return [f"rank {_few(ranks)}: {why}" for why, ranks in said.items()]


def equivalents(board: Board) -> list[str]:
    """Ranks between which the choice is free as far as quality goes."""
    return [f"practically equivalent (within {EQUIVALENT} of quality): rank {_ranks(group)}"
            for group in board.groups]  # fmt: skip


def below_the_floor(board: Board) -> str:
    """Which lines are not better than the best baseline; "" if all are."""
    below = [line for line in board.ranked if line.counted[0].not_above]
    if not below:
        return ""
    return f"not better than the baseline {below[0].counted[0].not_above}: rank {_ranks(below)}"


def reversals(board: Board) -> list[str]:
    """Other spaces in which lines change places, with their quality there."""
    out = []
    for space in sorted({space for line in board.ranked for space in line.counted[0].reversed_in}):
        parts = []
        for line in board.ranked:
            value = line.median(f"quality@{space}").value
            if space in line.counted[0].reversed_in and value is not None:
                parts.append(f"{board.name(line)} (rank {line.rank}): {value:.3f}")
        out.append(f"the order is another in the {space} space: {_few(parts, '; ')}")
    return out


def _ranks(lines: Iterable[Line]) -> str:
    return _few(str(line.rank) for line in lines)


def _few(parts: Iterable[str], mark: str = ", ") -> str:
    known = list(parts)
    left = len(known) - MOST
    more = f"{mark}and {left} other{'s' if left > 1 else ''}" if left > 0 else ""
    return mark.join(known[:MOST]) + more
