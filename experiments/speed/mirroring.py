"""What mirroring to W&B costs, and what a dead W&B server costs a study.

    python experiments/speed/mirroring.py [--results 30] [--pairs 5]

A result of a small study is logged and mirrored again and again, to a server on loopback in a
process of its own (the one that the tests use), so that nothing is measured but W&B's client and
what segbench does before it. Then the same study runs with `tracking=none` and with a W&B server
that takes connections and never answers, in turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from timing import Others

from segbench.results import scan
from segbench.tracking import Offline, Online
from segbench.tracking.client import Client

TESTS = Path(__file__).parents[2] / "tests"
STUDY = ("dataset=blobs", "dataset.n=2000", "algorithm=gmm", "study.n_trials=20", "threads=1",
         "study.structureless.copies=0")  # fmt: skip
SERVER = """
import sys
from wandb_server import WandbServer
with WandbServer() as server:
    server.outage = sys.argv[1]
    print(server.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def loopback(outage: str = "") -> Iterator[None]:
    """A server, and the way to it in the environment."""
    with subprocess.Popen([sys.executable, "-c", SERVER, outage], cwd=TESTS, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        os.environ |= {"WANDB_BASE_URL": process.stdout.readline().strip(),
                       "WANDB_API_KEY": "0" * 40}  # fmt: skip
        yield
        process.kill()


def run(folder: Path, *more: str) -> float:
    """Seconds that the command takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "segbench.cli", "run", *STUDY, f"results={folder}",
                    *more], check=True, capture_output=True)  # fmt: skip
    return time.perf_counter() - start


def each(work: Callable[[], object], times: int) -> str:
    """Seconds that work takes the first time, and the median of the others."""
    taken = []
    for _ in range(times + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    first, *others = taken
    return (f"{statistics.median(others):.4f} s ({min(others):.4f} to {max(others):.4f}), "
            f"the first {first:.2f} s")  # fmt: skip


def mirrored(client: Client, folder: Path) -> None:
    answer = client.ask(job="result", folder=str(folder))
    assert "error" not in answer, answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    others = Others()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        run(root)
        (stored,) = scan(root)
        folder, sweep = stored.path, stored.path.parent
        print(f"seconds a result after the first, median of {options.results} (wanted: under 0.1)")
        offline = Offline(sweep, "p", None)
        print("  into a local log, in the study:", each(lambda: offline.record(folder),
                                                        options.results))  # fmt: skip
        with loopback():
            online = Online(sweep, "p", None, 60.0)
            online.prepare()
            taken = each(lambda: online.record(folder), min(options.results, 30))
            online.close()
            print("  handed to the worker, in the study:", taken)
            with Client("p", None, 60.0) as client:
                client.greet()
                taken = each(lambda: mirrored(client, folder), options.results)
            print("  mirrored to a server, by segbench sync:", taken)
        with loopback("hang"):
            ratios, plain = [], []
            for i in range(options.pairs):
                plain.append(run(root / f"none{i}"))
                dead = run(root / f"dead{i}", "tracking=wandb")
                ratios.append(dead / plain[-1])
        print(f"a study of {statistics.median(plain):.1f} s, W&B's server dead against no W&B, "
              f"median of {options.pairs} pairs: {statistics.median(ratios):.3f} "
              f"({min(ratios):.3f} to {max(ratios):.3f}; wanted: at most 1.01)")  # fmt: skip
    print(others)


if __name__ == "__main__":
    main()
