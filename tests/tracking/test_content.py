"""What the W&B run of a result holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import made
import pandas as pd

from segbench.contracts import Result
from segbench.results import add_to_plan, read_plan
from segbench.tracking.content import (
    RECORD,
    artifact_name,
    cut,
    numbers,
    of_result,
    sweep_alias,
    word,
)
from segbench.tracking.marks import run_id
from segbench.tracking.overview import SCORES, missing_cells, of_sweep, title, varied


def test_a_run_holds_config_overrides_and_every_field(tmp_path: Path):
    result = made.result("a", "one", 0.3)
    content = of_result(made.write(tmp_path, result))
    assert content.id == run_id(result.key, "one") and len(content.id) == 32
    assert (content.group, content.tags) == ("one", ("d", "raw", "kmeans"))
    assert content.config["algorithm"] == made.CONFIG["algorithm"]
    assert content.config["overrides"] == made.OVERRIDES
    assert content.config["params"] == {"n_clusters": 2}
    assert content.config["command"].startswith("segbench run dataset=d algorithm=kmeans")
    plain = result.as_json()
    assert {name: content.summary[name] for name in plain} == plain
    assert Result.from_json(json.loads(content.summary[RECORD])) == result


def test_numbers_are_scalars_without_what_is_unknown():
    flat = numbers(made.result("a", "one", 0.3))
    assert flat["quality"] == 0.3 and flat["k"] == 2 and flat["seconds_total"] == 1.5
    assert flat["stability_ari_low"] == 0.25 and flat["trials_refits"] == 12
    assert "ari" not in flat and "quality_low" not in flat and "p" not in flat
    assert all(isinstance(value, (int, float)) for value in flat.values())
    assert not set(flat) & set(made.result("a", "one", 0.3).as_json()), "no field is hidden"


def test_trials_become_a_table_with_the_best_so_far(tmp_path: Path):
    content = of_result(made.write(tmp_path, made.result("a", "one", 0.3)))
    table = content.tables["tuning_trials"]
    assert table["best"] == [0.1, 0.25, 0.25, 0.25]
    assert table["quality"][2] is None and table["state"][2] == "failed"
    drawn = {(chart.kind, chart.x, chart.y) for chart in content.charts.values()}
    assert drawn == {("line", "number", "best"), ("scatter", "quality", "stability_ari")}
    assert content.bars == {"segment_sizes": [5, 4]}


def test_the_best_so_far_of_what_is_to_be_small_falls(tmp_path: Path):
    folder = made.write(tmp_path, replace(made.result("a", "one", 0.3),
                                          objectives=["davies_bouldin"]))  # fmt: skip
    trials = pd.DataFrame({
        "number": range(5), "davies_bouldin": [0.9, 1.2, 0.1, 0.2, 0.4],
        "state": ["complete", "complete", "pruned", "complete", "complete"],
        "guard_share": [-1.0, -1.0, -1.0, 0.3, 0.0],
    })  # fmt: skip
    trials.to_parquet(folder / "trials.parquet", index=False)
    best = of_result(folder).tables["tuning_trials"]["best"]
    assert best == [0.9, 0.9, 0.9, 0.9, 0.4], "neither a pruned trial nor one beyond a guard"


def test_a_run_is_of_the_sweep_that_its_folder_lies_in(tmp_path: Path):
    folder = made.write(tmp_path, made.result("a", "one", 0.3))
    (tmp_path / "one").rename(tmp_path / ("x" * 200))
    moved = of_result(tmp_path / ("x" * 200) / folder.name)
    board = of_sweep(tmp_path / ("x" * 200), tmp_path)
    assert moved.group == board.group and len(moved.group) == 128
    assert len(moved.name) <= 128 and len(board.name) <= 128 and len(title("x" * 200)) <= 128
    assert moved.id != of_result(made.write(tmp_path, made.result("a", "one", 0.3))).id


def test_the_report_has_axes_for_what_was_varied(tmp_path: Path):
    made.fill(tmp_path)
    made_of, scores = varied(tmp_path / "one"), SCORES
    assert made_of == ["features.name", "algorithm.name", "params.n_clusters"]
    content = of_result(tmp_path / "one" / made.key("a"))
    assert set(scores) <= set(content.summary) | {"segment_jaccard_min"}


def test_thousands_of_cells_that_are_missing_fit_into_a_summary(tmp_path: Path):
    made.fill(tmp_path)
    cell = read_plan(tmp_path / "one")[0]
    add_to_plan(tmp_path / "one", [{**cell, "key": made.key(f"m{i}"), "seed": i}
                                   for i in range(3000)])  # fmt: skip
    record = of_sweep(tmp_path / "one", tmp_path).summary[RECORD]
    assert len(missing_cells(record)) == 3000 and len(record) < 1_000_000 / 4


def test_a_model_is_an_artifact_and_without_one_there_is_none(tmp_path: Path):
    folder = made.write(tmp_path, made.result("a", "one", 0.3))
    files = of_result(folder).files
    assert files is not None and files.name == artifact_name(made.key("a"))
    assert set(files.paths) == {"model/model.json", "model/model.skops", "result.json",
                                "config.yaml", "profile.csv"}  # fmt: skip
    assert files.metadata["scores"]["quality"] == 0.3 and files.aliases == ("sweep-one",)
    skipped = made.without_partition("d", "one", "skipped", "too large")
    content = of_result(made.write(tmp_path, skipped))
    assert content.files is None and not content.tables and not content.bars


def test_a_leaderboard_run_is_the_same_for_the_same_results(tmp_path: Path):
    made.fill(tmp_path)
    content = of_sweep(tmp_path / "one", tmp_path / "files")
    assert content == of_sweep(tmp_path / "one", tmp_path / "files")
    assert content.tables["leaderboard"]["rank"] == [1, None, 2, None, None]
    assert [cell["algorithm"] for cell in missing_cells(content.summary[RECORD])] == ["gmm"]
    made.write(tmp_path, made.result("z", "one", 0.9))
    changed = of_sweep(tmp_path / "one", tmp_path / "files")
    assert changed.id == content.id and changed.digest != content.digest
    assert len(changed.summary[RECORD]) == len(content.summary[RECORD]), "not a row longer"


def test_names_as_wandb_takes_them():
    assert word("my-sweep_1.0") == "my-sweep_1.0" and sweep_alias("v2") == "sweep-v2"
    assert word("my sweep/ü:1").startswith("my-sweep-1-") and word("ü") != word("ä")
    assert len(cut("x" * 300)) == 128 and cut("x" * 300) != cut("x" * 299) and cut("a") == "a"
