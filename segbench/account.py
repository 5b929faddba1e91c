"""What a result says of its study: how many trials, why this one, what the choice lost by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from segbench.choice import Choice, by_score, validity
from segbench.contracts import Outcomes, Partition, Score
from segbench.evaluator import Evaluator
from segbench.metric import best_agreement
from segbench.stability import stability_across
from segbench.trial import Record, distinct


def counts(records: Sequence[Record], planned: int) -> dict[str, int]:
    """Trials by what became of them, and the refits that they took."""
    complete = sum(r.trial is not None and not r.trial.stopped for r in records)
    pruned = sum(r.trial is not None and r.trial.stopped for r in records)
    refits = sum(r.trial.refits for r in distinct(records) if r.trial)
    return {"planned": max(planned, len(records)), "complete": complete, "pruned": pruned,
            "failed": len(records) - complete - pruned, "refits": refits}  # fmt: skip


def shortlist(rule: str, choice: Choice) -> dict[str, Any]:
    """The rule, and its first three trials as they were measured while tuning."""
    first = [
        {"params": record.params, "k": record.trial.k,
         "scores": {name: score.value for name, score in record.trial.scores.items()}}
        for record in choice.shortlist if record.trial
    ]  # fmt: skip
    return {"rule": rule, "shortlist": first}


def regret(
    evaluator: Evaluator, records: Sequence[Record], outcomes: Outcomes, chosen: Score | None
) -> dict[str, Any] | None:
    """What the choice lost in ARI against the best finished trial within the guards.

    Args:
        evaluator, records: of the study.
        outcomes: with the reference labels, if there are any.
        chosen: the ARI of the choice.

    """
    if not outcomes.reference or chosen is None or chosen.value is None:
        return None
    within = [r for r in distinct(records) if r.trial and r.trial.feasible]
    found: list[tuple[float, Mapping[str, Any]]] = []
    for record in within:
        partition = evaluator.fit(record.params).partition
        ari = best_agreement("ari", partition, outcomes).value
        found += [] if ari is None else [(ari, record.params)]
    if not found:
        return None
    best, params = max(found, key=lambda each: each[0])
    return {"score": "ari", "chosen": chosen.value, "best": best, "lost": best - chosen.value,
            "params": params, "trials": len(within)}  # fmt: skip


def segments_across(
    evaluator: Evaluator, records: Sequence[Record], partition: Partition
) -> list[float | None]:
    """Of each segment, against the best finished trial with one segment fewer."""
    k = partition.k
    fewer = [record for record in records if record.trial and record.trial.k == k - 1]
    if k < 3 or not fewer:
        return [None] * k
    best = by_score(fewer, validity(evaluator.objectives))[0]
    coarser = evaluator.fit(best.params).partition
    return stability_across(partition.labels, k, coarser.labels, k - 1)


def scores_at(records: Sequence[Record], name: str, k: int) -> list[float]:
    """A score of every parameter set that gave k segments, where it was measured."""
    trials = [record.trial for record in distinct(records)]
    found = (trial.scores.get(name) for trial in trials if trial and trial.k == k)
    return [score.value for score in found if score and score.value is not None]


def trials_frame(records: list[Record]) -> pd.DataFrame:
    """One row per trial: index, state, why, parameters, scores, guards, k, noise, seconds.

    `pruned` are those beyond a guard, and those whose refits ended early.
    """
    rows = []
    for record in records:
        t = record.trial
        row: dict[str, Any] = {"number": record.index, "state": "failed", "why": record.why}
        row |= {f"param_{name}": value for name, value in record.params.items()}
        if t is not None:
            row["state"] = "pruned" if t.stopped else "complete"
            for name, score in t.scores.items():
                row |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
            row |= {f"guard_{name}": value for name, value in t.violations.items()}
            row |= {"k": t.k, "noise": t.noise, "refits": t.refits, "seconds": t.seconds}
        rows.append(row)
    return pd.DataFrame(rows)
