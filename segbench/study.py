"""Tune one cell with Optuna: propose, evaluate, record, resume.

The storage holds everything that a killed study needs. A trial is proposed by a sampler seeded from
(seed, index), where index counts the trials finished before it; a trial that was cut off does not
count and is proposed again, so that a resumed study equals an uninterrupted one.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import optuna
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from segbench.contracts import Score
from segbench.errors import SegbenchError, one_line
from segbench.metric import maximize
from segbench.search import Fixed, Params, distributions, plan, sampler, suggest
from segbench.storage import GRACE
from segbench.trial import Record, Trial, told, weighted


class _TrialFailed(Exception):
    """Tells Optuna that the evaluation failed for a recorded reason."""


@dataclass
class Study:
    """One tuning study.

    Attributes:
        search: the algorithm's search space, name -> {type, low, high, log, step, choices}.
        objectives: score names, the validity first.
        n_trials: the total to finish, those of earlier runs included.
        sampler: tpe, nsga2, random or grid; all of a small space is tried by tpe and grid.
        weights: of the objectives, which then are tuned as their weighted sum; None: as a front.
        exclusive: whether no other process can be running a trial (then one found RUNNING is dead).

    """

    storage: BaseStorage
    name: str
    search: Mapping[str, Mapping[str, Any]]
    objectives: Sequence[str]
    n_trials: int
    seed: int
    n_startup_trials: int
    exclusive: bool
    sampler: str = "tpe"
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        self.space = distributions(self.search)
        self.grid = plan(self.space, self.n_trials, self.sampler)
        directions = [
            StudyDirection.MAXIMIZE if maximize(name) else StudyDirection.MINIMIZE
            for name in self.objectives
        ]
        if self.weights is not None:
            directions = [StudyDirection.MAXIMIZE]
        self.study = optuna.create_study(
            storage=self.storage, study_name=self.name, directions=directions, load_if_exists=True
        )
        if self.exclusive:
            for trial in self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
                self.study.tell(trial.number, state=TrialState.FAIL)
        self.finished = self._read_finished()

    @property
    def planned(self) -> int:
        """Trials to finish: no more than the search space holds."""
        return self.n_trials if self.grid is None else min(self.n_trials, len(self.grid))

    def records(self) -> list[Record]:
        """Every finished trial, in order of proposal."""
        return [_record(i, t) for i, t in enumerate(self.finished)]

    def run(
        self,
        evaluate: Callable[[Params], Trial],
        on_trial: Callable[[int, int, Record], None],
        should_stop: Callable[[], bool],
    ) -> bool:
        """Finish the plan; returns False if `should_stop` ended it before."""
        while True:
            running = [] if self.exclusive else self._read_running()
            sampler = self._sampler(running)
            if sampler is None and not running:
                return True
            if should_stop():
                return False
            if sampler is None:
                time.sleep(1.0)  # another worker finishes the last trials
                continue
            self.study.sampler = sampler
            seen = {_frozen(trial.params): trial for trial in self.finished}
            self.study.optimize(
                partial(self._objective, evaluate=evaluate, seen=seen),
                n_trials=1,
                catch=(_TrialFailed,),
                callbacks=[self._keep],
            )
            last = len(self.finished) - 1
            if last >= 0:
                on_trial(last + 1, self.planned, _record(last, self.finished[last]))

    def _keep(self, _: optuna.Study, trial: FrozenTrial) -> None:
        """Note a finished trial; where workers share the study, theirs as well."""
        if self.exclusive:  # reading them all again would cost a query a trial
            self.finished += [trial] if _is_finished(trial) else []
        else:
            self.finished = self._read_finished()

    def _read_finished(self) -> list[FrozenTrial]:
        return [trial for trial in self.study.get_trials(deepcopy=False) if _is_finished(trial)]

    def _read_running(self) -> list[FrozenTrial]:
        self.finished = self._read_finished()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(self.study)
        running = self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
        return [trial for trial in running if not self._never_began(trial)]

    def _never_began(self, trial: FrozenTrial) -> bool:
        """Fail a trial whose worker died before its first heartbeat, which Optuna waits for."""
        begun = trial.datetime_start
        age = (datetime.now() - begun).total_seconds() if begun else 0.0
        if age <= GRACE or len(trial.params) == len(self.space):
            return False
        self.study.tell(trial.number, state=TrialState.FAIL)
        return True

    def _sampler(self, running: Sequence[FrozenTrial]) -> optuna.samplers.BaseSampler | None:
        """What proposes the next trial, or None when the plan is complete."""
        index = len(self.finished) + len(running)
        if self.grid is None:
            if index >= self.n_trials:
                return None
            seed = int(np.random.SeedSequence([self.seed, index]).generate_state(1)[0])
            return sampler(self.sampler, seed, self.n_startup_trials)
        seen = {_frozen(trial.params) for trial in (*self.finished, *running)}
        rest = [params for params in self.grid if _frozen(params) not in seen]
        return Fixed(rest[0]) if rest else None

    def _objective(
        self,
        trial: optuna.Trial,
        evaluate: Callable[[Params], Trial],
        seen: Mapping[str, FrozenTrial],
    ) -> list[float]:
        # TPE draws again what it drew before, above all in small spaces: same answer, no refit.
        params = {name: suggest(trial, name, self.space[name]) for name in sorted(self.space)}
        done, why = None, ""
        if _frozen(params) in seen:
            known = _record(0, seen[_frozen(params)])
            done, why = known.trial, known.why
        else:
            try:
                done = evaluate(params)
            except (MemoryError, SegbenchError):
                raise
            except Exception as error:
                why = f"{type(error).__name__}: {one_line(error)}"
        if done is None:
            trial.set_user_attr("why", why)
            raise _TrialFailed
        trial.set_user_attr("trial", asdict(done))
        # One constraint, not one a guard: samplers add up the excess anyway, and a write costs
        # milliseconds. The guards stand one by one in the trial's record.
        trial.set_constraint("guards", done.excess)
        if self.weights is not None:
            return [weighted(done, self.objectives, self.weights)]
        return [told(name, done.scores[name]) for name in self.objectives]


def _is_finished(trial: FrozenTrial) -> bool:
    """Complete, or failed for a recorded reason; a trial that was cut off has none."""
    return trial.state == TrialState.COMPLETE or (
        trial.state == TrialState.FAIL and "why" in trial.user_attrs
    )


def _record(index: int, frozen: FrozenTrial) -> Record:
    if "trial" not in frozen.user_attrs:
        return Record(index, None, dict(frozen.params), frozen.user_attrs["why"])
    plain = frozen.user_attrs["trial"]
    scores = {name: Score(**score) for name, score in plain["scores"].items()}
    return Record(index, Trial(**{**plain, "scores": scores}), dict(frozen.params))


def _frozen(params: Mapping[str, Any]) -> str:
    return json.dumps(params, sort_keys=True)
