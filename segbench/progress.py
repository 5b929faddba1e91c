"""What a person sees on stderr while a study works.

On a terminal one line is rewritten; in a log a line is written now and then.
"""

from __future__ import annotations

import sys
import time
from typing import TextIO

from segbench.contracts import Result
from segbench.trial import Record

EVERY = 10.0
"""Seconds between lines in a log."""


class StderrProgress:
    """Progress of one cell; `title` names it, with its place in the sweep.

    `said` keeps the remarks that were made, so that cells that share it make each once.
    """

    def __init__(
        self, title: str, stream: TextIO | None = None, said: set[str] | None = None
    ) -> None:
        self.title = title
        self.said = set() if said is None else said
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.began = self.last = time.monotonic()
        self.before: int | None = None

    def start(self) -> None:
        """Name the cell."""
        self._line(self.title)

    def note(self, text: str) -> None:
        """Print a remark about the data, to stay."""
        if text not in self.said:
            self.said.add(text)
            self._stay(f"  {text}")

    def trial(self, done: int, planned: int, record: Record) -> None:
        """Show how far the study is, and what the last trial came to."""
        scores = record.trial.scores if record.trial else {}
        last = ", ".join(f"{k} {s.value:.3f}" for k, s in scores.items() if s.value is not None)
        self.before = done - 1 if self.before is None else self.before  # trials of an earlier run
        left = (time.monotonic() - self.began) / (done - self.before) * (planned - done)
        self.step(f"trial {done}/{planned} ({last or record.why}), about {left:.0f} s left")

    def step(self, text: str) -> None:
        """Show what is being done."""
        now = time.monotonic()
        if self.live or now - self.last >= EVERY:
            self.last = now
            self._line(f"{self.title}: {text}")

    def finished(self, result: Result, reused: bool) -> None:
        """Say what came out."""
        how = "already there" if reused else f"{time.monotonic() - self.began:.0f} s"
        quality = result.scores.get("quality")
        number = f", quality {quality.value:.3f}" if quality and quality.value is not None else ""
        told = result.why and not (result.baseline and result.status == "complete")
        why = f": {result.why}" if told else ""
        self._stay(f"{self.title}: {result.status}{number} ({how}){why}")

    def _line(self, text: str) -> None:
        """A line that the next one replaces, where the stream can do that."""
        if self.live:
            self.stream.write(f"\r\x1b[2K{text[:118]}")
        else:
            self.stream.write(f"{text}\n")
        self.stream.flush()

    def _stay(self, text: str) -> None:
        self.stream.write(f"\r\x1b[2K{text}\n" if self.live else f"{text}\n")
        self.stream.flush()
