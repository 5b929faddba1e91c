"""What comes after tuning: the choice fitted, scored with everything, and written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy.stats import binomtest

from segbench import model
from segbench.account import (
    counts,
    regret,
    scores_at,
    segments_across,
    shortlist,
    trials_frame,
)
from segbench.algorithm import rule_name
from segbench.cell import Cell, public_config
from segbench.choice import Choice
from segbench.contracts import Outcomes, Partition, Reference, Result, Score, Status, Table
from segbench.dataset import display_name
from segbench.errors import Undefined, one_line
from segbench.evaluator import Evaluator
from segbench.fitting import Fitted
from segbench.guards import describe_violations, guard_violations
from segbench.machine import peak_mb, versions
from segbench.metric import (
    INTERNAL,
    Prepared,
    combined,
    score_outcomes,
    score_partition,
    with_candidates,
)
from segbench.report.names import segment_names
from segbench.report.profile import profile
from segbench.results import setup_key, terms_key, write_result
from segbench.search import blind, distributions
from segbench.space import other_spaces
from segbench.stability import PREDICTED, REFITTED, Stability
from segbench.structure import Structure, significance
from segbench.trial import Record

ELSEWHERE = ("quality", "silhouette", "calinski_harabasz", "davies_bouldin")
"""Scores in the other spaces that apply, and in the pipeline's own."""


@dataclass(frozen=True)
class Finish:
    """Everything that is known when tuning ends."""

    cell: Cell
    table: Table
    outcomes: Outcomes
    reference: Reference
    evaluator: Evaluator
    records: list[Record]
    planned: int
    tuning: float
    start: float
    step: Callable[[str], None]

    def without_choice(self, status: Status, why: str) -> Result:
        """A row for a study that ended without a trial to choose."""
        trials = counts(self.records, self.planned)
        known: dict[str, Any] = {
            "space": self.reference.kind,
            "trials": trials,
            "seconds": self._seconds(),
        }
        return without_partition(self.cell, status, why, self.start, **known)

    def write(self, choice: Choice) -> Result:
        """Fit the choice on all customers, score it with everything, write it down."""
        config, params = self.cell.config, choice.record.params
        fitted = self.evaluator.fit(params)
        partition = fitted.partition
        violations = guard_violations(partition, config["guards"], config["algorithm"]["baseline"])
        self.step("stability of the choice, every score")
        stability = self._stability(params, partition)
        scores = self._scores(fitted, stability)
        status: Status = "complete" if choice.eligible else "ineligible"
        why = choice.why
        if not choice.eligible:
            undefined = [f"{name} {scores[name].why}" for name in config["study"]["objectives"]
                         if scores[name].value is None]  # fmt: skip
            reasons = [*filter(None, [describe_violations(violations, partition)]), *undefined]
            why = f"no feasible trial; the nearest has {'; '.join(reasons)}"
        why = "; ".join(filter(None, [why, self._sampled(fitted)]))
        structure = self._structure() if choice.eligible else None
        if structure is not None:
            status, why = structure.verdict(status, why)
        sizes, shares = partition.sizes, partition.shares
        result = Result(
            key=self.cell.key, sweep=config["sweep"], status=status, why=why,
            dataset={"name": self.table.name, "rows": len(self.table),
                     "sha256": self.table.sha256, "terms": terms_key(config)},
            features=config["features"]["name"], algorithm=config["algorithm"]["name"],
            baseline=config["algorithm"]["baseline"], space=self.reference.kind,
            seed=config["seed"], objectives=list(config["study"]["objectives"]), params=params,
            segments={
                "k": partition.k, "sizes": sizes.tolist(), "noise": partition.noise,
                "largest_share": float(shares.max(initial=0.0)),
                "smallest_share": float(shares.min()) if len(shares) else 0.0,
            },
            scores={name: replace(score, error=None) for name, score in scores.items()},
            stability=self._report(stability, partition),
            structure=None if structure is None else asdict(structure),
            assignment={"rule": self._rule, "customers": len(fitted.rows)},
            choice=shortlist(config["study"]["choice"], choice),
            regret=regret(self.evaluator, self.records, self.outcomes, scores.get("ari")),
            trials=counts(self.records, self.planned),
            seconds={**self._seconds(), **_latency(fitted, self.table)},
            peak_mb=peak_mb(), versions=versions(), overrides=list(self.cell.overrides),
            setup=setup_key(config),
        )  # fmt: skip
        filler = self._filler(fitted, stability)
        write_result(self.cell.folder, result, _yaml(self.cell), filler)
        return result

    def _stability(self, params: Mapping[str, Any], partition: Partition) -> Stability:
        """At all three levels and across halves, on fresh resamples."""
        try:
            found = self.evaluator.refits(params, partition, stream=1)
        except ValueError as error:  # a resample that the algorithm cannot be fitted on
            found = Stability(dict.fromkeys(REFITTED, Score.undefined(one_line(error))))
        try:
            halves = self.evaluator.prediction(params, partition, stream=1)
        except ValueError as error:  # or a half
            halves = dict.fromkeys(PREDICTED, Score.undefined(one_line(error)))
        return replace(found, scores=found.scores | halves)

    def _structure(self) -> Structure | None:
        """Whether there are segments at all; baselines claim none."""
        spec = self.cell.config["study"]["structureless"]
        if not spec["copies"] or self.cell.config["algorithm"]["baseline"]:
            return None
        config = self.cell.config
        space = distributions(config["algorithm"]["search"])
        search = blind(space, config["study"]["n_trials"], config["seed"])
        return significance(self.evaluator, search, **spec, step=self.step)

    def _scores(self, fitted: Fitted, stability: Stability) -> dict[str, Score]:
        """Reference space first, then stability, outcomes, other spaces."""
        partition, threads = fitted.partition, self.evaluator.threads
        scores = score_partition(self.evaluator.space, partition, INTERNAL)
        scores |= stability.scores
        scores |= self._calibrated(partition)
        scores |= combined(scores, self.evaluator.objectives, partition.coverage)
        scores["assignment_fidelity"] = self._fidelity(fitted)
        scores |= score_outcomes(partition, self.outcomes, self.cell.config["seed"])
        empty = np.empty((len(self.table), 0), dtype=np.int32)
        native = Reference("native", fitted.X, empty, np.ptp(fitted.X, axis=0), ())
        for space in [*other_spaces(self.table, self.reference), native]:
            others = score_partition(Prepared(space, threads), partition, ELSEWHERE)
            scores |= {f"{name}@{space.kind}": score for name, score in others.items()}
        return scores

    @property
    def _rule(self) -> str:
        return rule_name(self.cell.config["algorithm"])

    def _sampled(self, fitted: Fitted) -> str:
        """What there is to say where the algorithm does not take so many customers."""
        n, rows = len(self.table), len(fitted.rows)
        if rows == n:
            return ""
        return f"fitted on a sample of {rows:,} of {n:,} customers, the others by {self._rule}"

    def _fidelity(self, fitted: Fitted) -> Score:
        """How often the rule for new customers agrees with the algorithm."""
        try:
            share, asked = fitted.fidelity(self.cell.config["seed"])
        except Undefined as reason:
            return Score.undefined(str(reason))
        if self._rule == "predict":
            return Score(share, why="the algorithm's own rule, on the customers it was fitted on")
        found = binomtest(round(share * asked), asked).proportion_ci(method="wilson")
        return Score(share, float(found.low), float(found.high),
                     why=f"{self._rule}, on customers that it has not seen")  # fmt: skip

    def _report(self, found: Stability, partition: Partition) -> dict[str, Any]:
        """What `result.json` says of each segment, and of the customers together."""
        terms = {**self.evaluator.stability, "replicates": self.evaluator.replicates}
        return {**terms, **found.as_json(segments_across(self.evaluator, self.records, partition))}

    def _calibrated(self, partition: Partition) -> dict[str, Score]:
        """Indices against random partitions: `_z`, and `_z_all` with the study's candidates too.

        The latter only where trials were tuned on z-scores: others measured none.
        """
        calibration = self.evaluator.calibration
        scores = calibration.standardise(partition)
        among = {}
        for name, found in scores.items():
            others = scores_at(self.records, name, partition.k)
            if found.value is not None and others:
                draws = len(calibration.random_scores(name.removesuffix("_z"), partition.k))
                value = with_candidates(found.value, others, draws)
                among[f"{name}_all"] = replace(found, value=value)
        return scores | among

    def _seconds(self) -> dict[str, float]:
        total = time.perf_counter() - self.start
        return {"total": round(total, 3), "tuning": round(self.tuning, 3)}

    def _filler(self, fitted: Fitted, stability: Stability) -> Callable[[Path], None]:
        """Writes the files beside result.json."""

        def fill(folder: Path) -> None:
            labels = pd.DataFrame({"id": self.table.ids, "segment": fitted.partition.labels})
            labels.to_parquet(folder / "labels.parquet", index=False)
            if stability.customers is not None:
                shares = pd.DataFrame({"id": self.table.ids, "consistency": stability.customers})
                shares.to_parquet(folder / "customers.parquet", index=False)
            trials_frame(self.records).to_parquet(folder / "trials.parquet", index=False)
            names = segment_names(fitted, self.table)
            profile(self.table, fitted.partition, self.outcomes, names).to_csv(
                folder / "profile.csv", index=False
            )
            model.save(folder / "model", fitted, self.table, self.cell.config)

        return fill


def _latency(fitted: Fitted, table: Table) -> dict[str, float]:
    """Seconds (the median of five) that it takes to assign one customer, and a thousand.

    From a table in memory to segments; of a smaller table, as much more than all its customers
    take.
    """
    taken = {}
    for name, asked in (("assign_one", 1), ("assign_thousand", 1000)):
        rows = np.arange(min(asked, len(table)))
        some = table.take(rows)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            fitted.assign(some)
            times.append(time.perf_counter() - start)
        taken[name] = round(float(np.median(times)) * asked / len(rows), 6)
    return taken


def without_partition(
    cell: Cell, status: Status, why: str, start: float, *, trace: str = "", **known: Any
) -> Result:
    """Write a row for a cell without a partition; `known` are fields that it has all the same."""
    config = cell.config
    total = round(time.perf_counter() - start, 3)
    result = Result(
        key=cell.key, sweep=config["sweep"], status=status, why=why,
        dataset={"name": display_name(config["dataset"]), "rows": None,
                 "sha256": cell.data_sha256, "terms": terms_key(config)},
        features=config["features"]["name"], algorithm=config["algorithm"]["name"],
        baseline=config["algorithm"]["baseline"], seed=config["seed"],
        objectives=list(config["study"]["objectives"]), peak_mb=peak_mb(), versions=versions(),
        overrides=list(cell.overrides), setup=setup_key(config),
        **{"space": None, "seconds": {"total": total, "tuning": 0.0}, **known},
    )  # fmt: skip

    def fill(folder: Path) -> None:
        if trace:
            (folder / "traceback.txt").write_text(trace, encoding="utf-8")

    write_result(cell.folder, result, _yaml(cell), fill)
    return result


def _yaml(cell: Cell) -> str:
    return yaml.safe_dump(public_config(cell.config), sort_keys=False, allow_unicode=True)
