"""The leaderboard from W&B, and promotion in its registry."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import made
import pytest
from wandb_fixtures import Pool
from wandb_server import WandbServer

from segbench import cli, leaderboard
from segbench.errors import InputError
from segbench.results import find
from segbench.tracking import mirror, remote
from segbench.tracking.content import RECORD

SECONDS = 5.0


@pytest.fixture
def results(tmp_path: Path, server: WandbServer, pool: Pool) -> Path:
    """Results that are mirrored."""
    made.fill(tmp_path)
    assert not mirror.sync(tmp_path, "p", None, SECONDS).lost
    return tmp_path


def test_the_leaderboard_from_wandb_equals_the_local_one(
    results: Path, server: WandbServer, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    local = leaderboard.build(results)
    assert len(local) == 6 and any(row.result.status == "missing" for row in local)
    plain = {"entity": "me", "project": "p", "state": "finished", "history": [], "config": {},
             "displayName": "x", "groupName": "one", "tags": []}  # fmt: skip
    server.runs["foreign"] = {**plain, "jobType": "train", "summary": {"loss": 1.0}}
    server.runs["other"] = {**plain, "jobType": "result", "summary": {"loss": 1.0}}
    server.runs["damaged"] = {**plain, "jobType": "result", "summary": {RECORD: '{"schema": 1}'}}
    strange = {**local[0].result.as_json(), "key": "0" * 64, "seed": "a"}
    server.runs["strange"] = {**plain, "jobType": "result", "summary": {
        RECORD: json.dumps(strange)}}  # fmt: skip
    server.runs["dict"] = {**plain, "jobType": "result", "summary": {RECORD: {"schema": 1}}}
    server.runs["elsewhere"] = {**plain, "jobType": "result", "project": "q", "summary": {}}
    monkeypatch.setattr(remote, "PAGE", 3)
    assert remote.rows("me/p", SECONDS) == [dataclasses.replace(row, path="") for row in local]
    err = capsys.readouterr().err
    assert err.count("\n") == 2 and err.startswith("warning: passed over: me/p/damaged: ")
    assert "warning: passed over: me/p/strange: TypeError: seed 'a'" in err
    shown = []
    for form in ("json", "table"):
        for options in (["--wandb", "me/p", "--timeout", str(SECONDS)],
                        ["--results", str(results)]):  # fmt: skip
            assert cli.main(["leaderboard", "--format", form, *options]) == 0
            shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] and json.loads(shown[0])
    lines = shown[2].splitlines()
    assert "rank  features" in shown[2] and set(lines) <= set(shown[3].splitlines())


def test_a_project_that_is_not_there(server: WandbServer, pool: Pool):
    with pytest.raises(InputError, match="ENTITY/PROJECT"):
        remote.rows("p", SECONDS)
    with pytest.raises(InputError, match=r"me/p: found .*project"):
        remote.rows("me/p", SECONDS)


def test_promoting_another_result_moves_the_alias(
    results: Path, server: WandbServer, capsys: pytest.CaptureFixture[str]
):
    def promote(name: str, *more: str) -> int:
        return cli.main(["promote", made.key(name)[:8], "--results", str(results), "--project",
                         "p", "--timeout", str(SECONDS), *more])  # fmt: skip

    def promoted(collection: str, alias: str) -> str:
        artifact = server.backend.links[f"firm-org/wandb-registry-{collection}", alias]
        return json.loads(server.backend.artifact(artifact)["metadata"])["key"]

    assert promote("a") == 0
    assert promoted("model/d", "production") == made.key("a")
    assert promote("b") == 0
    assert promoted("model/d", "production") == made.key("b")
    assert promote("a", "--alias", "staging", "--registry", "other/mine") == 0
    assert promoted("other/mine", "staging") == made.key("a")
    with_prefix = "firm-org/wandb-registry-third/mine"
    assert promote("b", "--alias", "staging", "--registry", with_prefix) == 0
    assert promoted("third/mine", "staging") == made.key("b")
    assert promoted("model/d", "production") == made.key("b")
    assert capsys.readouterr().out.startswith("production: firm-org/wandb-registry-model/d:")


@pytest.mark.parametrize(
    ("name", "why"),
    [("c", "found a baseline"), ("d", "found skipped: too large"),
     ("e", "found ineligible: one segment")],
)  # fmt: skip
def test_what_may_not_be_promoted(tmp_path: Path, name: str, why: str):
    made.fill(tmp_path)
    with pytest.raises(InputError, match=why):
        remote.promote(find(made.key(name), tmp_path), "production", "p", None, None, SECONDS)


def test_a_result_that_is_not_mirrored_and_wrong_names(
    tmp_path: Path, server: WandbServer, pool: Pool, capsys: pytest.CaptureFixture[str]
):
    made.fill(tmp_path)
    stored = find(made.key("a"), tmp_path)
    with pytest.raises(InputError, match="segbench sync"):
        remote.promote(stored, "production", "p", None, None, SECONDS)
    for registry in ("one", "a/b/c/d", "a/", "/b", "a:b/c", "a/c d", "a//c"):
        with pytest.raises(InputError, match="REGISTRY/COLLECTION"):
            remote.promote(stored, "production", "p", None, registry, SECONDS)
    with pytest.raises(InputError, match="--project: found 'a/b'"):
        remote.promote(stored, "production", "a/b", None, None, SECONDS)
    for alias in ("latest", "v3", "a:b", ""):
        with pytest.raises(SystemExit):
            cli.main(["promote", made.key("a"), "--alias", alias])
    assert not server.backend.links
