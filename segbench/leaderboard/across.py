"""Contestants across data sets, each of which weighs the same.

A contestant is a pipeline with an algorithm and a set-up; where data sets differ in their
pipelines and no algorithm has two of them on one, it is the algorithm. Only those that were planned
on every data set are compared. Where one has no eligible result it shares the last place, loses
against every other and ties with others that have none; the same holds seed by seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segbench.contracts import Floats, Score
from segbench.leaderboard.boards import Board
from segbench.leaderboard.lines import Line
from segbench.leaderboard.paired import elo, strengths, wins
from segbench.leaderboard.seeds import WORST
from segbench.leaderboard.significance import LEAST, Significance, shared_ranks, significance

DRAWS = 400
Key = Callable[[Line], tuple[str, ...]]


@dataclass(frozen=True)
class Standing:
    """A contestant across data sets.

    Attributes:
        ranks: of its median quality on each data set, 1 the best, ties sharing.
        qualities: those medians; None where there is none.
        mean_rank, win_rate, elo: with 95 % bootstrap intervals. The win rate is the mean over the
            other contestants.

    """

    name: str
    ranks: tuple[float, ...]
    qualities: tuple[float | None, ...]
    mean_rank: Score
    win_rate: Score
    elo: Score


@dataclass(frozen=True)
class Across:
    """Contestants across data sets, the best mean rank first.

    Attributes:
        unit: what a contestant is: "pipeline and algorithm" or "algorithm".
        resampled: what intervals come from: "data sets and seeds", "seeds", or "" for none.
        beats: (m, m) share of games that the row's contestant won against the column's.
        test: None where there are too few data sets or contestants; `why` says so.
        elsewhere: contestants that are not on every data set, and on how many they are.
        empty: data sets on which nobody has a rank: all would share it.
        left_out: boards of data sets that have another one with more ranked lines.

    """

    datasets: tuple[str, ...]
    unit: str
    standings: tuple[Standing, ...]
    beats: tuple[tuple[float, ...], ...]
    resampled: str
    test: Significance | None
    why: str
    elsewhere: Mapping[str, int]
    empty: tuple[str, ...] = ()
    left_out: int = 0


def across(boards: Sequence[Board]) -> Across | None:
    """Compare contestants across the data sets of these boards; None where but one has ranks."""
    asked = _one_each(boards)
    used = [board for board in asked if board.ranked]
    if len(used) < 2:
        return None
    empty = tuple(board.dataset for board in asked if not board.ranked)
    unit, key = _unit(used)
    entered = [{key(line): line for line in board.lines if not line.baseline} for board in used]
    count = Counter(each for lines in entered for each in lines)
    names = _names(used, key)
    keys = sorted(each for each in count if count[each] == len(used))
    elsewhere: dict[str, int] = {}
    for each, n in sorted(count.items()):
        if n < len(used):
            name = names[each]  # where the same name stands for another set-up, both are named
            elsewhere[f"{name} ({each[-1][:6]})" if name in elsewhere else name] = n
    grids = [_grid([lines[each] for each in keys]) for lines in entered]
    standings, beats, resampled = _standings([names[each] for each in keys], entered, keys, grids)
    test, why = None, ""
    few = (f"{len(used)} data sets: below {LEAST} there is no Friedman test and no "
           "critical-difference diagram")  # fmt: skip
    if len(keys) < 2:
        why = (f"{len(keys)} of {len(count)} contestants are on every data set: none to compare "
               "(a contestant is the same set-up everywhere)")  # fmt: skip
        why += f"; {few}" if len(used) < LEAST else ""
    elif len(used) < LEAST:
        why = few
    elif len(keys) < 3:
        why = f"{len(keys)} contestants on every data set: a Friedman test takes three"
    else:
        Q = np.array([[WORST if v is None else v for v in s.qualities] for s in standings])
        test = significance(Q, [s.mean_rank.value or 0.0 for s in standings])
    return Across(tuple(board.dataset for board in used), unit, standings, beats, resampled, test,
                  why, elsewhere, empty, len(boards) - len(asked))  # fmt: skip


def _one_each(boards: Sequence[Board]) -> list[Board]:
    """One board of each data set: that with the most ranked lines, and the first of several."""
    best: dict[str, Board] = {}
    for board in boards:
        kept = best.setdefault(board.dataset, board)
        if len(board.ranked) > len(kept.ranked):
            best[board.dataset] = board
    return list(best.values())


def _unit(boards: Sequence[Board]) -> tuple[str, Key]:
    """What a contestant is, and the name by which it is the same on every data set."""

    def full(line: Line) -> tuple[str, ...]:
        same = line.first.setup or line.first.key  # a record without a set-up is like no other
        return (line.first.features, line.first.algorithm, same)

    contestants = [[line for line in board.lines if not line.baseline] for board in boards]
    once = all(max(Counter(line.first.algorithm for line in lines).values(), default=0) <= 1
               for lines in contestants)  # fmt: skip
    pipelines = {frozenset(line.first.features for line in lines) for lines in contestants}
    if once and len(pipelines) > 1:
        return "algorithm", lambda line: (line.first.algorithm,)
    return "pipeline and algorithm", full


def _names(boards: Sequence[Board], key: Key) -> dict[tuple[str, ...], str]:
    """Algorithms by their own name, others by that on the first board that has them."""
    names: dict[tuple[str, ...], str] = {}
    for board in boards:
        for line in board.lines:
            each = key(line)
            names.setdefault(each, each[0] if len(each) == 1 else board.name(line))
    return names


def _grid(lines: Sequence[Line]) -> Floats:
    """(m, S) quality for each seed; a seed that a line was not planned for gets its median."""
    seeds = sorted({row.result.seed for line in lines for row in line.rows})
    grid = np.empty((len(lines), len(seeds)))
    for i, line in enumerate(lines):
        value = line.quality.value
        grid[i] = WORST if value is None else value
        for row in line.rows:
            known = row.eligible and row.quality is not None
            grid[i, seeds.index(row.result.seed)] = row.quality if known else WORST
    return grid


def _standings(
    names: Sequence[str], entered: Sequence[Mapping[tuple[str, ...], Line]],
    keys: Sequence[tuple[str, ...]], grids: Sequence[Floats],
) -> tuple[tuple[Standing, ...], tuple[tuple[float, ...], ...], str]:  # fmt: skip
    m = len(keys)
    if m < 2:
        return (), (), ""
    qualities = np.array([[_or_worst(lines[each].quality.value) for lines in entered]
                          for each in keys])  # fmt: skip
    ranks = shared_ranks(qualities.T).T  # (m, N)
    games = [wins(grid) for grid in grids]
    beaten = np.mean([each.mean(axis=0) for each in games], axis=0)
    rate = beaten.sum(axis=1) / max(m - 1, 1)
    strength = strengths(len(grids) * beaten)
    rating = elo(strength)
    resampled, drawn = _resampled(grids, games, strength)
    mean = ranks.mean(axis=1)
    standings = []
    order = sorted(range(m), key=lambda i: (mean[i], -rate[i], names[i]))
    for i in order:
        values = tuple(None if q == WORST else float(q) for q in qualities[i])
        scores = [_between(value, draws[:, i]) for value, draws in
                  zip((mean[i], rate[i], rating[i]), drawn, strict=True)]  # fmt: skip
        standings.append(Standing(names[i], tuple(map(float, ranks[i])), values, *scores))
    return tuple(standings), tuple(map(tuple, beaten[np.ix_(order, order)].tolist())), resampled


def _resampled(
    grids: Sequence[Floats], games: Sequence[Floats], start: Floats
) -> tuple[str, list[Floats]]:
    """Mean ranks, win rates and ratings (B, m) of resamples, and what was resampled.

    Seeds within each data set, and data sets where there are enough of them for that to say how
    others would come out. B is 0 where there is nothing to resample.
    """
    m, n = len(grids[0]), len(grids)
    seeds = max(grid.shape[1] for grid in grids)
    if n < LEAST and seeds < 2:
        return "", [np.empty((0, m))] * 3
    rng = np.random.default_rng(0)
    picks = np.ones((DRAWS, n)) if n < LEAST else rng.multinomial(n, np.full(n, 1 / n), DRAWS)
    ranks, beaten = np.zeros((DRAWS, m)), np.zeros((DRAWS, m, m))
    for grid, game, weight in zip(grids, games, picks.T, strict=True):
        s = grid.shape[1]
        drawn = rng.integers(s, size=(DRAWS, s))
        counts = np.stack([(drawn == seed).mean(axis=1) for seed in range(s)], axis=1)
        ranks += weight[:, None] * shared_ranks(_medians(grid, drawn)) / n
        beaten += weight[:, None, None] * np.tensordot(counts, game, axes=1)
    rate = beaten.sum(axis=2) / n / max(m - 1, 1)
    what = "seeds" if n < LEAST else "data sets and seeds" if seeds > 1 else "data sets"
    chunks = np.array_split(beaten, max(DRAWS * m * m // 500_000, 1))  # they fit the cache
    return what, [ranks, rate, elo(np.concatenate([strengths(c, start) for c in chunks]))]


def _medians(grid: Floats, drawn: npt.NDArray[np.int64]) -> Floats:
    """(B, m) medians over drawn seeds; -inf where half of them have none or more."""
    ordered = np.sort(grid[:, drawn], axis=2)
    s = ordered.shape[2]
    lower, upper = ordered[:, :, (s - 1) // 2], ordered[:, :, s // 2]
    return np.asarray(np.where(np.isfinite(lower), (lower + upper) / 2, WORST).T)


def _between(value: float, draws: Floats) -> Score:
    if not len(draws):
        return Score(float(value))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Score(float(value), float(min(low, value)), float(max(high, value)))


def _or_worst(value: float | None) -> float:
    return WORST if value is None else value
