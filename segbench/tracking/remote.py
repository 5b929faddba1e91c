"""What is read from W&B, and what is decided there: the leaderboard again, and a promotion."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from segbench.contracts import SCHEMA, Result, Row
from segbench.errors import InputError
from segbench.leaderboard import rank
from segbench.results import Stored
from segbench.tracking.client import Answer, Client, Gone
from segbench.tracking.content import LEADERBOARD, word
from segbench.tracking.marks import NAME, check_project
from segbench.tracking.overview import missing_cells

PREFIX = "wandb-registry-"
"""By which W&B tells registries from projects."""
PAGE = 100
"""Runs that are asked for at once."""


def rows(path: str, timeout: float) -> list[Row]:
    """The leaderboard of a W&B project, equal to that of the results mirrored there.

    Runs that segbench did not make are passed over; damaged ones with a warning.

    Args:
        path: ENTITY/PROJECT.
        timeout: seconds for each page of runs.

    Raises:
        InputError: no such project, no API key, or no server that takes it.

    """
    entity, _, project = path.partition("/")
    if not (entity and project) or "/" in project:
        raise InputError("--wandb", found=path, wanted="ENTITY/PROJECT")
    found: dict[str, Result] = {}
    missing: dict[str, Result] = {}
    for run, kind, record in _records(project, entity, timeout):
        try:
            if kind == LEADERBOARD:
                cells = map(_result, missing_cells(record))
                missing |= {cell.key: cell for cell in cells}
            else:
                result = _result(json.loads(record))
                found[result.key] = result
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            print(f"warning: passed over: {path}/{run}: {why}", file=sys.stderr)
    nowhere = Path()
    entries = [Stored(each, nowhere) for each in (missing | found).values()]
    return [replace(row, path="") for row in rank(entries)]


def _result(plain: dict[str, object]) -> Result:
    if plain["schema"] != SCHEMA:
        raise ValueError(f"schema {plain['schema']}, not {SCHEMA}")
    return Result.from_json(plain)


def _records(project: str, entity: str, timeout: float) -> Iterator[tuple[str, str, str]]:
    with Client(project, entity, timeout) as client:
        _greet(client)
        while page := _ask(client, f"{entity}/{project}", job="runs", size=PAGE)["runs"]:
            for run, kind, record in page:
                if record is not None:
                    yield run, kind, record


def promote(
    stored: Stored, alias: str, project: str, entity: str | None, registry: str | None,
    timeout: float,
) -> str:  # fmt: skip
    """Link the model of a mirrored result in W&B's registry under an alias, which moves to it.

    Args:
        stored: an eligible result with a model.
        registry: REGISTRY/COLLECTION, by default model/<data set>; of one organisation of several
            ORGANISATION/REGISTRY/COLLECTION.

    Returns:
        What W&B calls the model there.

    Raises:
        InputError: the result may not be promoted, or it is not mirrored.

    """
    result = stored.result
    name = f"{result.dataset['name']} · {result.features} · {result.algorithm}"
    if result.status != "complete" or result.baseline:
        found = "a baseline" if result.baseline else f"{result.status}: {result.why}"
        raise InputError(name, found=found, wanted="an eligible result, one with a rank")
    if not (stored.path / "model").is_dir():
        raise InputError(name, found="no model", wanted="a result with one")
    check_project("--project", project)
    path = _registry_path(registry or f"model/{word(str(result.dataset['name']))}")
    with Client(project, entity, timeout) as client:
        _greet(client)
        answer = _ask(client, name, job="promote", folder=str(stored.path.resolve()),
                      collection=path, alias=alias)  # fmt: skip
    return str(answer["linked"])


def _registry_path(text: str) -> str:
    """REGISTRY/COLLECTION, or with an organisation before it, as W&B's client takes it."""
    names = text.split("/")
    if (
        len(names) not in (2, 3)
        or not all(map(NAME.fullmatch, names))
        or word(names[-1]) != names[-1]
    ):
        raise InputError("--registry", found=text, wanted="REGISTRY/COLLECTION or "
                         "ORGANISATION/REGISTRY/COLLECTION")  # fmt: skip
    *organisation, registry, collection = names
    return "/".join([*organisation, PREFIX + registry.removeprefix(PREFIX), collection])


def _greet(client: Client) -> None:
    try:
        client.greet()
    except Gone as error:
        raise InputError("W&B", found=str(error), wanted="a server that answers") from None


def _ask(client: Client, name: str, **job: Any) -> Answer:
    try:
        answer = client.ask(**job)
    except Gone as error:
        raise InputError(name, found=str(error), wanted="an answer of W&B") from None
    if "error" in answer:
        raise InputError(name, found=answer["error"], wanted="one that W&B has")
    return answer
