"""The process that talks to W&B: one job after the other, each within a bounded time.

    python -m segbench.tracking.worker PROJECT ENTITY TIMEOUT FOLDER NICENESS

Jobs come as lines of JSON on standard input, and each is answered by one line on standard output.
It greets first, with the account's entity. When a job takes longer than TIMEOUT seconds it ends,
and W&B's service with it: whoever waits sees the end of the pipe. It also ends after a job that
the server has refused, and, after what it was asked for, when the other side is gone.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from segbench.errors import InputError, one_line
from segbench.lock import exclusive
from segbench.results import read_result
from segbench.tracking import overview
from segbench.tracking.client import TOO_LONG
from segbench.tracking.content import (
    LEADERBOARD,
    RECORD,
    RESULT,
    artifact_name,
    of_result,
    sweep_alias,
)
from segbench.tracking.marks import Target
from segbench.tracking.writing import NotMirrored, online, settings

Answer = dict[str, Any]
NO_KEY = "no API key"


class Worker:
    """Does jobs by name: `do_<name>` takes the job's other fields and returns an answer."""

    def __init__(self, api: Any, target: Target, timeout: float, folder: Path) -> None:
        self.api, self.target = api, target
        self.timeout, self.folder = timeout, folder
        self._runs: Iterator[Any] | None = None

    def do_result(self, folder: str) -> Answer:
        """Mirror a result, and mark it as mirrored."""
        path = Path(folder)
        try:
            content = of_result(path)
        except Exception as error:  # a damaged file: the server is not to blame
            return {"error": f"{type(error).__name__}: {one_line(error)}", "local": True}
        online(content, self.folder, self.target, self.timeout, self.api)
        return {"run": content.id} | self._mark(path.parent, content.id, content.digest)

    def do_leaderboard(self, sweep: str) -> Answer:
        """Mirror the leaderboard of a sweep, unless it is there."""
        path = Path(sweep)
        content = overview.of_sweep(path, self.folder)
        if self.target.has(path, content.id, content.digest):
            return {"already": True}
        online(content, self.folder, self.target, self.timeout, self.api)
        return {"already": False} | self._mark(path, content.id, content.digest)

    def do_report(self, sweep: str) -> Answer:
        """Make the report of a sweep, unless it is there or wandb-workspaces is not."""
        path = Path(sweep)
        with self._alone(path):  # reports have no id that we choose: two at once would be two
            if self.target.has(path, "report", overview.REPORT):
                return {"url": ""}
            try:
                url = overview.write_report(path, self.target)
            except ImportError:
                return {"url": ""}
            return {"url": url} | self._mark(path, "report", overview.REPORT)

    def _alone(self, sweep: Path) -> contextlib.AbstractContextManager[None]:
        """Against other processes that mirror this sweep, where its folder can be written to."""
        if not os.access(sweep, os.W_OK):
            return contextlib.nullcontext()
        return exclusive(sweep / ".wandb" / "report.lock", wait=True)

    def _mark(self, sweep: Path, run: str, content: str) -> Answer:
        """Remember what is mirrored; what is not remembered is only mirrored again."""
        try:
            self.target.mark(sweep, run, content)
        except OSError as error:
            return {"unmarked": f"{sweep / '.wandb'}: {error.strerror or error}"}
        return {}

    def do_runs(self, size: int) -> Answer:
        """The next so many runs of the project, with their records; none after the last."""
        if self._runs is None:
            wanted = {"jobType": {"$in": [RESULT, LEADERBOARD]}}
            self.api.flush()
            runs = self.api.runs(self.target.path, filters=wanted, per_page=size, lazy=False)
            self._runs = (run for run in runs)  # W&B's own iterator begins anew at each `for`
        found = [[run.id, run.job_type, _text(run.summary.get(RECORD))]
                 for run in itertools.islice(self._runs, size)]  # fmt: skip
        if not found:
            self._runs = None
        return {"runs": found}

    def do_promote(self, folder: str, collection: str, alias: str) -> Answer:
        """Link the model of a mirrored result in the registry."""
        path = Path(folder)
        version = sweep_alias(path.parent.name)  # of one that stands in several sweeps
        name = f"{self.target.path}/{artifact_name(read_result(path).key)}:{version}"
        if not self.api.artifact_exists(name, type="model"):
            raise InputError(name, found="no such artifact", wanted="a mirrored result: segbench "
                             "sync mirrors it")  # fmt: skip
        linked = self.api.artifact(name, type="model").link(collection, aliases=[alias])
        return {"linked": linked.qualified_name}

    def answer(self, job: Answer) -> Answer:
        """Do a job; what goes wrong is an answer too."""
        name = job.pop("job")
        do: Callable[..., Answer] = getattr(self, f"do_{name}")
        try:
            return do(**job)
        except InputError as error:
            return {"error": str(error), "local": True}
        except NotMirrored as error:
            return {"error": str(error)}
        except Exception as error:  # of W&B's client, in as many ways as it has
            return {"error": told(error), "refused": refused(error)}


def _text(value: Any) -> str | None:
    """A record, or None for what others have written under its name."""
    return value if isinstance(value, str) else None


def told(error: BaseException) -> str:
    """What an error of W&B's client says, or what is behind it where it says nothing."""
    inner = getattr(error, "exc", None) or error.__cause__
    said = one_line(error).strip().removeprefix("<no message>")
    if not said and inner is not None:
        return told(inner)
    return f"{type(error).__name__}: {said or 'no reason was given'}"


def refused(error: BaseException) -> bool:
    """Whether a server that is in order has said no (HTTP 4xx), to this and not to everything."""
    status = re.search(r"\b4\d\d\b", told(error))
    return status is not None and status[0] not in ("401", "403", "408", "429")


def main(arguments: list[str]) -> None:
    """Greet, then answer until nobody asks."""
    project, entity, timeout, folder, niceness = arguments
    os.nice(int(niceness))
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever W&B prints is no answer

    def say(answer: Answer) -> None:
        with contextlib.suppress(BrokenPipeError):
            lines.write(json.dumps(answer) + "\n")
            lines.flush()

    # Files that W&B keeps for itself: all are copies of what lies in the results folder.
    os.environ |= {"WANDB_DATA_DIR": folder, "WANDB_CACHE_DIR": folder, "WANDB_DIR": folder,
                   "WANDB_ERROR_REPORTING": "false"}  # fmt: skip
    import wandb  # takes seconds, which are no fault of a server

    wandb.setup(wandb.Settings(**settings(float(timeout))))
    service = _service_pid()
    say({"service": service})
    signal.signal(signal.SIGALRM, lambda *_: _end(TOO_LONG, service, folder))
    signal.setitimer(signal.ITIMER_REAL, float(timeout))
    api, greeting = _greeting(entity)
    signal.setitimer(signal.ITIMER_REAL, 0)  # the first job may come much later
    say(greeting)
    if "error" not in greeting:
        target = Target(greeting["base_url"], greeting["entity"], project)
        worker = Worker(api, target, float(timeout), Path(folder))
        for line in sys.stdin:
            signal.setitimer(signal.ITIMER_REAL, float(timeout))
            answer = worker.answer(json.loads(line))
            signal.setitimer(signal.ITIMER_REAL, 0)
            say(answer)
            if "error" in answer and not answer.get("local"):
                break  # W&B's service keeps what it could not send, and refuses the run's id
    _end(0, service, folder)


def _greeting(entity: str) -> tuple[Any, Answer]:
    """W&B's public interface, and whose account this is, or why there is none."""
    import wandb

    try:
        api = wandb.Api()
        own = entity or api.settings.get("entity") or api.default_entity
        return api, {"base_url": api.settings["base_url"], "entity": own}
    except wandb.errors.UsageError as error:
        return None, {"error": one_line(error), "what": NO_KEY}
    except Exception as error:  # no server there, or one that refuses
        return None, {"error": told(error)}


def _service_pid() -> int | None:
    """W&B's own process, which outlives its parent while an upload hangs."""
    import wandb

    connection = wandb.setup().ensure_service()
    process = getattr(getattr(connection, "_proc", None), "_process", None)
    return getattr(process, "pid", None)


def _end(status: int, service: int | None, folder: str) -> None:
    """At once: W&B's own way out waits for uploads and telemetry."""
    if service is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(service, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
