"""Is the stability that a search reaches more than it would reach without segments.

k-means cuts an elongated cloud in the same place time and again: two segments of nothing are
stable. So the search is repeated on copies of the table that have no structure, and the stability
of the most stable of its parameter sets is compared (as Tibshirani, Walther & Hastie 2001, J. R.
Stat. Soc. B 63, 411-423, compare dispersion):

    p = (1 + b) / (1 + B)      b of B copies reach at least as much

Two kinds of copies are drawn; the greater p counts. A kind ends as soon as `ENOUGH` copies have
reached as much, and p is then their share (Besag & Clifford 1991, Biometrika 78, 301-304).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from segbench.contracts import Status
from segbench.errors import Undefined
from segbench.evaluator import Evaluator, Fitted
from segbench.guards import guard_violations
from segbench.metric import silhouette_score
from segbench.metric.agreement.pair_counting import adjusted_rand
from segbench.stability import Resampling, generator
from segbench.structure.copies import KINDS, Structureless

ENOUGH = 4
"""Copies that reach as much, after which no others are drawn."""
STREAM = 1 << 17
"""Of the draws here, which have the random numbers of no other."""
DIGITS = 9
"""To which two stabilities are equal."""
USUAL = 0.05
"""Above it p is worth a remark, whatever level was declared."""
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Structure:
    """The outcome of the test.

    Attributes:
        p: the greater one of the kinds that were drawn; a kind is not drawn any more where the one
            before is beyond the level.
        level: above it no segments were found.
        stability: mean ARI that the search reached on the table (on `customers` of it).
        kinds: for each kind of copies its p and how many were drawn.
        customers, replicates: of each search.

    """

    p: float
    level: float
    stability: float
    kinds: Mapping[str, Mapping[str, float]]
    customers: int
    replicates: int

    @property
    def found(self) -> bool:
        """Whether there are segments."""
        return self.p <= self.level

    def verdict(self, status: Status, why: str) -> tuple[Status, str]:
        """A result's status and reason, with what is to be said of this."""
        if self.p <= min(self.level, USUAL):
            return status, why
        said = f"tables without segments are as stable (p = {self.p:.2g}"
        if self.found:
            return status, "; ".join(filter(None, [why, f"{said}): cuts of a continuum"]))
        return "ineligible", (
            f"no segments found: {said}, level {self.level:g}; "
            "study.structureless.level=1 ranks cuts of a continuum as well)"
        )

    def as_json(self) -> dict[str, Any]:
        """As it stands in `result.json`."""
        return {"found": self.found, **asdict(self)}


def significance(
    evaluator: Evaluator, search: Sequence[Params], copies: int, level: float, customers: int
) -> Structure:
    """Test whether a table has segments that a pipeline can find.

    Args:
        evaluator: of the pipeline on the table; its replicates and its resampling are used.
        search: the parameter sets that were tried.
        copies: B of each kind, at least 1 / level - 1.
        level: the share of structureless tables in which segments may be claimed.
        customers: a random sample of as many, where the table has more. Of ever more customers any
            cut comes back in every refit (Ben-David, von Luxburg & Pal 2006, COLT, 5-19): a few
            hundred tell more than all.

    """
    table, seed = evaluator.table, evaluator.seed
    if len(table) > customers:
        rng = generator(seed, STREAM + 1 + len(KINDS), 0)
        table = table.take(np.sort(rng.choice(len(table), size=customers, replace=False)))
    reached = _most_stable(replace(evaluator, table=table), search)
    source = Structureless(table)

    def as_much(kind: str, i: int) -> bool:
        copy = source.draw(kind, generator(seed, STREAM + 1 + KINDS.index(kind), i))
        return _most_stable(replace(evaluator, table=copy), search, reached[0]) >= reached

    kinds: dict[str, dict[str, float]] = {}
    # One after the other: fits of a few hundred customers would wait for each other in threads.
    for kind in KINDS:
        copies_drawn, as_stable = 0, 0
        while copies_drawn < copies and as_stable < ENOUGH:
            as_stable += as_much(kind, copies_drawn)
            copies_drawn += 1
        p = as_stable / copies_drawn if as_stable == ENOUGH else (1 + as_stable) / (1 + copies)
        kinds[kind] = {"p": p, "copies": copies_drawn}
        if p > level:
            break
    p = max(each["p"] for each in kinds.values())
    return Structure(p, level, reached[0], kinds, len(table), evaluator.replicates)


def _most_stable(
    evaluator: Evaluator, search: Sequence[Params], enough: float = 0.0
) -> tuple[float, float]:
    """Mean ARI over refits of the most stable parameter set, and its silhouette.

    The silhouette, in the pipeline's own space, decides among partitions that all come back in
    every refit. A set is given up as soon as its remaining refits cannot take it to the best of the
    others, or to what is `enough`.

    Args:
        evaluator: of a pipeline on the table or on a copy.
        search: parameter sets.
        enough: what is asked is whether a set gets there; (0, -1) if none does, or has segments.

    """
    resampling = Resampling(evaluator.table, **evaluator.stability, seed=evaluator.seed)
    total, best = evaluator.replicates, (0.0, -1.0)

    def agreement(params: Params, fitted: Fitted, i: int) -> float:
        draw = resampling.draw(STREAM, i)
        try:
            again = evaluator.fit(params, draw.table, draw.seed, draw.columns, draw.number)
        except ValueError:  # the algorithm has no partition of this resample
            return 0.0
        own = fitted.partition.labels[draw.rows]
        return adjusted_rand(own[draw.compared], again.partition.labels[draw.compared])

    begun = [
        (agreement(params, fitted, 0), params, fitted)
        for params in search
        for fitted in _within_guards(evaluator, params)
    ]
    # The most promising first: the better the best, the sooner the others are given up.
    for agreed, params, fitted in sorted(begun, key=lambda each: -each[0]):
        bar, done = total * (max(best[0], enough) - 10.0**-DIGITS), 1
        while done < total and agreed + total - done >= bar:
            agreed, done = agreed + agreement(params, fitted, done), done + 1
        if done == total and agreed >= bar:
            best = max(best, (round(agreed / total, DIGITS), _silhouette(fitted)))
            if best[0] > enough > 0:
                break
    return best


def _within_guards(evaluator: Evaluator, params: Params) -> list[Fitted]:
    """The pipeline fitted on the table, if its partition is within the guards."""
    try:
        fitted = evaluator.fit(params)
    except ValueError:
        return []
    violations = guard_violations(fitted.partition, evaluator.guards)
    return [] if any(value > 0 for value in violations.values()) else [fitted]


def _silhouette(fitted: Fitted) -> float:
    try:
        return float(silhouette_score(fitted.X, fitted.partition.labels))
    except Undefined:
        return -1.0
