"""What it takes to read a leaderboard of 1,000 results, beside what starting Python takes.

python experiments/speed/leaderboard.py [--results 1000]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
CELL = ("run", "dataset=blobs", "study=quick", "study.replicates=4", "sweep=one",
        "study.structureless.copies=0")  # fmt: skip
KINDS = {
    "table": (), "table --stability": ("--stability",), "json": ("--format", "json"),
    "csv": ("--format", "csv"), "latex": ("--format", "latex"), "html": ("--format", "html"),
    "--pick": ("--pick",),
}  # fmt: skip
PEER = "import pandas, rich.console"


def many(folder: Path, count: int) -> Path:
    """`count` results on ten data sets, five seeds a line, from one that was computed."""
    subprocess.run([sys.executable, "-m", "segbench", *CELL, f"results={folder}"], check=True,
                   capture_output=True)  # fmt: skip
    (one,) = (path.parent for path in (folder / "one").glob("*/result.json"))
    plain = json.loads((one / "result.json").read_text())
    draw = random.Random(0)
    for i in range(count):
        key = f"{i:064x}"
        copy = folder / "many" / key
        shutil.copytree(one, copy)
        line = i % 100 // 5
        mine = json.loads(json.dumps(plain))
        mine |= {"key": key, "sweep": "many", "seed": i % 5, "algorithm": f"algorithm{line:02d}",
                 "setup": f"{line:012x}"}  # fmt: skip
        mine["dataset"] |= {"name": f"data{i // 100:02d}"}
        mine["scores"]["quality"]["value"] = draw.gauss(0.3 + line / 100, 0.05)
        (copy / "result.json").write_text(json.dumps(mine))
    return folder / "many"


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=1000)
    count = parser.parse_args().results
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        root = many(Path(name), count)
        commands = {"start of Python, pandas and rich": [sys.executable, "-c", PEER]}
        commands |= {
            kind: [sys.executable, "-m", "segbench", "leaderboard", "--results", f"{root}", *more]
            for kind, more in KINDS.items()
        }  # fmt: skip
        commands["html"] += ["--out", str(Path(name) / "board.html")]
        times: dict[str, list[float]] = {kind: [] for kind in commands}
        for _ in range(ROUNDS + 1):  # in turns, so that whatever else runs meets all alike
            for kind, command in commands.items():
                times[kind].append(seconds(command))
        peer = statistics.median(next(iter(times.values()))[1:])
        print(f"{count:,} results, median of {ROUNDS} processes")
        for kind, taken in times.items():
            median = statistics.median(taken[1:])
            print(f"{kind:<34}{median:6.2f} s  {median / peer:5.1f} times that start")
        page = Path(name) / "board.html"
        print(f"size of the html page: {page.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
