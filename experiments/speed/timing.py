"""How the scripts here time something, here or in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
QUIET = 0.1
"""Processors that others may use before a ratio to default threads is not to be trusted."""


def timed(work: Callable[[], T], runs: int) -> tuple[T, float]:
    """What the work returns, and the median of its seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        value = work()
        times.append(time.perf_counter() - start)
    return value, statistics.median(times)


def in_process(script: str, *arguments: str, threads: int | None) -> Any:
    """The JSON that a script prints, run with so many threads below it; None: a user's default."""
    free = {name: value for name, value in os.environ.items() if name not in LIMITS}
    limits = {} if threads is None else dict.fromkeys(LIMITS, str(threads))
    done = subprocess.run([sys.executable, script, *arguments], env=free | limits, check=True,
                          stdout=subprocess.PIPE, text=True)  # fmt: skip
    return json.loads(done.stdout)


class Others:
    """How many processors other programs kept busy since this was made (Linux; else NaN).

    The threads of OpenMP wait for each other spinning: where other work takes a processor away, a
    loop with several of them can take many times as long, and a ratio to it says little.
    """

    def __init__(self) -> None:
        self.start, self.busy = time.perf_counter(), _others()

    def processors(self) -> float:
        """How many, on average so far."""
        return (_others() - self.busy) / (time.perf_counter() - self.start)

    def __str__(self) -> str:
        return f"other programs kept {self.processors():.1f} processors busy"


def _others() -> float:
    """Seconds of work on all processors, those of this process and its children left out."""
    stat = Path("/proc/stat")
    if not stat.is_file():
        return float("nan")
    ticks = [int(number) for number in stat.read_text().splitlines()[0].split()[1:]]
    user, nice, system, _, _, irq, softirq = ticks[:7]
    every = (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    return every - sum(os.times()[:4])
