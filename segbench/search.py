"""Search spaces: from an algorithm's `search:` to Optuna, and all of a small one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from segbench.errors import InputError

Params = dict[str, Any]


SAMPLERS = ("tpe", "nsga2", "random", "grid")


def sampler(name: str, seed: int, n_startup_trials: int) -> optuna.samplers.BaseSampler:
    """Optuna's sampler for the next trial; the first ones of TPE and NSGA-II are random."""
    if name == "nsga2":
        return optuna.samplers.NSGAIISampler(population_size=max(n_startup_trials, 2), seed=seed)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(n_startup_trials=n_startup_trials, seed=seed)


class Fixed(optuna.samplers.BaseSampler):
    """Proposes the one parameter set that it was given."""

    def __init__(self, params: Params) -> None:
        self.params = params

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Params:
        return {}

    def sample_independent(self, study: Any, trial: Any, param_name: str, _: Any) -> Any:
        return self.params[param_name]


def distribution(name: str, spec: Mapping[str, Any]) -> BaseDistribution:
    """Translate one entry of `search:`.

    Raises:
        InputError: an unknown type, an unknown word, or limits that make no sense.

    """
    known = {
        "int": (IntDistribution, {"low", "high", "log", "step"}),
        "float": (FloatDistribution, {"low", "high", "log", "step"}),
        "categorical": (CategoricalDistribution, {"choices"}),
    }
    where, kind = f"algorithm.search.{name}", str(spec.get("type"))
    if kind not in known:
        raise InputError(where, found=f"type {kind}", wanted=f"type {', '.join(known)}")
    cls, allowed = known[kind]
    given = {key: value for key, value in spec.items() if key != "type"}
    if set(given) - allowed:
        raise InputError(where, found=", ".join(sorted(set(given) - allowed)),
                         wanted=", ".join(sorted(allowed)))  # fmt: skip
    try:
        return cls(**given)
    except (TypeError, ValueError) as error:
        raise InputError(where, found=str(given), wanted=f"a search space ({error})") from None


def distributions(search: Mapping[str, Mapping[str, Any]]) -> dict[str, BaseDistribution]:
    """Translate all of `search:`."""
    return {name: distribution(name, spec) for name, spec in search.items()}


def suggest(trial: optuna.Trial, name: str, dist: BaseDistribution) -> Any:
    """Ask Optuna for a value of one parameter."""
    if isinstance(dist, CategoricalDistribution):
        return trial.suggest_categorical(name, dist.choices)
    if isinstance(dist, IntDistribution):
        return trial.suggest_int(name, dist.low, dist.high, step=dist.step, log=dist.log)
    assert isinstance(dist, FloatDistribution)
    return trial.suggest_float(name, dist.low, dist.high, step=dist.step, log=dist.log)


def grid(space: Mapping[str, BaseDistribution], n_trials: int) -> list[Params] | None:
    """Every parameter set, if there are no more than `n_trials` of them."""
    axes: list[Sequence[Any]] = []
    for name in sorted(space):
        dist = space[name]
        if isinstance(dist, CategoricalDistribution):
            axes.append(dist.choices)
        elif isinstance(dist, IntDistribution):
            axes.append(range(dist.low, dist.high + 1, 1 if dist.log else dist.step))
        else:
            return None
        if np.prod([float(len(axis)) for axis in axes]) > n_trials:
            return None
    return [dict(zip(sorted(space), values, strict=True)) for values in itertools.product(*axes)]


def blind(space: Mapping[str, BaseDistribution], n_trials: int, seed: int) -> list[Params]:
    """Parameter sets that no table had a say in: all of a small space, or `n_trials` at random."""
    found = grid(space, n_trials)
    if found is None:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        drawn = [study.ask(dict(space)).params for _ in range(n_trials)]
        found = [each for i, each in enumerate(drawn) if each not in drawn[:i]]
    return found


def plan(space: Mapping[str, BaseDistribution], n_trials: int, sampler: str) -> list[Params] | None:
    """The parameter sets that a study lists instead of sampling, or None.

    Raises:
        InputError: `grid` was asked for and there are too many.

    """
    if sampler in ("nsga2", "random"):
        return None
    found = grid(space, n_trials)
    if found is None and sampler == "grid":
        raise InputError("study.sampler=grid", found="a larger search space",
                         wanted=f"at most study.n_trials = {n_trials} parameter sets")  # fmt: skip
    return found
