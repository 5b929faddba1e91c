"""Results -> ranked rows.

Rows are ranked together only when they share data set, data revision, reference space, terms (how
the table is made and read, reference columns, guards), the version of the metrics and schema.
Lines (a pipeline and an algorithm over its seeds) are ranked by median quality, and all eligible
rows of a line have its rank; baselines stand among them at their score, without a rank; what is
ineligible, skipped, failed or missing follows with its reason.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from segbench.contracts import Result, Row
from segbench.leaderboard.lines import Line, best_first, lines_of
from segbench.leaderboard.seeds import WORST, median
from segbench.results import Stored, read_plan, scan

EQUIVALENT = 0.01
"""Difference in quality up to which two lines are practically the same."""
VERSIONED = ("quality", "silhouette", "pearson_gamma", "wcnn", "dunn_nn", "segment_jaccard_min",
             "stability_ari")  # fmt: skip
STATUSES = ("complete", "ineligible", "skipped", "timeout", "memory", "failed", "missing")


def build(root: Path) -> list[Row]:
    """Rows of every result and every planned cell below a results folder.

    Raises:
        InputError: the folder does not exist or a file in it cannot be read.

    """
    stored = {entry.result.key: entry for entry in scan(root)}
    sweeps = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    missing = [entry for sweep in sweeps for entry in _planned(sweep, stored)]
    return rank([*stored.values(), *missing])


def rank(entries: Iterable[Stored]) -> list[Row]:
    """Rank results board by board; the best first, then baselines by score, then the rest."""
    boards: dict[str, list[Row]] = {}
    for entry in entries:
        row = _row(entry)
        boards.setdefault(row.board, []).append(row)
    _adopt_homeless(boards)
    return [row for board in sorted(boards) for row in _rank_board(boards[board])]


def _row(entry: Stored) -> Row:
    result = entry.result
    score = result.scores.get("quality")
    quality = score.value if score is not None else None
    sha = str(result.dataset.get("sha256") or "")
    terms = result.dataset.get("terms") or ""
    measured = versions_of(result)
    board = f"{result.dataset['name']} {sha[:12]} {result.space or ''} {terms} {result.schema}"
    eligible = result.status == "complete" and not result.baseline and quality is not None
    return Row(result, f"{board} {measured}", None, eligible, quality, path=str(entry.path))


def versions_of(result: Result) -> str:
    """Versions of the scores that lines are ranked and picked by; "" without a quality."""
    found = {name: result.scores[name].version for name in VERSIONED if name in result.scores}
    if "quality" not in found:
        return ""
    raised = [f" {name} v{version}" for name, version in found.items()
              if version != 1 and name != "quality"]  # fmt: skip
    return f"v{found['quality']}{''.join(raised)}"


def _adopt_homeless(boards: dict[str, list[Row]]) -> None:
    """Show a cell without a score under the one board that has some and else says the same."""
    ranked = {board for board, rows in boards.items() if any("quality" in r.result.scores
                                                             for r in rows)}  # fmt: skip
    for board in sorted(set(boards) - ranked):
        known = boards[board][0].result
        homes = [home for home in ranked if _may_join(known, boards[home][0].result)]
        if len(homes) == 1:
            boards[homes[0]] += [replace(row, board=homes[0]) for row in boards.pop(board)]


def _may_join(homeless: Result, settled: Result) -> bool:
    """Whether nothing that the homeless one knows of itself differs."""
    same = homeless.dataset["name"] == settled.dataset["name"]
    known = [(homeless.space, settled.space)]
    known += [(homeless.dataset.get(n), settled.dataset.get(n)) for n in ("sha256", "terms")]
    return same and homeless.schema == settled.schema and all(
        mine in (None, "", its) for mine, its in known)  # fmt: skip


def _rank_board(rows: list[Row]) -> list[Row]:
    lines = lines_of(rows)
    ranked = sorted((line for line in lines if not line.baseline and line.counted), key=best_first)
    flags = _reversals(ranked)
    baselines = [line for line in lines if line.baseline and line.counted]
    floor = min(baselines, key=best_first, default=None)
    groups = _equivalent(ranked)
    placed: dict[str, Row] = {}
    for place, (line, flag, group) in enumerate(zip(ranked, flags, groups, strict=True), 1):
        for row in line.counted:
            placed[row.result.key] = replace(row, rank=place, reversed_in=flag, group=group,
                                             not_above=_not_above(line, floor))  # fmt: skip
    order = sorted([*ranked, *baselines], key=best_first)
    shown = [placed.get(row.result.key, row) for line in order for row in line.counted]
    rest = [row for row in rows if not row.counts]
    return shown + sorted(
        rest, key=lambda row: (STATUSES.index(row.result.status), row.result.features,
                               row.result.algorithm, row.result.seed, row.result.key),
    )  # fmt: skip


def _not_above(line: Line, floor: Line | None) -> str:
    """The best baseline, where a ranked line's quality is not above its."""
    if floor is None or floor.quality.value is None:
        return ""
    value = line.quality.value
    return "" if value is not None and value > floor.quality.value else floor.first.algorithm


def _reversals(ranked: Sequence[Line]) -> list[tuple[str, ...]]:
    """For each ranked line, the other spaces in which it changes places with another line.

    There one of the two is ahead by more than `EQUIVALENT`: less is no other order.
    """
    flags: list[set[str]] = [set() for _ in ranked]
    for space in sorted({space for line in ranked for space in other_spaces(line)}):
        values = np.array([_value(line, f"quality@{space}") for line in ranked])
        above = np.fmax.accumulate(values[::-1])[::-1]  # the best of those ranked as low
        below = np.fmin.accumulate(values)
        for i, value in enumerate(values):
            if above[i] > value + EQUIVALENT or below[i] < value - EQUIVALENT:
                flags[i].add(space)
    return [tuple(sorted(flag)) for flag in flags]


def _value(line: Line, name: str) -> float:
    value = line.median(name).value if line.has(name) else None
    return math.nan if value is None else value


def other_spaces(line: Line) -> list[str]:
    """Spaces that rankings are compared in; the pipeline's own (`native`) never is."""
    names = {name for row in line.counted for name in row.result.scores}
    spaces = (name.partition("@")[2] for name in names if name.startswith("quality@"))
    return sorted(space for space in spaces if space != "native")


def _equivalent(ranked: Sequence[Line]) -> list[int]:
    """The group of each ranked line, from 1: lines that are practically as good as its best one."""
    groups: list[int] = []
    leader: Line | None = None
    for line in ranked:
        if leader is None or not practically_equal(leader, line):
            leader = line
            groups.append(groups[-1] + 1 if groups else 1)
        else:
            groups.append(groups[-1])
    return groups


def practically_equal(a: Line, b: Line) -> bool:
    """Whether the differences of their qualities lie within `EQUIVALENT`, seed by seed.

    All of the bootstrap interval of the median difference must; where they have no seed in common,
    the difference of the medians.
    """
    if a.quality.value is None or b.quality.value is None:
        return False
    of_a, of_b = ({row.result.seed: row.quality if row.eligible else WORST for row in line.rows}
                  for line in (a, b))  # fmt: skip
    pairs = [(x, of_b[seed]) for seed, x in of_a.items() if seed in of_b]
    if any((x == WORST) != (y == WORST) for x, y in pairs):  # one of them has no result there
        return False
    found = median([x - y for x, y in pairs if x is not None and y is not None and x > WORST])
    if found.value is None:
        return abs(a.quality.value - b.quality.value) <= EQUIVALENT
    ends = [end for end in (found.value, found.low, found.high) if end is not None]
    return max(map(abs, ends)) <= EQUIVALENT


def _planned(sweep: Path, stored: Mapping[str, Stored]) -> list[Stored]:
    """The planned cells of a sweep that have no result."""
    found = []
    for cell in read_plan(sweep):
        try:
            if cell["key"] not in stored:
                found.append(Stored(_missing(cell, sweep), sweep / str(cell["key"])))
        except (KeyError, TypeError) as error:
            print(f"warning: passed over: {sweep / 'plan.json'}: a cell without {error}",
                  file=sys.stderr)  # fmt: skip
    return found


def _missing(cell: Mapping[str, Any], sweep: Path) -> Result:
    return Result(
        key=str(cell["key"]), sweep=sweep.name, status="missing",
        why="planned, but no result yet: run the same command again",
        dataset={"name": cell["dataset"], "rows": None, "sha256": cell["data_sha256"],
                 "terms": cell.get("terms")},
        features=cell["features"], algorithm=cell["algorithm"], baseline=cell["baseline"],
        space=None, seed=cell["seed"], setup=str(cell.get("setup", "")),
    )  # fmt: skip
