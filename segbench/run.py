"""One cell of a benchmark, from table to finished result.

`run_cell` is the whole flow in order: load, reference space, study, choice, scores, record. Every
cell that is asked for leaves a row, also when it cannot be computed.
"""

from __future__ import annotations

import time
import traceback
import warnings
from typing import Protocol

from threadpoolctl import threadpool_limits

from segbench.cell import Cell, Config
from segbench.choice import Terms, choose, hopeless, needed
from segbench.contracts import Result, Tracker
from segbench.dataset import load
from segbench.errors import InputError, NotApplicable, SegbenchError, one_line
from segbench.evaluator import Evaluator
from segbench.features.pipeline import columns_for
from segbench.finish import Finish, without_partition
from segbench.machine import processors, reset_peak
from segbench.results import add_to_plan, read_final, result_key
from segbench.search import Params, distributions, plan
from segbench.space import fit_reference
from segbench.stability import AMOUNTS, PREDICTED
from segbench.storage import open_storage
from segbench.study import Study
from segbench.trial import Record, Trial

NO_PARTITION = ("ValueError", "LinAlgError")
"""How an algorithm says that it has none: singular covariances, too few distinct customers, ..."""


class Progress(Protocol):
    """What a run tells the person who waits."""

    def start(self) -> None:
        """The input is good; the study begins."""
        ...

    def note(self, text: str) -> None:
        """A remark about the data."""
        ...

    def trial(self, done: int, planned: int, record: Record) -> None:
        """A trial has finished."""
        ...

    def step(self, text: str) -> None:
        """What is being done meanwhile."""
        ...


def run_cell(cell: Cell, progress: Progress, tracker: Tracker, *, in_sweep: bool) -> Result:
    """Run a cell, or return the final result that it already has.

    Bad input raises in a single run and leaves nothing behind; in a sweep it becomes a `failed`
    row. Whatever else goes wrong becomes a row in both.

    Raises:
        InputError: bad input, in a single run.
        Busy: another process is running this study.

    """
    done = read_final(cell.folder)
    if done is not None:
        tracker.again(cell.folder)
        return done
    start = time.perf_counter()
    reset_peak()
    try:
        with threadpool_limits(1), warnings.catch_warnings():
            # What the libraries warn about (no convergence, few distinct points) shows in the
            # scores and guards; a line per refit would bury the progress.
            warnings.simplefilter("ignore")
            result = _run(cell, progress, start, in_sweep)
    except NotApplicable as error:
        result = without_partition(cell, "skipped", str(error), start)
    except InputError as error:
        if not in_sweep:
            raise
        result = without_partition(cell, "failed", str(error), start)
    except SegbenchError:
        raise
    except MemoryError as error:
        result = without_partition(cell, "memory", f"out of memory: {error}", start)
    except Exception as error:
        why = f"{type(error).__name__}: {one_line(error)}"
        result = without_partition(cell, "failed", why, start, trace=traceback.format_exc())
    tracker.record(cell.folder)
    return result


def _run(cell: Cell, progress: Progress, start: float, in_sweep: bool) -> Result:
    config = cell.config
    table, outcomes = load(config["dataset"])
    if table.sha256 != cell.data_sha256:
        raise InputError(table.name, found="data that changed meanwhile", wanted="the same file")
    if len(table) < config["guards"]["k_max"]:
        raise InputError(
            config["dataset"].get("path") or table.name,
            found=f"{len(table)} customers",
            wanted=f"at least guards.k_max = {config['guards']['k_max']} (lower it to go on)",
        )
    _check_share(config["study"], len(table), config["guards"]["k_max"])
    columns_for(config["features"], table)
    reference = fit_reference(table, config["dataset"]["reference"])
    evaluator = Evaluator(
        table=table, reference=reference, features=config["features"],
        algorithm=config["algorithm"], guards=config["guards"],
        objectives=config["study"]["objectives"], replicates=config["study"]["replicates"],
        seed=config["seed"], threads=config["threads"] or processors(),
        stability=config["study"]["stability"], also=needed(config["study"]["choice"]),
    )  # fmt: skip
    evaluator.check_objectives()
    begin = time.perf_counter()
    study = config["study"]
    terms = Terms(study["objectives"], study["min_stability"], study["weights"])
    records, planned, complete = _tune(cell, evaluator, terms, progress, in_sweep)
    tuning = time.perf_counter() - begin
    found = Finish(cell, table, outcomes, reference, evaluator, records, planned, tuning, start,
                   progress.step)  # fmt: skip
    if not complete:
        why = f"{len(records)} of {planned} trials in {config['timeout']} s; run again to go on"
        return found.without_choice("timeout", why)
    choice = choose(records, study["choice"], terms)
    if choice is None:
        last = f"all {len(records)} trials failed; the last one: {records[-1].why}"
        if all(record.why.startswith(NO_PARTITION) for record in records):
            return found.without_choice("ineligible", f"no partition: {last}")
        return found.without_choice("failed", last)
    return found.write(choice)


def _check_share(study: Config, n: int, k_max: int) -> None:
    """Refuse resamples on which not every number of segments could be fitted."""
    amount = study["stability"]["amount"]
    scheme = study["stability"]["scheme"]
    share = AMOUNTS[scheme] if amount is None else amount
    asked = study["structureless"]
    least = min(n, asked["customers"]) if asked["copies"] else n
    drawn = {
        "study.stability.amount": (
            {"subsample": share, "noise": 1 - (share or 0.0)}.get(scheme, 1.0), least),
        "study.objectives": (0.5 if set(study["objectives"]) & set(PREDICTED) else 1.0, n),
    }  # fmt: skip
    for option, (share, of) in drawn.items():
        if share is not None and round(share * of) < k_max:
            raise InputError(option, found=f"{round(share * of)} of {of} customers a fit",
                             wanted=f"at least guards.k_max = {k_max}")  # fmt: skip


def _tune(
    cell: Cell, evaluator: Evaluator, terms: Terms, progress: Progress, in_sweep: bool
) -> tuple[list[Record], int, bool]:
    """Run the study: its records, how many were planned, and whether the plan is complete."""
    config, begin = cell.config, time.perf_counter()
    search = config["algorithm"]["search"]
    space = distributions(search)
    name = result_key(config, cell.data_sha256, trials=False)
    # A study that lists its search space and one that samples it have nothing to share: otherwise
    # what a result says would depend on which of the two ran before.
    study = config["study"]
    name += "" if plan(space, study["n_trials"], study["sampler"]) is None else "-grid"
    url = str(config["storage"]["url"])
    limit = config["timeout"]

    def should_stop() -> bool:
        return limit is not None and time.perf_counter() - begin > limit

    file = cell.sweep / ".studies" / f"{name}.db"
    with open_storage(url, file, wait=in_sweep) as storage:
        tuned = Study(
            storage, name, search, study["objectives"], study["n_trials"], config["seed"],
            study["n_startup_trials"], url in ("auto", "memory"), study["sampler"],
            study["weights"],
        )  # fmt: skip
        # Bad input is one line on stderr, so nothing is said before all of it is known to be good.
        if not in_sweep:
            add_to_plan(cell.sweep, [cell.as_plan()])
        progress.start()
        _tell_inference(progress, evaluator, config)

        def evaluate(params: Params) -> Trial:
            if not study["racing"] or config["algorithm"]["baseline"]:
                return evaluator.evaluate(params)
            rivals = tuned.records()
            return evaluator.evaluate(
                params, lambda scores: hopeless(scores, rivals, study["choice"], terms)
            )

        complete = tuned.run(evaluate, progress.trial, should_stop)
        return tuned.records()[: study["n_trials"]], tuned.planned, complete


def _tell_inference(progress: Progress, evaluator: Evaluator, config: Config) -> None:
    """Say what was decided about the user's table without being declared."""
    table = evaluator.table
    if table.notes:
        progress.note(f"{table.name}: columns by inference: {'; '.join(table.notes)}")
    if config["dataset"]["reference"].get("kind") is None:
        progress.note(f"{table.name}: reference space {evaluator.reference.kind} by inference")
