"""Everything that the HTML leaderboard shows, as plain values for its script.

A score is a list of value, low and high, shortened where there is no interval; a first value of
None says that it is undefined.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segbench.contracts import Row, Score
from segbench.leaderboard import Across, Board, Line, across, boards_of, meetings
from segbench.report import folder
from segbench.report.across import left_out, significance_lines
from segbench.report.columns import FIDELITY, columns, number
from segbench.report.folder import Plain, short
from segbench.report.remarks import below_the_floor, equivalents, remarks, reversals
from segbench.report.text import told_apart
from segbench.results import assigns, command

SCORED = {"quality": "quality", "stability": "stability_ari", "future η²": "future_eta2",
          "ARI": "ari", "fidelity": FIDELITY}  # fmt: skip
"""Columns whose cells are scores, and their names in `result.json`."""
EXACT = 17
"""Digits that keep a number as it is: rounded twice, another one could stand on the page."""
NUMBERS = ("params", "segments", "stability", "structure", "choice", "regret", "seconds")
"""Parts of a result whose numbers are rounded."""


def payload(rows: Sequence[Row]) -> Plain:
    """Boards, the comparison across data sets, and every result by its key."""
    boards = boards_of(rows)
    addresses = told_apart([board.dataset for board in boards], "~")
    overall = across(boards)
    versions: dict[str, int] = {}
    results = {}
    for at, board in enumerate(boards):
        for i, line in enumerate(board.lines):
            for row in line.rows:
                plain = _result(row, versions) | _beside(row)
                results[row.result.key] = plain | {"board": at, "line": i}
    return {
        "boards": [_board(board, name) for board, name in zip(boards, addresses, strict=True)],
        "meetings": meetings(boards),
        "across": None if overall is None else _across(overall),
        "versions": [json.loads(each) for each in versions],
        "states": folder.STATES,
        "results": results,
    }


def _board(board: Board, name: str) -> Plain:
    lines = list(board.lines)
    shown = columns(lines, number)
    del shown["result"]  # the page has links in its place
    if any(line.has(FIDELITY) for line in lines):
        time = shown.pop("time")
        shown |= {"fidelity": None, "time": time}
    return {
        "id": name, "dataset": board.dataset, "customers": board.measured.dataset.get("rows"),
        "space": board.measured.space, "sha256": str(board.measured.dataset.get("sha256") or ""),
        "terms": str(board.measured.dataset.get("terms") or ""),
        "notes": _notes(board), "columns": list(shown), "ranked": len(board.ranked),
        "lines": [_line(board, line, shown) for line in lines],
    }  # fmt: skip


def _notes(board: Board) -> list[tuple[str, str]]:
    """What there is to say, each a "note" or a "warning"; rows without a rank say it themselves.

    What is about the board comes first: the page folds up what follows the first few.
    """
    floor = below_the_floor(board)
    notes = [board.over_seeds] if board.over_seeds else []
    warnings = [*([floor] if floor else []), *reversals(board), *remarks(board)]
    return [*(("note", text) for text in [*notes, *equivalents(board)]),
            *(("warning", text) for text in warnings)]  # fmt: skip


def _line(board: Board, line: Line, shown: Plain) -> Plain:
    """A line's cells; scores of a line without an eligible result are its typical result's own."""
    typical = line.typical.result
    cells: list[Any] = []
    for title, text in shown.items():
        if title in SCORED:
            name = SCORED[title]
            found = line.median(name) if line.counted else typical.scores.get(name)
            cells.append(_score(found, EXACT) if line.has(name) else None)
        else:
            cells.append(text(line))
    return {
        "name": board.name(line), "cells": cells, "rank": line.rank, "baseline": line.baseline,
        "counted": len(line.counted), "typical": typical.key,
        "results": [row.result.key for row in line.rows],
    }  # fmt: skip


def _score(score: Score | None, digits: int = 6) -> list[float | None] | None:
    if score is None:
        return None
    if score.low is None and score.high is None:
        return [short(score.value, digits)]
    return [short(score.value, digits), short(score.low, digits), short(score.high, digits)]


def _explained(name: str, score: Score) -> list[Any] | None:
    """A score with what there is to say of it: (value, low, high, why, status)."""
    plain: list[Any] = _score(score, EXACT if name in SCORED.values() else 6) or []
    if score.why or score.status == "estimate":
        plain = [*[*plain, None, None][:3], score.why]
        if score.status == "estimate":
            plain.append(score.status)
    return plain


def _result(row: Row, versions: dict[str, int]) -> Plain:
    r = row.result
    stability = dict(r.stability or {})
    recovery = [[each["segment"], short(each["jaccard"]), short(each.get("low")),
                 short(each.get("high"))] for each in stability.pop("segments", [])]  # fmt: skip
    plain = {
        "sweep": r.sweep, "status": r.status, "why": r.why, "rank": row.rank,
        "seed": r.seed, "space": r.space, "setup": r.setup,
        "features": r.features, "algorithm": r.algorithm, "baseline": r.baseline,
        "dataset": dict(r.dataset), "objectives": list(r.objectives), "params": dict(r.params),
        "segments": r.segments, "reversed": row.reversed_in, "below": row.not_above,
        "scores": {name: _explained(name, score) for name, score in r.scores.items()},
        "recovery": recovery, "stability": stability, "structure": r.structure,
        "assignment": r.assignment, "choice": r.choice, "regret": r.regret, "counts": r.trials,
        "seconds": r.seconds, "peak": r.peak_mb, "command": command(r),
        "versions": versions.setdefault(json.dumps(dict(r.versions)), len(versions)),
    }  # fmt: skip
    return plain | {name: _shortened(plain[name]) for name in NUMBERS}


def _shortened(value: Any) -> Any:
    """The same with numbers of six digits, however deep they stand."""
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    return [_shortened(e) for e in value] if isinstance(value, list | tuple) else short(value)


def _beside(row: Row) -> Plain:
    """What lies beside `result.json`; nothing where the row has no folder."""
    path = Path(row.path)
    if not row.path or not path.is_dir():
        return {}
    return {"trials": folder.trials(path, row.result), "profile": folder.profile(path),
            "assigns": assigns(path)}  # fmt: skip


def _across(overall: Across) -> Plain:
    standings = [{
        "name": each.name, "ranks": each.ranks, "qualities": [short(q) for q in each.qualities],
        "mean_rank": _score(each.mean_rank, EXACT), "win_rate": _score(each.win_rate, EXACT),
        "elo": _score(each.elo, EXACT),
    } for each in overall.standings]  # fmt: skip
    test = overall.test and {"critical_difference": overall.test.critical_difference,
                             "cliques": overall.test.cliques}  # fmt: skip
    return {
        "datasets": overall.datasets, "unit": overall.unit, "standings": standings,
        "beats": [[short(share, 4) for share in shares] for shares in overall.beats],
        "resampled": overall.resampled, "lines": [*significance_lines(overall), *left_out(overall)],
        "test": test,
    }  # fmt: skip
