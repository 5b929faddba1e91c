"""The quickstart on a small budget, and its W&B log against its results."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run
from wandb_log import read_run

from segbench.results import scan

CELLS = {
    ("cdnow", "rfm_log", "kmeans"), ("cdnow", "rfm_log", "gmm"),
    ("charity", "standard", "kmeans"), ("charity", "standard", "hdbscan"),
    ("loanapp", "mixed", "kmeans"), ("loanapp", "mixed", "kprototypes"),
}  # fmt: skip
FLOOR = {(dataset, "rfm", "rfm_quintiles") for dataset in ("cdnow", "charity", "loanapp")}


@pytest.fixture
def quickstart(segbench: Run, tmp_path: Path) -> Path:
    done = segbench("run", "-m", "experiment=quickstart", "study.n_trials=2", "study.replicates=2",
                    "study.structureless.copies=2", "baselines=[rfm_quintiles]")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(f"[{i}/9]" in done.stderr for i in range(1, 10)), "progress"
    for words in (
        "cdnow · 23,570 customers", "charity · 4,268", "loanapp · 1,989", "baseline",
        "Results: results/quickstart", "leaderboard --results", "revenue_share",
    ):  # fmt: skip
        assert words in done.stdout
    return tmp_path / "results" / "quickstart"


def test_quickstart_leaves_a_full_record_and_an_equal_mirror(quickstart: Path):
    stored = scan(quickstart)
    assert {(s.result.dataset["name"], s.result.features, s.result.algorithm)
            for s in stored} == CELLS | FLOOR  # fmt: skip
    every = list(map(read_run, quickstart.glob(".wandb/wandb/*/*.wandb")))
    assert [run["job_type"] for run in every].count("leaderboard") == 1
    runs = {run["id"]: run for run in every if run["job_type"] == "result"}
    assert len(runs) == len(stored) == 9
    for entry in stored:
        plain = json.loads((entry.path / "result.json").read_text())
        run = runs[plain["key"][:32]]
        assert run["finished"] and run["group"] == "quickstart"
        for name in (
            "key",
            "status",
            "scores",
            "segments",
            "stability",
            "structure",
            "params",
            "trials",
        ):
            assert run["summary"][name] == plain[name], name
        assert run["config"]["seed"] == 0 and run["config"]["dataset"]["sha256"]
        if plain["status"] == "skipped":  # the applicants of loanapp buy nothing
            assert (plain["algorithm"], plain["dataset"]["name"]) == ("rfm_quintiles", "loanapp")
            continue
        labels = pd.read_parquet(entry.path / "labels.parquet")
        assert len(labels) == plain["dataset"]["rows"] == plain["segments"]["noise"] + sum(
            plain["segments"]["sizes"]
        )  # fmt: skip


def test_raw_money_never_wins(inside: Run):
    """The reason why segbench exists: k-means on raw RFM puts almost everybody together."""
    done = inside("run", "-m", "dataset=cdnow", "features=raw,rfm_log", "algorithm=kmeans",
                    "algorithm.search.n_clusters.high=3", "study=quick", "study.replicates=2",
                    "study.structureless.copies=0", "sweep=why", "baselines=[]")  # fmt: skip
    assert done.returncode == 0, done.stderr
    board = inside("leaderboard", "--results", "results/why", "--format", "json")
    log, raw = json.loads(board.stdout)
    assert (log["features"], log["rank"]) == ("rfm_log", 1)
    assert raw["features"] == "raw" and (raw["rank"] == 2 or raw["status"] == "ineligible")
    assert raw["rank"] or "segment" in raw["why"]
