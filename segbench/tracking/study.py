"""What a study tells W&B of its results while it goes on: it may warn, never fail, never wait."""

from __future__ import annotations

import shlex
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segbench.contracts import Tracker
from segbench.errors import InputError, one_line
from segbench.tracking.client import Answer, Client, Gone, refusal
from segbench.tracking.marks import LOCAL, Target, is_mirrored, mark_of, not_mirrored

AHEAD = 50
"""Jobs that a worker is sent before it has answered: so many always fit into the pipe."""
PAUSE = 60.0
"""Seconds until a server that failed is tried again; twice as many after each failure."""
PATIENCE = 5.0
"""Seconds of silence for which the end of a study waits (W&B's client takes three to start)."""
POLITE = 19
"""The worker gives way to the study on every processor."""


class NoTracking:
    """`tracking=none`."""

    def prepare(self) -> None:
        """Do nothing."""

    def record(self, folder: Path) -> None:
        """Do nothing."""

    def again(self, folder: Path) -> None:
        """Do nothing."""

    def overview(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class Offline:
    """`tracking=wandb_offline`: a local log a result, in `<sweep>/.wandb/wandb/offline-run-*`.

    Uploading twice overwrites, since a run's id is made of its key and sweep. A log names files
    where they lie: `segbench sync` uploads the results themselves, also from a folder that was
    moved, and `wandb sync` those of a folder that was not.
    """

    def __init__(self, sweep: Path, project: str, entity: str | None) -> None:
        self.sweep, self.folder = sweep, sweep / ".wandb"
        self.target = Target(LOCAL, entity, project)
        self._recorded = False

    def prepare(self) -> None:
        """Nothing to prepare: W&B is imported when there is something to log."""

    def record(self, folder: Path) -> None:
        """Log a result; warn, and go on, if that fails."""
        self._recorded = True
        try:
            from segbench.tracking.content import of_result
            from segbench.tracking.writing import offline

            self.folder.mkdir(parents=True, exist_ok=True)
            content = of_result(folder.resolve())
            offline(content, self.folder.resolve(), self.target)
            self.target.mark(self.sweep, content.id, content.digest)
        except Exception as error:  # a mirror must never cost a finished result
            _say(f"not logged for W&B: {type(error).__name__}: {one_line(error)}")

    def again(self, folder: Path) -> None:
        """Log a result that was there before, if it has no log."""
        if not self.target.has(self.sweep, *mark_of(folder.resolve(), folder.name)):
            self.record(folder)

    def overview(self) -> None:
        """Log the leaderboard at the end, also where other processes have made the results."""
        self._recorded = True

    def close(self) -> None:
        """Log the sweep's leaderboard, if it has changed."""
        if not self._recorded:
            return
        self._recorded = False
        try:
            from segbench.tracking import overview
            from segbench.tracking.writing import offline

            folder = self.folder.resolve()  # logs name files, and are read from anywhere
            content = overview.of_sweep(self.sweep.resolve(), folder / "leaderboards")
            if not self.target.has(self.sweep, content.id, content.digest):
                offline(content, folder, self.target)
                self.target.mark(self.sweep, content.id, content.digest)
        except Exception as error:
            _say(f"leaderboard not logged for W&B: {type(error).__name__}: {one_line(error)}")


class Online:
    """`tracking=wandb`: results are mirrored from their folders by a process of its own.

    Args:
        sweep: the folder of the results.
        project, entity: of W&B.
        timeout: seconds that a run may take, and that `close` waits in all.

    """

    def __init__(self, sweep: Path, project: str, entity: str | None, timeout: float) -> None:
        self.sweep, self.timeout = sweep.resolve(), timeout
        self.project, self.entity = project, entity
        self._ours = (project, entity, timeout, POLITE)
        self._waiting: deque[dict[str, str]] = deque()
        self._sent: deque[dict[str, str]] = deque()
        self._client: Client | None = None
        self._greeted = self._recorded = False
        self._failures, self._not_before, self._why = 0, 0.0, ""
        self._heard = 0.0

    def prepare(self) -> None:
        """Start the worker: when the study ends it is known whether the server answers."""
        self._go_on()

    def record(self, folder: Path) -> None:
        """Have a result mirrored, sooner or later."""
        self._recorded = True
        self._waiting.append({"job": "result", "folder": str(folder.resolve())})
        self._go_on()

    def again(self, folder: Path) -> None:
        """Have a result that was there before mirrored, if it is not known to be."""
        if not is_mirrored(folder.resolve(), self.project, self.entity):
            self.record(folder)

    def overview(self) -> None:
        """Mirror the leaderboard at the end, also where other processes have made the results."""
        self._recorded = True

    def close(self) -> None:
        """Wait as long as the server goes on answering, up to the timeout; then say what is left.

        The worker tries on without us, each run for so long.
        """
        if self._recorded:
            self._finish()
        if self._client is not None:
            self._client.leave()
            self._client = None
        self._recorded = False
        self._waiting.clear()
        self._sent.clear()

    def _finish(self) -> None:
        end = time.monotonic() + self.timeout
        for job in ("leaderboard", "report"):
            self._waiting.append({"job": job, "sweep": str(self.sweep)})
        self._go_on()
        while (self._waiting or self._sent) and self._client:  # None: it is out of order
            now = time.monotonic()
            if now > end or now - self._heard > PATIENCE:
                break
            time.sleep(0.02)
            self._go_on()
        left = [*self._sent, *self._waiting]
        if left:  # and what other processes of this sweep could not mirror
            known = {job["folder"] for job in left if job["job"] == "result"}
            missing = not_mirrored(self.sweep, self.project, self.entity)
            count = len(known | set(map(str, missing)))
            what = f"{count} result{'s' if count > 1 else ''}" if count else "the leaderboard"
            why = f" ({self._why})" if self._why else ""
            ours = ["--project", self.project, *(["--entity", self.entity] if self.entity else [])]
            command = shlex.join(["segbench", "sync", "--results", str(self.sweep), *ours])
            _say(f"not mirrored to W&B: {what}{why}; mirror with: {command}")

    def _go_on(self) -> None:
        """Take answers and send jobs, without waiting."""
        try:
            if self._client is None and time.monotonic() >= self._not_before:
                self._client, self._greeted = Client(*self._ours), False
                self._heard = time.monotonic()
            while self._client and (answer := self._client.receive()) is not None:
                self._take(answer)
            while self._client and self._waiting and len(self._sent) < AHEAD:
                self._client.send(**self._waiting[0])
                self._sent.append(self._waiting.popleft())
        except Gone as error:
            self._out_of_order(str(error))
        except Exception as error:  # no processes left, a full disk, ...
            self._out_of_order(f"{type(error).__name__}: {one_line(error)}")

    def _take(self, answer: Answer) -> None:
        self._heard = time.monotonic()
        if not self._greeted:
            self._greeted = True
            if "error" in answer:
                self._out_of_order(str(refusal(answer)))
            return
        job = self._sent.popleft()
        if "error" not in answer:
            self._failures = 0
        elif answer.get("local") or job["job"] == "report":
            _say(f"not mirrored to W&B: {answer['error']}")
        else:
            self._sent.appendleft(job)
            self._out_of_order(answer["error"])

    def _out_of_order(self, why: str) -> None:
        """Keep what is not mirrored for later, and leave the server alone for a while."""
        if self._client is not None:
            self._client.kill()
        self._client, self._why = None, why
        if self._sent:  # the others first: it may be the run that is to blame
            self._waiting.append(self._sent.popleft())
        self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()
        self._not_before = time.monotonic() + PAUSE * 2**self._failures
        self._failures += 1


def _say(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)


def make_tracker(config: Mapping[str, Any], sweep: Path) -> Tracker:
    """The tracker that `conf/tracking` declares; `mode` is none, offline or online."""
    if config["mode"] == "none":
        return NoTracking()
    project, entity = str(config.get("project")), config.get("entity")
    if config["mode"] == "offline":
        return Offline(sweep, project, entity)
    if config["mode"] == "online":
        return Online(sweep, project, entity, float(config["timeout"]))
    raise InputError("tracking.mode", found=config["mode"], wanted="none, offline or online")
