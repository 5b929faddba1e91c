"""Names of segments: cells of their algorithm, or rules in the units of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import compose_config

from segbench.contracts import Table
from segbench.features import FeaturePipeline
from segbench.fitting import Fitted
from segbench.report.names import _shortest, segment_names


def customers(n: int = 400) -> Table:
    rng = np.random.default_rng(0)
    side = rng.integers(2, size=n)
    frame = pd.DataFrame({
        "recency": rng.exponential(50, n).round(1), "frequency": rng.poisson(2 + 8 * side) + 1.0,
        "monetary": rng.lognormal(3 + side, 0.5, n).round(2), "grade": rng.integers(0, 3, n) * 1.0,
        "plan": pd.Categorical(np.where(rng.random(n) < 0.1, None, np.array(["a", "b"])[side])),
    })  # fmt: skip
    frame.loc[::25, "monetary"] = frame.loc[::23, "recency"] = np.nan
    frame.loc[::11, "frequency"] = np.nan
    rfm = {name: name for name in ("recency", "frequency", "monetary")}
    return Table("made", np.arange(n), frame, ("recency", "frequency", "monetary"), ("grade",),
                 ("plan",), {"grade": ("low", "mid", "high")}, rfm, None, "")  # fmt: skip


def fit(table: Table, algorithm: str, features: str, k: int = 7) -> Fitted:
    config = compose_config(f"algorithm={algorithm}", f"features={features}")
    pipeline = FeaturePipeline(config["features"], table)
    params = {"n_clusters": k} if config["algorithm"]["search"] else {}
    matrix = pipeline.fit_transform(table)
    return Fitted.of(pipeline, matrix, config["algorithm"], params, 0)


def holds(condition: str, table: Table) -> np.ndarray:
    """Whether a condition holds for each customer, read as a person would."""
    frame = table.frame
    if " is " in condition:
        column, _, levels = condition.partition(" is ")
        negated = levels.startswith("not ")
        text = frame[column].astype(object).where(frame[column].notna(), "(missing)")
        inside = text.isin(levels.removeprefix("not ").split(" or ")).to_numpy()
        return ~inside if negated else inside
    rule, missing, _ = condition.partition(" (or missing)")
    words = rule.split(" ")
    column = next(word for word in words if word in frame)
    values = frame[column]
    levels = table.levels.get(column, ())

    def number(word: str) -> float:
        return float(levels.index(word) if word in levels else word.replace(",", ""))

    at = words.index(column)
    inside = values.notna().to_numpy(copy=True)
    if at:
        inside &= (values > number(words[0])).to_numpy()
    for sign, word in zip(words[at + 1 :: 2], words[at + 2 :: 2], strict=True):
        inside &= (values > number(word) if sign == ">" else values <= number(word)).to_numpy()
    return inside | (values.isna().to_numpy() & bool(missing))


@pytest.mark.parametrize("features", ["mixed", "standard", "raw", "rfm", "rfm_log", "rank"])
def test_rules_read_in_the_units_of_the_table_give_the_segments(features: str):
    table = customers()
    fitted = fit(table, "tree", features)
    names = segment_names(fitted, table)
    assert names is not None and len(set(names)) == fitted.partition.k == 7
    assert not any("feature" in name for name in names)
    assert any("(or missing)" in name for name in names)
    for segment, name in enumerate(names):
        inside = np.all([holds(each, table) for each in name.split(" and ")], axis=0)
        assert inside.tolist() == (fitted.partition.labels == segment).tolist(), name


def test_a_category_called_missing_is_not_a_gap():
    rng = np.random.default_rng(0)
    why = rng.choice(np.array(["a", "b", "missing", None], dtype=object), 400)
    x = rng.normal(size=400) + 3.0 * (why == "missing")
    frame = pd.DataFrame({"x": x, "why": pd.Categorical(why)})
    table = Table("made", np.arange(400), frame, ("x",), (), ("why",), {}, {}, None, "")
    fitted = fit(table, "tree", "mixed", 6)
    names = segment_names(fitted, table)
    assert names is not None and any("(missing)" in name for name in names)
    for segment, name in enumerate(names):
        inside = np.all([holds(each, table) for each in name.split(" and ")], axis=0)
        assert inside.tolist() == (fitted.partition.labels == segment).tolist(), name
        assert all(name.count(f"{column} ") <= 1 for column in frame), "an attribute, a condition"


def test_columns_that_steps_make_have_the_names_of_the_steps():
    table = customers()
    imputer = {"_target_": "sklearn.impute.SimpleImputer", "strategy": "median",
               "add_indicator": True}  # fmt: skip
    config = compose_config("algorithm=tree", "features=standard")
    features = {**config["features"], "numeric": [imputer, *config["features"]["numeric"][1:]]}
    pipeline = FeaturePipeline(features, table)
    matrix = pipeline.fit_transform(table)
    assert matrix.names == ("recency", "frequency", "monetary", "grade",
                            *(f"missingindicator_{name}" for name in
                              ("recency", "frequency", "monetary")), "plan")  # fmt: skip
    fitted = Fitted.of(pipeline, matrix, config["algorithm"], {"n_clusters": 8}, 0)
    names = segment_names(fitted, table)
    assert names is not None and any("missingindicator_" in name for name in names)
    indicator = next(name for name in names if "missingindicator_frequency >" in name)
    inside = fitted.partition.labels == names.index(indicator)
    assert table.frame["frequency"][inside].isna().all()


@pytest.mark.parametrize("seed", range(5))
def test_a_limit_is_as_short_as_it_can_be_and_between_its_neighbours(seed: int):
    rng = np.random.default_rng(seed)
    for _ in range(300):
        least = float(rng.normal() * 10.0 ** rng.integers(-9, 16))
        most = float(rng.choice([np.nextafter(least, np.inf), least + abs(rng.normal())]))
        if most > least:
            assert least <= float(_shortest(least, most).replace(",", "")) < most
    assert _shortest(1.2, 9.0) == "5" and _shortest(1234.2, 1239.0) == "1,237"


def test_a_limit_that_is_no_attribute_says_so():
    fitted = fit(customers(), "tree", "onehot_pca", 3)
    names = segment_names(fitted, customers())
    assert names is not None and all("component_" in n and "(feature)" in n for n in names)


def test_cells_have_the_names_of_their_algorithm_and_others_none():
    table = customers()
    fitted = fit(table, "rfm_quintiles", "rfm")
    names = segment_names(fitted, table)
    assert names is not None and {"champions", "hibernating"} <= set(names)
    best = fitted.partition.labels == names.index("champions")
    assert table.frame["recency"][best].max() < table.frame["recency"].median()
    assert segment_names(fit(table, "kmeans", "rfm"), table) is None
