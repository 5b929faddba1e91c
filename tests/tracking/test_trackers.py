"""What a study does with W&B: it logs or hands over, and never waits."""

from __future__ import annotations

import time
from pathlib import Path

import made
import pytest
from wandb_log import read_run
from wandb_server import WandbServer

from segbench.errors import InputError
from segbench.tracking import NoTracking, Offline, Online, make_tracker, study, writing
from segbench.tracking.content import RECORD, artifact_name, of_result
from segbench.tracking.marks import Target, not_mirrored, run_id
from segbench.tracking.overview import missing_cells


def logs(sweep: Path) -> list[Path]:
    return sorted(sweep.glob(".wandb/wandb/offline-run-*/*.wandb"))


def test_an_offline_log_holds_the_whole_result(tmp_path: Path):
    made.fill(tmp_path)
    result = made.result("a", "one", 0.3)
    tracker = Offline(tmp_path / "one", "p", None)
    for name in ("a", "d", "a"):
        tracker.record(tmp_path / "one" / made.key(name))
    tracker.close()
    runs = [read_run(log) for log in logs(tmp_path / "one")]
    assert len(runs) == 4 and all(run["finished"] for run in runs)
    assert len({run["id"] for run in runs}) == 3, "the same key, the same id"
    run = next(run for run in runs if run["id"] == run_id(made.key("a"), "one"))
    content = of_result(tmp_path / "one" / made.key("a"))
    assert {name: run["config"][name] for name in content.config} == content.config
    assert run["group"] == "one" and run["tags"] == ["d", "raw", "kmeans"]
    plain = result.as_json()
    assert {name: run["summary"][name] for name in plain} == plain
    assert run["summary"]["stability_ari_low"] == 0.25 and run["job_type"] == "result"
    assert run["history"]["tuning_trials"]["nrows"] == 4
    assert run["history"]["tuning_trials"]["ncols"] == 7
    assert set(run["charts"]) == {"tuning", "trade_off"}
    assert run["history"]["segment_sizes"]["values"] == [5, 4]
    assert set(run["artifacts"][artifact_name(made.key("a"))]) == {
        "model/model.json", "model/model.skops", "result.json", "config.yaml", "profile.csv"
    }  # fmt: skip
    (board,) = (run for run in runs if run["job_type"] == "leaderboard")
    assert board["summary"]["ranked"] == 2 and missing_cells(board["summary"][RECORD])
    tracker.record(tmp_path / "one" / made.key("a"))
    tracker.close()
    assert len(logs(tmp_path / "one")) == 5, "a leaderboard that is the same is not logged again"


def test_a_failing_log_warns_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = made.write(tmp_path, made.result("a", "one", 0.3))
    (tmp_path / "one" / ".wandb").write_text("in the way")
    tracker = Offline(tmp_path / "one", "p", None)
    tracker.record(folder)
    tracker.record(tmp_path / "absent")
    tracker.close()
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 3 and all("not logged for W&B" in line for line in err)


def test_a_worker_goes_on_when_the_study_has_ended(
    tmp_path: Path, server: WandbServer, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.setattr(study, "PATIENCE", 0.0)
    folders = made.fill(tmp_path)[:4]
    tracker = Online(tmp_path / "one", "segbench", None, 60.0)
    tracker.prepare()
    start = time.monotonic()
    for folder in folders:
        tracker.record(folder)
    tracker.close()
    assert time.monotonic() - start < 1.0, "handed over, not waited for"
    assert "not mirrored to W&B: 4 results" in capsys.readouterr().err
    while len(marks(tmp_path)) < 6 and time.monotonic() - start < 60.0:
        time.sleep(0.05)
    kinds = [(run["jobType"], run["state"]) for run in server.runs.values()]
    assert sorted(kinds) == [("leaderboard", "finished"), *[("result", "finished")] * 4]


def marks(root: Path) -> list[Path]:
    """Of runs, and of the report."""
    return list(root.glob("one/.wandb/mirrored/*/*.json"))


def test_a_dead_server_is_told_of_and_left_to_sync(
    tmp_path: Path, server: WandbServer, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    server.outage = "hang"
    folders = made.fill(tmp_path)[:2]
    tracker = Online(tmp_path / "one", "our p", "us", 60.0)
    monkeypatch.setattr(study, "PATIENCE", 0.5)
    monkeypatch.setattr(study.Client, "leave", study.Client.kill)  # for the tests that follow
    start = time.monotonic()
    for folder in folders:
        tracker.record(folder)
    tracker.close()
    assert time.monotonic() - start < study.PATIENCE + 5.0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: not mirrored to W&B: 4 results"), "others' of the sweep too"
    assert line.endswith(f"segbench sync --results {tmp_path / 'one'} --project 'our p' "
                         "--entity us")  # fmt: skip


class Scripted:
    """A client that answers what it is told to."""

    made: int
    script: list[object]

    def __init__(self, *_: object) -> None:
        type(self).made += 1
        self.jobs: list[dict[str, str]] = []
        self.said = 0

    def receive(self) -> object:
        if not self.script or self.said > len(self.jobs):  # a greeting, then one for each job
            return None
        self.said += 1
        return self.script.pop(0)

    def send(self, **job: str) -> None:
        self.jobs.append(job)

    def kill(self) -> None:
        pass

    leave = kill


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    monkeypatch.setattr(study, "Client", Scripted)
    Scripted.made, Scripted.script = 0, []
    return Scripted


def test_a_server_that_fails_is_left_alone_and_nothing_is_forgotten(
    tmp_path: Path, scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    tracker = Online(tmp_path, "p", None, 0.2)
    tracker.record(tmp_path / "a")
    scripted.script = [{"base_url": "w", "entity": "me"}, {"error": "HTTP 500"}]
    tracker.record(tmp_path / "b")
    tracker.record(tmp_path / "c")
    assert scripted.made == 1, "not tried again at once"
    later = time.monotonic() + 2 * study.PAUSE
    monkeypatch.setattr(study.time, "monotonic", lambda: later)
    tracker.record(tmp_path / "d")
    assert scripted.made == 2
    assert [Path(job["folder"]).name for job in tracker._client.jobs] == ["b", "a", "c", "d"]
    monkeypatch.undo()
    monkeypatch.setattr(study, "Client", Scripted)
    scripted.script = [{"base_url": "w", "entity": "me"}, *[{"run": "r"}] * 4, {"url": ""},
                       {"url": ""}]  # fmt: skip
    tracker.close()
    assert capsys.readouterr().err == ""


def test_without_a_key_a_study_goes_on(
    tmp_path: Path, scripted: type[Scripted], capsys: pytest.CaptureFixture[str]
):
    tracker = Online(tmp_path, "p", None, 0.2)
    scripted.script = [{"error": "none", "what": "no API key"}]
    tracker.record(tmp_path / "a")
    tracker.close()
    (line,) = capsys.readouterr().err.splitlines()
    assert "1 result (WANDB_API_KEY: found no API key" in line


def test_what_was_finished_before_is_mirrored_unless_it_is(
    tmp_path: Path, scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch
):
    folder = made.write(tmp_path, made.result("a", "one", 0.3))
    content = of_result(folder)
    for target, expected in (
        (Target("https://w", "me", "other"), 1),
        (Target("offline", None, "p"), 1),
        (Target("https://w", "me", "p"), 0),
    ):
        target.mark(tmp_path / "one", content.id, content.digest)
        tracker = Online(tmp_path / "one", "p", None, 0.2)
        tracker.again(folder)
        assert len(tracker._waiting) + len(tracker._sent) == expected
    assert len(not_mirrored(tmp_path / "one", "p", "you")) == 1, "another entity"
    offline = Offline(tmp_path / "two", "p", None)
    folder = made.write(tmp_path, made.result("a", "two", 0.3))
    for _ in range(2):
        offline.again(folder)
    assert len(logs(tmp_path / "two")) == 1


def test_tables_of_an_offline_log_lie_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WANDB_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", "/dev/null/x")
    Offline(tmp_path / "one", "p", None).record(made.write(tmp_path, made.result("a", "one", 0.3)))
    assert len(logs(tmp_path / "one")) == 1
    assert list((tmp_path / "one" / ".wandb" / "data").rglob("staging/*"))


def test_modes(tmp_path: Path):
    config = {"mode": "offline", "project": "p", "entity": None, "timeout": 5}
    assert isinstance(make_tracker(config, tmp_path), Offline)
    assert isinstance(make_tracker({**config, "mode": "online"}, tmp_path), Online)
    assert isinstance(make_tracker({"mode": "none"}, tmp_path), NoTracking)
    with pytest.raises(InputError, match=r"tracking\.mode"):
        make_tracker({"mode": "maybe"}, tmp_path)
    for quiet in (NoTracking(), Online(tmp_path, "p", None, 5.0), Offline(tmp_path, "p", None)):
        quiet.close()  # nothing was recorded: nothing is started
    assert not (tmp_path / ".wandb").exists()


def test_a_log_names_files_wherever_it_is_read_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made.fill(tmp_path)
    monkeypatch.chdir(tmp_path)
    named: list[Path] = []
    monkeypatch.setattr(writing, "offline", lambda content, *_: named.extend(
        content.files.paths.values()))  # fmt: skip
    tracker = Offline(Path("one"), "p", None)
    tracker.record(Path("one") / made.key("a"))
    tracker.close()
    assert len(named) == 6 and all(path.is_absolute() and path.is_file() for path in named)
