"""The machine that a result was made on: threads, memory, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from segbench import __version__

PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "numba", "optuna", "hdbscan", "kmodes",
            "stepmix", "kmedoids", "genieclust")  # fmt: skip


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def mapping(threads: int) -> Iterator[Callable[..., Any]]:
    """A `map` of as many threads, in each of which the libraries below have one.

    OpenMP counts by thread: a limit that was set in one does not hold in those that it starts.
    """
    if threads == 1:
        with threadpool_limits(1, "openmp"):
            yield map
    else:
        alone = partial(threadpool_limits, 1, "openmp")
        with ThreadPoolExecutor(threads, initializer=alone) as pool:
            yield pool.map


def versions() -> dict[str, str]:
    """Of Python, segbench and what computes the numbers, as far as it is installed."""
    found = {}
    for name in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return {"python": platform.python_version(), "segbench": __version__, **found}


def reset_peak() -> None:
    """Start a new peak of resident memory, where the kernel offers it (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return  # the peak is then that of the process so far


def peak_mb() -> int:
    """Peak resident memory in MB since `reset_peak`, else of the process."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if platform.system() == "Darwin" else 1024)
