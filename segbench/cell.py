"""A planned cell: a checked config, the key of its result, and where that goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segbench import algorithm as algorithms
from segbench.choice import RULES
from segbench.dataset import display_name, fingerprint
from segbench.errors import InputError
from segbench.metric import COMPOSITES, INTERNAL
from segbench.results import result_key, setup_key, terms_key
from segbench.search import SAMPLERS
from segbench.stability import AMOUNTS, OBJECTIVES
from segbench.target import parameters, resolve

Config = dict[str, Any]
REQUIRED = {"dataset": ("reader", "columns", "reference"), "features": ("columns",),
            "algorithm": ("_target_",)}  # fmt: skip
DATASET = frozenset(
    {"name", "title", "source", "licence", "citation", "reader", "package", "file", "path",
     "sha256", "delimiter", "transactions", "columns", "missing_values", "rfm", "revenue",
     "reference", "n", "k", "spread", "seed"}
)  # fmt: skip
ALGORITHM = frozenset(
    {"name", "title", "citation", "_target_", "input", "assign", "noise", "max_rows", "baseline",
     "features", "params", "search"}
)  # fmt: skip
TRACKING = ("none", "offline", "online")
DEFAULTS: Config = {"input": "numeric", "assign": None, "baseline": False, "params": {},
                    "search": {}, "citation": "", "noise": False, "max_rows": None}  # fmt: skip
"""What an algorithm's yaml may leave out."""


@dataclass(frozen=True)
class Cell:
    """A planned cell: its resolved config, its key, and where its result goes.

    `overrides` are those of Hydra's that decide the result, and `--config-dir`, if there is one.
    """

    config: Config
    key: str
    key_without_data: str
    data_sha256: str | None
    overrides: tuple[str, ...] = ()

    @property
    def sweep(self) -> Path:
        """`results/<sweep>`."""
        return Path(self.config["results"]) / self.config["sweep"]

    @property
    def folder(self) -> Path:
        """`results/<sweep>/<key>`."""
        return self.sweep / self.key

    def as_plan(self) -> dict[str, Any]:
        """The cell's line in `plan.json`."""
        return {
            "key": self.key, "key_without_data": self.key_without_data,
            "data_sha256": self.data_sha256, "terms": terms_key(self.config),
            "setup": setup_key(self.config),
            "dataset": display_name(self.config["dataset"]),
            "features": self.config["features"]["name"],
            "algorithm": self.config["algorithm"]["name"],
            "baseline": self.config["algorithm"]["baseline"], "seed": self.config["seed"],
        }  # fmt: skip


def plan_cell(config: Config) -> Cell:
    """Check a config and name its result; data that cannot be read leave the key without data.

    Raises:
        InputError: a number or a name in the config is out of range.

    """
    config = {**config, "algorithm": {**DEFAULTS, **config["algorithm"]}}
    for group, needed in REQUIRED.items():
        lacking = [name for name in needed if name not in config[group]]
        if lacking:
            raise InputError(f"{group}={config[group]['name']}", found=f"no {', '.join(lacking)}",
                             wanted="a complete component")  # fmt: skip
    check_config(config)
    try:
        bare = result_key(config, None)
    except TypeError as error:
        raise InputError("config", found=str(error), wanted="names that are texts") from error
    try:
        sha = fingerprint(config["dataset"])
    except InputError:
        return Cell(config, bare, bare, None)
    return Cell(config, result_key(config, sha), bare, sha)


def check_config(config: Config) -> None:
    """Refuse numbers that make no sense, naming the option."""
    _check_components(config)
    guards, study = config["guards"], config["study"]
    _check_numbers(config)
    timeout = config["timeout"]
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
        raise InputError("timeout", found=timeout, wanted="seconds, or null for no limit")
    known = [*COMPOSITES, *INTERNAL, *OBJECTIVES]
    names = study["objectives"]
    if (
        not names
        or set(names) - set(known)
        or not set(names) - set(OBJECTIVES)
        or (len(set(names)) < len(names))
    ):
        wanted = (
            f"distinct names of {', '.join(known)}, at least one not of the last {len(OBJECTIVES)}"
        )
        raise InputError("study.objectives", found=names, wanted=wanted)
    _check_stability(study["stability"])
    _check_structureless(study["structureless"], guards["k_max"])
    _check_choice(study)
    if config["tracking"].get("mode") not in TRACKING:
        found = config["tracking"].get("mode")
        raise InputError("tracking.mode", found=found, wanted=f"one of {', '.join(TRACKING)}")
    if config["tracking"]["mode"] != "none":
        _check_tracking(config["tracking"])
    for name in ("results", "sweep"):
        if not isinstance(config[name], str) or not config[name].strip():
            raise InputError(name, found=config[name], wanted="a name")
    if config["sweep"].startswith(".") or "/" in config["sweep"]:
        raise InputError("sweep", found=config["sweep"], wanted="a name without / or leading dot")


def _check_numbers(config: Config) -> None:
    guards, study = config["guards"], config["study"]
    for name, value, least in (
        ("seed", config["seed"], 0),
        ("study.n_trials", study["n_trials"], 1),
        ("study.replicates", study["replicates"], 2),
        ("study.n_startup_trials", study["n_startup_trials"], 1),
        ("guards.k_min", guards["k_min"], 2),
        ("guards.k_max", guards["k_max"], guards["k_min"]),
        ("threads", 1 if config["threads"] is None else config["threads"], 1),
    ):
        _check_integer(name, value, least)
    for name, value in (
        *((f"guards.{name}", guards[name]) for name in ("min_share", "max_share", "max_noise")),
        ("study.min_stability", study["min_stability"]),
    ):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise InputError(name, found=value, wanted="a number from 0 to 1")


def _check_integer(name: str, value: Any, least: int, why: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(name, found=value, wanted=f"an integer of at least {least}{why}")


def _check_choice(study: Mapping[str, Any]) -> None:
    for name, known in (("sampler", SAMPLERS), ("choice", tuple(RULES))):
        if study[name] not in known:
            wanted = f"one of {', '.join(known)}"
            raise InputError(f"study.{name}", found=study[name], wanted=wanted)
    if not isinstance(study["racing"], bool):
        raise InputError("study.racing", found=study["racing"], wanted="true or false")
    names, weights = study["objectives"], study["weights"]
    numbers = weights is None or (
        isinstance(weights, list) and len(weights) == len(names)
        and all(isinstance(w, (int, float)) and not isinstance(w, bool) and w > 0 for w in weights)
    )  # fmt: skip
    if not numbers:
        wanted = f"null, or a positive number for each of {', '.join(names)}"
        raise InputError("study.weights", found=weights, wanted=wanted)
    rule, stable = study["choice"], set(names) & set(OBJECTIVES)
    if weights is not None and rule != "weighted_sum":
        raise InputError("study.weights", found=f"{weights} with study.choice={rule}",
                         wanted="study.choice=weighted_sum beside them")  # fmt: skip
    lacking = {
        "weighted_sum": "" if weights is not None else "study.weights",
        "knee": "" if len(names) == 2 else "two objectives",
        "one_standard_error": "" if stable else f"an objective of {', '.join(OBJECTIVES)}",
    }.get(rule)
    if lacking:
        raise InputError(f"study.choice={rule}", found=", ".join(names), wanted=lacking)


def _check_stability(spec: Any) -> None:
    if not isinstance(spec, Mapping) or set(spec) != {"scheme", "amount"}:
        raise InputError("study.stability", found=spec, wanted="scheme and amount")
    scheme, amount = spec["scheme"], spec["amount"]
    if scheme not in AMOUNTS:
        wanted = f"one of {', '.join(AMOUNTS)}"
        raise InputError("study.stability.scheme", found=scheme, wanted=wanted)
    if amount is None:
        return
    if AMOUNTS[scheme] is None:
        raise InputError("study.stability.amount", found=amount, wanted=f"null for {scheme}")
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 < amount < 1:
        wanted = "a number above 0 and below 1, or null for the scheme's own"
        raise InputError("study.stability.amount", found=amount, wanted=wanted)


def _check_tracking(spec: Config) -> None:
    from segbench.tracking.marks import check_project

    check_project("tracking.project", spec.get("project"))
    entity, timeout = spec.get("entity"), spec.get("timeout")
    if entity is not None and not (isinstance(entity, str) and entity):
        raise InputError("tracking.entity", found=repr(entity), wanted="a name, or null")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
        raise InputError("tracking.timeout", found=timeout, wanted="a positive number of seconds")


def _check_structureless(spec: Any, k_max: int) -> None:
    if not isinstance(spec, Mapping) or set(spec) != {"copies", "level", "customers"}:
        raise InputError(
            "study.structureless", found=spec, wanted="copies (0: no test), level and customers"
        )
    level = spec["level"]
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level <= 1:
        raise InputError("study.structureless.level", found=level,
                         wanted="a number above 0 and at most 1")  # fmt: skip
    if spec["copies"] != 0 or isinstance(spec["copies"], bool):
        least, why = int(np.ceil(1 / level - 1 - 1e-9)), f" for level {level:g}, or 0 for no test"
        _check_integer("study.structureless.copies", spec["copies"], max(least, 1), why)
    _check_integer("study.structureless.customers", spec["customers"], max(k_max, 50))


def _check_components(config: Config) -> None:
    """Refuse what a component's yaml may not say, so that a typing error is not passed over."""
    for group, name in (("dataset", "columns"), ("dataset", "reference"), ("dataset", "rfm"),
                        ("dataset", "missing_values"), ("algorithm", "search"),
                        ("algorithm", "params")):  # fmt: skip
        value = config[group].get(name, {})
        needed = (group, name) in (("dataset", "reference"), ("algorithm", "search"))
        if not isinstance(value, Mapping) and (needed or value is not None):
            raise InputError(f"{group}.{name}", found=value, wanted="names and values")
    unknown = sorted(set(config["dataset"]) - DATASET)
    if unknown:
        weights = " (customer weights are not supported)" if "weight" in unknown[0] else ""
        raise InputError(f"dataset.{unknown[0]}", found="an unknown option",
                         wanted=f"one of {', '.join(sorted(DATASET))}{weights}")  # fmt: skip
    algorithm = config["algorithm"]
    for name in sorted(set(algorithm) - ALGORITHM):
        raise InputError(f"algorithm.{name}", found="an unknown option",
                         wanted=f"one of {', '.join(sorted(ALGORITHM))}")  # fmt: skip
    if algorithm["input"] not in algorithms.INPUTS:
        raise InputError("algorithm.input", found=algorithm["input"],
                         wanted=f"one of {', '.join(algorithms.INPUTS)}")  # fmt: skip
    for name in ("baseline", "noise"):
        if not isinstance(algorithm[name], bool):
            raise InputError(f"algorithm.{name}", found=algorithm[name], wanted="true or false")
    if algorithm["assign"] not in (None, *algorithms.RULES):
        raise InputError("algorithm.assign", found=algorithm["assign"],
                         wanted=f"one of {', '.join(algorithms.RULES)}")  # fmt: skip
    if algorithm["max_rows"] is not None:
        _check_integer("algorithm.max_rows", algorithm["max_rows"], 100)
    target = resolve(str(algorithm["_target_"]))
    if algorithm["assign"] == "predict" and not hasattr(target, "predict"):
        wanted = f"another rule: {algorithm['_target_']} has no predict"
        raise InputError("algorithm.assign", found="predict", wanted=wanted)
    takes = parameters(target)
    for name in {**(algorithm["params"] or {}), **algorithm["search"]}:
        if name not in takes:
            wanted = f"a parameter of {algorithm['_target_']}: {', '.join(takes)}"
            raise InputError(f"algorithm.{name}", found="no such parameter", wanted=wanted)


def public_config(config: Mapping[str, Any]) -> Config:
    """What decided the result, and nothing that could be a secret (storage, tracking)."""
    kept = ("dataset", "features", "algorithm", "metric", "study", "guards", "seed")
    return {name: config[name] for name in kept}
