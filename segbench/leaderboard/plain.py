"""Rows as plain values, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segbench.contracts import Row
from segbench.leaderboard.boards import boards_of
from segbench.leaderboard.lines import Line

CERTAIN = ("stability_ari", "segment_jaccard_min", "customer_consistency", "prediction_strength",
           "future_eta2")  # fmt: skip
"""Scores that are shown with their intervals."""
SCORES = ("quality", "silhouette", *CERTAIN, "ari", "ami", "assignment_fidelity")


def flat(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Each row under stable names, whatever its status."""
    of = {row.result.key: line for board in boards_of(rows) for line in board.lines
          for row in line.rows}  # fmt: skip
    return [_flat(row, of[row.result.key]) for row in rows]


def _flat(row: Row, line: Line) -> dict[str, Any]:
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
    plain |= {"seeds": len(line.rows), "seeds_eligible": len(line.counted), "group": row.group}
    for name in SCORES:
        middle = line.median(name)
        plain |= {f"{name}_median": middle.value, f"{name}_median_low": middle.low,
                  f"{name}_median_high": middle.high}  # fmt: skip
    plain |= {name: segments.get(name) for name in
              ("k", "noise", "largest_share", "smallest_share")}  # fmt: skip
    plain |= {
        "p": (result.structure or {}).get("p"), "regret": (result.regret or {}).get("lost"),
        "refits": result.trials.get("refits"),
        "reversed_in": list(row.reversed_in), "not_above": row.not_above, "why": result.why,
        "seconds": result.seconds.get("total"), "seconds_assign_one":
        result.seconds.get("assign_one"), "sweep": result.sweep, "key": result.key,
        "data_sha256": result.dataset.get("sha256"), "setup": result.setup, "board": row.board,
    }  # fmt: skip
    return plain
