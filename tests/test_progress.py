"""What is written on stderr meanwhile: in a log now and then, on a terminal in one line."""

from __future__ import annotations

import io

import pytest

from segbench import progress as module
from segbench.contracts import Score
from segbench.progress import EVERY, StderrProgress
from segbench.trial import Record, Trial


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds; the last one is now."""
    seconds = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: seconds[-1])
    return seconds


def record(quality: float) -> Record:
    scores = {"quality": Score(quality), "silhouette": Score.undefined("one segment")}
    return Record(1, Trial({"k": 2}, scores, {}, 2, 0, False, 1.0, 1.0), {"k": 2})


def test_a_log_has_a_line_now_and_then(clock: list[float]):
    stream = io.StringIO()
    shown = StderrProgress("a · b", stream)
    shown.step("too soon")
    clock.append(100 + EVERY)
    shown.trial(1, 5, record(0.25))
    clock.append(100 + 1.9 * EVERY)
    shown.step("too soon")
    clock.append(100 + 2 * EVERY)
    shown.step("copy 3/39")
    assert stream.getvalue().splitlines() == [
        "a · b: trial 1/5 (quality 0.250), about 40 s left", "a · b: copy 3/39"]  # fmt: skip


def test_the_time_left_is_counted_from_this_run(clock: list[float]):
    stream = Terminal()
    shown = StderrProgress("a · b", stream)
    clock.append(110)
    shown.trial(31, 40, record(0.5))
    clock.append(120)
    shown.trial(32, 40, record(0.5))
    assert "about 90 s left" in stream.getvalue() and "about 80 s left" in stream.getvalue()


def test_a_terminal_has_one_line_and_what_stays(clock: list[float]):
    stream = Terminal()
    shown = StderrProgress("a · b", stream)
    shown.step("copy 1/39")
    shown.step("copy 2/39")
    shown.note("columns by inference")
    shown.note("columns by inference")
    written = stream.getvalue().split("\r\x1b[2K")
    assert written == ["", "a · b: copy 1/39", "a · b: copy 2/39", "  columns by inference\n"]
