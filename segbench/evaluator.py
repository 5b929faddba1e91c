"""One cell's config and one set of parameters -> a partition, its guards and its objectives."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from segbench.contracts import (
    Ints,
    Partition,
    Reference,
    Rows,
    Score,
    Table,
)
from segbench.errors import NotApplicable
from segbench.fitting import Fitted, KeptFeatures
from segbench.guards import guard_violations
from segbench.metric import (
    COMPOSITES,
    INTERNAL,
    Calibration,
    Prepared,
    combined,
    score_partition,
)
from segbench.stability import (
    OBJECTIVES,
    PREDICTED,
    REFITTED,
    Draw,
    Resampling,
    Stability,
    measure,
    measure_prediction,
)
from segbench.trial import Trial

WHOLE = (-1, -1)
"""The number of the table itself."""
Hopeless = Callable[[dict[str, Score]], bool]


@dataclass(frozen=True)
class Evaluator:
    """Evaluates parameter sets of one cell on one table, always on the same terms.

    Attributes:
        features, algorithm, guards: the resolved configs.
        objectives: names of scores, the validity first.
        also: scores that the choice goes by, measured beside the objectives.
        stability: {scheme, amount} of the resamples.
        replicates: refits on resamples.

    """

    table: Table
    reference: Reference
    features: Mapping[str, Any]
    algorithm: Mapping[str, Any]
    guards: Mapping[str, Any]
    objectives: Sequence[str]
    replicates: int
    seed: int
    threads: int = 1
    also: Sequence[str] = ()
    stability: Mapping[str, Any] = field(
        default_factory=lambda: {"scheme": "bootstrap", "amount": None}
    )

    def fit(
        self, params: Mapping[str, Any], table: Table | None = None, seed: int | None = None,
        columns: float = 1.0, number: tuple[int, int] | None = None,
    ) -> Fitted:  # fmt: skip
        """Fit features and algorithm on the whole table or another one, or on a share of columns.

        With less than all columns the partition is all that the outcome is good for.

        Args:
            params: of the algorithm.
            table: None is the whole one.
            seed: of the algorithm; None is the cell's.
            columns: share of the pipeline's columns.
            number: of the draw that the three before are of, whose features are kept for the next
                set of parameters; None: they are not.

        """
        seed = self.seed if seed is None else seed
        # The whole table with all its columns is as good as a draw; a share of them is not kept.
        key = WHOLE if table is None and columns == 1 else number
        table = self.table if table is None else table
        features, matrix = self._features.fit(table, seed, columns, key)
        return Fitted.of(features, matrix, self.algorithm, params, seed)

    @cached_property
    def _features(self) -> KeptFeatures:
        return KeptFeatures(self.features)

    def evaluate(self, params: Mapping[str, Any], hopeless: Hopeless | None = None) -> Trial:
        """Fit, check the guards, score; stability only where the guards leave hope.

        Args:
            params: of the algorithm.
            hopeless: asked now and then with all scores so far, stability with its standard error.

        """
        start = time.perf_counter()
        partition = self.fit(params).partition
        violations = guard_violations(partition, self.guards, self.algorithm["baseline"])
        scores = self.scores(partition)
        undefined = any(score.value is None for score in scores.values())
        violations["undefined"] = float(undefined and not self.algorithm["baseline"])
        stopped = any(value > 0 for value in violations.values())
        refitted = [name for name in self.measured if name in OBJECTIVES]
        refits = 0
        if refitted and stopped:
            why = Score.undefined("not measured: a guard is violated")
            scores |= dict.fromkeys(refitted, why)
        elif refitted:
            known = dict(scores)
            look = None if hopeless is None else lambda so_far: hopeless(known | so_far)
            found = self.refits(params, partition, refitted, hopeless=look)
            refits, stopped = found.refits, 0 < found.refits < self.replicates
            why = Score.undefined(
                "not measured: its first refits left little chance against another"
            )
            halves = [name for name in refitted if name in PREDICTED]
            scores |= found.scores | (dict.fromkeys(halves, why) if stopped
                                      else self.prediction(params, partition, halves))  # fmt: skip
        scores |= combined(scores, self.objectives, partition.coverage)
        seconds = time.perf_counter() - start
        return Trial(
            dict(params), scores, violations, partition.k, partition.noise, stopped, seconds,
            partition.coverage, refits,
        )  # fmt: skip

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """The objectives, with the indices of a composite one in its place."""
        made_of = (COMPOSITES[name].indices if name in COMPOSITES else (name,)
                   for name in (*self.objectives, *self.also))  # fmt: skip
        return tuple(dict.fromkeys(name for names in made_of for name in names))

    def check_objectives(self) -> None:
        """Before anything is fitted: every trial would be ineligible.

        Raises:
            NotApplicable: an objective has no value in this reference space, whatever the
                partition.

        """
        for name in self.measured:
            metric = INTERNAL.get(name.removesuffix("_z"))
            if metric and not metric.gower and self.reference.kind == "gower":
                have = ", ".join(key for key, each in INTERNAL.items() if each.gower)
                raise NotApplicable(
                    f"objective {name}: needs centroids, which Gower distance does not have; "
                    f"metric.objective can be one of {have}"
                )

    @cached_property
    def space(self) -> Prepared:
        """The reference space, ready for every trial."""
        return Prepared(self.reference, self.threads)

    @cached_property
    def calibration(self) -> Calibration:
        """Random partitions of the reference space."""
        return Calibration.of(self.reference, self.threads)

    def scores(self, partition: Partition) -> dict[str, Score]:
        """What is measured of a partition without a refit."""
        internal = [name for name in self.measured if name in INTERNAL]
        scores = score_partition(self.space, partition, internal)
        standardised = [name.removesuffix("_z") for name in self.measured if name.endswith("_z")]
        return scores | self.calibration.standardise(partition, standardised)

    def refits(
        self, params: Mapping[str, Any], partition: Partition,
        names: Collection[str] = REFITTED, stream: int = 0,
        hopeless: Hopeless | None = None,
    ) -> Stability:  # fmt: skip
        """Stability of the partition that `params` gave, by refits on resamples."""

        def refit(draw: Draw) -> Ints:
            return self.fit(
                params, draw.table, draw.seed, draw.columns, draw.number
            ).partition.labels

        wanted = [name for name in names if name in REFITTED]
        if not wanted:
            return Stability({})
        scheme, amount = self.stability["scheme"], self.stability["amount"]
        return measure(
            refit, partition, Resampling(self.table, scheme, amount, self.seed), self.replicates,
            wanted, stream=stream, threads=self.threads, hopeless=hopeless,
        )  # fmt: skip

    def prediction(
        self, params: Mapping[str, Any], partition: Partition,
        names: Collection[str] = PREDICTED, stream: int = 0,
    ) -> dict[str, Score]:  # fmt: skip
        """Whether the segments of one half of the customers are found in the other half."""
        wanted = [name for name in names if name in PREDICTED]
        if not wanted:
            return {}
        if partition.k < 2:
            few = f"needs at least 2 segments, has {partition.k}"
            return dict.fromkeys(wanted, Score.undefined(few))

        def fit(rows: Rows, others: Rows, seed: int) -> tuple[Ints, Ints]:
            fitted = self.fit(params, self.table.take(rows), seed)
            return fitted.partition.labels, fitted.assign(self.table.take(others))

        found = measure_prediction(
            fit, len(self.table), self.replicates, self.seed, stream=stream, threads=self.threads,
        )  # fmt: skip
        return {name: found[name] for name in wanted}
