"""The reference space: ranks, z-scores and Gower's ranges of the declared columns."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from segbench.contracts import Table
from segbench.errors import InputError
from segbench.space import KINDS, fit_reference, other_spaces

VALUES = arrays(
    np.float64,
    st.integers(2, 12),
    elements=st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6), st.just(np.nan)),
).filter(lambda x: not np.isnan(x).all())


def table(**columns):
    frame = pd.DataFrame(columns)
    numeric = tuple(c for c in frame if c[0] == "x")
    ordinal = tuple(c for c in frame if c[0] == "o")
    return Table(
        name="made", ids=np.arange(len(frame)), frame=frame, numeric=numeric, ordinal=ordinal,
        categorical=tuple(c for c in frame if c[0] == "c"),
        levels=dict.fromkeys(ordinal, ("low", "high")), rfm={}, revenue=None, sha256="0",
    )  # fmt: skip


def scaled(values, kind):
    return fit_reference(table(x=values), {"kind": kind}).X[:, 0]


def levels(*cells):
    return pd.Categorical(cells, categories=["a", "b", "z"])


@given(VALUES)
def test_a_rank_counts_those_below_and_half_of_the_ties(values):
    present = values[~np.isnan(values)]
    wanted = [
        0.5 if np.isnan(v) else (sum(present < v) + sum(present == v) / 2) / len(present)
        for v in values
    ]
    np.testing.assert_allclose(scaled(values, "rank"), wanted, rtol=1e-12)


@given(VALUES)
def test_ranks_lie_inside_0_and_1(values):
    ranks = scaled(values, "rank")
    assert ((ranks > 0) & (ranks < 1)).all()


@given(VALUES.map(np.round), st.sampled_from([np.cbrt, np.arctan, lambda x: 3 * x + 7]))
def test_ranks_ignore_every_increasing_map(values, increasing):
    np.testing.assert_array_equal(scaled(increasing(values), "rank"), scaled(values, "rank"))


@settings(deadline=None)
@given(VALUES.filter(lambda x: np.nanstd(x) > 1e-3), st.floats(1e-3, 1e6), st.floats(-1e3, 1e3))
def test_z_scores_ignore_the_unit(values, factor, shift):
    again = scaled(values * factor + shift, "standard")
    np.testing.assert_allclose(again, scaled(values, "standard"), atol=1e-6)


@settings(deadline=None)
@given(VALUES.filter(lambda x: np.nanstd(x) > 1e-3))
def test_z_scores_are_those_of_scikit_learn_with_gaps_in_the_middle(values):
    wanted = np.nan_to_num(StandardScaler().fit_transform(values[:, None])[:, 0])
    np.testing.assert_allclose(scaled(values, "standard"), wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", ["rank", "standard"])
@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.integers(2, 30))
def test_customers_that_do_not_differ_share_the_middle_with_the_missing(kind, value, n):
    out = scaled(np.append(np.full(n, value), np.nan), kind)
    np.testing.assert_array_equal(out, np.full(n + 1, 0.5 if kind == "rank" else 0.0))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_the_order_of_customers_does_not_matter(kind, data):
    values = data.draw(VALUES)
    order = data.draw(st.permutations(range(len(values))))
    out = scaled(values, kind)
    np.testing.assert_allclose(scaled(values[order], kind), out[order], rtol=1e-9, atol=1e-9)


@given(VALUES)
def test_gower_keeps_values_and_gaps_and_measures_the_range(values):
    reference = fit_reference(table(x=values), {"kind": "gower"})
    np.testing.assert_array_equal(reference.X[:, 0], values)
    present = values[~np.isnan(values)]
    assert reference.ranges.tolist() == [max(present) - min(present)]


def test_gower_sees_categories_by_code_and_grades_by_number():
    made = table(o=[0.0, 1.0, np.nan], c=levels("b", None, "a"), x=[5.0, 7.0, 6.0])
    reference = fit_reference(made, {})
    assert reference.kind == "gower"
    assert reference.columns == ("o", "x", "c")
    assert reference.C.tolist() == [[1], [-1], [0]]
    assert reference.C.dtype == np.int32
    assert reference.ranges.tolist() == [1.0, 2.0]
    assert len(reference) == 3


def test_categories_alone_have_a_space():
    reference = fit_reference(table(c=levels("a", "b"), c2=levels("z", "z")), {})
    assert reference.X.shape == (2, 0)
    assert reference.C.shape == (2, 2)


def test_the_kind_without_a_declaration_is_rank_or_gower():
    made = table(x=[1.0, 2.0], o=[0.0, 1.0], c=levels("a", "b"))
    assert fit_reference(made, {}).kind == "gower"
    assert fit_reference(made, {"kind": None, "columns": ["x", "o"]}).kind == "rank"


def test_only_declared_columns_enter():
    made = table(x=[1.0, 2.0], x2=[5.0, 3.0], c=levels("a", "b"))
    reference = fit_reference(made, {"kind": "gower", "columns": ["c", "x2"]})
    assert reference.columns == ("x2", "c")
    assert reference.X.tolist() == [[5.0], [3.0]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_spaces_of_numbers_are_the_other_kinds(kind):
    made = table(x=[1.0, 2.0, 4.0], x2=[5.0, 3.0, 3.0])
    reference = fit_reference(made, {"kind": kind, "columns": ["x2"]})
    others = other_spaces(made, reference)
    assert {space.kind for space in others} == set(KINDS) - {kind}
    for space in others:
        wanted = fit_reference(made, {"kind": space.kind, "columns": ["x2"]})
        np.testing.assert_array_equal(space.X, wanted.X)
        assert space.columns == ("x2",)


def test_a_space_with_categories_has_no_other():
    made = table(x=[1.0, 2.0], c=levels("a", "b"))
    assert other_spaces(made, fit_reference(made, {})) == []


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        ({"kind": "euclid"}, "dataset.reference.kind"),
        ({"kind": "gower", "columns": ["x", "y"]}, "dataset.reference.columns"),
        ({"kind": "rank"}, "dataset.reference.kind=rank"),
        ({"kind": "standard", "columns": ["x", "c"]}, "dataset.reference.kind=standard"),
    ],
)
def test_a_space_that_cannot_be_is_refused(spec, place):
    with pytest.raises(InputError) as caught:
        fit_reference(table(x=[1.0, 2.0], c=levels("a", "b")), spec)
    assert caught.value.file == place
