"""The command line as a stranger types it."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SMALL, Run
from test_leaderboard import entry

from segbench import __version__, cli
from segbench.arguments import FORMATS
from segbench.results import write_result

BAD_TABLE = "id,a,b\n1,2,3\n1,3,4\n"


def cells(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/result.json"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep with a row of every kind that a user meets."""
    root = tmp_path_factory.mktemp("cli")
    (root / "bad.csv").write_text(BAD_TABLE)
    sweep = ("run", "-m", "features=rfm_log,nope", "algorithm=kmeans,random", "sweep=mine")
    done = subprocess.run(
        [sys.executable, "-m", "segbench.cli", *sweep, *SMALL], cwd=root, text=True,
        capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "ranked by quality" in done.stdout and "segbench assign" in done.stdout
    assert "Traceback" not in done.stderr
    return root / "results"


def test_every_planned_cell_is_a_row(results: Path, inside: Run):
    rows = json.loads(inside("leaderboard", "--results", str(results), "--format", "json").stdout)
    assert [(r["algorithm"], r["features"], r["status"], r["rank"]) for r in rows] == [
        ("kmeans", "rfm_log", "complete", 1), ("random", "rfm_log", "complete", None),
        ("kmeans", "nope", "failed", None), ("random", "nope", "failed", None),
    ]  # fmt: skip
    assert "mixed, onehot_pca" in rows[2]["why"], "an unknown name says which exist"


@pytest.mark.parametrize("form", FORMATS)
def test_formats_go_to_a_file_or_to_stdout(results: Path, inside: Run, tmp_path: Path, form: str):
    asked = ("leaderboard", "--results", str(results), "--format", form)
    out = inside(*asked)
    inside(*asked, "--out", "new/file.txt")
    written = (tmp_path / "new" / "file.txt").read_text()
    assert written == out.stdout and "kmeans" in written and "\x1b" not in written


def test_pick_says_why_or_why_not(results: Path, inside: Run):
    asked = ("leaderboard", "--results", str(results), "--pick")
    (plain,) = json.loads(inside(*asked, "--format", "json").stdout)
    assert plain["dataset"] == "blobs" and plain["contestants"] == 1
    assert plain["candidate"]["name"] == "rfm_log · kmeans" and len(plain["reasons"]) == 5
    assert "takes" in plain["reasons"][3] and "ms" in plain["reasons"][3], "latency is measured"
    text = inside(*asked).stdout
    assert "Pick:" in text and plain["reasons"][0].split(":")[0][:40] in text


def test_across_as_text_and_json_and_never_of_one_data_set(inside: Run, tmp_path: Path):
    for name in ("x", "y"):
        for algorithm, quality in (("a", 0.9), ("b", 0.1)):
            made = entry(f"{name}{algorithm}", quality, algorithm=algorithm, setup=algorithm,
                         dataset={"name": name, "sha256": "1" * 64}).result  # fmt: skip
            write_result(tmp_path / "results" / "s" / made.key, made, "")
    plain = json.loads(inside("leaderboard", "--across", "--format", "json").stdout)
    assert [each["name"] for each in plain["standings"]] == ["f · a", "f · b"]
    assert plain["beats"][0][1] == 1.0 and "below 5" in plain["says"][0]
    assert plain["standings"][0]["mean_rank"]["value"] == 1.0
    assert inside("leaderboard", "--across").stdout.startswith("Across 2 data sets")
    shutil.rmtree(tmp_path / "results" / "s" / "ya")
    shutil.rmtree(tmp_path / "results" / "s" / "yb")
    assert inside("leaderboard", "--across").returncode == 2


def test_figures_are_drawn_beside_what_is_printed(results: Path, inside: Run, tmp_path: Path):
    done = inside("leaderboard", "--results", str(results), "--figures", "drawn")
    assert done.returncode == 0 and "drawn/blobs-pareto.png" in done.stderr
    assert (tmp_path / "drawn" / "blobs-pareto.png").stat().st_size > 5000


def test_assign_by_prefix(results: Path, inside: Run, tmp_path: Path):
    rows = json.loads(inside("leaderboard", "--results", str(results), "--format", "json").stdout)
    new = "customer_id,monetary,recency,frequency\nn1,20,300,1\nn2,900,2,30\n"
    (tmp_path / "new.csv").write_text(new)
    done = inside("assign", rows[0]["key"][:7], "new.csv", "--out", "s.csv",
                    "--results", str(results))  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "s.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [row["id"] for row in read] == ["n1", "n2"]
    assert all(0 <= int(row["segment"]) < rows[0]["k"] for row in read)
    assert "ids" not in done.stdout


def test_assign_says_that_a_file_has_no_ids(results: Path, inside: Run, tmp_path: Path):
    (tmp_path / "new.csv").write_text("monetary,recency,frequency\n20,300,1\n900,2,30\n")
    kept = min(results.glob("*/*/model/model.skops"))
    done = inside("assign", str(kept.parents[1]), "new.csv", "--out", "s.csv")
    assert done.returncode == 0 and "no column of ids" in done.stdout
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["id", "0", "1"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("run", "dataset=nope"), "cdnow"), (("run", "algorithm=nope"), "kprototypes"),
     (("run", "study.n_trial=3"), "study.n_trial"), (("run", "dataset=a,b"), "-m"),
     (("run", "study.n_trials=0"), "study.n_trials"), (("run", "dataset=table"), "dataset.path"),
     (("run", "dataset=table", "dataset.path=bad.csv", "features=standard"), "row 3, column 'id'"),
     (("run", "dataset=table", "dataset.path=no.csv"), "no.csv"),
     (("run", "-m", "baselines=tree", *SMALL[:-1]), "baselines"),
     (("run", "-m", "baselines=[gmm]", *SMALL[:-1]), "gmm, which is to be ranked"),
     (("run", "-m", "algorithm=gmm", "baselines=[gmm]", *SMALL[:-1]), "to be ranked"),
     (("run", "-m", "baselines=3", *SMALL[:-1]), "baselines: found 3"),
     (("run", "-m", "baselines=[1]", *SMALL[:-1]), "baselines: found [1]"),
     (("run", "-m", "baselines=[random],[tree]", *SMALL[:-1]), "one for the whole sweep"),
     (("run", "+algorithm.asign=predict", *SMALL), "algorithm.asign"),
     (("run", "algorithm.input=nummeric", *SMALL), "algorithm.input"),
     (("run", "+algorithm.noise=maybe", *SMALL), "algorithm.noise"),
     (("run", "+algorithm.baseline=maybe", *SMALL), "algorithm.baseline"),
     (("run", "experiment=quickstart"), "-m"), (("run", "what"), "what"),
     (("run", "-m", "algorithm.params.n_init=range(", "dataset=blobs"), "range("),
     (("run", "-m", "dataset=table", "dataset.columns.target=[Größe]"), "quotes around names"),
     (("run", "dataset=table", "dataset.columns.target=[Größe]"), "quotes around names"),
     (("run", "algorithm._target_=os.system", "dataset=blobs"), "os.system"),
     (("leaderboard", "--results", "nowhere"), "nowhere"),
     (("leaderboard", "--pick", "--format", "latex", "--results", "one"), "table or json"),
     (("leaderboard", "--stability", "--format", "csv", "--results", "one"), "wanted table"),
     (("leaderboard", "--across", "--profile", "compact", "--results", "one"), "wanted --pick"),
     (("leaderboard", "--profile", "nice", "--results", "one"), "one of compact"),
     (("assign", "abc", "bad.csv", "--out", "x.csv"), "abc"), (("datasets", "nope"), "charity")],
)  # fmt: skip
def test_bad_input_is_one_line_and_status_2(
    inside: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
):
    (tmp_path / "bad.csv").write_text(BAD_TABLE)
    write_result(tmp_path / "one" / "a", entry("a").result, "")
    done = inside(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and words in done.stderr and done.stdout == ""
    assert cells(tmp_path / "results" / "default") == []


def test_bad_input_ends_the_process_with_status_2(segbench: Run):
    done = segbench("run", "study.n_trial=3")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "study.n_trial" in done.stderr


@pytest.mark.parametrize(
    "command", [(), ("--foo",), ("nonsense",), ("leaderboard", "--format", "x")]
)
def test_wrong_usage_is_status_2(inside: Run, command: tuple[str, ...]):
    done = inside(*command)
    assert done.returncode == 2 and "usage: segbench" in done.stderr


def test_help_names_every_command_and_imports_nothing_heavy():
    code = """if True:
        import sys
        from segbench.cli import main
        try:
            main(["--help"])
        except SystemExit:
            heavy = ("numpy", "pandas", "hydra", "optuna", "wandb", "sklearn", "rich")
            print([name for name in heavy if name in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("run", "leaderboard", "assign", "datasets"):
        assert command in done.stdout


def test_version(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert __version__ in capsys.readouterr().out


def test_datasets_lists_and_describes(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["datasets"]) == 0
    assert "charity" in capsys.readouterr().out
    assert cli.main(["datasets", "cdnow"]) == 0
    assert "eff6889ed364c519" in capsys.readouterr().out


def test_config_dir_adds_a_component_without_touching_the_package(inside: Run, tmp_path: Path):
    folder = tmp_path / "mine" / "algorithm"
    folder.mkdir(parents=True)
    (folder / "birch.yaml").write_text(
        "_target_: sklearn.cluster.Birch\ncitation: Zhang et al. 1996\n"
        "search:\n  n_clusters: {type: int, low: 2, high: 4}\n"
    )
    done = inside("run", "--config-dir", "mine", "algorithm=birch", "features=rfm_log", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "birch" in done.stdout


def test_interrupt_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys):
    def stop(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", stop)
    assert cli.main(["run"]) == 130
    assert "goes on" in capsys.readouterr().err


@pytest.mark.parametrize("margin", ["2", "-1", "nan", "abc"])
def test_a_margin_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], margin: str):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["assign", "a", "b.csv", "--out", "c.csv", f"--reject={margin}"])
    last = capsys.readouterr().err.splitlines()[-1]
    assert "--reject" in last and repr(margin) in last and "from 0 to 1" in last


def test_what_is_to_be_typed_next_can_be_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    sweep = tmp_path / "my sweep"
    write_result(sweep / "a", entry("a").result, "")
    assert cli._closing(sweep) == 0
    again = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Again:"))
    assert shlex.split(again)[-2:] == ["--results", str(sweep)]
