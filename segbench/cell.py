"""A planned cell: a checked config, the key of its result, and where that goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segbench.dataset import display_name, fingerprint
from segbench.errors import InputError
from segbench.metric import INTERNAL
from segbench.results import result_key
from segbench.target import resolve
from segbench.trial import STABILITY

Config = dict[str, Any]
DEFAULTS: Config = {"input": "numeric", "assign": None, "baseline": False, "params": {},
                    "search": {}, "citation": ""}  # fmt: skip
"""What an algorithm's yaml may leave out."""


@dataclass(frozen=True)
class Cell:
    """A planned cell: its resolved config, its key, and where its result goes."""

    config: Config
    key: str
    key_without_data: str
    data_sha256: str | None

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
            "data_sha256": self.data_sha256, "dataset": display_name(self.config["dataset"]),
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
    check_config(config)
    bare = result_key(config, None)
    try:
        sha = fingerprint(config["dataset"])
    except InputError:
        return Cell(config, bare, bare, None)
    return Cell(config, result_key(config, sha), bare, sha)


def check_config(config: Config) -> None:
    """Refuse numbers that make no sense, naming the option."""
    resolve(str(config["algorithm"].get("_target_")))
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
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(name, found=value, wanted=f"an integer of at least {least}")
    for name, value in (
        *((f"guards.{name}", guards[name]) for name in ("min_share", "max_share", "max_noise")),
        ("study.min_stability", study["min_stability"]),
    ):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise InputError(name, found=value, wanted="a number from 0 to 1")
    timeout = config["timeout"]
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
        raise InputError("timeout", found=timeout, wanted="seconds, or null for no limit")
    known = [*INTERNAL, STABILITY]
    names = study["objectives"]
    if (
        not names
        or set(names) - set(known)
        or not set(names) & set(INTERNAL)
        or (len(set(names)) < len(names))
    ):
        wanted = f"distinct names of {', '.join(known)}, at least one not {STABILITY}"
        raise InputError("study.objectives", found=names, wanted=wanted)
    for name in ("results", "sweep"):
        if not isinstance(config[name], str) or not config[name].strip():
            raise InputError(name, found=config[name], wanted="a name")
    if config["sweep"].startswith(".") or "/" in config["sweep"]:
        raise InputError("sweep", found=config["sweep"], wanted="a name without / or leading dot")


def public_config(config: Mapping[str, Any]) -> Config:
    """What decided the result, and nothing that could be a secret (storage, tracking)."""
    kept = ("dataset", "features", "algorithm", "metric", "study", "guards", "seed")
    return {name: config[name] for name in kept}
