"""A W&B run is written: into a local log, or to a server that is then asked what it got.

W&B's client reports success when its last messages were refused, and it retries for hours unless
told otherwise; so what it says is not believed, and every wait has an end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segbench.tracking.content import RECORD, Columns, Content, Files
from segbench.tracking.marks import Target

ARRIVING = 5.0
"""Seconds that a server may take to show what it has accepted."""


class NotMirrored(Exception):
    """The server has not got everything."""


def settings(timeout: float | None = None) -> dict[str, Any]:
    """W&B's settings: nothing is captured but what is given; no wait beyond `timeout` seconds."""
    lean = {
        "console": "off", "silent": True, "quiet": True, "disable_git": True,
        "disable_code": True, "disable_job_creation": True, "x_disable_stats": True,
        "x_disable_meta": True, "x_disable_machine_info": True, "x_save_requirements": False,
    }  # fmt: skip
    if timeout is None:
        return lean
    bounds: dict[str, Any] = {"init_timeout": timeout, "finish_timeout": timeout,
                              "finish_timeout_raises": True, "login_timeout": timeout,
                              "x_file_stream_transmit_interval": 60.0}  # fmt: skip
    for kind in ("graphql", "file_stream", "file_transfer"):
        bounds |= {f"x_{kind}_retry_max": 3, f"x_{kind}_retry_wait_min_seconds": 0.25,
                   f"x_{kind}_retry_wait_max_seconds": max(0.5, timeout / 20),
                   f"x_{kind}_timeout_seconds": max(1.0, timeout / 4)}  # fmt: skip
    return lean | bounds


def write(
    content: Content, folder: Path, target: Target, timeout: float | None = None
) -> Path | None:
    """Write a run to a server, or, without a `timeout`, into a local log, whose folder it returns.

    Args:
        folder: where W&B keeps its files.

    Raises:
        NotMirrored: the server does not have it all.
        Exception: whatever W&B raises.

    """
    import wandb

    run = wandb.init(
        mode="offline" if timeout is None else "online",
        project=target.project, entity=target.entity, dir=str(folder), id=content.id,
        name=content.name, group=content.group, job_type=content.job_type, tags=content.tags,
        config=dict(content.config), reinit="create_new",
        settings=wandb.Settings(**settings(timeout)),
    )  # fmt: skip
    try:
        run.summary.update(dict(content.summary))
        tables = {name: _table(each) for name, each in content.tables.items()}
        if tables:
            charts = {name: getattr(wandb.plot, each.kind)(
                          tables[each.table], each.x, each.y, title=each.title)
                      for name, each in content.charts.items()}  # fmt: skip
            run.log(tables | charts)
        saved = _log_files(run, content.files) if content.files else None
    except BaseException:
        run.finish(exit_code=1)
        raise
    run.finish()
    if timeout is None:
        return Path(run.dir).parent
    if saved is not None:
        saved.wait(timeout=max(1, int(timeout)))
    _check(content, target, timeout)
    return None


def _table(columns: Columns) -> Any:
    """W&B's table; it finds types out cell by cell unless they are declared."""
    import wandb

    kinds, optional, cleaned = [], [], []
    for values in columns.values():
        known = [value for value in values if value is not None]
        numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known)
        kinds.append(float if numeric else str)
        optional.append(len(known) < len(values))
        cleaned.append(values if numeric else [None if v is None else str(v) for v in values])
    rows = [list(row) for row in zip(*cleaned, strict=True)]
    return wandb.Table(columns=list(columns), data=rows, dtype=kinds, optional=optional)


def _log_files(run: Any, files: Files) -> Any:
    import wandb

    artifact = wandb.Artifact(files.name, type=files.type, metadata=dict(files.metadata))
    for name, path in files.paths.items():
        # Results never change, so they are read where they lie, and not copied first.
        artifact.add_file(str(path), name=name, policy="immutable", skip_cache=True)
    return run.log_artifact(artifact, aliases=[*files.aliases, "latest"])


def _check(content: Content, target: Target, timeout: float) -> None:
    """Ask the server for the run.

    Raises:
        NotMirrored: it has another one, an unfinished one, or none.

    """
    import wandb

    api = wandb.Api(timeout=max(1, int(timeout)))
    end = time.monotonic() + min(ARRIVING, timeout)
    while True:
        run = api.run(f"{target.path}/{content.id}")
        if run.state == "finished" and run.summary.get(RECORD) == content.summary[RECORD]:
            break
        if time.monotonic() > end:
            raise NotMirrored(f"the server has a run that is {run.state}, without all of it")
        time.sleep(0.1)
        api.flush()
    for name in content.tables:
        table = f"{target.path}/run-{content.id}-{name}:latest"
        if not api.artifact_exists(table, type="run_table"):
            raise NotMirrored(f"the server does not have the table {name}")


def values(run: Any) -> Mapping[str, Any]:
    """The summary of a run on the server as plain values."""
    return dict(run.summary._json_dict)


def rows(columns: Columns) -> Sequence[dict[str, Any]]:
    """A table's rows."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
