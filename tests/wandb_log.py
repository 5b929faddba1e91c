"""Reads a local W&B log back: LevelDB's log format around protobuf records.

Blocks of 32 KiB; each chunk has a header of crc32 (4 bytes), length (2) and type (1), and a record
is one FULL chunk or FIRST, MIDDLE..., LAST. W&B puts 7 bytes of its own before the first chunk.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

BLOCK, HEADER = 32 * 1024, 7
FULL, LAST = 1, 4


def read_records(log: Path) -> Iterator[Record]:
    data = log.read_bytes()
    assert data.startswith(b":W&B") or not data
    at, pieces = HEADER, []
    while at + HEADER <= len(data):
        room = BLOCK - at % BLOCK
        kind = data[at + 6]
        if room < HEADER or kind == 0:  # the rest of a block is padding
            at += room
            continue
        size = int.from_bytes(data[at + 4 : at + 6], "little")
        pieces.append(data[at + HEADER : at + HEADER + size])
        at += HEADER + size
        if kind in (FULL, LAST):
            yield Record.FromString(b"".join(pieces))
            pieces.clear()


def read_run(log: Path, seconds: float = 30.0) -> dict[str, Any]:
    """What the log of a run holds, and whether it was finished: artifacts with their files' names.

    W&B's service writes the log; it may come a moment after `finish` has returned.
    """
    end = time.monotonic() + seconds
    while not (run := _read_run(log))["finished"] and time.monotonic() < end:
        time.sleep(0.05)
    return run


def _read_run(log: Path) -> dict[str, Any]:
    run: dict[str, Any] = {"summary": {}, "history": {}, "charts": [], "artifacts": {},
                           "finished": False}  # fmt: skip
    for record in read_records(log):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run |= {"id": record.run.run_id, "group": record.run.run_group,
                    "tags": list(record.run.tags), "project": record.run.project,
                    "job_type": record.run.job_type,
                    "config": _values(record.run.config.update)}  # fmt: skip
        elif kind == "config":
            run["charts"] += [path[-1] for path in (list(item.nested_key) for item in
                              record.config.update) if path[:2] == ["_wandb", "visualize"]
                              ]  # fmt: skip
        elif kind == "summary":
            _merge(run["summary"], record.summary.update)
        elif kind == "history":
            _merge(run["history"], record.history.item)
        elif kind == "artifact":
            entries = record.artifact.manifest.contents
            run["artifacts"][record.artifact.name] = [entry.path for entry in entries]
        elif kind == "exit":
            run["finished"] = record.exit.exit_code == 0
    return run


def _values(items: Any) -> dict[str, Any]:
    return {item.key: json.loads(item.value_json) for item in items if item.key}


def _merge(into: dict[str, Any], items: Any) -> None:
    for item in items:
        *path, last = list(item.nested_key) or [item.key]
        here = into
        for key in path:
            here = here.setdefault(key, {})
        here[last] = json.loads(item.value_json)
