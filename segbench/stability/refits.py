"""Refit on resamples, and compare each refit with the partition at three levels.

partition   mean ARI, AMI, variation of information, element-centric similarity
segment     Jaccard recovery of each segment, the weakest of them as `segment_jaccard_min`
customer    share of the refits in which each customer stays with its segment
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import entropy

from segbench.contracts import Floats, Ints, Partition, Rows, Score
from segbench.machine import mapping
from segbench.metric.agreement.element_centric import element_centric_similarity
from segbench.metric.agreement.information import adjusted_mutual_info, variation_of_information
from segbench.metric.agreement.pair_counting import adjusted_rand
from segbench.metric.composite import JACCARD
from segbench.stability.customer import consistency, describe, stays
from segbench.stability.interval import mean_interval
from segbench.stability.resampling import Draw, Resampling
from segbench.stability.segment import Recovery, recoveries, segment_jaccard, weakest

AGREEMENTS: dict[str, tuple[Callable[[Ints, Ints], float], float]] = {
    "stability_ari": (adjusted_rand, -0.5),
    "stability_ami": (adjusted_mutual_info, -1.0),
    "stability_ecs": (element_centric_similarity, 0.0),
    "stability_vi": (variation_of_information, 0.0),
}
"""Scores of the whole partition: (function of two labellings, the least it can be)."""
CUSTOMER = "customer_consistency"
REFITTED = (*AGREEMENTS, JACCARD, CUSTOMER)
"""Every score that comes from refits on resamples."""
LOOK = 4
"""Refits between two looks at whether the trial still has a chance."""
Refit = Callable[[Draw], Ints]
"""Labels of the draw's customers by the whole pipeline fitted on its table; -1 noise."""


@dataclass(frozen=True)
class Stability:
    """What refits say of a partition.

    Attributes:
        scores: by name, with 95 % intervals of the mean over all resamples.
        segments: one Recovery each.
        customers: (n,) share of the refits in which a customer stays, NaN if none drew it.
        refits: how many there were.
        failed: of them, for which the algorithm had no partition; these agree in nothing.

    """

    scores: dict[str, Score]
    segments: list[Recovery] = field(default_factory=list)
    customers: Floats | None = None
    refits: int = 0
    failed: int = 0

    def as_json(self, across: Sequence[float | None]) -> dict[str, Any]:
        """Segments and customers as `result.json` has them.

        Args:
            across: (k,) of each segment, see `stability_across`.

        """
        segments = [
            {"segment": i, "jaccard": each.jaccard.value, "low": each.jaccard.low,
             "high": each.jaccard.high, "dissolved": each.dissolved, "recovered": each.recovered,
             "refits": each.refits, "across": across[i]}
            for i, each in enumerate(self.segments)
        ]  # fmt: skip
        return {"failed": self.failed, "segments": segments, "customers": describe(self.customers)}


@dataclass(frozen=True)
class _Compared:
    """One refit beside the partition; values are NaN where it failed."""

    values: dict[str, float]
    jaccard: Floats | None
    rows: Rows
    kept: npt.NDArray[np.bool_] | None
    error: ValueError | None = None


def measure(
    refit: Refit, partition: Partition, resampling: Resampling, replicates: int,
    names: Collection[str] = REFITTED, *, stream: int = 0, threads: int = 1,
    hopeless: Callable[[dict[str, Score]], bool] | None = None,
) -> Stability:  # fmt: skip
    """How well refits on resamples agree with the partition, its segments and its customers.

    Args:
        refit: fits the whole pipeline on what a draw holds.
        replicates: number of refits, at least 2.
        names: of `REFITTED`; what they do not need is not worked out.
        stream: draws of different streams have nothing in common.
        threads: refits at a time; nothing depends on it.
        hopeless: asked with the scores so far after every `LOOK` refits; True ends it. None: all.

    Returns:
        Scores that are undefined for a partition of one segment, none, or one for every customer.

    Raises:
        ValueError: the algorithm's own, if no refit has a partition.

    """
    n, k = len(partition.labels), partition.k
    if not 2 <= k < n:
        why = Score.undefined(f"needs 2 to n - 1 segments, has {k} for {n} customers")
        return Stability(dict.fromkeys(names, why))

    def one(i: int) -> _Compared:
        draw = resampling.draw(stream, i)
        rows = draw.rows[draw.compared]
        own = partition.labels[rows]
        try:
            again = refit(draw)[draw.compared]
        except ValueError as error:
            present = np.bincount(own[own >= 0], minlength=k) > 0
            return _Compared(dict.fromkeys(AGREEMENTS, np.nan), np.where(present, 0.0, np.nan),
                             rows, np.zeros(len(rows), dtype=bool), error)  # fmt: skip
        values = {name: AGREEMENTS[name][0](own, again) for name in names if name in AGREEMENTS}
        jaccard = segment_jaccard(own, again, k) if JACCARD in names else None
        return _Compared(values, jaccard, rows, stays(own, again, k) if CUSTOMER in names else None)

    found: list[_Compared] = []
    step = LOOK if hopeless else replicates
    with mapping(threads) as apply:
        while len(found) < replicates:
            found += apply(one, range(len(found), min(len(found) + step, replicates)))
            so_far = _summary(found, names, partition)
            if hopeless and len(found) < replicates and hopeless(so_far.scores):
                break
    errors = [each.error for each in found if each.error]
    if len(errors) == replicates:
        raise errors[0]
    return so_far


def _summary(found: list[_Compared], names: Collection[str], partition: Partition) -> Stability:
    n = len(partition.labels)
    scores: dict[str, Score] = {}
    segments: list[Recovery] = []
    customers: Floats | None = None
    for name in names:
        if name in AGREEMENTS:
            values = np.array([each.values[name] for each in found])
            least, worst, most, best = AGREEMENTS[name][1], 0.0, 1.0, 1.0
            if name == "stability_vi":  # the one that grows: independent labels know nothing
                sizes = np.append(partition.sizes, np.ones(partition.noise))
                worst, most, best = 2 * float(entropy(sizes)), float(np.log(n)), 0.0
            values[np.isnan(values)] = worst
            scores[name] = mean_interval(values, worst, least, most, best)
        elif name == JACCARD:
            segments = recoveries(np.array([each.jaccard for each in found]))
            scores[name] = weakest(segments)
        else:
            kept = [each.kept for each in found if each.kept is not None]
            customers = consistency(n, [each.rows for each in found], kept)
            shares = np.array([stayed.mean() for stayed in kept])
            scores[name] = mean_interval(shares, worst=0.0, least=0.0)
    failed = sum(each.error is not None for each in found)
    return Stability(scores, segments, customers, len(found), failed)
