"""Results mirrored to Weights & Biases. The results folder is the record; W&B is a mirror.

A result is always written to a local W&B log first (offline mode: no account, no network, some
hundredths of a second). `tracking=wandb` then uploads each log in a process of its own, so that a
slow or dead server costs a study nothing; what is not uploaded when the run ends stays on disk, and
a line says how to upload it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segbench.contracts import Result, Tracker
from segbench.errors import InputError


class NoTracking:
    """`tracking=none`."""

    def record(self, result: Result, config: Mapping[str, Any]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class WandbTracking:
    """One W&B run per result, its id derived from the key: mirroring twice overwrites.

    Args:
        folder: where the logs go (`<folder>/wandb/offline-run-*`).
        project, entity: of W&B.
        upload: whether to upload, or leave the logs for `wandb sync`.
        timeout: seconds that `close` waits for uploads, in all.

    """

    def __init__(
        self, folder: Path, project: str, entity: str | None, upload: bool, timeout: float
    ) -> None:
        self.folder, self.project, self.entity = folder, project, entity
        self.upload, self.timeout = upload, timeout
        self._waiting: list[Path] = []
        self._running: tuple[Path, subprocess.Popen[bytes]] | None = None

    def record(self, result: Result, config: Mapping[str, Any]) -> None:
        """Log the result; warn, and go on, if that fails."""
        try:
            log = self._log(result, config)
            if self.upload:
                self._waiting.append(log)
                self._next_upload()
        except Exception as error:  # a mirror must never cost a finished result
            _say(f"not mirrored to W&B: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Wait for uploads up to the timeout, then leave the rest on disk and say so."""
        end = time.monotonic() + self.timeout
        self._next_upload()
        while self._running and time.monotonic() < end:
            time.sleep(0.05)
            self._next_upload()
        if self._running:
            log, process = self._running
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._waiting.insert(0, log)
            self._running = None
        for log in self._waiting:
            _say(f"not uploaded to W&B; try: wandb sync {log}")
        self._waiting.clear()

    def _log(self, result: Result, config: Mapping[str, Any]) -> Path:
        import wandb

        self.folder.mkdir(parents=True, exist_ok=True)
        plain = result.as_json()
        run = wandb.init(
            mode="offline",
            project=self.project,
            entity=self.entity,
            dir=str(self.folder),
            id=result.key[:32],
            name=f"{result.dataset['name']}-{result.features}-{result.algorithm}-{result.seed}",
            group=result.sweep,
            tags=[str(result.dataset["name"]), result.features, result.algorithm],
            config=dict(config),
            reinit="create_new",
            settings=wandb.Settings(
                console="off", silent=True, quiet=True, disable_git=True, disable_code=True,
                x_disable_stats=True, x_disable_meta=True, x_save_requirements=False,
            ),
        )  # fmt: skip
        log = Path(run.dir).parent
        run.summary.update({name: plain[name] for name in
                            ("key", "status", "why", "space", "params", "segments", "scores",
                             "stability", "structure", "choice", "regret", "trials",
                             "seconds")})  # fmt: skip
        run.finish()
        return log

    def _next_upload(self) -> None:
        """Upload the logs one after the other (in a batch a damaged log blocks the others).

        Each in a process of its own, which ends by itself: nobody waits for it when a launcher's
        worker is gone. Never two at a time, so that a dead server cannot pile them up.
        """
        if self._running:
            log, process = self._running
            if process.poll() is None:
                return
            if process.returncode:
                _say(f"not uploaded to W&B; try: wandb sync {log}")
            self._running = None
        if self._waiting:
            log = self._waiting.pop(0)
            command = [sys.executable, "-m", "segbench.tracking", str(log), str(self.timeout)]
            null = subprocess.DEVNULL
            process = subprocess.Popen(
                command, stdin=null, stdout=null, stderr=null, start_new_session=True
            )
            self._running = (log, process)


def sync(log: Path, timeout: float) -> int:
    """Upload one local log with `wandb sync`; its exit status, or 124 after `timeout` seconds."""
    command = [sys.executable, "-m", "wandb", "sync", str(log.resolve())]
    try:  # its own log files go to the folder it is started in
        return subprocess.run(command, cwd=log.parent, timeout=timeout, check=False).returncode
    except subprocess.TimeoutExpired:
        return 124


def _say(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)


def make_tracker(config: Mapping[str, Any], folder: Path) -> Tracker:
    """The tracker that `conf/tracking` declares; `mode` is none, offline or online."""
    if config["mode"] == "none":
        return NoTracking()
    if config["mode"] not in ("offline", "online"):
        raise InputError("tracking.mode", found=config["mode"], wanted="none, offline or online")
    return WandbTracking(
        folder,
        str(config["project"]),
        config.get("entity"),
        upload=config["mode"] == "online",
        timeout=float(config["timeout"]),
    )


if __name__ == "__main__":
    sys.exit(sync(Path(sys.argv[1]), float(sys.argv[2])))
