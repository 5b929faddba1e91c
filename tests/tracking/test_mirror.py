"""`segbench sync`: everything once, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import made
import pytest
from conftest import Run
from wandb_fixtures import Pool
from wandb_server import WandbServer

from segbench import cli
from segbench.tracking import mirror
from segbench.tracking.client import GRACE, Client, Gone
from segbench.tracking.marks import Target, run_id

SECONDS = 5.0
"""For a run, here."""


def sync(root: Path, **options: object) -> mirror.Synced:
    return mirror.sync(root, "p", None, SECONDS, **options)


def everything(server: WandbServer) -> dict[str, object]:
    """What the server has, but for what depends on the time."""
    return {
        "runs": {name: (run["state"], run["jobType"], run["groupName"], run["summary"].get("key"))
                 for name, run in server.runs.items()},
        "artifacts": sorted((each["name"], each["state"]) for each in server.backend.artifacts),
        "views": sorted(view["displayName"] for view in server.backend.views.values()),
    }  # fmt: skip


def test_everything_is_mirrored_once(tmp_path: Path, server: WandbServer, pool: Pool):
    made.fill(tmp_path)
    first = sync(tmp_path)
    assert (first.target, first.mirrored, first.already) == ("me/p", 5, 0)
    assert (first.leaderboards, len(first.reports), first.lost) == (2, 2, [])
    there, requests = everything(server), server.requests
    runs = there["runs"]
    assert {run[3] for run in runs.values() if run[1] == "result"} == {
        made.key(name) for name in "abcde"
    }
    assert sorted(run[2] for run in runs.values() if run[1] == "leaderboard") == ["one", "two"]
    assert {run[0] for run in runs.values()} == {"finished"}
    assert sum(name.startswith("model-") for name, _ in there["artifacts"]) == 4
    assert {state for _, state in there["artifacts"]} == {"COMMITTED"}
    assert not server.backend.unknown
    again = sync(tmp_path)
    assert (again.mirrored, again.already, again.leaderboards, again.reports) == (0, 5, 0, [])
    assert everything(server) == there and server.requests == requests
    for mark in tmp_path.glob("*/.wandb/mirrored/*/*.json"):  # as if they had been lost
        mark.unlink()
    assert sync(tmp_path).mirrored == 5
    assert everything(server) == there, "the same ids, no duplicates"
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(os.environ["WANDB_API_KEY"].encode() in content for content in files)


def test_one_key_in_two_sweeps_is_a_run_of_each_and_one_model(
    tmp_path: Path, server: WandbServer, pool: Pool
):
    for sweep in ("one", "two"):
        made.write(tmp_path, made.result("a", sweep, 0.3))
    done = sync(tmp_path)
    assert (done.mirrored, done.leaderboards) == (2, 2)
    groups = [(run["groupName"], run["jobType"]) for run in server.runs.values()]
    assert sorted(groups) == [(sweep, kind) for sweep in ("one", "two")
                              for kind in ("leaderboard", "result")]  # fmt: skip
    models = [each for each in server.backend.artifacts if each["type"] == "model"]
    assert len({each["name"] for each in models}) == 1
    assert [{*each["aliases"]} for each in models] == [{"sweep-one"}, {"sweep-two", "latest"}]


def test_what_the_server_refuses_keeps_nothing_else_from_it(
    tmp_path: Path, server: WandbServer, pool: Pool
):
    for name in "abcd":
        made.write(tmp_path, made.result(name, "s", 0.3))
    first = sorted(made.key(name) for name in "abcd")[:3]
    server.backend.deleted = {run_id(key, "s") for key in first}
    said: list[str] = []
    done = sync(tmp_path, say=said.append)
    assert (done.mirrored, len(done.lost), done.not_tried, done.leaderboards) == (1, 3, 0, 1)
    assert all("409" in line or "previously created and deleted" in line for line in said), said


@pytest.mark.parametrize("lost", ["summary", "end", "commit"])
def test_what_a_server_accepts_and_forgets_is_not_taken_for_mirrored(
    tmp_path: Path, server: WandbServer, pool: Pool, monkeypatch: pytest.MonkeyPatch, lost: str
):
    made.write(tmp_path, made.result("a", "s", 0.3))
    server.backend.loses = {lost}
    assert sync(tmp_path).mirrored == 0
    assert not list(tmp_path.glob("s/.wandb/mirrored/*/*"))
    server.backend.loses = set()
    assert sync(tmp_path).mirrored == 1, "and again, where half of it is there"


def test_another_entity_and_project_are_where_it_goes(
    tmp_path: Path, server: WandbServer, monkeypatch: pytest.MonkeyPatch
):
    made.write(tmp_path, made.result("a", "s", 0.3))
    monkeypatch.setenv("WANDB_ENTITY", "team")
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    monkeypatch.setenv("WANDB_RESUME", "must")  # of another run, which is none of ours
    assert cli.main(["sync", "--results", str(tmp_path)]) == 0
    places = {(run["entity"], run["project"]) for run in server.runs.values()}
    homes = {each["home"] for each in server.backend.artifacts}
    assert places == homes == {("team", "theirs")}
    promote = ["promote", made.key("a"), "--results", str(tmp_path)]
    assert cli.main(promote) == 0
    assert cli.main([*promote, "--project", "mine", "--entity", "us"]) == 2, "not mirrored there"
    assert mirror.sync(tmp_path, "mine", "us", SECONDS).mirrored == 1
    assert {each["home"] for each in server.backend.artifacts} == {*homes, ("us", "mine")}


def test_a_folder_that_cannot_be_written_to_is_mirrored_and_told_of_once(
    tmp_path: Path, server: WandbServer, pool: Pool
):
    for name in "ab":
        made.write(tmp_path, made.result(name, "s", 0.3))
    (tmp_path / "s" / ".wandb").mkdir()
    (tmp_path / "s" / ".wandb" / "mirrored").write_text("in the way")
    said: list[str] = []
    done = sync(tmp_path, say=said.append)
    assert (done.mirrored, done.leaderboards, done.lost) == (2, 1, [])
    assert len(said) == 1 and said[0].startswith("warning: it is not remembered what is mirrored")


def test_a_worker_leaves_nothing_behind(tmp_path: Path, server: WandbServer, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    folder = made.write(tmp_path / "results", made.result("a", "s", 0.3))
    with Client("p", None, SECONDS) as client:
        client.greet()
        assert client.ask(job="result", folder=str(folder)).keys() == {"run"}
    assert {path.name for path in tmp_path.iterdir()} == {"results"}


def test_a_result_that_has_changed_is_mirrored_again(
    tmp_path: Path, server: WandbServer, pool: Pool
):
    failed = made.without_partition("a", "s", "failed", "no luck")
    folder = made.write(tmp_path, failed)
    sync(folder)
    made.write(tmp_path, made.result("a", "s", 0.3))
    assert sync(folder).mirrored == 1
    (run,) = (run for run in server.runs.values() if run["jobType"] == "result")
    assert run["summary"]["status"] == "complete"


def test_a_report_shows_the_results_of_its_sweep_best_first(
    tmp_path: Path, server: WandbServer, pool: Pool
):
    pytest.importorskip("wandb_workspaces")
    sync(made.write(tmp_path, made.result("a", "one", 0.3)))
    (view,) = server.backend.views.values()
    assert view["displayName"] == "segbench: one"
    spec = view["spec"]
    assert '"name":"quality"' in spec and '"ascending":false' in spec
    assert '"config:params.value.n_clusters"' in spec
    for mark in tmp_path.glob("*/.wandb/mirrored/*/report.json"):
        mark.unlink()
    sync(tmp_path)
    assert list(server.backend.views) == [view["id"]], "updated, not made again"


@pytest.mark.drill
def test_no_outage_lasts_longer_than_the_timeout_and_then_everything_is_there_once(
    tmp_path: Path, server: WandbServer, pool: Pool, monkeypatch: pytest.MonkeyPatch
):
    """Doors of one server, each out of order in its own way; all workers at the same time."""
    outages = {"a": ("500", 0, "file_stream"), "b": ("503", 12, ""), "c": ("hang", 16, ""),
               "d": ("drop", 5, "")}  # fmt: skip
    folders = {name: made.write(tmp_path, made.result(name, "s", 0.3)) for name in outages}
    with ExitStack() as stack:
        doors, clients = {}, {}
        for name in outages:
            doors[name] = stack.enter_context(WandbServer(server.backend))
            monkeypatch.setenv("WANDB_BASE_URL", doors[name].url)
            clients[name] = stack.enter_context(Client("p", None, SECONDS))
        for name, (outage, after, only) in outages.items():
            clients[name].greet()
            doors[name].forget(server.backend)
            doors[name].outage, doors[name].after, doors[name].only = outage, after, only
        # And one whom no setting of W&B's can help: it waits for a pipe that nobody writes to.
        clients["e"] = stack.enter_context(Client("p", None, SECONDS))
        clients["e"].greet()
        folders["e"] = tmp_path / "pipe"
        folders["e"].mkdir()
        os.mkfifo(folders["e"] / "result.json")
        start = time.monotonic()
        for name, client in clients.items():
            client.send(job="result", folder=str(folders[name]))
        for name, client in clients.items():
            answer = mirrored(client)
            assert "error" in answer, name
        assert answer == {"error": f"no answer in {SECONDS:g} s"}
        shutil.rmtree(folders["e"])
        assert time.monotonic() - start < SECONDS + GRACE
    assert not list(tmp_path.glob("s/.wandb/mirrored/*/*"))
    unfinished = [run for run in server.runs.values() if run["state"] == "running"]
    assert len(unfinished) >= 2, "some stopped in the middle"
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    done = sync(tmp_path)
    assert (done.mirrored, done.already, done.leaderboards, done.lost) == (4, 0, 1, [])
    there = everything(server)
    assert len(there["runs"]) == 5 and {run[0] for run in there["runs"].values()} == {"finished"}
    assert {state for _, state in there["artifacts"]} == {"COMMITTED"}
    assert len({name for name, _ in there["artifacts"]}) == len(there["artifacts"]) == 10


def mirrored(client: Client) -> dict[str, object]:
    try:
        return client.receive(SECONDS + GRACE) or {}
    except Gone as error:
        return {"error": str(error)}


class Scripted:
    """A client whose worker says what it is told to."""

    target = Target("http://w", "me", "p")
    answers: ClassVar[list[dict[str, object] | Exception]] = []
    started = 0

    def __init__(self, *_: object) -> None:
        type(self).started += 1

    def greet(self) -> Target:
        return self.target

    def kill(self) -> None:
        pass

    def ask(self, **job: str) -> dict[str, object]:
        if isinstance(answer := self.answers.pop(0), Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("answers", "mirrored", "lost", "not_tried", "started"),
    [([{"run": "r"}] * 4 + [{"already": False}, {"url": ""}], 4, 0, 0, 1),
     ([{"error": "409", "refused": True}] * 3 + [{"run": "r"}, {"already": True}, {"url": ""}],
      1, 3, 0, 4),
     ([{"error": "500"}, {"run": "r"}, Gone("late"), {"run": "r"}, {"already": True}, {"url": ""}],
      2, 2, 0, 3),
     ([{"run": "r"}, Gone("late"), {"error": "500"}], 1, 2, 2, 2),
     ([{"error": "damaged", "local": True}] * 3 + [{"run": "r"}, {"already": True}, {"url": ""}],
      1, 3, 0, 1),
     ([{"run": "r"}] * 4 + [{"already": False}, {"error": "no report"}], 4, 0, 0, 1)],
)  # fmt: skip
def test_it_goes_on_after_a_failure_and_stops_after_two_in_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: list[object], mirrored: int,
    lost: int, not_tried: int, started: int,
):  # fmt: skip
    for name in "abcd":
        made.write(tmp_path, made.result(name, "s", 0.3))
    monkeypatch.setattr(mirror, "Client", Scripted)
    monkeypatch.setattr(Scripted, "answers", list(answers))
    monkeypatch.setattr(Scripted, "started", 0)
    said: list[str] = []
    done = sync(tmp_path, say=said.append)
    found = (done.mirrored, len(done.lost), done.not_tried, Scripted.started)
    assert found == (mirrored, lost, not_tried, started)
    assert not Scripted.answers and sum(line.startswith("segbench: s/") for line in said) == lost


def test_a_damaged_result_stops_nobody(
    tmp_path: Path, server: WandbServer, pool: Pool, capsys: pytest.CaptureFixture[str]
):
    folder = made.write(tmp_path, made.result("a", "one", 0.3))
    made.write(tmp_path, made.result("b", "one", 0.4))
    (folder / "config.yaml").write_text("{")
    assert cli.main(["sync", "--results", str(tmp_path), "--project", "p",
                     "--timeout", str(SECONDS)]) == 1  # fmt: skip
    out, err = capsys.readouterr()
    assert (
        "results mirrored: 1, there before: 0" in out
        and f"one/{made.key('a')[:8]}: not mirrored" in err
    )
    assert "the same command goes on" in err
    assert run_id(made.key("b"), "one") in server.runs


def test_killed_in_the_middle_and_run_again(tmp_path: Path, server: WandbServer, pool: Pool):
    made.fill(tmp_path)
    server.outage, server.after = "hang", 60  # of some 170 requests
    command = [sys.executable, "-m", "segbench.cli", "sync", "--results", str(tmp_path),
               "--project", "p", "--timeout", str(SECONDS)]  # fmt: skip
    process = subprocess.Popen(command, start_new_session=True)
    while server.after and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    server.outage = ""
    half = {name for name, run in server.runs.items() if run["state"] == "finished"}
    assert 0 < len(half) < 5
    done = sync(tmp_path)
    assert done.mirrored + done.already == 5 and done.already >= 1 and not done.lost
    there = everything(server)
    assert len(there["runs"]) == 7 and {run[0] for run in there["runs"].values()} == {"finished"}
    assert {state for _, state in there["artifacts"]} == {"COMMITTED"}
    assert len({name for name, _ in there["artifacts"]}) == len(there["artifacts"])


def test_without_a_key_or_a_server_it_says_so_at_once(
    tmp_path: Path, nobody: None, monkeypatch: pytest.MonkeyPatch, inside: Run
):
    made.write(tmp_path, made.result("a", "one", 0.3))
    arguments = ["sync", "--results", str(tmp_path), "--timeout", "1"]
    with Client("p", None, 1.0) as keyless:
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody listens there
        with Client("p", None, 1.0) as alone:
            for client, line in (
                (keyless, "segbench: WANDB_API_KEY: found no API key, wanted"),
                (alone, "segbench: W&B: found "),
            ):
                monkeypatch.setattr(mirror, "Client", lambda *_, client=client: client)
                done = inside(*arguments)
                assert done.returncode == 2 and done.stderr.count("\n") == 1
                assert done.stderr.startswith(line), done.stderr


def test_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["sync", "--results", str(tmp_path)]) == 2
    assert "found no results" in capsys.readouterr().err
