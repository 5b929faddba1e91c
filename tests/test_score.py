"""`segbench score`: labels by id or by order, what is wrong with them, both formats."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Run
from scipy.stats import rankdata
from sklearn import metrics

from segbench.contracts import Partition
from segbench.errors import InputError
from segbench.metric import EXTERNAL, INTERNAL
from segbench.score import score_files


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """60 customers in two groups, and labels in another order."""
    rng = np.random.default_rng(0)
    group = np.arange(60) % 2
    table = pd.DataFrame({
        "id": [f"c{i}" for i in range(60)], "visits": rng.normal(size=60) + 3 * group,
        "spend": rng.exponential(size=60) + 2 * group, "truth": np.where(group, "rich", "poor"),
    })  # fmt: skip
    table.to_csv(tmp_path / "customers.csv", index=False)
    labels = pd.DataFrame({"id": table["id"], "segment": np.where(group, "B", "A")})
    labels.sample(frac=1, random_state=1).to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path / "customers.csv", tmp_path / "labels.csv"


def test_scores_are_those_of_the_ranks(files):
    scored = score_files(*files, reference=["truth"])
    table, group = pd.read_csv(files[0]), np.arange(60) % 2
    X = np.column_stack([(rankdata(table[c]) - 0.5) / 60 for c in ("visits", "spend")])
    assert scored.space == "rank" and scored.columns == ("visits", "spend")
    expected = metrics.silhouette_score(X, group)
    assert scored.scores["silhouette"].value == pytest.approx(expected)
    assert scored.scores["ari"].value == 1.0
    assert list(scored.scores) == [*INTERNAL, *EXTERNAL]


def test_spaces_columns_and_chosen_metrics(files):
    scored = score_files(*files, space="standard", columns=["visits"], metrics=["dunn", "hopkins"])
    assert list(scored.scores) == ["dunn", "hopkins"] and scored.columns == ("visits",)
    assert scored.scores["dunn"].space == "standard"
    everything = score_files(*files)
    assert "truth" in everything.columns and everything.space == "gower"


def test_parquet_and_labels_in_order_and_noise(files, tmp_path):
    by_id = pd.read_csv(files[1]).set_index("id")["segment"]
    ordered = by_id[[f"c{i}" for i in range(60)]].tolist()
    ordered[:3] = ["-1", "noise", ""]
    pd.DataFrame({"cluster": ordered}).to_csv(tmp_path / "ordered.csv", index=False)
    found = score_files(files[0], tmp_path / "ordered.csv").partition
    assert found.noise == 3 and found.k == 2
    ids = [f"c{i}" for i in range(60)]
    frame = pd.DataFrame({"id": ids, "segment": np.arange(60) % 3 - 1})
    frame.to_parquet(tmp_path / "labels.parquet")
    assert score_files(files[0], tmp_path / "labels.parquet").partition.noise == 20


def labelled(files: tuple[Path, Path], name: str, frame: pd.DataFrame) -> Partition:
    """The partition in a CSV of this content, of the customers of the fixture."""
    path = files[0].with_name(name)
    frame.to_csv(path, index=False)
    return score_files(files[0], path, metrics=["entropy"]).partition


@pytest.mark.parametrize("word", ["-1", "-1.0", "noise", "Noise", "NOISE", " noise ", "", "NA"])
def test_every_word_for_no_segment(files, word):
    named = [word] * 7 + ["A", "B"] * 26 + ["A"]
    found = labelled(files, "words.csv", pd.DataFrame({"segment": named}))
    assert found.noise == 7 and found.k == 2 and (found.labels[:7] == -1).all()


def test_a_label_belongs_to_the_customer_of_its_id(files):
    group = np.arange(60) ** 2 // 700  # 27, 11, 8, 7, 6 and 1 customers, in order
    frame = pd.DataFrame({"id": [f"c{i}" for i in range(60)], "segment": group})
    shuffled = frame.sample(frac=1, random_state=2)
    assert labelled(files, "shuffled.csv", shuffled).labels.tolist() == group.tolist()


def test_capitals_and_blanks_do_not_matter(files):
    labels = pd.read_csv(files[1])
    expected = labelled(files, "plain.csv", labels).labels.tolist()
    loud = labels.rename(columns={"id": "ID", "segment": "Segment"}).assign(other="x")
    loud["ID"] = " " + loud["ID"] + " "
    loud["Segment"] = np.where(np.arange(60) % 2, loud["Segment"], loud["Segment"] + " ")
    assert labelled(files, "loud.csv", loud).labels.tolist() == expected


def test_of_several_columns_the_first_by_name_holds_the_labels(files):
    labels = pd.read_csv(files[1])
    expected = labelled(files, "plain.csv", labels).labels.tolist()
    other = labels.assign(**{"class": "x", "cluster": "y", "label": "z"})
    assert labelled(files, "more.csv", other).labels.tolist() == expected


def test_ids_are_known_by_a_usual_name_though_the_table_has_another(files, tmp_path):
    table = pd.read_csv(files[0]).rename(columns={"id": "CustNo"})
    table.to_csv(tmp_path / "t.csv", index=False)
    labels = pd.read_csv(files[1]).rename(columns={"id": "customer_id"})
    labels.to_csv(tmp_path / "l.csv", index=False)
    found = score_files(tmp_path / "t.csv", tmp_path / "l.csv", id_column="CustNo")
    assert found.partition.labels.tolist() == score_files(*files).partition.labels.tolist()


@pytest.mark.parametrize("name", ["l.parquet", "l.pq", "L.PARQUET"])
@pytest.mark.parametrize("values", [[0.5, 1.5, np.nan], ["0", "1", None], [0.0, 1.0, np.nan]])
def test_parquet_of_any_suffix_and_type(files, name, values):
    path = files[0].with_name(name)
    pd.DataFrame({"segment": values * 20}).to_parquet(path)
    found = score_files(files[0], path, metrics=["entropy"]).partition
    assert found.labels.tolist() == [0, 1, -1] * 20


def test_what_is_no_parquet_file_is_refused(files):
    path = files[0].with_name("l.parquet")
    with pytest.raises(InputError, match="found no such file, wanted a file of labels"):
        score_files(files[0], path)
    path.write_text("id,segment")
    with pytest.raises(InputError, match="wanted a Parquet file"):
        score_files(files[0], path)


def test_the_delimiter_is_that_of_both_files(files, tmp_path):
    for path, name in zip(files, ("t.csv", "l.csv"), strict=True):
        pd.read_csv(path).to_csv(tmp_path / name, index=False, sep=";")
    found = score_files(tmp_path / "t.csv", tmp_path / "l.csv", delimiter=";")
    assert found.scores == score_files(*files).scores


@pytest.mark.parametrize("number", [59, 61])
def test_labels_in_order_are_as_many_as_customers(files, number):
    with pytest.raises(InputError, match=f"found {number} labels without ids"):
        labelled(files, "few.csv", pd.DataFrame({"segment": ["A", "B"] * 30 + ["A"]})[:number])


@pytest.mark.parametrize("change, message", [
    (lambda f: f.iloc[1:], "no label for 1 customers"),
    (lambda f: pd.concat([f, f.iloc[[5]]]), "row 62, column 'id': found .* again"),
    (lambda f: pd.concat([f, pd.DataFrame({"id": ["x9"], "segment": ["A"]})]),
     "row 62, column 'id': found x9"),
    (lambda f: f.drop(columns="segment"), "wanted one called segment"),
    (lambda f: f.rename(columns={"segment": "a"}).assign(b=1), "found columns a, b"),
    (lambda f: f.rename(columns={"id": "CustNo"}), "and no id, wanted --id COLUMN"),
    (lambda f: f[["segment"]].iloc[:59], "59 labels without ids"),
])  # fmt: skip
def test_labels_that_do_not_fit_are_refused(files, change, message, tmp_path):
    bad = tmp_path / "bad.csv"
    change(pd.read_csv(files[1])).to_csv(bad, index=False)
    with pytest.raises(InputError, match=message):
        score_files(files[0], bad)


def test_an_id_of_any_name_and_float_ids(files, tmp_path):
    table, labels = (pd.read_csv(path) for path in files)
    expected = score_files(*files).scores["silhouette"]
    for frame, name in ((table, "t.csv"), (labels, "l.csv")):
        frame.rename(columns={"id": "CustNo"}).to_csv(tmp_path / name, index=False)
    found = score_files(tmp_path / "t.csv", tmp_path / "l.csv", id_column="CustNo")
    assert found.scores["silhouette"] == expected
    table["id"], labels["id"] = range(60), labels["id"].str[1:].astype(float)
    table.to_csv(tmp_path / "t.csv", index=False)
    labels.to_parquet(tmp_path / "l.parquet")
    assert score_files(tmp_path / "t.csv", tmp_path / "l.parquet").scores["silhouette"] == expected


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_each_file_has_the_delimiter_of_its_header(files, mark, tmp_path):
    labels = pd.read_csv(files[1])
    labels.to_csv(tmp_path / "l.csv", index=False, sep=mark)
    assert score_files(files[0], tmp_path / "l.csv").scores == score_files(*files).scores


@pytest.mark.parametrize("options, message", [
    ({"metrics": ["silhuette"]}, "found silhuette, wanted some of quality"),
    ({"metrics": ["ari"]}, "wanted --reference COLUMN"),
    ({"reference": ["true"]}, "column 'true': found no such column"),
    ({"columns": ["price"]}, "--columns: found price"),
    ({"space": "rank"}, "--space rank: found .*categories truth"),
])  # fmt: skip
def test_options_that_make_no_sense_are_refused(files, options, message):
    with pytest.raises(InputError, match=message):
        score_files(*files, **options)


def test_the_json_says_what_was_scored(files, tmp_path):
    named = ["noise"] * 7 + ["A", "B"] * 20 + ["A"] * 13
    pd.DataFrame({"segment": named}).to_csv(tmp_path / "noisy.csv", index=False)
    scored = score_files(files[0], tmp_path / "noisy.csv", columns=["spend"], metrics=["dunn"])
    plain = scored.as_json()
    assert plain["segments"] == {"k": 2, "sizes": [33, 20], "noise": 7}
    assert plain["sha256"] == hashlib.sha256(files[0].read_bytes()).hexdigest()
    assert (plain["rows"], plain["space"], plain["columns"]) == (60, "rank", ["spend"])
    assert plain["scores"]["dunn"]["value"] == scored.scores["dunn"].value


def test_float_ids_and_segments_of_a_csv_are_whole_numbers(files, tmp_path):
    table, labels = (pd.read_csv(path) for path in files)
    expected = score_files(*files).scores["silhouette"]
    labels["id"] = [f"{key[1:]}.0" for key in labels["id"]]
    labels["segment"] = [str(i % 2) if s == "A" else "2.0" for i, s in enumerate(labels["segment"])]
    labels["segment"] = labels["segment"].replace({"0": "1", "1": "1.0"})
    table.assign(id=range(60)).to_csv(tmp_path / "t.csv", index=False)
    labels.to_csv(tmp_path / "l.csv", index=False)
    found = score_files(tmp_path / "t.csv", tmp_path / "l.csv")
    assert found.partition.k == 2 and found.scores["silhouette"] == expected


def test_columns_that_look_like_numbers_can_be_categories(files):
    found = score_files(*files, columns=["visits", "spend"], categorical=["visits"])
    assert found.space == "gower"


def test_command_prints_a_table_or_json(segbench: Run, files):
    command = ("score", *map(str, files), "--reference", "truth")
    shown = segbench(*command)
    assert shown.returncode == 0, shown.stderr
    assert "60 customers · rank space of visits, spend" in shown.stdout
    assert "silhouette" in shown.stdout and "by inference" in shown.stderr
    plain = json.loads(segbench(*command, "--format", "json").stdout)
    assert plain["segments"] == {"k": 2, "sizes": [30, 30], "noise": 0}
    assert plain["scores"]["nca"]["value"] == 1.0
    for option, text in (("--metrics", ""), ("--columns", "visits,,"), ("--delimiter", "ab")):
        refused = segbench(*command, option, text)
        assert refused.returncode == 2 and f"found '{text}'" in refused.stderr
    tabs = files[0].with_name("tabs.csv")
    pd.read_csv(files[0]).to_csv(tabs, index=False, sep="\t")
    assert (
        segbench(
            "score", str(tabs), str(tabs), "--delimiter", r"\t", "--columns", "visits,spend"
        ).returncode
        == 2
    )  # no label column, but the table was read
    wrong = segbench("score", str(files[0]), "nowhere.csv")
    assert wrong.returncode == 2 and "nowhere.csv: found no such file" in wrong.stderr
    assert len(wrong.stderr.strip().splitlines()) == 1
