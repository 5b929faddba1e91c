"""The record on disk: one folder a result, written at once or not at all, readable and mergeable.

    results/<sweep>/plan.json            every planned cell, so that a missing one shows
    results/<sweep>/<key>/result.json    and labels.parquet, trials.parquet, profile.csv,
                                         config.yaml, model/

The key is a hash of what decides the outcome (configs, data, seed) and of nothing else, so that a
re-run is a no-op and merging two results folders is a copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from segbench.contracts import FINAL, SCHEMA, Result
from segbench.errors import InputError
from segbench.lock import exclusive

if TYPE_CHECKING:
    import pandas as pd

HASHED = ("dataset", "features", "algorithm", "study", "guards", "seed")
PROSE = frozenset({"title", "source", "licence", "citation", "path"})
"""Words about a component, and where a file lies, do not change what it computes."""


def result_key(config: Mapping[str, Any], data_sha256: str | None, *, trials: bool = True) -> str:
    """sha256 of everything that decides a result; without `trials`, of its study.

    Args:
        config: resolved; only the parts in `HASHED` count.
        data_sha256: of the data, or None while the data cannot be read.
        trials: whether the number of trials counts (it does not for the study, which goes on when
            the number is raised).

    """
    parts = {name: _without(config[name], PROSE) for name in HASHED}
    if data_sha256 is None:  # nothing else tells two unreadable files apart
        parts["path"] = config["dataset"].get("path")
    parts["dataset"] = _without(parts["dataset"], {"reference"})
    parts["reference"] = config["dataset"].get("reference")
    if not trials:
        parts["study"] = _without(parts["study"], {"n_trials", "structureless"})
    parts |= {"data_sha256": data_sha256, "schema": SCHEMA}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def terms_key(config: Mapping[str, Any]) -> str:
    """Hash of the terms on which results are compared: data set, reference space and guards."""
    parts = [_without(config["dataset"], PROSE), config["guards"]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def setup_key(config: Mapping[str, Any]) -> str:
    """Hash of pipeline, algorithm and study: what results share that differ in data or seed."""
    parts = [_without(config[name], PROSE) for name in ("features", "algorithm", "study")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _without(part: Any, names: Iterable[str]) -> Any:
    return {k: v for k, v in part.items() if k not in names} if isinstance(part, Mapping) else part


def dumps(plain: Any) -> str:
    """JSON as segbench writes it; NaN and infinity are refused, since JSON has none."""
    return json.dumps(plain, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a file at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{path.name}-{uuid4().hex}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` when the block ends without an error.

    A kill at any moment leaves a final result as it was, or complete. A folder whose result is not
    final is replaced; a final one stays, and the new one is dropped.
    """
    temporary = target.with_name(f".tmp-{target.name}-{uuid4().hex}")
    _sweep_leftovers(target)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for path in [*temporary.rglob("*"), temporary]:
            _fsync(path)
        if target.exists() and read_final(target) is None:
            old = target.with_name(f".old-{target.name}-{uuid4().hex}")
            target.rename(old)
            shutil.rmtree(old)
        if not target.exists():
            try:
                temporary.rename(target)
            except OSError:  # another worker's came first
                if read_final(target) is None:
                    raise
            _fsync(target.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_leftovers(target: Path, seconds: float = 3600.0) -> None:
    """Remove what killed writers of the same result left behind."""
    for prefix in (".tmp", ".old"):
        for path in target.parent.glob(f"{prefix}-{target.name}-*"):
            if time.time() - path.stat().st_mtime > seconds:
                shutil.rmtree(path, ignore_errors=True)


def write_result(
    target: Path, result: Result, config_yaml: str, fill: Callable[[Path], None] | None = None
) -> None:
    """Write a result folder; `fill` adds the files beside result.json and config.yaml."""
    with new_folder(target) as folder:
        (folder / "config.yaml").write_text(config_yaml, encoding="utf-8")
        if fill is not None:
            fill(folder)
        (folder / "result.json").write_text(dumps(result.as_json()), encoding="utf-8")


def read_result(folder: Path) -> Result:
    """Read `result.json` of a result folder.

    Raises:
        InputError: it is absent, no JSON, or of another schema.

    """
    path = folder / "result.json"
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(plain, dict) or plain.get("schema") != SCHEMA:
            found = plain.get("schema") if isinstance(plain, dict) else type(plain).__name__
            raise InputError(path, found=f"schema {found}", wanted=f"schema {SCHEMA}")
        return Result.from_json(plain)
    except FileNotFoundError:
        raise InputError(path, found="no such file", wanted="a result of segbench run") from None
    except (UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(path, found=f"{type(error).__name__}: {error}",
                         wanted="a result of segbench run") from error  # fmt: skip


def read_final(folder: Path) -> Result | None:
    """The result in a folder if there is one that a second run would keep."""
    if not (folder / "result.json").is_file():
        return None
    try:
        result = read_result(folder)
    except InputError:  # damaged, or of another schema: made again
        return None
    return result if result.status in FINAL else None


def within_guards(trials: pd.DataFrame) -> pd.Series:
    """Of a result's trials those that count: complete, and beyond no guard."""
    guards = [name for name in map(str, trials.columns) if name.startswith("guard_")]
    kept = (trials[guards].fillna(0) <= 0).all(axis=1)
    return (trials["state"] == "complete") & kept


def best_so_far(trials: pd.DataFrame, objective: str) -> pd.Series:
    """The best value of an objective among the trials up to each one that count."""
    from segbench.metric import maximize

    values = trials[objective].where(within_guards(trials))
    return (values.cummax() if maximize(objective) else values.cummin()).ffill()


def command(result: Result) -> str:
    """The line for a shell that computes a result again, into a folder of its own.

    "" where it is not known what was asked for.
    """
    if not result.overrides:
        return ""
    asked = list(result.overrides)
    if any(override.lstrip("+").startswith("experiment=") for override in asked):
        asked.append("plan=[]")  # of an experiment's cells only this one
    return f"segbench run {shlex.join([*asked, 'results=again'])}"


@dataclass(frozen=True)
class Stored:
    """A result and where it lies."""

    result: Result
    path: Path


def scan(root: Path) -> list[Stored]:
    """Every result in a results folder, in one of its sweeps, or the one in a result folder.

    A result that cannot be read is passed over with a warning: it must not hide the others. Of a
    cell that stands in several sweeps, what is final comes last.

    Raises:
        InputError: the folder does not exist.

    """
    if not root.is_dir():
        raise InputError(root, found="no such folder", wanted="a results folder of segbench run")
    files = [root / "result.json", *root.glob("*/result.json"), *root.glob("*/*/result.json")]
    folders = [f.parent for f in files if f.is_file() and f.parent.name[:1] != "."]
    found = []
    for folder in sorted(folders):
        try:
            found.append(Stored(read_result(folder), folder))
        except InputError as error:
            print(f"warning: passed over: {error}", file=sys.stderr)
    return sorted(found, key=lambda stored: stored.result.status in FINAL)


def find(name: str, root: Path) -> Stored:
    """The result that a path, a key or a unique prefix of a key names.

    Raises:
        InputError: none or several match.

    """
    if (Path(name) / "result.json").is_file():
        return Stored(read_result(Path(name)), Path(name))
    known = {stored.result.key: stored for stored in scan(root)} if root.is_dir() else {}
    matches = [stored for key, stored in known.items() if name and key.startswith(name)]
    if len(matches) == 1:
        return matches[0]
    found = f"{len(matches)} results whose key begins so" if matches else "no such path or key"
    raise InputError(name, found=found, wanted=f"a result folder or a key in {root}")


def about_model(folder: Path) -> dict[str, Any]:
    """What `model/model.json` of a result says; {} where there is none, or a damaged one."""
    try:
        plain = json.loads((folder / "model" / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return plain if isinstance(plain, dict) else {}


def assigns(folder: Path) -> bool:
    """Whether a result folder holds a model with a rule for new customers."""
    return bool(about_model(folder).get("assign"))


def read_plan(sweep: Path) -> list[dict[str, Any]]:
    """The planned cells of a sweep folder, [] if it has no plan."""
    path = sweep / "plan.json"
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["cells"])
    except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        print(f"warning: {path} cannot be read and is begun anew: {error}", file=sys.stderr)
        return []


def add_to_plan(sweep: Path, cells: Iterable[Mapping[str, Any]]) -> None:
    """Write `plan.json`: the cells planned before and these, by key.

    A cell that was planned while its data could not be read is known by a key without data; once
    the data can be read, the cell with the full key takes its place, failed row and all.
    """
    with exclusive(sweep / ".plan.lock", wait=True):
        plan = {str(cell["key"]): dict(cell) for cell in read_plan(sweep)}
        for cell in cells:
            stale = str(cell["key_without_data"])
            if stale != cell["key"]:
                plan.pop(stale, None)
                shutil.rmtree(sweep / stale, ignore_errors=True)
            plan[str(cell["key"])] = dict(cell)
        write_text(sweep / "plan.json", dumps({"schema": SCHEMA, "cells": list(plan.values())}))
