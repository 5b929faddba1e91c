"""The columns of a leaderboard: name -> text of a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segbench.contracts import Row, Score
from segbench.leaderboard import Line

Certain = Callable[[Score | None], str]
"""A score with its interval, or, where there is no room, without."""
Columns = Callable[[list[Line], Certain], dict[str, Any]]
COMMON = ("rank", "features", "algorithm", "quality", "tuned on", "choice", "resamples", "seeds",
          "seed", "sweep")  # fmt: skip
LEVELS = {"partition ARI": "stability_ari", "weakest segment": "segment_jaccard_min",
          "customers stay": "customer_consistency", "halves": "prediction_strength"}  # fmt: skip
"""What is shown of stability; result.json has more."""
FIDELITY = "assignment_fidelity"


def columns(lines: list[Line], certain: Certain) -> dict[str, Any]:
    """Name -> text of a line; scores that no line has are left out."""
    rows = [line.typical for line in lines]
    several = any(len(line.rows) > 1 for line in lines)
    shown: dict[str, Any] = {
        "rank": lambda line: str(line.rank) if line.rank else "baseline" if line.baseline else "–",
        "features": lambda line: line.first.features,
        "algorithm": lambda line: line.first.algorithm,
        "quality": lambda line: (fine if certain is interval else number)(line.quality),
        "stability": lambda line: certain(_score(line, "stability_ari")),
    }
    if len({tuple(row.result.objectives) for row in rows if row.rank}) > 1:
        shown["tuned on"] = lambda line: ", ".join(line.first.objectives)
    for title, of in (("choice", _rule), ("resamples", _scheme)):
        if len({of(row) for row in rows if row.rank} - {""}) > 1:
            shown[title] = lambda line, of=of: of(line.typical)
    if several:
        shown["seeds"] = _seeds
    elif len({row.result.seed for row in rows}) > 1:
        shown["seed"] = lambda line: str(line.first.seed)
    if len({row.result.trials.get("planned") for row in rows if row.rank}) > 1:
        shown["trials"] = lambda line: str(line.typical.result.trials.get("planned", ""))
    if len({row.result.sweep for row in rows}) > 1:
        shown["sweep"] = lambda line: line.first.sweep
    for title, name, text in (
        ("future η²", "future_eta2", certain),
        ("ARI", "ari", certain if several else number),
    ):
        if any(line.has(name) for line in lines):
            shown[title] = lambda line, n=name, s=text: s(_score(line, n))
    shown["k"] = _k
    shown["sizes"] = lambda line: _sizes(line.typical)
    if any((row.result.segments or {}).get("noise") for row in rows):
        shown["noise"] = lambda line: _noise(line.typical)
    shown["time"] = lambda line: _time(line.typical)
    shown["result"] = lambda line: line.typical.result.key[:8]
    return shown


def stability_columns(lines: list[Line], certain: Certain) -> dict[str, Any]:
    """Stability of the partition, its weakest segment and its customers, and across halves."""
    shown = columns(lines, certain)
    names = [name for name in COMMON if name in shown]
    out: dict[str, Any] = {name: shown[name] for name in names}
    for title, key in LEVELS.items():
        if any(line.has(key) for line in lines):
            out[title] = lambda line, key=key: certain(_score(line, key))
    out["unsure"] = lambda line: _unsure(line.typical)
    if any(line.has(FIDELITY) for line in lines):
        out["fidelity"] = lambda line: number(_score(line, FIDELITY))
    if any(line.typical.result.structure for line in lines):
        out["p"] = lambda line: _p(line.typical)
    out["refits"] = lambda line: str((line.typical.result.stability or {}).get("replicates", ""))
    return out | {"result": shown["result"]}


def _score(line: Line, name: str) -> Score | None:
    return line.median(name) if line.has(name) else None


def _seeds(line: Line) -> str:
    n, counted = len(line.rows), len(line.counted)
    return str(n) if counted == n else f"{counted} of {n}"


def _k(line: Line) -> str:
    """The number of segments, or the least and the greatest of the seeds."""
    rows = line.counted or [line.typical]
    known = [(row.result.segments or {}).get("k") for row in rows]
    found = sorted({k for k in known if k is not None})
    return "–".join(map(str, [*dict.fromkeys([found[0], found[-1]])])) if found else ""


def _rule(row: Row) -> str:
    return str((row.result.choice or {}).get("rule", ""))


def _scheme(row: Row) -> str:
    """The scheme of the refits, with its amount where it is not the scheme's own."""
    stability = row.result.stability or {}
    amount = stability.get("amount")
    return f"{stability.get('scheme', '')}{'' if amount is None else f' {amount:g}'}"


def _p(row: Row) -> str:
    """Of the search on copies of the table without segments."""
    structure = row.result.structure
    return "" if not structure else "–" if structure["p"] is None else f"{structure['p']:.3f}"


def _unsure(row: Row) -> str:
    customers = (row.result.stability or {}).get("customers")
    return f"{customers['unsure']:.1%}" if customers else ""


def number(score: Score | None) -> str:
    """Three digits."""
    return "" if score is None else "undefined" if score.value is None else f"{score.value:.3f}"


def fine(score: Score | None) -> str:
    """Three digits, with the interval if it has one."""
    if score is None or score.value is None or score.high is None:
        return number(score)
    low = "none" if score.low is None else f"{score.low:.3f}"
    return f"{score.value:.3f} [{low}, {score.high:.3f}]"


def interval(score: Score | None) -> str:
    """Two digits, with the interval if it has one."""
    if score is None or score.value is None:
        return number(score)
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} [{score.low:.2f}, {score.high:.2f}]"


def _sizes(row: Row) -> str:
    segments = row.result.segments or {}
    if "smallest_share" not in segments:
        return ""
    return f"{segments['smallest_share']:.0%}–{segments['largest_share']:.0%}"


def _noise(row: Row) -> str:
    segments, n = row.result.segments, row.result.dataset.get("rows") or 1
    return f"{segments.get('noise', 0) / n:.0%}" if segments else ""


def _time(row: Row) -> str:
    total = row.result.seconds.get("total")
    return "" if total is None else f"{total:,.0f} s"
