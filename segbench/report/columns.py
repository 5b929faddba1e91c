"""The columns of a leaderboard: name -> text of a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segbench.contracts import Row, Score

Certain = Callable[[Score | None], str]
"""A score with its interval, or, where there is no room, without."""
Columns = Callable[[list[Row], Certain], dict[str, Any]]
COMMON = ("rank", "features", "algorithm", "quality", "tuned on", "choice", "resamples", "seed",
          "sweep")  # fmt: skip
LEVELS = {"partition ARI": "stability_ari", "weakest segment": "segment_jaccard_min",
          "customers stay": "customer_consistency", "halves": "prediction_strength"}  # fmt: skip
"""What is shown of stability; result.json has more."""
FIDELITY = "assignment_fidelity"


def columns(rows: list[Row], certain: Certain) -> dict[str, Any]:
    """Name -> text of a row; scores that no row has are left out."""
    shown: dict[str, Any] = {
        "rank": lambda row: (
            str(row.rank) if row.rank else "baseline" if row.result.baseline else "–"
        ),
        "features": lambda row: row.result.features,
        "algorithm": lambda row: row.result.algorithm,
        "quality": lambda row: number(row.result.scores.get("quality")),
        "stability": lambda row: certain(row.result.scores.get("stability_ari")),
    }
    if len({tuple(row.result.objectives) for row in rows if row.rank}) > 1:
        shown["tuned on"] = lambda row: ", ".join(row.result.objectives)
    for title, of in (("choice", _rule), ("resamples", _scheme)):
        if len({of(row) for row in rows if row.rank} - {""}) > 1:
            shown[title] = of
    if len({row.result.seed for row in rows}) > 1:
        shown["seed"] = lambda row: str(row.result.seed)
    if len({row.result.trials.get("planned") for row in rows if row.rank}) > 1:
        shown["trials"] = lambda row: str(row.result.trials.get("planned", ""))
    if len({row.result.sweep for row in rows}) > 1:
        shown["sweep"] = lambda row: row.result.sweep
    for title, name, text in (("future η²", "future_eta2", certain), ("ARI", "ari", number)):
        if any(name in row.result.scores for row in rows):
            shown[title] = lambda row, n=name, s=text: s(row.result.scores.get(n))
    shown["k"] = lambda row: str((row.result.segments or {}).get("k", ""))
    shown["sizes"] = _sizes
    if any((row.result.segments or {}).get("noise") for row in rows):
        shown["noise"] = lambda row: _noise(row)
    shown["time"] = lambda row: f"{row.result.seconds.get('total', 0):.0f} s"
    shown["result"] = lambda row: row.result.key[:8]
    return shown


def stability_columns(rows: list[Row], certain: Certain) -> dict[str, Any]:
    """Stability of the partition, its weakest segment and its customers, and across halves."""
    shown = columns(rows, certain)
    names = [name for name in COMMON if name in shown]
    out: dict[str, Any] = {name: shown[name] for name in names}
    for title, key in LEVELS.items():
        if any(key in row.result.scores for row in rows):
            out[title] = lambda row, key=key: certain(row.result.scores.get(key))
    out["unsure"] = _unsure
    if any(FIDELITY in row.result.scores for row in rows):
        out["fidelity"] = lambda row: number(row.result.scores.get(FIDELITY))
    if any(row.result.structure for row in rows):
        out["p"] = _p
    out["refits"] = lambda row: str((row.result.stability or {}).get("replicates", ""))
    return out | {"result": shown["result"]}


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
    n = row.result.dataset.get("rows") or 1
    return f"{(row.result.segments or {}).get('noise', 0) / n:.0%}"
