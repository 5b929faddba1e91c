"""Results made by hand: as segbench writes them, without a study."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pandas as pd
import yaml

from segbench.contracts import Result, Score
from segbench.results import add_to_plan, write_result

CONFIG = {"dataset": {"name": "d"}, "algorithm": {"name": "kmeans", "search": {"k": [2, 3]}}}
OVERRIDES = ["dataset=d", "algorithm=kmeans", "seed=3"]


def key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def result(name: str, sweep: str, quality: float, **changes: object) -> Result:
    made = Result(
        key=key(name), sweep=sweep, status="complete", why="",
        dataset={"name": "d", "rows": 9, "sha256": "0" * 64, "terms": "t"},
        features="raw", algorithm="kmeans", baseline=False, space="rank", seed=3,
        objectives=["quality", "stability_ari"], params={"n_clusters": 2},
        segments={"k": 2, "sizes": [5, 4], "noise": 0, "largest_share": 5 / 9,
                  "smallest_share": 4 / 9},
        scores={"quality": Score(quality, space="rank"), "ari": Score.undefined("no labels"),
                "stability_ari": Score(0.1 + 0.2, 0.25, 1 / 3)},
        stability={"scheme": "bootstrap", "segments": [{"segment": 0, "jaccard": 0.7}]},
        trials={"planned": 4, "complete": 3, "refits": 12}, seconds={"total": 1.5, "tuning": 1.0},
        peak_mb=100, versions={"segbench": "0"}, overrides=OVERRIDES,
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def without_partition(name: str, sweep: str, status: str, why: str) -> Result:
    return result(name, sweep, 0.0, status=status, why=why, space=None, params={}, segments=None,
                  scores={}, stability=None, trials={}, algorithm="ward")  # fmt: skip


def write(root: Path, made: Result) -> Path:
    """A result folder; with a model and trials where there are segments."""

    def fill(folder: Path) -> None:
        trials = pd.DataFrame({
            "number": range(4), "state": ["complete", "complete", "failed", "complete"],
            "why": ["", "", "no partition", ""], "param_n_clusters": [2, 3, 4, 5],
            "quality": [0.1, 0.25, None, 0.2], "stability_ari": [0.5, 0.75, None, 0.7],
        })  # fmt: skip
        trials.to_parquet(folder / "trials.parquet", index=False)
        (folder / "profile.csv").write_text("segment,size\n0,5\n1,4\n")
        (folder / "model").mkdir()
        (folder / "model" / "model.json").write_text('{"assign": "predict"}')
        (folder / "model" / "model.skops").write_bytes(made.key.encode())

    folder = root / made.sweep / made.key
    write_result(folder, made, yaml.safe_dump(CONFIG), fill if made.segments else None)
    return folder


def fill(root: Path) -> list[Path]:
    """Two sweeps: ranked results, a baseline, what has no partition, a cell that is missing."""
    folders = [
        write(root, result("a", "one", 0.3)),
        write(root, result("b", "one", 0.5, features="log", params={"n_clusters": 3})),
        write(root, result("c", "one", 0.4, algorithm="random", baseline=True)),
        write(root, without_partition("d", "one", "skipped", "too large")),
        write(root, result("e", "two", 0.2, status="ineligible", why="one segment")),
    ]
    plan = {"key": key("m"), "key_without_data": key("m0"), "dataset": "d", "features": "raw",
            "algorithm": "gmm", "baseline": False, "seed": 3, "data_sha256": "0" * 64,
            "terms": "t"}  # fmt: skip
    add_to_plan(root / "one", [plan])
    return folders
