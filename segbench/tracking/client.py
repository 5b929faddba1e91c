"""The other side of `worker`: starts it, asks it, ends it. W&B is never imported here."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

from segbench.errors import InputError, SegbenchError
from segbench.tracking.marks import Target

STARTING = 60.0
"""Seconds for importing W&B and starting its service, beyond the timeout of a job."""
GRACE = 5.0
"""Seconds after which a worker that should have ended by itself is ended."""
KEPT = frozenset({
    "WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_APP_URL", "WANDB_ENTITY", "WANDB_CONFIG_DIR",
    "WANDB_CREDENTIALS_FILE", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_INSECURE_DISABLE_SSL",
    "WANDB_HTTP_TIMEOUT", "WANDB_ORGANIZATION", "WANDB_X_EXTRA_HTTP_HEADERS",
})  # fmt: skip
"""Variables of W&B's that say who asks and where, which a worker is given."""
TOO_LONG = 124
"""A worker's exit status when a job took too long, as of timeout(1)."""
Answer = dict[str, Any]


class Gone(SegbenchError):
    """The worker has ended."""


class Client:
    """A worker process, in a session of its own: Ctrl-C and a launcher's end do not reach it.

    Args:
        project, entity: of W&B; the entity defaults to the account's own.
        timeout: seconds for a job.
        niceness: by how much it gives way to others.

    """

    def __init__(self, project: str, entity: str | None, timeout: float, niceness: int = 0) -> None:
        self.timeout, self._project = timeout, project
        self._folder = tempfile.mkdtemp(prefix="segbench-wandb-")
        self._service: int | None = None
        self._lines: list[Answer] = []
        self._rest = b""
        self.target: Target | None = None
        # What W&B is told of other runs (a sweep's, one to resume) or of this process's service is
        # not for ours. Temporary files go where they are removed from.
        alone = {name: value for name, value in os.environ.items()
                 if not name.startswith("WANDB_") or name in KEPT}  # fmt: skip
        alone["TMPDIR"] = self._folder
        command = [sys.executable, "-m", "segbench.tracking.worker", project, entity or "",
                   str(timeout), self._folder, str(niceness)]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True, env=alone,
        )  # fmt: skip

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def greet(self) -> Target:
        """Wait for the greeting.

        Raises:
            InputError: there is no API key, or no server that takes it.

        """
        answer = self._wait(self.timeout + STARTING)
        if self.target is None:
            raise refusal(answer)
        return self.target

    def ask(self, **job: Any) -> Answer:
        """Send a job and wait for its answer, or for the worker's end.

        Raises:
            Gone: it took too long.

        """
        self.send(**job)
        return self._wait(self.timeout + GRACE)

    def send(self, **job: Any) -> None:
        """Send a job.

        Raises:
            Gone: nobody is there.

        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise Gone(self._why()) from None

    def receive(self, seconds: float = 0.0) -> Answer | None:
        """The next answer (the greeting is one), or None if there is none within so long.

        Raises:
            Gone: there will be none.

        """
        assert self._process.stdout is not None
        end = time.monotonic() + seconds
        while not self._lines:
            left = max(0.0, end - time.monotonic())
            if not select.select([self._process.stdout], [], [], left)[0]:
                return None
            self._read()
        return self._lines.pop(0)

    def _read(self) -> None:
        assert self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), 1 << 16)
        if not data:
            raise Gone(self._why())
        *lines, self._rest = (self._rest + data).split(b"\n")
        for answer in map(json.loads, lines):
            if "service" in answer:
                self._service = answer["service"]
                continue
            if "base_url" in answer:
                self.target = Target(answer["base_url"], answer["entity"], self._project)
            self._lines.append(answer)

    def _wait(self, seconds: float) -> Answer:
        answer = self.receive(seconds)
        if answer is None:
            self.kill()
            raise Gone(f"no answer in {seconds:g} s")
        return answer

    def _why(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        status = self._process.poll()
        self.kill()
        return (
            f"no answer in {self.timeout:g} s" if status == TOO_LONG else "W&B's client has ended"
        )

    def leave(self) -> None:
        """Ask for no more: the worker finishes what it was sent, then ends by itself."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def kill(self) -> None:
        """End the worker and W&B's service now."""
        # One that has ended as it should has ended the service, whose number may be another's now.
        by_itself = self._process.poll() in (0, TOO_LONG)
        for pid in () if by_itself else (self._process.pid, self._service):
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._service = None
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def refusal(answer: Answer) -> InputError:
    """What a greeting that is none says, for the user."""
    if "what" in answer:
        return InputError("WANDB_API_KEY", found=answer["what"],
                          wanted="one there, or from: wandb login")  # fmt: skip
    return InputError("W&B", found=answer["error"],
                      wanted="a server that answers (WANDB_BASE_URL) and takes the key "
                      "(WANDB_API_KEY)")  # fmt: skip
