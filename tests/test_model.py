"""The kept model: same segments for the same customers, nothing executed, clear refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from conftest import SMALL, Quiet, compose_config
from sklearn.base import BaseEstimator

from segbench import model
from segbench.cell import plan_cell
from segbench.contracts import Result
from segbench.errors import InputError
from segbench.run import run_cell
from segbench.tracking import NoTracking


def run(results: Path, *overrides: str) -> tuple[Path, Result]:
    cell = plan_cell(compose_config(f"results={results}", *SMALL, *overrides))
    return cell.folder, run_cell(cell, Quiet(), NoTracking(), in_sweep=False)


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """A CSV of 150 customers: numbers, categories, gaps, and an id with leading zeros."""
    rng = np.random.default_rng(0)
    group = rng.integers(3, size=150)
    frame = pd.DataFrame({
        "id": [f"{i:05d}" for i in range(150)],
        "recency": rng.normal(group * 50 + 20, 3).round(3),
        "monetary": rng.normal(300 - group * 90, 9).round(2),
        "plan": np.where(rng.random(150) < 0.05, None, np.array(["free", "pro", "team"])[group]),
    })  # fmt: skip
    frame.loc[::17, "monetary"] = np.nan
    path = tmp_path / "customers.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("features", ["standard", "mixed", "rank", "onehot_pca", "raw"])
@pytest.mark.parametrize("algorithm", ["kmeans", "gmm"])
def test_training_customers_get_their_segments_back(
    tmp_path: Path, customers: Path, algorithm: str, features: str
):
    overrides = ("dataset=table", f"dataset.path={customers}", f"features={features}")
    config = [o for o in SMALL if not o.startswith("dataset")]
    cell = plan_cell(
        compose_config(f"results={tmp_path}", *config, *overrides, f"algorithm={algorithm}")
    )
    run_cell(cell, Quiet(), NoTracking(), in_sweep=False)
    labels = pd.read_parquet(cell.folder / "labels.parquet")
    assigned = model.load(cell.folder).assign(customers)
    assert assigned.ids.tolist() == labels["id"].tolist()
    assert assigned.ids[7] == "00007"
    assert assigned.segments.tolist() == labels["segment"].tolist()


def test_one_new_customer_equals_the_same_one_in_a_batch(tmp_path: Path, customers: Path):
    config = [o for o in SMALL if not o.startswith("dataset")]
    cell = plan_cell(compose_config(
        f"results={tmp_path}", *config, "dataset=table", f"dataset.path={customers}",
        "features=standard", "algorithm=gmm"))  # fmt: skip
    run_cell(cell, Quiet(), NoTracking(), in_sweep=False)
    loaded = model.load(cell.folder)
    new = pd.DataFrame({"plan": ["never seen", "", "pro"], "monetary": [100.5, "", -4],
                        "recency": [1, 2, 3], "extra": ["x", "y", "z"]})  # fmt: skip
    new.to_csv(tmp_path / "new.csv", index=False)
    batch = loaded.assign(tmp_path / "new.csv")
    assert batch.ids.tolist() == [0, 1, 2] and set(batch.segments) <= set(range(12))
    for i in range(3):
        new.iloc[[i]].to_csv(tmp_path / "one.csv", index=False)
        assert loaded.assign(tmp_path / "one.csv").segments[0] == batch.segments[i]


@pytest.mark.parametrize(
    ("text", "place"),
    [("age,channel,region,recency,frequency\n1,web,east,1,1\n", "column 'monetary'"),
     ("recency,frequency,monetary\n1,2,x\n", "row 2, column 'monetary'"),
     ("recency,frequency,monetary\n1,2,1e999\n", "row 2, column 'monetary'"),
     ("", "empty file"), ("recency frequency monetary\n1 2 3\n", "one column")],
)  # fmt: skip
def test_wrong_table_is_named(tmp_path: Path, text: str, place: str):
    folder, _ = run(tmp_path, "features=rfm_log", "algorithm=kmeans")
    (tmp_path / "new.csv").write_text(text)
    with pytest.raises(InputError) as error:
        model.load(folder).assign(tmp_path / "new.csv")
    assert place in str(error.value)


class Intruder(BaseEstimator):
    """A type that nobody put on the allow-list."""


def test_unknown_types_are_refused(tmp_path: Path):
    folder, _ = run(tmp_path, "features=rfm", "algorithm=kmeans")
    skops.io.dump({"steps": {}, "estimator": Intruder()}, folder / "model" / "model.skops")
    with pytest.raises(InputError, match="Intruder"):
        model.load(folder)


def test_missing_or_damaged_model_is_named(tmp_path: Path):
    folder, _ = run(tmp_path, "features=rfm", "algorithm=kmeans")
    (folder / "model" / "model.skops").write_bytes(b"PK nonsense")
    with pytest.raises(InputError, match="intact model"):
        model.load(folder)
    with pytest.raises(InputError, match="no model"):
        model.load(tmp_path)
