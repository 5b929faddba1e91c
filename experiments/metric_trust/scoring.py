"""Every label-free score of every candidate of a set, kept on disk until its definition changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from candidates import candidates
from cases import GUARDS, Case

from segbench import metric
from segbench.contracts import Floats, Ints, Partition, Reference
from segbench.errors import Undefined
from segbench.guards import guard_violations
from segbench.metric import INTERNAL, Prepared, score_partition
from segbench.metric.agreement.pair_counting import adjusted_rand


@dataclass(frozen=True)
class Scored:
    """A set whose m candidates are scored.

    Attributes:
        ari: (m,) agreement with the reference labelling that agrees best.
        eligible: (m,) within every guard.
        scores: per space and criterion (m,) scores, more is better, NaN where undefined.
        at_true_k: the agreement of k-means at the k of a reference labelling, the best one.

    """

    group: str
    name: str
    ari: Floats
    eligible: np.ndarray
    scores: dict[str, dict[str, Floats]]
    at_true_k: float


def scored(case: Case, folder: Path) -> Scored:
    """Candidates of a set, their scores and what they are worth."""
    made = candidates(case, folder)
    partitions = [partition for _, partition in made]
    ari = np.array([agreement(case, partition) for partition in partitions])
    eligible = [
        all(value <= 0 for value in guard_violations(partition, GUARDS).values())
        for partition in partitions
    ]
    sizes = {f"kmeans {len(np.unique(truth[truth >= 0]))}" for truth in case.truths}
    at_true_k = [value for (name, _), value in zip(made, ari, strict=True) if name in sizes]
    spaces = {space.kind: space_scores(case, space, partitions, folder) for space in case.spaces}
    return Scored(
        case.group, case.name, ari, np.array(eligible), spaces, max(at_true_k, default=np.nan)
    )


def agreement(case: Case, partition: Partition) -> float:
    """Adjusted Rand index with the reference labelling that agrees best, on the rows it labels."""
    return max(rand(truth, partition.labels) for truth in case.truths)


def rand(truth: Ints, labels: Ints) -> float:
    known = truth >= 0
    try:
        return adjusted_rand(truth[known], labels[known])
    except Undefined:
        return 0.0


def space_scores(
    case: Case, space: Reference, partitions: Sequence[Partition], folder: Path
) -> dict[str, Floats]:
    """(m,) scores by criterion, from disk where partitions and definition are the same."""
    digest = hashlib.sha256(space.X.tobytes() + space.C.tobytes())
    for partition in partitions:
        digest.update(partition.labels.tobytes())
    path = folder / f"{case.group}-{case.name}-{space.kind}-{digest.hexdigest()[:12]}.json"
    kept = json.loads(path.read_text()) if path.is_file() else {}
    known = {name: kept.get(name, {}) for name in INTERNAL}
    missing = [name for name in INTERNAL if known[name].get("definition") != definition(name)]
    if missing:
        prepared = Prepared(space)
        rows = [score_partition(prepared, partition, missing) for partition in partitions]
        for name in missing:
            values = [row[name].value for row in rows]
            kept[name] = {"definition": definition(name), "values": values}
        path.write_text(json.dumps(kept))
    return {name: oriented(name, kept[name]["values"]) for name in INTERNAL}


def definition(name: str) -> str:
    """Of a criterion: its version and the text of all files that scores are computed by."""
    return f"{INTERNAL[name].version}-{sources()}"


@cache
def sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(metric.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def oriented(name: str, values: Sequence[float | None]) -> Floats:
    found = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return found if INTERNAL[name].maximize else -found
