"""Sweeps: expansion, launchers, kills, exit status."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from conftest import SMALL, Run

from segbench.paths import CONF
from segbench.results import command, find, read_plan, scan

SWEEP = ("run", "-m", "features=rfm_log", "algorithm=kmeans,gmm", *SMALL)


def labels(root: Path) -> dict[str, bytes]:
    return {s.result.key: (s.path / "labels.parquet").read_bytes() for s in scan(root)}


@pytest.mark.drill
def test_launchers_give_the_same_results(segbench: Run, inside: Run, tmp_path: Path):
    assert inside(*SWEEP, "results=basic").returncode == 0
    joblib = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "threads=1")
    done = segbench(*SWEEP, "results=joblib", *joblib)
    assert done.returncode == 0, done.stderr
    assert len(labels(tmp_path / "basic")) == 2
    assert labels(tmp_path / "basic") == labels(tmp_path / "joblib")


def test_plan_lines_are_products_and_repetitions_run_once(inside: Run, tmp_path: Path):
    plan = "plan=['features=rfm algorithm=kmeans,random','features=raw,rfm algorithm=random']"
    done = inside("run", "-m", plan, *SMALL)
    assert done.returncode == 0, done.stderr
    found = [(c["features"], c["algorithm"]) for c in read_plan(tmp_path / "results" / "default")]
    assert found == [("rfm", "kmeans"), ("rfm", "random"), ("raw", "random")]
    assert len(scan(tmp_path / "results")) == 3


def test_command_line_wins_over_the_plan(inside: Run, tmp_path: Path):
    done = inside("run", "-m", "plan=['features=rfm algorithm=kmeans,random']", *SMALL,
                    "algorithm=random")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [s.result.algorithm for s in scan(tmp_path / "results")] == ["random"]


def test_one_bad_cell_never_ends_a_sweep(inside: Run, tmp_path: Path):
    (tmp_path / "bad.csv").write_text("a,b\n1\n")
    (tmp_path / "good.csv").write_text("a,b\n" + "\n".join(f"{i % 7},{i * i}" for i in range(60)))
    done = inside("run", "-m", "dataset=table", "dataset.path=bad.csv,good.csv,none.csv",
                    "features=standard", "algorithm=kmeans", *SMALL[2:])  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr
    status = {s.result.dataset["name"]: s.result.status for s in scan(tmp_path / "results")}
    assert status == {"bad": "failed", "good": "complete", "none": "failed"}
    (tmp_path / "bad.csv").write_text((tmp_path / "good.csv").read_text())
    done = inside("run", "-m", "dataset=table", "dataset.path=bad.csv", "features=standard",
                    "algorithm=kmeans", *SMALL[2:])  # fmt: skip
    assert done.returncode == 0
    names = [s.result.dataset["name"] for s in scan(tmp_path / "results")]
    assert sorted(names) == ["bad", "good", "none"], "its failed row is gone, no other is"


def test_a_sweep_has_each_baseline_once_on_every_leaderboard(inside: Run, tmp_path: Path):
    """With the first pipeline and without the parameters of another; quintiles have their own."""
    names = "baselines=[random,one_segment,rfm_quintiles,random]"
    done = inside("run", "-m", "features=standard,rfm_log", "algorithm=kmeans",
                    "algorithm.params.n_init=1", *SMALL, names)  # fmt: skip
    assert done.returncode == 0, done.stderr
    stored = [s.result for s in scan(tmp_path / "results")]
    cells = [(r.features, r.algorithm) for r in stored if r.status == "complete"]
    wanted = [("standard", "kmeans"), ("rfm_log", "kmeans"), ("standard", "random"),
              ("standard", "one_segment"), ("rfm", "rfm_quintiles")]  # fmt: skip
    assert sorted(cells) == sorted(wanted) and "[5/5]" in done.stderr
    assert {r.baseline for r in stored if r.algorithm != "kmeans"} == {True}


def test_a_baseline_that_is_swept_is_not_added_again(inside: Run, tmp_path: Path):
    """Whatever pipeline it is swept with."""
    plan = "plan=['features=rfm algorithm=kmeans','features=raw algorithm=random']"
    done = inside("run", "-m", plan, *SMALL, "baselines=[random]")
    assert done.returncode == 0, done.stderr
    found = [(c["features"], c["algorithm"]) for c in read_plan(tmp_path / "results" / "default")]
    assert found == [("rfm", "kmeans"), ("raw", "random")]


def test_a_value_that_is_no_seed_is_a_row(inside: Run, tmp_path: Path):
    done = inside("run", "-m", "seed=abc,1.5,0", "algorithm=random", *SMALL)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    status = sorted(s.result.status for s in scan(tmp_path / "results"))
    assert status == ["complete", "failed", "failed"]


def test_secrets_are_written_nowhere(inside: Run, tmp_path: Path):
    url = f"storage.url=sqlite:///{tmp_path}/hush-hush.db"
    done = inside("run", "-m", "algorithm=kmeans", url, "tracking=wandb_offline", *SMALL)
    assert done.returncode == 0, done.stderr
    done = inside("run", "-m", "dataset=nope,nein", url, "algorithm=kmeans")
    assert done.returncode == 1 and "hush-hush" not in done.stderr + done.stdout
    for path in (tmp_path / "results").rglob("*"):
        assert not path.is_file() or b"hush-hush" not in path.read_bytes(), path


@pytest.mark.drill
def test_killed_sweep_finishes_as_if_uninterrupted(segbench: Run, tmp_path: Path):
    """kill -9 of the whole process group, twice, then the same command again."""
    sweep = (*SWEEP, "dataset.n=600", "study.n_trials=6", "study.replicates=4")
    assert segbench(*sweep, "results=whole").returncode == 0
    command = [sys.executable, "-m", "segbench.cli", *sweep, "results=killed"]
    seen = 0
    for _ in range(2):
        process = subprocess.Popen(
            command, cwd=tmp_path, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < end:
            here = list((tmp_path / "killed").rglob("result.json"))
            trials = list((tmp_path / "killed").rglob(".studies/*.db"))
            if len(trials) > len(here) >= seen and len(trials) > seen:
                time.sleep(0.6)  # somewhere inside a study
                break
            time.sleep(0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        seen = len(list((tmp_path / "killed").rglob("result.json"))) + 1
    assert segbench(*sweep, "results=killed").returncode == 0
    assert labels(tmp_path / "whole") == labels(tmp_path / "killed")
    for stored in scan(tmp_path / "whole"):
        other = tmp_path / "killed" / stored.path.relative_to(tmp_path / "whole")
        pd.testing.assert_frame_equal(
            pd.read_parquet(stored.path / "trials.parquet").drop(columns="seconds"),
            pd.read_parquet(other / "trials.parquet").drop(columns="seconds"),
        )
        again = json.loads((other / "result.json").read_text())
        assert again["scores"] == stored.result.as_json()["scores"]


@pytest.mark.drill
def test_cells_that_share_a_study_wait_for_each_other(segbench: Run, tmp_path: Path):
    done = segbench("run", "-m", "features=rfm_log", "algorithm=gmm", *SMALL,
                    "study.n_trials=3,5", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2",
                    "threads=1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {s.result.trials["planned"] for s in scan(tmp_path / "results")} == {3, 5}


def test_malformed_component_is_one_failed_row(inside: Run, tmp_path: Path):
    folder = tmp_path / "mine" / "algorithm"
    folder.mkdir(parents=True)
    (folder / "empty.yaml").write_text("citation: none\n")
    (folder / "torn.yaml").write_text("a: [1\n")
    done = inside("run", "--config-dir", "mine", "-m", "algorithm=empty,torn,random", *SMALL)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    status = {s.result.algorithm: s.result.status for s in scan(tmp_path / "results")}
    assert status == {"empty": "failed", "torn": "failed", "random": "complete"}


def test_same_data_under_two_names_run_once_and_say_so(inside: Run, tmp_path: Path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n" + "\n".join(f"{i},{i % 9}" for i in range(60)))
    done = inside("run", "-m", "dataset=table", "dataset.path=a.csv,b.csv", "features=standard",
                    "algorithm=random", *SMALL[2:])  # fmt: skip
    assert done.returncode == 0 and "the same as" in done.stderr
    assert len(scan(tmp_path / "results")) == 1


@pytest.mark.parametrize("word", ["--help", "--cfg", "--info"])
def test_hydra_prints_and_nothing_runs(segbench: Run, tmp_path: Path, word: str):
    done = segbench("run", word, *(["job"] if word == "--cfg" else []))
    assert done.returncode == 0 and "dataset" in done.stdout
    assert not list(tmp_path.rglob("result.json"))


def test_the_command_of_a_result_computes_it_again(inside: Run, tmp_path: Path):
    """From what stands in the record; nothing in it may be a secret."""
    (tmp_path / "own" / "features").mkdir(parents=True)
    steps = (CONF / "features" / "standard.yaml").read_text()
    (tmp_path / "own" / "features" / "mine.yaml").write_text(steps)
    plan = "plan=['features=mine algorithm=kmeans,gmm']"
    done = inside("run", "--config-dir", "own", "-m", "experiment=quickstart", plan, *SMALL,
                  "storage.url=memory", "seed=3")  # fmt: skip
    assert done.returncode == 0, done.stderr
    for stored in scan(tmp_path / "results"):
        line = command(stored.result)
        assert "storage" not in line and "plan='[]'" not in line and "results" in line
        again = inside(*shlex.split(line)[1:])
        assert again.returncode == 0, again.stderr
        same = find(stored.result.key, tmp_path / "again")
        assert same.result.scores == stored.result.scores
        assert (same.path / "labels.parquet").read_bytes() == (
            stored.path / "labels.parquet").read_bytes()  # fmt: skip
