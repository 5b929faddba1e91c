"""The W&B mirror: what is logged, and that it never costs a study anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wandb_log import read_run
from wandb_server import HANG, WandbServer

from segbench import tracking
from segbench.contracts import Result, Score
from segbench.errors import InputError
from segbench.tracking import NoTracking, WandbTracking, make_tracker

CONFIG = {"algorithm": {"name": "kmeans", "search": {"n_clusters": {"low": 2}}}, "seed": 3}


def result(key: str = "a" * 64) -> Result:
    return Result(
        key=key, sweep="s", status="complete", why="", dataset={"name": "d", "rows": 9},
        features="raw", algorithm="kmeans", baseline=False, space="rank", seed=3,
        params={"n_clusters": 2}, segments={"k": 2, "sizes": [5, 4], "noise": 0},
        scores={"quality": Score(0.25, space="rank"), "ari": Score.undefined("no")},
    )  # fmt: skip


def logs(folder: Path) -> list[Path]:
    return sorted(folder.glob("wandb/offline-run-*/*.wandb"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:
    with WandbServer() as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        yield server


def test_offline_log_holds_config_and_scores(tmp_path: Path):
    WandbTracking(tmp_path, "p", None, upload=False, timeout=1).record(result(), CONFIG)
    (log,) = logs(tmp_path)
    run = read_run(log)
    assert run["id"] == "a" * 32 and run["group"] == "s" and run["finished"]
    assert run["tags"] == ["d", "raw", "kmeans"] and run["project"] == "p"
    assert {name: run["config"][name] for name in CONFIG} == CONFIG
    plain = result().as_json()
    for name in ("key", "status", "params", "segments", "scores"):
        assert run["summary"][name] == plain[name]


def test_same_key_same_run_id(tmp_path: Path):
    tracker = WandbTracking(tmp_path, "p", None, upload=False, timeout=1)
    for key in ("b" * 64, "b" * 64, "c" * 64):
        tracker.record(result(key), CONFIG)
    assert {read_run(log)["id"] for log in logs(tmp_path)} == {"b" * 32, "c" * 32}


def test_a_failing_mirror_warns_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("in the way")
    WandbTracking(tmp_path / "file", "p", None, upload=False, timeout=1).record(result(), CONFIG)
    assert "not mirrored to W&B" in capsys.readouterr().err


def test_upload_reaches_the_server(tmp_path: Path, server: WandbServer):
    tracker = WandbTracking(tmp_path, "p", None, upload=True, timeout=60)
    tracker.record(result(), CONFIG)
    tracker.close()
    run = server.runs["a" * 32]
    assert run["config"]["seed"]["value"] == 3
    assert run["summary"]["scores"]["quality"]["value"] == 0.25


def test_dead_server_costs_a_record_nothing_and_the_end_little(
    tmp_path: Path, server: WandbServer, capsys: pytest.CaptureFixture[str]
):
    server.hang = True
    offline = WandbTracking(tmp_path / "warm", "p", None, upload=False, timeout=1)
    offline.record(result(), CONFIG)  # W&B's service is up from here on
    tracker = WandbTracking(tmp_path, "p", None, upload=True, timeout=1.0)
    start = time.monotonic()
    tracker.record(result(), CONFIG)
    tracker.close()
    assert time.monotonic() - start < HANG / 2, "neither waits until the server answers"
    assert "wandb sync" in capsys.readouterr().err and logs(tmp_path)


def test_an_upload_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also where nobody waits for it: the process bounds its own time."""
    slow = tmp_path / "wandb.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    assert tracking.sync(tmp_path, timeout=0.5) == 124


@pytest.mark.parametrize(("mode", "upload"), [("offline", False), ("online", True)])
def test_modes(tmp_path: Path, mode: str, upload: bool):
    config = {"mode": mode, "project": "p", "entity": None, "timeout": 5}
    tracker = make_tracker(config, tmp_path)
    assert isinstance(tracker, WandbTracking) and tracker.upload is upload


def test_no_tracking_and_wrong_tracking(tmp_path: Path):
    assert isinstance(make_tracker({"mode": "none"}, tmp_path), NoTracking)
    with pytest.raises(InputError, match=r"tracking\.mode"):
        make_tracker({"mode": "maybe"}, tmp_path)
