"""Every feature pipeline keeps the customers, stays finite, and does what its yaml says."""

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import pdist
from scipy.stats import rankdata

from segbench.contracts import RFM, Table
from segbench.dataset import load
from segbench.errors import InputError, NotApplicable
from segbench.features import FeaturePipeline
from segbench.features.pipeline import columns_for
from segbench.features.steps import SignedLog1p
from segbench.paths import CONF

# Small and constant tables make scikit-learn talk; segbench.trial silences that too.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

SPECS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((CONF / "features").glob("*.yaml"))
}
NEEDS_RFM = sorted(name for name, spec in SPECS.items() if spec["columns"] == "rfm")
KEEPS_CODES = ["raw", "standard", "rank"]
LEVELS = ["a", "b", "c", "never drawn"]


def customers(frame):
    numeric = tuple(c for c in frame if frame[c].dtype == float and c != "grade")
    ordinal = tuple(c for c in frame if c == "grade")
    return Table(
        name="made", ids=np.arange(len(frame)), frame=frame, numeric=numeric, ordinal=ordinal,
        categorical=tuple(c for c in frame if c not in numeric + ordinal),
        levels=dict.fromkeys(ordinal, ("low", "mid", "high")),
        rfm={part: part for part in RFM if part in frame}, revenue=None, sha256="0",
    )  # fmt: skip


def draw(n=80, gaps=0.0, seed=0):
    """Skewed numbers with ties, debts, an ordinal grade, and two categories."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "recency": rng.exponential(30, n).round(),
            "frequency": rng.poisson(3, n).astype(float),
            "monetary": rng.normal(50, 900, n),
            "grade": rng.integers(0, 3, n).astype(float),
            "plan": pd.Categorical(rng.choice(LEVELS[:3], n), categories=LEVELS),
            "region": pd.Categorical(rng.choice(["n", "s"], n), categories=["n", "s"]),
        }
    )
    for column in frame if gaps else ():
        frame.loc[rng.random(n) < gaps, column] = np.nan
    return frame


def constant(frame):
    plan = pd.Categorical(["a"] * len(frame), categories=LEVELS)
    return frame.assign(frequency=0.1, monetary=1e6, plan=plan)


FRAMES = {
    "complete": draw(),
    "gaps": draw(gaps=0.3),
    "constant": constant(draw()),
    "all constant": constant(draw())[["frequency", "monetary"]].assign(recency=-3.0),
    "constant with gaps": constant(draw()).where(draw(gaps=0.3).notna()),
    "huge": draw()[list(RFM)] * 1e95,
    "tiny": draw()[list(RFM)] * 1e-300,
    "numbers only": draw(gaps=0.1)[["recency", "frequency", "monetary", "grade"]],
    "categories only": draw(gaps=0.1)[["plan", "region"]],
    "two customers": draw(2),
}


def fitted(name, frame):
    pipe = FeaturePipeline(SPECS[name], customers(frame))
    return pipe, pipe.fit_transform(customers(frame))


def runs(name, frame):
    return SPECS[name]["columns"] == "all" or set(RFM) <= set(frame)


PAIRS = [(n, f) for n in SPECS for f in FRAMES if runs(n, FRAMES[f])]
ON_PAIRS = pytest.mark.parametrize(("name", "kind"), PAIRS)


@ON_PAIRS
def test_a_matrix_is_finite_and_consistent(name, kind):
    _, matrix = fitted(name, FRAMES[kind])
    n, (_, d), (_, c) = len(FRAMES[kind]), matrix.X.shape, matrix.C.shape
    assert (matrix.X.shape, matrix.C.shape) == ((n, d), (n, c))
    assert (matrix.X.dtype, matrix.C.dtype) == (np.float64, np.int32)
    assert np.isfinite(matrix.X).all()
    assert len(matrix.names) == d + c > 0
    assert len(matrix.n_levels) == c
    assert ((matrix.C >= 0) & (matrix.n_levels > matrix.C)).all()


@ON_PAIRS
def test_each_row_is_the_row_of_its_customer(name, kind):
    frame = FRAMES[kind]
    pipe, matrix = fitted(name, frame)
    for i in range(0, len(frame), 7):
        alone = pipe.transform(frame.iloc[[i]])
        np.testing.assert_allclose(alone.X[0], matrix.X[i], rtol=1e-9, atol=1e-9)
        assert alone.C[0].tolist() == matrix.C[i].tolist()


@pytest.mark.parametrize("name", SPECS)
def test_the_order_of_customers_does_not_change_what_is_learnt(name):
    frame, order = FRAMES["gaps"], np.random.default_rng(1).permutation(80)
    _, matrix = fitted(name, frame)
    _, again = fitted(name, frame.iloc[order])
    np.testing.assert_allclose(again.X, matrix.X[order], rtol=1e-9, atol=1e-9)
    assert (matrix.C[order] == again.C).all()


@pytest.mark.parametrize("name", [name for name in SPECS if name not in NEEDS_RFM])
def test_an_unseen_category_is_unknown_and_changes_nobody_else(name):
    pipe, matrix = fitted(name, FRAMES["complete"])
    frame = FRAMES["complete"].copy()
    frame["plan"] = frame["plan"].cat.add_categories("new")
    frame.loc[0, "plan"] = "new"
    frame.loc[1, "plan"] = "never drawn"
    after = pipe.transform(frame)
    assert np.isfinite(after.X).all()
    np.testing.assert_allclose(after.X[2:], matrix.X[2:], atol=1e-12)
    np.testing.assert_array_equal(after.C[2:], matrix.C[2:])
    if matrix.C.shape[1]:
        assert after.C[:2, 0].tolist() == [-1, -1]


@pytest.mark.parametrize("name", [name for name in SPECS if name not in NEEDS_RFM])
def test_a_sample_without_any_value_of_a_category_keeps_its_column(name):
    frame = FRAMES["gaps"]
    table = customers(frame).take(np.flatnonzero(frame["plan"].isna()))
    matrix = FeaturePipeline(SPECS[name], table).fit_transform(table)
    assert len(matrix.names) == matrix.X.shape[1] + matrix.C.shape[1]


@pytest.mark.parametrize("name", KEEPS_CODES)
def test_codes_tell_categories_apart_and_a_gap_is_one_of_them(name):
    frame = FRAMES["gaps"]
    _, matrix = fitted(name, frame)
    for j, column in enumerate(["plan", "region"]):
        text = frame[column].astype(object).fillna("missing").to_numpy()
        same = text[:, None] == text
        assert (same == (matrix.C[:, [j]] == matrix.C[:, j])).all()
        assert matrix.n_levels[j] == len(set(text))


def test_mixed_pools_levels_below_two_percent():
    levels = ["a"] * 90 + ["b"] * 7 + ["c", "d", None]
    _, matrix = fitted("mixed", draw(100).assign(plan=pd.Categorical(levels)))
    codes = matrix.C[:, 0]
    assert len(set(codes[:90])) == len(set(codes[90:97])) == len(set(codes[97:])) == 1
    assert len(set(codes)) == matrix.n_levels[0] == 3


NUMERIC = ["recency", "frequency", "monetary", "grade"]


def filled(frame, columns=NUMERIC):
    """Numbers with gaps filled by the median of the others."""
    X = frame[columns].to_numpy()
    return np.where(np.isnan(X), np.nanmedian(X, axis=0), X)


def z(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def log(X):
    return np.sign(X) * np.log1p(np.abs(X))


ORACLES = {
    "raw": lambda frame: filled(frame),
    "standard": lambda frame: z(filled(frame)),
    "mixed": lambda frame: z(log(filled(frame))),
    "rfm": lambda frame: z(filled(frame, list(RFM))),
    "rfm_log": lambda frame: z(log(filled(frame, list(RFM)))),
}


@pytest.mark.parametrize("name", ORACLES)
def test_numbers_agree_with_the_formula(name):
    _, matrix = fitted(name, FRAMES["gaps"])
    np.testing.assert_allclose(matrix.X, ORACLES[name](FRAMES["gaps"]), rtol=1e-10, atol=1e-12)


def test_rank_keeps_order_and_ties_between_0_and_1():
    _, matrix = fitted("rank", FRAMES["gaps"])
    X = filled(FRAMES["gaps"])
    for column, given_ in zip(matrix.X.T, X.T, strict=True):
        assert (rankdata(column, "dense") == rankdata(given_, "dense")).all()
        assert (column.min(), column.max()) == (0, 1)


def test_onehot_pca_keeps_nine_tenths_of_the_variance_and_no_more_components_than_that_takes():
    frame = FRAMES["complete"]
    onehot = [frame[c].to_numpy()[:, None] == sorted(set(frame[c])) for c in ("plan", "region")]
    Z = np.hstack([z(filled(frame)), *onehot]).astype(float)
    variance = np.linalg.eigvalsh(np.cov(Z.T))[::-1]
    d = int(np.searchsorted(np.cumsum(variance) / variance.sum(), 0.9)) + 1
    _, matrix = fitted("onehot_pca", frame)
    np.testing.assert_allclose(matrix.X.var(axis=0, ddof=1), variance[:d], rtol=1e-8)
    axes = np.linalg.svd(Z - Z.mean(axis=0), full_matrices=False)[2][:d]
    np.testing.assert_allclose(pdist(matrix.X), pdist(Z @ axes.T), rtol=1e-8)


@pytest.mark.parametrize("name", ["standard", "rank", "rfm"])
@settings(deadline=None, max_examples=15)
@given(factor=st.floats(1e-3, 1e6), shift=st.floats(-1e3, 1e3))
def test_the_unit_of_a_column_does_not_matter(name, factor, shift):
    frame = FRAMES["complete"]
    _, matrix = fitted(name, frame)
    _, again = fitted(name, frame.assign(monetary=frame["monetary"] * factor + shift))
    np.testing.assert_allclose(again.X, matrix.X, atol=1e-7)


@pytest.mark.parametrize("name", NEEDS_RFM)
@pytest.mark.parametrize("lacking", [["monetary"], ["recency", "frequency"], list(RFM)])
def test_a_pipeline_that_needs_rfm_says_what_the_table_lacks(name, lacking):
    table = customers(draw().drop(columns=lacking))
    with pytest.raises(NotApplicable) as caught:
        FeaturePipeline(SPECS[name], table)
    told = str(caught.value).partition("has no ")[2].partition(" column")[0]
    assert told.split(" and no ") == lacking
    assert name in str(caught.value)
    assert table.name in str(caught.value)


def test_rfm_is_skipped_on_loanapp_and_takes_the_declared_columns_of_charity():
    loanapp, charity = (
        load(yaml.safe_load((CONF / "dataset" / f"{name}.yaml").read_text(encoding="utf-8")))[0]
        for name in ("loanapp", "charity")
    )
    with pytest.raises(NotApplicable, match="loanapp has no recency"):
        columns_for(SPECS["rfm"], loanapp)
    assert columns_for(SPECS["rfm"], charity) == (("weekslast", "propresp", "avggift"), ())


def test_unknown_columns_and_steps_outside_the_allow_list_are_refused():
    table = customers(draw())
    with pytest.raises(InputError, match="all or rfm"):
        FeaturePipeline({"name": "x", "columns": "some"}, table)
    with pytest.raises(InputError, match=r"os\.system"):
        FeaturePipeline(
            {"name": "x", "columns": "all", "numeric": [{"_target_": "os.system"}]}, table
        )


VALUES = arrays(np.float64, st.tuples(st.integers(1, 5), st.just(2)), elements=st.floats(-1e9, 1e9))


@given(VALUES)
def test_signed_log_is_odd_and_undone_by_expm1(X):
    Y = SignedLog1p().fit_transform(X)
    np.testing.assert_array_equal(SignedLog1p().fit_transform(-X), -Y)
    np.testing.assert_allclose(np.sign(Y) * np.expm1(np.abs(Y)), X, rtol=1e-9)


@given(VALUES)
def test_signed_log_keeps_order_and_gaps(X):
    Y = SignedLog1p().fit_transform(np.append(X, [[np.nan, 0.0]], axis=0))
    assert np.isnan(Y[-1, 0])
    order = np.argsort(X[:, 0])
    assert (np.diff(Y[:-1][order, 0]) >= 0).all()


def test_recency_frequency_and_monetary_value_are_known_as_long_as_they_are_columns():
    frame = draw(gaps=0.1)
    impute = {"_target_": "sklearn.impute.SimpleImputer", "add_indicator": True}
    poly = {"_target_": "sklearn.preprocessing.PolynomialFeatures", "include_bias": True}
    components = {"_target_": "sklearn.decomposition.PCA"}
    for steps, places in (([impute], (0, 1, 2)), ([impute, poly], (1, 2, 3)),
                          ([impute, components], ())):  # fmt: skip
        table = customers(frame)
        pipeline = FeaturePipeline({**SPECS["rfm"], "numeric": steps}, table)
        matrix = pipeline.fit_transform(table)
        assert matrix.rfm == places == pipeline.transform(frame).rfm
        assert tuple(matrix.names[place] for place in places) == (RFM if places else ())
        assert len(matrix.names) == matrix.X.shape[1]


def test_steps_that_make_several_columns_of_a_category_are_refused():
    one_hot = {"_target_": "sklearn.preprocessing.OneHotEncoder", "sparse_output": False}
    table = customers(draw())
    spec = {**SPECS["standard"], "categorical": [one_hot]}
    with pytest.raises(InputError, match="one code for each category, or joint steps"):
        FeaturePipeline(spec, table).fit_transform(table)
