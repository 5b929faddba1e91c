"""`segbench sync`: everything in a results folder that W&B does not have yet, one run at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from segbench.errors import InputError
from segbench.results import Stored, scan
from segbench.tracking.client import Answer, Client, Gone
from segbench.tracking.marks import check_project, mark_of

ENOUGH = 2
"""Failures in a row after which a server is taken to be out of order; what is damaged here or is
refused there (a run that was deleted in W&B) is no failure of the server."""


@dataclass
class Synced:
    """What came of it; `lost` says of what is not mirrored why, a line each."""

    target: str = ""
    mirrored: int = 0
    already: int = 0
    leaderboards: int = 0
    reports: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    not_tried: int = 0


def sync(
    root: Path, project: str, entity: str | None, timeout: float,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> Synced:  # fmt: skip
    """Mirror results, however they were made, then their sweeps' leaderboards and reports.

    Args:
        root: a results folder, one of its sweeps or one result.
        project, entity: of W&B; the entity defaults to the account's own.
        timeout: seconds for each run.
        say: told of each run that is not mirrored.

    Raises:
        InputError: there are no results, there is no API key, or no server that takes it.

    """
    check_project("--project", project)
    entries = scan(root)
    if not entries:
        raise InputError(root, found="no results", wanted="results of segbench run")
    job = _Sync(project, entity, timeout, say)
    try:
        job.results(entries)
        for sweep in dict.fromkeys(entry.path.resolve().parent for entry in entries):
            job.sweep(sweep)
    finally:
        job.client.kill()
    return job.done


class _Sync:
    def __init__(
        self, project: str, entity: str | None, timeout: float, say: Callable[[str], None]
    ) -> None:
        self.ours = (project, entity, timeout)
        self.say, self.done = say, Synced()
        self.failures, self.ended, self.warned = 0, False, False
        self.client = Client(*self.ours)
        try:
            self.target = self.client.greet()
        except Gone as error:
            raise InputError("W&B", found=str(error), wanted="a server that answers") from None
        except InputError:
            self.client.kill()
            raise
        self.done.target = self.target.path

    def results(self, entries: list[Stored]) -> None:
        for entry in entries:
            folder, key = entry.path.resolve(), entry.result.key
            if self.target.has(folder.parent, *mark_of(folder, key)):
                self.done.already += 1
            elif self._ask(f"{entry.result.sweep}/{key[:8]}", job="result", folder=str(folder)):
                self.done.mirrored += 1

    def sweep(self, sweep: Path) -> None:
        answer = self._ask(f"leaderboard of {sweep.name}", job="leaderboard", sweep=str(sweep))
        if answer:
            self.done.leaderboards += not answer["already"]
            answer = self._ask("", job="report", sweep=str(sweep))
            if answer and answer["url"]:
                self.done.reports.append(answer["url"])

    def _ask(self, name: str, **job: str) -> Answer | None:
        """Have a job done; `name` "": it is only worth a warning where it fails."""
        if self.failures >= ENOUGH:
            self.done.not_tried += bool(name)
            return None
        answer = self._answer(job)
        if "unmarked" in answer and not self.warned:
            self.warned = True
            self.say(f"warning: it is not remembered what is mirrored: {answer['unmarked']}")
        if "error" not in answer:
            self.failures = 0
            return answer
        if not name:
            self.say(f"warning: no W&B report: {answer['error']}")
            return None
        self.failures += self.ended and not answer.get("refused")
        self.done.lost.append(name)
        self.say(f"segbench: {name}: not mirrored: {answer['error']}")
        return None

    def _answer(self, job: dict[str, str]) -> Answer:
        """Of a new worker, where the last one has ended."""
        try:
            if self.ended:
                self.client.kill()
                self.client = Client(*self.ours)
                self.client.greet()
                self.ended = False
            answer = self.client.ask(**job)
        except (Gone, InputError) as error:
            answer = {"error": str(error)}
        self.ended = "error" in answer and not answer.get("local")
        return answer
