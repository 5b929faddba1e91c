"""What every algorithm in conf/algorithm keeps to, one function a promise.

A check raises AssertionError where the promise is broken, and `Exempt` with the reason where it
does not apply. The conformance tests run all of them; `make algorithms` writes them as a table.
"""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import SMALL, Quiet, compose_config

from segbench import cli, model
from segbench.algorithm import design, fit_labels, make
from segbench.cell import plan_cell
from segbench.contracts import Matrix, Table
from segbench.errors import InputError, NotApplicable
from segbench.features import FeaturePipeline
from segbench.fitting import Fitted
from segbench.paths import CONF
from segbench.run import run_cell
from segbench.search import distribution
from segbench.target import parameters, resolve
from segbench.tracking import NoTracking

NAMES = sorted(path.stem for path in (CONF / "algorithm").glob("*.yaml"))
BLIND = {"random": "groups by chance", "one_segment": "one segment for everybody",
         "rfm_quintiles": "fixed cells"}  # fmt: skip
"""Those that look for no groups."""
NO_MARGINS = {*BLIND, "tree"}
"""Those whose rules know neither probabilities nor distances."""
STEADY = {"gmm": {"covariance_type": "diag"}, "bayesian_gmm": {"covariance_type": "diag"},
          "hdbscan": {"min_cluster_size": 10}}  # fmt: skip
"""Parameters for tables of some hundred rows, beside the number of segments."""
COUNTS = ("n_clusters", "n_components")
RFM = {"recency": "recency", "frequency": "frequency", "monetary": "monetary"}


class Exempt(Exception):
    """A check does not apply, for the reason given."""


@dataclass(frozen=True)
class Algorithm:
    """One yaml."""

    name: str

    @cached_property
    def config(self) -> dict[str, Any]:
        return compose_config(f"algorithm={self.name}", "features=mixed")

    @cached_property
    def spec(self) -> dict[str, Any]:
        return self.config["algorithm"]

    def params(self, k: int) -> dict[str, Any]:
        """Parameters that look for k segments."""
        counts = [name for name in COUNTS if name in self.spec["search"]]
        return dict.fromkeys(counts, k) | STEADY.get(self.name, {})

    def fit(self, table: Table, k: int = 2, seed: int = 0, **changes: Any) -> Fitted:
        """The whole pipeline with the features `mixed`."""
        features = FeaturePipeline(self.config["features"], table)
        matrix = features.fit_transform(table)
        return Fitted.of(features, matrix, {**self.spec, **changes}, self.params(k), seed)

    def labels(self, table: Table, k: int = 2, seed: int = 0) -> np.ndarray:
        return self.fit(table, k, seed).partition.labels

    def estimator(self, matrix: Matrix, k: int = 2, seed: int = 0) -> Any:
        return make(self.spec, self.params(k), seed, matrix)

    def ready(self, table: Table) -> tuple[Any, np.ndarray]:
        """An estimator that is not fitted, and what it would be fitted on."""
        matrix = FeaturePipeline(self.config["features"], table).fit_transform(table)
        return self.estimator(matrix), design(matrix, self.spec["input"])

    @cached_property
    def kept(self) -> Kept:
        """A finished result, from a CSV file."""
        return Kept(self)


class Kept:
    """A result on disk of an algorithm on a CSV of 150 customers, and its model."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.folder = tempfile.TemporaryDirectory()  # gone with this object
        self.csv = Path(self.folder.name) / "customers.csv"
        self.frame = customers()
        self.frame.to_csv(self.csv, index=False)
        small = [o for o in SMALL if not o.startswith("dataset")]
        steady = [f"algorithm.search.{key}={{type: categorical, choices: [{value}]}}"
                  if isinstance(value, str)
                  else f"algorithm.search.{key}={{low: {value}, high: {value}}}"
                  for key, value in STEADY.get(algorithm.name, {}).items()]  # fmt: skip
        cell = plan_cell(compose_config(
            f"results={self.folder.name}", *small, "dataset=table", f"dataset.path={self.csv}",
            "features=mixed", f"algorithm={algorithm.name}", "guards.k_max=5", *steady,
        ))  # fmt: skip
        self.result = run_cell(cell, Quiet(), NoTracking(), in_sweep=False)
        self.path = cell.folder
        labels = pd.read_parquet(cell.folder / "labels.parquet")
        self.segments = labels["segment"].to_numpy()

    def assign(self, frame: pd.DataFrame, least: float | None = None) -> Any:
        """What a model read from disk says of a CSV."""
        path = Path(self.folder.name) / "asked.csv"
        frame.to_csv(path, index=False)
        return model.load(self.path).assign(path, least=least)

    def strangers(self, n: int = 40) -> pd.DataFrame:
        """Customers that were not there, with gaps and a plan that nobody had."""
        frame = customers(n, seed=99).assign(id=range(n))
        frame.loc[:2, "plan"] = "never seen"
        return frame


def customers(n: int = 150, seed: int = 0) -> pd.DataFrame:
    """A table of three groups with gaps, as a CSV would have it."""
    rng = np.random.default_rng(seed)
    group = rng.integers(3, size=n)
    frame = pd.DataFrame({
        "id": [f"c{i:05d}" for i in range(n)],
        "recency": rng.normal(group * 60 + 40, 6).round(3),
        "frequency": rng.poisson(3 + 9 * group),
        "monetary": rng.normal(900 - group * 300, 40).round(2),
        "plan": np.where(rng.random(n) < 0.08, None, np.array(["a", "b", "c"])[group]),
        "city": rng.choice(["x", "y"], n),
    })  # fmt: skip
    frame.loc[::17, "monetary"] = np.nan
    return frame


def table(frame: pd.DataFrame) -> Table:
    """Columns of numbers, and of strings as categories."""
    frame = frame.reset_index(drop=True).drop(columns="id", errors="ignore")
    text = [c for c in frame if frame[c].dtype.kind not in "if"]
    numeric = tuple(c for c in frame if c not in text)
    typed = frame.astype(dict.fromkeys(numeric, float) | dict.fromkeys(text, "category"))
    rfm = {role: column for role, column in RFM.items() if column in numeric}
    return Table("made", np.arange(len(frame)), typed, numeric, (), tuple(text), {}, rfm, None, "")


@cache
def two_groups(n: int = 90, seed: int = 0) -> tuple[Table, np.ndarray]:
    """Two far groups that also differ in three categories, and which is which."""
    rng = np.random.default_rng(seed)
    side = rng.permutation(np.arange(n) % 2)
    frame = pd.DataFrame({name: rng.normal(20, 1, n) + 40 * side for name in RFM})
    for j in range(3):
        other = np.where(rng.random(n) < 0.95, side, 1 - side) if j else side
        frame[f"category {j}"] = np.array(["one", "two"])[other]
    return table(frame), side


@cache
def without_groups(n: int = 200) -> Table:
    """Numbers and categories by chance, ties among them."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"recency": rng.normal(size=n), "frequency": rng.poisson(2, n)})
    return table(frame.assign(monetary=rng.lognormal(size=n), city=rng.choice(["x", "y"], n)))


@cache
def tied(n: int = 240) -> Table:
    """Small integers: many customers agree in everything."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({name: rng.integers(1, 4, n) for name in RFM})
    return table(frame.assign(city=rng.choice(["x", "y"], n)))


def finds(algorithm: Algorithm) -> None:
    if algorithm.name in BLIND:
        raise Exempt(BLIND[algorithm.name])


def valid(labels: np.ndarray, n: int) -> None:
    assert labels.shape == (n,) and labels.dtype == np.int32
    used = set(labels[labels >= 0].tolist())
    assert used == set(range(len(used))) and labels.min(initial=0) >= -1


def at_most(fitted: Fitted, n: int, most: int) -> None:
    """Valid labels of at most so many segments."""
    valid(fitted.partition.labels, n)
    assert fitted.partition.k <= most, fitted.partition.k


def or_too_few(work: Callable[[], Fitted], n: int, most: int) -> None:
    """The same, or a ValueError that says that there are too few customers."""
    try:
        fitted = work()
    except ValueError as error:
        assert re.search(r"samples?\b|n_samples|training points", str(error)), error
        return
    at_most(fitted, n, most)


# --- labels ---------------------------------------------------------------------------------------


def labels_contract(a: Algorithm) -> None:
    """(n,) int32, -1 for noise, segments 0..k-1 all used, by descending size."""
    fitted = a.fit(without_groups(), 3)
    valid(fitted.partition.labels, 200)
    assert (np.diff(fitted.partition.sizes) <= 0).all()


def two_far_groups(a: Algorithm) -> None:
    """Two far groups of numbers and categories are found."""
    finds(a)
    for seed in (0, 1):
        made, side = two_groups(seed=seed)
        assert adjusted_rand_score(side, a.labels(made, seed=seed)) == 1.0


def groups_in_numbers(a: Algorithm) -> None:
    """... in numbers alone."""
    finds(a)
    made, side = two_groups()
    part = replace(made, frame=made.frame[list(made.numeric)], categorical=())
    assert adjusted_rand_score(side, a.labels(part)) == 1.0


def groups_in_categories(a: Algorithm) -> None:
    """... in categories alone."""
    finds(a)
    made, side = two_groups()
    names = list(made.categorical)
    part = replace(made, frame=made.frame[names], numeric=(), rfm={})
    if a.spec["input"] == "rfm":
        raise Exempt("reads recency, frequency and monetary value alone")
    found = adjusted_rand_score(side, a.labels(part))
    assert found > 0.8, found  # one answer in twenty is wrong


def same_seed(a: Algorithm) -> None:
    """The same seed gives the same labels, byte for byte."""
    assert a.labels(without_groups(), 3, 7).tobytes() == a.labels(without_groups(), 3, 7).tobytes()


def global_random_state(a: Algorithm) -> None:
    """NumPy's global random numbers are neither read nor moved."""
    np.random.seed(1)  # noqa: NPY002
    first = a.labels(without_groups(), 3)
    np.random.seed(2)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    assert a.labels(without_groups(), 3).tobytes() == first.tobytes()
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


def another_process(a: Algorithm) -> None:
    """Another process with two BLAS and OpenMP threads gives the same labels."""
    assert elsewhere()[a.name] == a.labels(without_groups(), 3).tolist()


@cache
def elsewhere() -> dict[str, list[int]]:
    """The labels of every algorithm, from a process with two threads."""
    code = ("import json, checks as c; print('>' + json.dumps({name: c.Algorithm(name).labels("
            "c.without_groups(), 3).tolist() for name in c.NAMES}))")  # fmt: skip
    two = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=Path(__file__).parent,
        env=os.environ | two, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.split("\n>")[-1].lstrip(">"))


def row_order(a: Algorithm) -> None:
    """Groups that are apart are found in any order of the rows."""
    finds(a)
    made, side = two_groups()
    for seed in range(3):
        rows = np.random.default_rng(seed).permutation(len(side))
        assert adjusted_rand_score(side[rows], a.labels(made.take(rows))) == 1.0


def shifted(a: Algorithm) -> None:
    """A constant added to a number changes nothing, where features are z-scores."""
    config = compose_config(f"algorithm={a.name}", "features=standard")
    made, _ = two_groups()
    moved = made.frame.copy()
    moved[list(RFM)] += 1e6

    def labels(one: Table) -> np.ndarray:
        features = FeaturePipeline(config["features"], one)
        matrix = features.fit_transform(one)
        return Fitted.of(features, matrix, a.spec, a.params(2), 0).partition.labels

    if a.name == "random":
        raise Exempt("the lot is drawn from the values")
    assert adjusted_rand_score(labels(made), labels(replace(made, frame=moved))) == 1.0


def refitted(a: Algorithm) -> None:
    """An estimator that is fitted again forgets what it was fitted on."""
    estimator, X = a.ready(two_groups()[0])
    first = fit_labels(estimator, X)
    fit_labels(estimator, X[::-1][: len(X) // 2])
    assert fit_labels(estimator, X).tolist() == first.tolist()


# --- tables that are hardly one -------------------------------------------------------------------


def one_row(a: Algorithm) -> None:
    """One customer: a segment, noise, or a ValueError that says that it is too few."""
    made, _ = two_groups()
    or_too_few(lambda: a.fit(made.take(np.arange(1))), 1, 1)


def fewer_rows_than_segments(a: Algorithm) -> None:
    """Three customers, five segments asked: at most three, or a ValueError that says so."""
    made, _ = two_groups()
    or_too_few(lambda: a.fit(made.take(np.arange(3)), 5), 3, 3)


def constant_table(a: Algorithm) -> None:
    """Everybody the same: one segment, or noise."""
    frame = pd.DataFrame({**dict.fromkeys(RFM, [1.0] * 60), "city": ["x"] * 60})
    at_most(a.fit(table(frame), 3), 60, 1)


def three_distinct_rows(a: Algorithm) -> None:
    """Three kinds of customers, five segments asked: at most three."""
    made, _ = two_groups()
    at_most(a.fit(made.take(np.repeat(np.arange(3), 20)), 5), 60, 3)


def equals_together(a: Algorithm) -> None:
    """Customers who agree in everything are in one segment."""
    labels = a.labels(tied(), 4)
    groups = tied().frame.assign(segment=labels).groupby(list(tied().frame), observed=True)
    assert (groups["segment"].min() == groups["segment"].max()).all()


def missing_values(a: Algorithm) -> None:
    """A tenth of the values missing: valid labels."""
    rng = np.random.default_rng(0)
    frame = two_groups()[0].frame.copy()
    for column in frame:
        frame.loc[rng.random(len(frame)) < 0.1, column] = None
    made = replace(two_groups()[0], frame=frame)
    valid(a.labels(made), 90)


def all_missing_column(a: Algorithm) -> None:
    """A number and a category that nobody has change nothing."""
    made = without_groups()
    n = len(made.frame)
    frame = made.frame.assign(nothing=np.nan, none=pd.Categorical([None] * n, categories=["z"]))
    more = replace(made, frame=frame, numeric=(*made.numeric, "nothing"),
                   categorical=(*made.categorical, "none"))  # fmt: skip
    if a.name == "random":
        raise Exempt("the lot is drawn from the values")
    assert a.labels(more, 3).tolist() == a.labels(made, 3).tolist()


# --- arrays ---------------------------------------------------------------------------------------


def float32_input(a: Algorithm) -> None:
    """float32 gives what the same values in float64 give."""
    estimator, X = a.ready(two_groups()[0])
    single = X.astype(np.float32)
    wide = fit_labels(copy.deepcopy(estimator), single.astype(np.float64))
    assert fit_labels(estimator, single).tolist() == wide.tolist()


def read_only_input(a: Algorithm) -> None:
    """An array that cannot be written is read."""
    estimator, X = a.ready(two_groups()[0])
    first = fit_labels(copy.deepcopy(estimator), X)
    X.flags.writeable = False
    assert fit_labels(estimator, X).tolist() == first.tolist()


def input_untouched(a: Algorithm) -> None:
    """The array that is given is left as it was."""
    estimator, X = a.ready(without_groups())
    before = X.copy()
    fit_labels(estimator, X)
    np.testing.assert_array_equal(X, before)


def fortran_order(a: Algorithm) -> None:
    """The order of an array in memory does not matter."""
    estimator, X = a.ready(two_groups()[0])
    first = fit_labels(copy.deepcopy(estimator), X)
    assert fit_labels(estimator, np.asfortranarray(X)).tolist() == first.tolist()


# --- estimator ------------------------------------------------------------------------------------


def declared_parameters(a: Algorithm) -> None:
    """What the yaml searches and fixes are parameters of the class, in a range that makes sense."""
    takes = set(parameters(resolve(a.spec["_target_"])))
    assert {*a.spec["search"], *(a.spec["params"] or {})} <= takes
    for name, space in a.spec["search"].items():
        distribution(name, space)


def ends_of_the_search(a: Algorithm) -> None:
    """Both ends of every range give valid labels."""
    made = without_groups()
    features = FeaturePipeline(a.config["features"], made)
    matrix = features.fit_transform(made)
    for end in ("low", "high"):
        params = {name: space["choices"][0 if end == "low" else -1] if "choices" in space
                  else space[end] for name, space in a.spec["search"].items()}  # fmt: skip
        valid(Fitted.of(features, matrix, a.spec, params, 0).partition.labels, 200)


def cloned(a: Algorithm) -> None:
    """scikit-learn's clone makes an equal one that is not fitted."""
    estimator, X = a.ready(two_groups()[0])
    first = fit_labels(estimator, X)
    again = clone(estimator)
    assert repr(again.get_params()) == repr(estimator.get_params())
    assert fit_labels(again, X).tolist() == first.tolist()


def pickled(a: Algorithm) -> None:
    """A pickled estimator is the same one, fitted or not."""
    estimator, X = a.ready(two_groups()[0])
    again = pickle.loads(pickle.dumps(estimator))
    first = fit_labels(estimator, X)
    assert fit_labels(again, X).tolist() == first.tolist()
    if hasattr(estimator, "predict"):
        fitted = pickle.loads(pickle.dumps(estimator))
        assert fitted.predict(X).tolist() == estimator.predict(X).tolist()


def sample_weights(a: Algorithm) -> None:
    """Rows of weight 0 have no say, where the algorithm takes weights."""
    estimator, X = a.ready(two_groups()[0])
    if "sample_weight" not in inspect.signature(estimator.fit).parameters:
        raise Exempt("takes no weights")
    far = np.vstack([X, X[:20] + 500.0])
    if a.spec["input"] == "mixed":
        far[90:, estimator.categorical] = X[:20][:, estimator.categorical]
    weights = np.append(np.ones(90), np.zeros(20))
    labels = estimator.fit(far, sample_weight=weights).labels_[:90]
    assert adjusted_rand_score(two_groups()[1], labels) == 1.0


# --- new customers --------------------------------------------------------------------------------


def assign_gives_labels(a: Algorithm) -> None:
    """The training customers get their segments back, noise included, from the model on disk."""
    kept = a.kept
    found = kept.assign(kept.frame)
    assert found.ids.tolist() == kept.frame["id"].tolist()
    assert found.segments.tolist() == kept.segments.tolist()


def assign_in_any_order(a: Algorithm) -> None:
    """... in any order, some of them, under other ids."""
    kept = a.kept
    rows = np.random.default_rng(0).permutation(150)[:70]
    asked = kept.frame.iloc[rows].assign(id=range(70))
    assert kept.assign(asked).segments.tolist() == kept.segments[rows].tolist()


def one_row_is_batch(a: Algorithm) -> None:
    """One customer at a time gets what all together get."""
    kept = a.kept
    asked = pd.concat([kept.strangers(12), kept.frame.iloc[:4]])
    batch = kept.assign(asked)
    for i in range(len(asked)):
        one = kept.assign(asked.iloc[[i]])
        assert one.segments[0] == batch.segments[i]
        np.testing.assert_allclose(one.margins[0], batch.margins[i], rtol=1e-6, atol=1e-9)


def strangers_have_segments(a: Algorithm) -> None:
    """Unknown categories and gaps: a segment that exists, or none."""
    kept = a.kept
    found = kept.assign(kept.strangers()).segments
    k = kept.result.segments["k"]
    assert found.dtype == np.int32 and set(found.tolist()) <= set(range(-1, k))
    assert a.spec.get("noise") or (found >= 0).all()


def changed_customers_move(a: Algorithm) -> None:
    """Whoever takes over all features of another gets that one's segment; ids do not count."""
    kept = a.kept
    other = np.roll(np.arange(150), 1)
    asked = kept.frame.iloc[other].assign(id=kept.frame["id"].to_numpy())
    assert kept.assign(asked).segments.tolist() == kept.segments[other].tolist()


def margins(a: Algorithm) -> None:
    """Margins of strangers are from 0 to 1 where the rule knows any, and so for all of them."""
    kept = a.kept
    found = kept.assign(kept.strangers())
    known = found.margins[found.segments >= 0]
    assert len(known) > 10 and np.isnan(found.margins[found.segments < 0]).all()
    if a.name in NO_MARGINS:
        assert np.isnan(known).all()
        raise Exempt("a rule without margins")
    assert ((known >= 0) & (known <= 1)).all() and len(set(known.tolist())) > 3, known


def reject(a: Algorithm) -> None:
    """The greater the margin asked for, the fewer get a segment; training customers keep theirs."""
    kept = a.kept
    both = pd.concat([kept.strangers(), kept.frame])
    plain = kept.assign(both)
    if a.name in NO_MARGINS:
        with pytest.raises(InputError, match="no margins"):
            kept.assign(both, 0.2)
        raise Exempt("a rule without margins")
    for least in (0.0, 0.2, 1.0):
        found = kept.assign(both, least)
        assert found.segments[40:].tolist() == kept.segments.tolist()
        expected = np.where(plain.margins[:40] < least, -1, plain.segments[:40])
        assert found.segments[:40].tolist() == expected.tolist()


def far_strangers(a: Algorithm) -> None:
    """Somebody far from everybody: no segment where the algorithm labels noise, else some."""
    kept = a.kept
    far = kept.strangers(3).assign(recency=1e7, frequency=10**6, monetary=-1e7)
    found = kept.assign(far).segments
    if a.spec.get("noise"):
        assert (found == -1).all() and (kept.assign(far, 0.1).segments == -1).all()
    else:
        assert (found >= 0).all()


def held_out_fidelity(a: Algorithm) -> None:
    """The rule gives customers that it has not seen the segment that the algorithm gave them."""
    score = a.kept.result.scores["assignment_fidelity"]
    assert score.value is not None and score.value > 0.9, score
    stand_in = (a.spec.get("assign") or "nearest_customers") != "predict"
    assert (score.low is not None) == stand_in and "customers" in score.why


def fitted_on_a_sample(a: Algorithm) -> None:
    """Of more rows than it takes, it is fitted on a sample, and everybody has a segment."""
    made, side = two_groups(400)
    fitted = a.fit(made, max_rows=100)
    assert len(fitted.rows) == 100 and len(set(fitted.rows.tolist())) == 100
    valid(fitted.partition.labels, 400)
    assert fitted.assign(made).tolist() == fitted.partition.labels.tolist()
    keys = fitted.matrix.keys
    assert keys is not None and fitted.assigner.knows(keys).all()
    if a.name not in BLIND:
        there = fitted.partition.labels >= 0
        assert a.spec.get("noise") or there.all()
        assert there.mean() > 0.95
        assert adjusted_rand_score(side[there], fitted.partition.labels[there]) == 1.0


def command_line(a: Algorithm) -> None:
    """`segbench assign` says the same."""
    kept = a.kept
    out = Path(kept.folder.name) / "out.csv"
    assert cli.main(["assign", str(kept.path), str(kept.csv), "--out", str(out)]) == 0
    found = pd.read_csv(out)
    assert found["segment"].tolist() == kept.segments.tolist()
    assert list(found) == ["id", "segment", "margin"]


CHECKS: tuple[Callable[[Algorithm], None], ...] = (
    labels_contract, two_far_groups, groups_in_numbers, groups_in_categories, same_seed,
    global_random_state, another_process, row_order, shifted, refitted, one_row,
    fewer_rows_than_segments, constant_table, three_distinct_rows, equals_together, missing_values,
    all_missing_column, float32_input, read_only_input, input_untouched, fortran_order,
    declared_parameters, ends_of_the_search, cloned, pickled, sample_weights, assign_gives_labels,
    assign_in_any_order, one_row_is_batch, strangers_have_segments, changed_customers_move, margins,
    reject, far_strangers, held_out_fidelity, fitted_on_a_sample, command_line,
)  # fmt: skip
STATED: dict[tuple[str, str], str] = {
    ("kprototypes_kmodes", "all_missing_column"):
        "the package draws its start column by column: other numbers are drawn after an empty one",
}  # fmt: skip
"""(algorithm, check) that is broken -> why, and what follows for the user."""


def run(algorithm: Algorithm, check: Callable[[Algorithm], None]) -> str:
    """Run a check: '' if it holds, else why it does not apply.

    Raises:
        AssertionError: the promise is broken, or holds although it is stated to be broken.

    """
    stated = STATED.get((algorithm.name, check.__name__))
    try:
        check(algorithm)
    except Exempt as reason:
        return str(reason)
    except NotApplicable as reason:
        if isinstance(reason.__cause__, ModuleNotFoundError):  # of the extra `copyleft`
            return str(reason)
        raise
    except AssertionError:
        if stated:
            return stated
        raise
    assert not stated, "holds, but is stated to be broken"
    return ""


def algorithms() -> Iterator[Algorithm]:
    """All of them."""
    yield from map(Algorithm, NAMES)
