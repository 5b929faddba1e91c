"""Every yaml in conf/ is a component that works: new ones are tested by being there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import compose_config

from segbench.contracts import RFM, Table
from segbench.dataset import fingerprint, load
from segbench.dataset.roles import ROLES
from segbench.errors import NotApplicable
from segbench.evaluator import Evaluator
from segbench.metric import COMPOSITES, INTERNAL
from segbench.paths import CONF
from segbench.search import distribution
from segbench.space import fit_reference
from segbench.target import resolve

FILES = sorted(path.relative_to(CONF) for path in CONF.glob("*/*.yaml"))
NAMES = {group: sorted(p.stem for p in CONF.glob(f"{group}/*.yaml"))
         for group in ("dataset", "features", "algorithm", "study", "metric")}  # fmt: skip


def config_of(group: str, name: str) -> dict:
    return compose_config(f"{group}={name}")[group]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_yaml_composes_and_opens_with_a_command_that_selects_it(path: Path):
    text = (CONF / path).read_text(encoding="utf-8")
    head = "\n".join(text.splitlines()[:2])
    assert f"{path.parent}={path.stem}" in head and "segbench run" in head
    config = compose_config(f"{path.parent}={path.stem}")
    if path.parent.name in NAMES:
        assert config[path.parent.name]["name"] == path.stem


@pytest.mark.parametrize("name", NAMES["dataset"])
def test_dataset_declares_where_it_comes_from(name: str):
    spec = config_of("dataset", name)
    for field in ("title", "source", "licence"):
        assert spec[field], field
    assert {"citation", "sha256", "columns", "rfm", "revenue", "reference"} <= set(spec)
    assert set(spec["columns"]) == set(ROLES) and set(spec["rfm"]) == set(RFM)
    assert set(spec["reference"]) == {"kind", "columns"}


@pytest.mark.parametrize(("dataset", "features"), [("cdnow", "rfm_log"), ("loanapp", "mixed"),
                                                   ("table", "mixed")])  # fmt: skip
def test_dataset_has_features_that_apply_unless_others_are_asked_for(dataset: str, features: str):
    chosen = f"dataset={dataset}", "dataset.path=some.csv" if dataset == "table" else "seed=0"
    assert compose_config(*chosen)["features"]["name"] == features
    assert compose_config(*chosen, "features=standard")["features"]["name"] == "standard"
    assert compose_config("features=raw", *chosen)["features"]["name"] == "raw"


@pytest.mark.parametrize("name", [n for n in NAMES["dataset"] if n != "table"])
def test_dataset_loads_with_every_column_declared(name: str):
    spec = config_of("dataset", name)
    table, _ = load(spec)
    assert not table.notes, "a packaged data set leaves nothing to inference"
    assert table.sha256 == fingerprint(spec) and len(set(table.ids)) == len(table)
    assert spec["sha256"] in (None, table.sha256)
    fit_reference(table, spec["reference"])


@pytest.mark.parametrize("name", NAMES["algorithm"])
def test_algorithm_declares_itself(name: str):
    spec = config_of("algorithm", name)
    resolve(spec["_target_"])
    assert spec["citation"] or spec["baseline"]
    for parameter, space in spec["search"].items():
        distribution(parameter, space)


@pytest.mark.parametrize("name", NAMES["metric"])
def test_metric_names_a_score(name: str):
    assert config_of("metric", name)["objective"] in {**INTERNAL, **COMPOSITES}


def tables() -> dict[str, Table]:
    """Mixed, numeric only and categorical only customers, some values missing."""
    blobs = {**config_of("dataset", "blobs"), "n": 120, "k": 3}
    mixed, _ = load(blobs)
    frame = mixed.frame.copy()
    frame.iloc[::11, 0] = np.nan
    frame.iloc[::13, -1] = None
    numeric, categorical = list(mixed.numeric), list(mixed.categorical)

    def part(columns: list[str], **changes: object) -> Table:
        return Table(**{**vars(mixed), "frame": frame[columns], **changes})

    return {
        "mixed": part(numeric + categorical),
        "numeric": part(numeric, categorical=()),
        "categorical": part(categorical, numeric=(), rfm={}, revenue=None),
    }


@pytest.mark.parametrize("kind", ["mixed", "numeric", "categorical"])
@pytest.mark.parametrize("features", NAMES["features"])
@pytest.mark.parametrize("algorithm", ["kmeans", "kprototypes", "rfm_quintiles"])
def test_every_pipeline_serves_every_kind_of_algorithm(algorithm: str, features: str, kind: str):
    """On every table, or with a reason to skip: one algorithm for each `input` there is."""
    table = tables()[kind]
    config = compose_config(f"algorithm={algorithm}", f"features={features}")
    evaluator = Evaluator(
        table, fit_reference(table, {}), config["features"], config["algorithm"],
        config["guards"], ["quality"], replicates=2, seed=3,
    )  # fmt: skip
    params = {name: middle(space) for name, space in config["algorithm"]["search"].items()}
    try:
        first, second = evaluator.fit(params), evaluator.fit(params)
    except NotApplicable as why:
        assert re.search("has no (recency|frequency|monetary)|needs recency", str(why))
        assert (kind == "categorical" and "rfm" in features) or algorithm == "rfm_quintiles"
        return
    labels = first.partition.labels
    assert labels.dtype == np.int32 and labels.shape == (len(table),)
    assert set(labels[labels >= 0]) == set(range(first.partition.k))
    assert labels.tobytes() == second.partition.labels.tobytes()


def test_there_is_no_other_input():
    inputs = {config_of("algorithm", name)["input"] for name in NAMES["algorithm"]}
    assert inputs == {"numeric", "mixed", "rfm"}


def middle(space: dict) -> object:
    """A usual value of a search space."""
    if space["type"] == "categorical":
        return space["choices"][0]
    return min(space["high"], max(space["low"], 4))


def test_plan_lines_of_every_experiment_compose():
    for path in (CONF / "experiment").glob("*.yaml"):
        for line in yaml.safe_load(path.read_text())["plan"]:
            singles = [re.sub(r",.*", "", override) for override in line.split()]
            compose_config(f"experiment={path.stem}", *singles)
