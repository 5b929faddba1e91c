"""Results -> ranked rows.

Rows are ranked together only when they share data set, data revision, reference space, terms (how
the table is made and read, reference columns, guards) and schema.
Eligible rows are ranked by quality; baselines stand among them at their score, without a rank; what
is ineligible, skipped, failed or missing follows with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from segbench.contracts import Result, Row
from segbench.results import Stored, read_plan, scan

CERTAIN = ("stability_ari", "segment_jaccard_min", "customer_consistency", "prediction_strength",
           "future_eta2")  # fmt: skip
"""Scores that are shown with their intervals."""
SCORES = ("quality", "silhouette", *CERTAIN, "ari", "ami", "assignment_fidelity")


def build(root: Path) -> list[Row]:
    """Rows of every result and every planned cell below a results folder.

    Raises:
        InputError: the folder does not exist or a file in it cannot be read.

    """
    stored = {entry.result.key: entry for entry in scan(root)}
    sweeps = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    missing = [
        Stored(_missing(cell, sweep), sweep / str(cell["key"]))
        for sweep in sweeps
        for cell in read_plan(sweep)
        if cell["key"] not in stored
    ]
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
    board = f"{result.dataset['name']} {sha[:12]} {result.space or ''} {terms} {result.schema}"
    eligible = result.status == "complete" and not result.baseline and quality is not None
    return Row(result, board, None, eligible, quality, path=str(entry.path))


def _adopt_homeless(boards: dict[str, list[Row]]) -> None:
    """Show a cell that never reached its data (no space) under the data set's one ranked board."""
    homes: dict[str, list[str]] = {}
    for board, rows in boards.items():
        if any(row.result.space for row in rows):
            homes.setdefault(rows[0].result.dataset["name"], []).append(board)
    for board in [board for board, rows in boards.items() if not rows[0].result.space]:
        known = homes.get(boards[board][0].result.dataset["name"], [])
        if len(known) == 1:
            boards[known[0]] += [replace(row, board=known[0]) for row in boards.pop(board)]


def _rank_board(rows: list[Row]) -> list[Row]:
    def by_quality(row: Row) -> tuple[float, str]:
        return (math.inf if row.quality is None else -row.quality, row.result.key)

    ranked = sorted((row for row in rows if row.eligible), key=by_quality)
    flags = _reversals(ranked)
    baselines = [r for r in rows if r.result.baseline and r.result.status == "complete"]
    floor = min(baselines, key=by_quality, default=None)
    ranked = [
        replace(row, rank=i, reversed_in=flags[i - 1], not_above=_not_above(row, floor))
        for i, row in enumerate(ranked, 1)
    ]
    shown = sorted([*ranked, *baselines], key=by_quality)
    order = ("complete", "ineligible", "skipped", "timeout", "memory", "failed", "missing")
    rest = [row for row in rows if not row.eligible and row not in baselines]
    return shown + sorted(
        rest, key=lambda row: (order.index(row.result.status), row.result.features,
                               row.result.algorithm, row.result.key),
    )  # fmt: skip


def _not_above(row: Row, floor: Row | None) -> str:
    """The best baseline, where a ranked row's quality is not above its."""
    if floor is None or floor.quality is None or (row.quality or 0.0) > floor.quality:
        return ""
    return floor.result.algorithm


def _reversals(ranked: list[Row]) -> list[tuple[str, ...]]:
    """For each ranked row, the other spaces in which it changes places with another row."""
    flags: list[set[str]] = [set() for _ in ranked]
    for j, lower in enumerate(ranked):
        for i, upper in enumerate(ranked[:j]):
            for space in _other_spaces(upper.result):
                a = upper.result.scores.get(f"quality@{space}")
                b = lower.result.scores.get(f"quality@{space}")
                if a and b and a.value is not None and b.value is not None and b.value > a.value:
                    flags[i].add(space)
                    flags[j].add(space)
    return [tuple(sorted(flag)) for flag in flags]


def _other_spaces(result: Result) -> list[str]:
    """Spaces that rankings are compared in; the pipeline's own (`native`) never is."""
    names = (name.partition("@")[2] for name in result.scores if name.startswith("quality@"))
    return [name for name in names if name != "native"]


def _missing(cell: Mapping[str, Any], sweep: Path) -> Result:
    return Result(
        key=str(cell["key"]), sweep=sweep.name, status="missing",
        why="planned, but no result yet: run the same command again",
        dataset={"name": cell["dataset"], "rows": None, "sha256": cell["data_sha256"],
                 "terms": cell.get("terms")},
        features=cell["features"], algorithm=cell["algorithm"], baseline=cell["baseline"],
        space=None, seed=cell["seed"],
    )  # fmt: skip


def flat(row: Row) -> dict[str, Any]:
    """One row as plain values under stable names, for JSON, CSV and other programs."""
    result = row.result
    segments = result.segments or {}
    plain: dict[str, Any] = {
        "dataset": result.dataset["name"], "rank": row.rank, "status": result.status,
        "eligible": row.eligible, "baseline": result.baseline, "features": result.features,
        "algorithm": result.algorithm, "space": result.space, "seed": result.seed,
        "tuned_on": ", ".join(result.objectives),
    }  # fmt: skip
    for name in SCORES:
        score = result.scores.get(name)
        plain[name] = score.value if score else None
        if name in CERTAIN:
            plain[f"{name}_low"] = score.low if score else None
            plain[f"{name}_high"] = score.high if score else None
    plain |= {name: segments.get(name) for name in
              ("k", "noise", "largest_share", "smallest_share")}  # fmt: skip
    plain |= {
        "p": (result.structure or {}).get("p"), "regret": (result.regret or {}).get("lost"),
        "refits": result.trials.get("refits"),
        "reversed_in": list(row.reversed_in), "not_above": row.not_above, "why": result.why,
        "seconds": result.seconds.get("total"), "sweep": result.sweep, "key": result.key,
        "data_sha256": result.dataset.get("sha256"),
    }  # fmt: skip
    return plain
