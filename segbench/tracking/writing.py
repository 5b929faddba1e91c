"""A W&B run is written: into a local log, or to a server that is then asked what it got.

W&B's client reports success when its last messages were refused, and it retries for hours unless
told otherwise; so what it says is not believed, and every wait has an end.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from segbench.tracking.content import RECORD, Columns, Content, Files
from segbench.tracking.marks import Target

ARRIVING = 10.0
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
    bounds: dict[str, Any] = {
        "init_timeout": timeout, "finish_timeout": timeout, "finish_timeout_raises": True,
        "login_timeout": timeout, "x_file_stream_transmit_interval": 60.0,
    }  # fmt: skip
    for kind in ("graphql", "file_stream", "file_transfer"):
        # Waits begin at two seconds, whatever is asked for, and double; 0 means the default, 20.
        bounds |= {f"x_{kind}_retry_max": max(1, min(3, int(timeout // 15))),
                   f"x_{kind}_timeout_seconds": max(1.0, timeout / 4)}  # fmt: skip
    return lean | bounds


def offline(content: Content, folder: Path, target: Target) -> Path:
    """Write a run into a local log below `folder`; returns the log's own folder."""
    with _kept_below(folder):
        run = _written(content, folder, target, "offline", settings())
        run.finish()
    return Path(run.dir).parent


@contextlib.contextmanager
def _kept_below(folder: Path) -> Iterator[None]:
    """Tables that a log refers to lie beside it, not at home, unless W&B is told where."""
    ours = {"WANDB_DATA_DIR": str(folder / "data"), "WANDB_CACHE_DIR": str(folder / "cache")}
    added = {name: value for name, value in ours.items() if name not in os.environ}
    os.environ |= added
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def online(content: Content, folder: Path, target: Target, timeout: float, api: Any) -> None:
    """Write a run to a server and ask whether it has it.

    Args:
        folder: where W&B keeps its files meanwhile.
        timeout: seconds for each wait; together they may take longer.
        api: W&B's public interface to that server.

    Raises:
        NotMirrored: it has not.
        Exception: whatever W&B raises.

    """
    run = _written(content, folder, target, "online", settings(timeout))
    run.finish()
    _check(content, target, timeout, api)


def _written(
    content: Content, folder: Path, target: Target, mode: Any, how: Mapping[str, Any]
) -> Any:
    """A run with everything in it, not yet finished."""
    import wandb

    run = wandb.init(
        mode=mode, project=target.project, entity=target.entity, dir=str(folder), id=content.id,
        name=content.name, group=content.group, job_type=content.job_type, tags=content.tags,
        config=dict(content.config), reinit="create_new", settings=wandb.Settings(**how),
    )  # fmt: skip
    try:
        run.summary.update(dict(content.summary))
        shown = _shown(content)
        if shown:
            run.log(shown)
        if content.files:
            run.log_artifact(_artifact(content.files), aliases=[*content.files.aliases, "latest"])
    except BaseException:
        run.finish(exit_code=1)
        raise
    return run


def _shown(content: Content) -> dict[str, Any]:
    """Tables, and figures made of them."""
    import wandb

    tables = {name: _table(each) for name, each in content.tables.items()}
    charts = {
        name: getattr(wandb.plot, each.kind)(tables[each.table], each.x, each.y, title=each.title)
        for name, each in content.charts.items()
    }
    bars = {name: wandb.Histogram(np_histogram=(sizes, list(range(len(sizes) + 1))))
            for name, sizes in content.bars.items()}  # fmt: skip
    return tables | charts | bars  # tables first: charts of the same table then refer to it


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


def _artifact(files: Files) -> Any:
    import wandb

    artifact = wandb.Artifact(files.name, type=files.type, metadata=dict(files.metadata))
    for name, path in files.paths.items():
        # Results never change, so they are read where they lie, and not copied first.
        artifact.add_file(str(path), name=name, policy="immutable", skip_cache=True)
    return artifact


def _check(content: Content, target: Target, timeout: float, api: Any) -> None:
    """Ask the server for the run, its tables and its artifact.

    Raises:
        NotMirrored: it has another one, an unfinished one, or none.

    """
    end = time.monotonic() + min(ARRIVING, timeout)
    while True:
        api.flush()
        run = api.run(f"{target.path}/{content.id}")
        if run.state == "finished" and run.summary.get(RECORD) == content.summary[RECORD]:
            break
        if time.monotonic() > end:
            raise NotMirrored(f"the server has a run that is {run.state}, without all of it")
        time.sleep(0.1)
    wanted = {f"run-{content.id}-{name}": "run_table" for name in content.tables}
    if content.files:
        wanted[content.files.name] = content.files.type
    for name, kind in wanted.items():
        artifact = api.artifact(f"{target.path}/{name}:latest", type=kind)
        if str(artifact.state).lower() != "committed":
            raise NotMirrored(f"the server does not have all of {name}")
