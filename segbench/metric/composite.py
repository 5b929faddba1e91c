"""Objectives made of several indices: one number for a trial, a rank sum for the final choice.

`conf/metric/<name>.yaml` selects one by its name. While tuning each partition needs one number of
its own, whatever else was tried, so the indices are combined; among finished trials they are ranked
one by one and the ranks added up, which no index's scale can dominate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from statistics import fmean

import numpy as np
from scipy.stats import rankdata

from segbench.contracts import Floats, Score
from segbench.metric.registry import INTERNAL

JACCARD = "segment_jaccard_min"
"""Of the stability room: the least mean Jaccard recovery of a segment in refits."""


@dataclass(frozen=True)
class Composite:
    """An objective of several indices, for all of which more is better.

    Attributes:
        indices: their keys; `<index>_z` is standardised against random partitions.
        product: whether they are multiplied (else averaged).
        worst: a finite value that no defined combination falls below.

    """

    indices: tuple[str, ...]
    product: bool = False
    worst: float = -1.0

    def combine(self, scores: Mapping[str, Score], coverage: float) -> Score:
        """One number; undefined where an index is.

        Times the share of customers that have a segment where it is positive: leaving customers out
        must not pay.
        """
        values = []
        for name in self.indices:
            score = scores[name]
            if score.value is None:
                return Score.undefined(f"{name}: {score.why}", score.space)
            values.append(score.value)
        value = prod(values) if self.product else fmean(values)
        return Score(value * coverage if value > 0 else value, space=scores[self.indices[0]].space)


COMPOSITES: dict[str, Composite] = {
    "compact": Composite(("silhouette", "pearson_gamma", "wcnn")),
    "separated": Composite(("dunn_nn", JACCARD), product=True),
    "consensus": Composite(("silhouette", "dbcv", "icl"), worst=-1e16),
    "calibrated": Composite(
        ("silhouette_z", "pearson_gamma_z", "wcnn_z"), worst=-1e16
    ),
}  # fmt: skip


def combined(
    scores: Mapping[str, Score], objectives: Sequence[str], coverage: float
) -> dict[str, Score]:
    """The composite ones among the objectives, from the scores of one partition."""
    made_of = {name: COMPOSITES[name] for name in objectives if name in COMPOSITES}
    return {name: composite.combine(scores, coverage) for name, composite in made_of.items()}


def maximize(name: str) -> bool:
    """Whether more of a score is better."""
    return INTERNAL[name].maximize if name in INTERNAL else True


def worst(name: str) -> float:
    """A finite value that no defined score is worse than: what a tuner is told of undefined ones.

    Those of stability, which are neither internal nor composite, are at least -1.
    """
    known = INTERNAL.get(name) or COMPOSITES.get(name)
    return known.worst if known else -1.0


def rank_sum(
    candidates: Sequence[Mapping[str, Score]], indices: Sequence[str], coverages: Sequence[float]
) -> Floats:
    """(m,) sum over the indices of each candidate's rank, best 1, ties sharing; smaller is better.

    As in `combine`, a good value counts times the share of customers that have a segment. An
    undefined index ranks last.
    """
    total = np.zeros(len(candidates))
    for name in indices:
        sign = -1 if maximize(name) else 1
        values = []
        for scores, coverage in zip(candidates, coverages, strict=True):
            value = scores[name].value
            if value is not None and value > 0 and maximize(name):
                value *= coverage
            values.append(np.inf if value is None else sign * value)
        total += rankdata(values)
    return total
