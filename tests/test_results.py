"""The record on disk."""

from __future__ import annotations

import json
import os
import shlex
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import compose_config

from segbench.contracts import Result, Score
from segbench.errors import InputError
from segbench.results import (
    add_to_plan,
    command,
    find,
    new_folder,
    read_final,
    read_plan,
    read_result,
    result_key,
    scan,
    write_result,
)

KEYS = ("aa11", "aa22", "bb33")


def result(key: str = "aa11", status: str = "complete") -> Result:
    return Result(
        key=key, sweep="s", status=status, why="", dataset={"name": "d"}, features="f",
        algorithm="a", baseline=False, space="rank", seed=0,
        scores={"quality": Score(0.5, 0.4, 0.6, space="rank"), "x": Score.undefined("no")},
    )  # fmt: skip


def write(root: Path, made: Result) -> Path:
    folder = root / "s" / made.key
    write_result(folder, made, "seed: 0\n")
    return folder


def test_result_comes_back_as_written(tmp_path: Path):
    assert read_result(write(tmp_path, result())) == result()


def test_json_has_the_documented_fields_and_no_nan(tmp_path: Path):
    folder = write(tmp_path, result())
    plain = json.loads((folder / "result.json").read_text(), parse_constant=pytest.fail)
    wanted = ["schema", "key", "sweep", "status", "why", "dataset", "features", "algorithm",
              "space", "seed", "params", "segments", "scores", "trials", "seconds", "peak_mb",
              "versions"]  # fmt: skip
    assert set(wanted) <= set(plain)
    assert list(plain["scores"]["quality"]) == [
        "value", "low", "high", "status", "why", "space", "version"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="JSON"):
        write(tmp_path, replace(result("nan"), scores={"q": Score(float("nan"))}))
    assert not (tmp_path / "s" / "nan").exists()


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_a_write_that_breaks_leaves_nothing(tmp_path: Path, place: str):
    target = tmp_path / "s" / "k"
    with pytest.raises(RuntimeError), new_folder(target) as folder:
        if place != "before":
            (folder / "labels.parquet").write_text("half")
        if place == "after":
            (folder / "result.json").write_text("{")
        raise RuntimeError
    assert not target.exists() and scan(tmp_path) == []
    assert list((tmp_path / "s").iterdir()) == []


def test_final_result_stays_and_failed_one_is_replaced(tmp_path: Path):
    folder = write(tmp_path, result(status="failed"))
    assert read_final(folder) is None
    write(tmp_path, result(status="complete"))
    assert read_final(folder).status == "complete"
    write(tmp_path, replace(result(), why="a second writer"))
    assert read_result(folder).why == ""


def test_leftovers_of_killed_writers_go_in_time_and_are_never_results(tmp_path: Path):
    folder = write(tmp_path, result())
    left = folder.with_name(f".tmp-{folder.name}-1")
    left.mkdir()
    (left / "result.json").write_text((folder / "result.json").read_text())
    assert len(scan(tmp_path)) == 1
    write(tmp_path, result())
    assert left.exists(), "another process may be writing it"
    os.utime(left, (time.time() - 7200,) * 2)
    write(tmp_path, result())
    assert not left.exists()


@pytest.mark.parametrize(("name", "found"), [("aa1", "aa11"), ("b", "bb33"), ("aa22", "aa22")])
def test_unique_prefix_finds(tmp_path: Path, name: str, found: str):
    for key in KEYS:
        write(tmp_path, result(key))
    assert find(name, tmp_path).result.key == found
    assert find(str(tmp_path / "s" / found), Path("elsewhere")).result.key == found


@pytest.mark.parametrize("name", ["aa", "zz", ""])
def test_no_or_several_matches_are_refused(tmp_path: Path, name: str):
    for key in KEYS:
        write(tmp_path, result(key))
    with pytest.raises(InputError):
        find(name, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema": 99}', '{"schema": 1, "scores": {}}', "\xff"]
)
def test_damaged_result_is_named(tmp_path: Path, text: str):
    folder = write(tmp_path, result())
    (folder / "result.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"result\.json"):
        read_result(folder)
    write(tmp_path, result("bb33"))
    assert [stored.result.key for stored in scan(tmp_path)] == ["bb33"], "it hides no other"
    assert read_final(folder) is None, "it is made again"


@pytest.mark.parametrize("score", [{"value": 1.0, "colour": "red"}, {"low": 0.0}, 3.0])
def test_a_score_that_is_none_is_damage_as_well(tmp_path: Path, score: object):
    folder = write(tmp_path, result())
    plain = json.loads((folder / "result.json").read_text())
    plain["scores"]["quality"] = score
    (folder / "result.json").write_text(json.dumps(plain))
    with pytest.raises(InputError, match=r"result\.json"):
        read_result(folder)


def test_command_quotes_and_leaves_experiments_to_their_cell():
    asked = ["experiment=quickstart", "dataset.path=my file.csv", "algorithm.params={a: 1}"]
    line = command(replace(result(), overrides=asked))
    assert shlex.split(line) == ["segbench", "run", *asked, "plan=[]", "results=again"]
    assert command(result()) == "", "a record that does not know"


def key(*overrides: str, sha: str | None = "x", trials: bool = True) -> str:
    return result_key(compose_config(*overrides), sha, trials=trials)


@pytest.mark.parametrize(
    "override",
    ["seed=1", "guards.k_max=9", "study.n_trials=9", "study.replicates=9", "features=raw",
     "algorithm=gmm", "algorithm.params.n_init=9", "dataset.reference.kind=standard",
     "metric=silhouette", "dataset=charity"],
)  # fmt: skip
def test_what_decides_the_result_changes_the_key(override: str):
    assert key(override) != key()


@pytest.mark.parametrize(
    "override",
    ["results=elsewhere", "sweep=other", "storage=memory", "storage.url=redis://h", "threads=1",
     "tracking=wandb_offline", "timeout=5", "position=3", "dataset.title=Other",
     "+dataset.path=here.csv", "hydra/launcher=joblib"],
)  # fmt: skip
def test_what_does_not_decide_it_does_not(override: str):
    assert key(override) == key()


def test_unreadable_files_are_told_apart_by_their_path():
    table = ("dataset=table", "dataset.path=a.csv")
    assert key(*table, sha=None) != key("dataset=table", "dataset.path=b.csv", sha=None)


def test_data_and_nothing_but_trials_separate_studies():
    assert key(sha="x") != key(sha="y") != key(sha=None)
    assert key("study.n_trials=9", trials=False) == key(trials=False) != key()
    assert key("study.replicates=9", trials=False) != key(trials=False)


def cell(key: str, bare: str = "-") -> dict:
    return {"key": key, "key_without_data": bare, "dataset": "d"}


def test_plan_grows_and_names_each_cell_once(tmp_path: Path):
    add_to_plan(tmp_path, [cell("a"), cell("b")])
    add_to_plan(tmp_path, [cell("b"), cell("c")])
    assert [planned["key"] for planned in read_plan(tmp_path)] == ["a", "b", "c"]


def test_cell_whose_data_can_be_read_again_takes_the_place_of_its_failed_row(tmp_path: Path):
    write_result(tmp_path / "bare", result("bare", "failed"), "")
    add_to_plan(tmp_path, [cell("bare", "bare")])
    add_to_plan(tmp_path, [cell("full", "bare")])
    assert [planned["key"] for planned in read_plan(tmp_path)] == ["full"]
    assert not (tmp_path / "bare").exists()
