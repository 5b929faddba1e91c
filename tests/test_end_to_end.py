"""The quickstart on a small budget, and its W&B log against its results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run
from wandb_log import read_run

from segbench.results import scan
from segbench.tracking.marks import run_id

CELLS = (("charity", "standard", "kmeans"), ("loanapp", "mixed", "kprototypes"))  # fmt: skip
PLAN = "plan=[" + ",".join(
    f"'dataset={dataset} features={features} algorithm={algorithm}'"
    for dataset, features, algorithm in CELLS) + "]"  # fmt: skip
"""Two cells of it: all of the quickstart takes minutes (make demo)."""


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("quickstart")
    done = subprocess.run(
        [sys.executable, "-m", "segbench", "run", "-m", "experiment=quickstart", PLAN,
         "baselines=[]", "study.n_trials=2", "study.replicates=2", "study.structureless.copies=0"],
        cwd=root, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert all(f"[{i}/2]" in done.stderr for i in (1, 2)), "progress"
    for words in (
        "charity · 4,268", "loanapp · 1,989",
        "Results: results/quickstart", "leaderboard --results", "mean_action",
    ):  # fmt: skip
        assert words in done.stdout
    return root / "results" / "quickstart"


def test_quickstart_leaves_a_full_record_and_an_equal_mirror(quickstart: Path):
    stored = scan(quickstart)
    assert {(s.result.dataset["name"], s.result.features, s.result.algorithm)
            for s in stored} == set(CELLS)  # fmt: skip
    every = list(map(read_run, quickstart.glob(".wandb/wandb/offline-run-*/*.wandb")))
    assert [run["job_type"] for run in every].count("leaderboard") == 1
    runs = {run["id"]: run for run in every if run["job_type"] == "result"}
    assert len(runs) == len(stored) == 2
    for entry in stored:
        plain = json.loads((entry.path / "result.json").read_text())
        run = runs[run_id(plain["key"], "quickstart")]
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
        labels = pd.read_parquet(entry.path / "labels.parquet")
        assert len(labels) == plain["dataset"]["rows"] == plain["segments"]["noise"] + sum(
            plain["segments"]["sizes"]
        )  # fmt: skip


def test_raw_money_never_wins(inside: Run, tmp_path: Path):
    """The reason why segbench exists: k-means on raw RFM puts almost everybody together.

    In its own space that looks close to perfect; in the space that is ranked it does not, and the
    guards refuse it.
    """
    done = inside("run", "dataset=cdnow", "features=raw", "algorithm=kmeans", "study=quick",
                  "algorithm.search.n_clusters.high=2", "study.replicates=2",
                  "study.structureless.copies=0")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (raw,) = (stored.result for stored in scan(tmp_path / "results"))
    assert raw.status == "ineligible" and "segment" in raw.why
    assert raw.segments["largest_share"] > 0.9
    assert raw.scores["quality"].value < 0.3 < 0.7 < raw.scores["silhouette@native"].value
