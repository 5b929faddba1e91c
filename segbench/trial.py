"""What one set of parameters came to, and how trials are compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from segbench.contracts import Score
from segbench.metric import maximize, worst

STABILITY = "stability_ari"


@dataclass(frozen=True)
class Trial:
    """What a set of parameters came to.

    Attributes:
        scores: the objectives and what composite ones are made of; stability is undefined where
            it was not worth measuring.
        violations: each guard by name, how far beyond its limit (0 or less is within).
        coverage: share of the customers that have a segment.
        stopped: it was hopeless, beyond the guards or by its first refits, so that its stability
            was not measured in full.
        refits: on resamples, that it took.

    """

    params: dict[str, Any]
    scores: dict[str, Score]
    violations: dict[str, float]
    k: int
    noise: int
    stopped: bool
    seconds: float
    coverage: float = 1.0
    refits: int = 0

    @property
    def feasible(self) -> bool:
        """Within every guard."""
        return all(value <= 0 for value in self.violations.values())

    @property
    def excess(self) -> float:
        """How far beyond all guards together."""
        return sum(value for value in self.violations.values() if value > 0)


@dataclass(frozen=True)
class Record:
    """A trial in a study: what it came to, or why it failed."""

    index: int
    trial: Trial | None
    params: dict[str, Any]
    why: str = ""


def distinct(records: Iterable[Record]) -> list[Record]:
    """The finished trials without repeated parameter sets, which have the same answer."""
    kept: dict[str, Record] = {}
    for record in records:
        if record.trial:
            kept.setdefault(str(sorted(record.params.items())), record)
    return list(kept.values())


def sign(name: str) -> int:
    """1 for a score of which more is better, else -1."""
    return 1 if maximize(name) else -1


def told(name: str, score: Score) -> float:
    """A finite value: the worst there is where the score is undefined."""
    return worst(name) if score.value is None else score.value


def weighted(trial: Trial, objectives: Sequence[str], weights: Sequence[float]) -> float:
    """Sum of weights times objectives, those of which less is better with a minus."""
    return sum(
        weight * sign(name) * told(name, trial.scores[name])
        for name, weight in zip(objectives, weights, strict=True)
    )
