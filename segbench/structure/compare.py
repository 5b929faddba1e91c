"""Is the stability that a search reaches more than it would reach without segments.

k-means cuts an elongated cloud in the same place time and again: two segments of nothing are
stable. So the parameter sets of the search are tried on copies of the table that have no structure,
and the stability of the most stable one is compared (as Tibshirani, Walther & Hastie 2001, J. R.
Stat. Soc. B 63, 411-423, compare dispersion):

    p = (1 + b) / (1 + B)      b of B copies reach at least as much

Two kinds of copies are drawn; the greater p counts. A kind ends as soon as `ENOUGH` copies have
reached as much, and p is then their share of the copies (Besag & Clifford 1991, Biometrika 78,
301-304).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from segbench.contracts import Status
from segbench.errors import Undefined
from segbench.evaluator import Evaluator
from segbench.fitting import Fitted
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
    """The outcome of the test. It is about the table and the pipeline, not about one partition.

    Attributes:
        p: the greater one of the kinds that were drawn; None if no parameter set has segments
            within the guards on the customers asked, so that there is nothing to compare.
        level: above it no segments were found.
        stability: mean ARI of the most stable parameter set.
        params: that set.
        kinds: for each kind of copies its p and how many were drawn; the second kind is drawn only
            where the first leaves p at or below the level.
        customers, replicates: of each search.

    """

    p: float | None
    level: float
    stability: float
    params: Mapping[str, Any]
    kinds: Mapping[str, Mapping[str, float]]
    customers: int
    replicates: int

    def verdict(self, status: Status, why: str) -> tuple[Status, str]:
        """A result's status and reason, with what is to be said of this."""
        if self.p is None:
            said = (f"not tested for segments: none keeps the guards on {self.customers} customers "
                    "(study.structureless.customers)")  # fmt: skip
        elif self.p <= min(self.level, USUAL):
            return status, why
        else:
            said = f"tables without segments are as stable (p = {self.p:.2g})"
        if self.p is not None and self.p > self.level:
            status = "ineligible"
            said = (f"no segments found: {said}, level {self.level:g}; "
                    "study.structureless.level=1 ranks them as well")  # fmt: skip
        return status, "; ".join(filter(None, [why, said]))


def significance(
    evaluator: Evaluator, search: Sequence[Params], copies: int, level: float, customers: int,
    step: Callable[[str], None] = lambda _: None,
) -> Structure:  # fmt: skip
    """Test whether a table has segments that a pipeline can find.

    Args:
        evaluator: of the pipeline on the table; its replicates and its resampling are used.
        search: parameter sets, chosen without a look at the table: those that a sampler found to
            be stable on it would do better there than on copies.
        copies: B of each kind, at least 1 / level - 1.
        level: the share of structureless tables in which segments may be claimed.
        customers: a random sample of as many, where the table has more. Of ever more customers any
            cut comes back in every refit (Ben-David, von Luxburg & Pal 2006, COLT, 5-19): a few
            hundred tell more than all.
        step: told which copy is being searched.

    """
    table, seed = evaluator.table, evaluator.seed
    if len(table) > customers:
        rng = generator(seed, STREAM + 1 + len(KINDS), 0)
        table = table.take(np.sort(rng.choice(len(table), size=customers, replace=False)))
    reached, params = _most_stable(replace(evaluator, table=table), search)
    kinds: dict[str, dict[str, float]] = {}
    source = Structureless(table)

    def as_much(kind: str, i: int) -> bool:
        rng = generator(seed, STREAM + 1 + KINDS.index(kind), i)
        copy = replace(evaluator, table=source.draw(kind, rng))
        return _most_stable(copy, search, enough=reached[0])[0] >= reached

    # One after the other: fits of a few hundred customers would wait for each other in threads.
    for kind in () if params is None else KINDS:
        copies_drawn, as_stable = 0, 0
        while copies_drawn < copies and as_stable < ENOUGH:
            step(f"{kind} copy without segments {copies_drawn + 1}/{copies}, "
                 f"{as_stable} as stable")  # fmt: skip
            as_stable += as_much(kind, copies_drawn)
            copies_drawn += 1
        p = as_stable / copies_drawn if as_stable == ENOUGH else (1 + as_stable) / (1 + copies)
        kinds[kind] = {"p": p, "copies": copies_drawn}
        if p > level:
            break
    greatest = max((each["p"] for each in kinds.values()), default=None)
    return Structure(greatest, level, reached[0], dict(params or {}), kinds, len(table),
                     evaluator.replicates)  # fmt: skip


def _most_stable(
    evaluator: Evaluator, search: Sequence[Params], enough: float | None = None
) -> tuple[tuple[float, float], Params | None]:
    """Stability and silhouette of the most stable parameter set, and the set, if any is stable.

    Stability is the mean ARI over refits. The silhouette, in the pipeline's own space, decides
    among partitions that come back in every refit, and only there (-1 elsewhere). A set is given up
    as soon as its remaining refits cannot take it to the best of the others.

    Args:
        evaluator: of a pipeline on the table or on a copy.
        search: parameter sets.
        enough: a stability; sets that cannot reach it are given up, and none is looked at after one
            that is beyond it.

    """
    resampling = Resampling(evaluator.table, **evaluator.stability, seed=evaluator.seed)
    total, same = evaluator.replicates, 10.0**-DIGITS
    best: tuple[tuple[float, float], Params | None] = (0.0, -1.0), None

    def agreement(params: Params, fitted: Fitted, i: int) -> float:
        draw = resampling.draw(STREAM, i)
        try:
            again = evaluator.fit(params, draw.table, draw.seed, draw.columns, draw.number)
        except ValueError:  # the algorithm has no partition of this resample
            return 0.0
        own = fitted.partition.labels[draw.rows]
        return adjusted_rand(own[draw.compared], again.partition.labels[draw.compared])

    fits = [(params, _within_guards(evaluator, params)) for params in search]
    begun = [(agreement(params, fitted, 0), params, fitted)
             for params, fitted in fits if fitted]  # fmt: skip
    # The most promising first: the better the best, the sooner the others are given up.
    for agreed, params, fitted in sorted(begun, key=lambda each: -each[0]):
        bar, done = total * (max(best[0][0], enough or 0.0) - same), 1
        while done < total and agreed + total - done >= bar:
            agreed, done = agreed + agreement(params, fitted, done), done + 1
        stability = round(agreed / total, DIGITS)
        if done == total and stability > 0:
            silhouette = _silhouette(fitted) if stability == 1 else -1.0
            best = max(best, ((stability, silhouette), params), key=lambda each: each[0])
            if enough is not None and stability > enough:
                break
    return best


def _within_guards(evaluator: Evaluator, params: Params) -> Fitted | None:
    """The pipeline fitted on the table, None if its partition is not within the guards."""
    try:
        fitted = evaluator.fit(params)
    except ValueError:
        return None
    violations = guard_violations(fitted.partition, evaluator.guards)
    return None if any(value > 0 for value in violations.values()) else fitted


def _silhouette(fitted: Fitted) -> float:
    try:
        return float(silhouette_score(fitted.X, fitted.partition.labels))
    except Undefined:
        return -1.0
