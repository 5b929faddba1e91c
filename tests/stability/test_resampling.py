"""What each scheme shows a refit."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from customers import customers

from segbench.contracts import Matrix, Table
from segbench.stability import AMOUNTS, Resampling, some_columns
from segbench.stability.resampling import jittered, noisy

LEVELS = ("low", "mid", "high")


def mixed(n: int = 400) -> Table:
    """A heavy tail, a count, an ordinal and a category; some values missing."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({
        "spend": np.exp(rng.normal(size=n)),
        "visits": rng.geometric(0.6, size=n).astype(float),
        "grade": rng.integers(3, size=n).astype(float),
        "plan": pd.Categorical.from_codes(rng.integers(-1, 3, size=n), ["a", "b", "c", "unused"]),
    })  # fmt: skip
    frame.loc[::10, "spend"] = np.nan
    return Table("t", np.arange(n), frame, ("spend", "visits"), ("grade",), ("plan",),
                 {"grade": LEVELS}, {}, None, "-")  # fmt: skip


@pytest.mark.parametrize("scheme", AMOUNTS)
def test_a_draw_depends_on_seed_stream_and_number_only(scheme: str):
    table = mixed()
    first = Resampling(table, scheme, None, 1).draw(0, 3)
    again = Resampling(table, scheme, None, 1).draw(0, 3)
    pd.testing.assert_frame_equal(first.table.frame, again.table.frame)
    assert (first.rows == again.rows).all() and (first.compared == again.compared).all()
    assert first.seed == again.seed
    others = [Resampling(table, scheme, None, 2).draw(0, 3),
              Resampling(table, scheme, None, 1).draw(1, 3),
              Resampling(table, scheme, None, 1).draw(0, 4)]  # fmt: skip
    assert len({first.seed, *(other.seed for other in others)}) == 4


@pytest.mark.parametrize("scheme", AMOUNTS)
def test_the_table_stays_valid(scheme: str):
    table = mixed()
    draw = Resampling(table, scheme, None, 1).draw(0, 0)
    frame, original = draw.table.frame, table.frame.iloc[draw.rows]
    assert len(draw.table) == len(draw.rows) == len(draw.compared) == len(frame)
    assert list(frame.dtypes) == list(original.dtypes)
    assert (draw.table.ids == table.ids[draw.rows]).all()
    kept = np.flatnonzero(draw.compared)
    for name in frame:
        missing = original[name].isna().to_numpy()
        assert (frame[name].isna().to_numpy()[kept] == missing[kept]).all()
    assert set(frame["grade"]) <= {0.0, 1.0, 2.0}
    for name in ("spend", "visits"):
        assert frame[name].min() >= table.frame[name].min()
        assert frame[name].max() <= table.frame[name].max()


def test_a_subsample_is_a_share_of_distinct_customers():
    for amount, size in ((None, 100), (0.9, 180), (0.001, 1)):
        rows = Resampling(customers(200), "subsample", amount, 0).draw(0, 0).rows
        assert len(rows) == size and (np.diff(rows) > 0).all()


def test_noise_replaces_its_share_and_they_are_not_compared():
    table, counts = customers(2000), []
    for i in range(20):
        draw = Resampling(table, "noise", 0.1, 0).draw(0, i)
        changed = draw.table.frame["row"].to_numpy() != np.arange(2000)
        assert (changed == ~draw.compared).all()
        counts.append(changed.mean())
    assert np.mean(counts) == pytest.approx(0.1, abs=0.005)


def test_noise_is_uniform_within_four_deviations_and_the_range():
    rng, n = np.random.default_rng(0), 20_000
    values = np.append(rng.normal(size=n - 1), 1e3)  # four deviations are much less than the range
    table = replace(customers(n), frame=pd.DataFrame({"row": values}))
    new = noisy(table, np.zeros(n, dtype=bool), rng).frame["row"]
    low, high = values.min(), values.mean() + 4 * values.std()
    assert low <= new.min() < low + 0.01 * (high - low) and high - 0.1 < new.max() <= high
    counts = np.histogram(new, 10, (low, high))[0]
    assert (abs(counts - n / 10) < 5 * np.sqrt(n / 10)).all()


def test_noise_knows_every_level():
    table, rng = mixed(4000), np.random.default_rng(0)
    plan = noisy(table, np.zeros(4000, dtype=bool), rng).frame["plan"]
    assert plan.notna().all()
    np.testing.assert_allclose(plan.value_counts(normalize=True), 0.25, atol=0.03)


def test_noise_draws_every_grade_alike():
    table, rng = mixed(6000), np.random.default_rng(0)
    name = table.ordinal[0]
    grades = noisy(table, np.zeros(6000, dtype=bool), rng).frame[name]
    known = table.frame[name].dropna().nunique()
    np.testing.assert_allclose(grades.value_counts(normalize=True), [1 / known] * known, atol=0.03)


def test_jitter_is_a_quantile_of_the_distances_between_values():
    rng = np.random.default_rng(1)
    values = np.append(rng.normal(size=299), np.nan)
    table = replace(customers(300), frame=pd.DataFrame({"row": values}))
    moves = np.concatenate([
        (jittered(table, 0.1, rng).frame["row"].to_numpy() - values)[abs(values) < 1]
        for _ in range(60)
    ])  # fmt: skip
    every = [abs(a - b) for a, b in itertools.combinations(values[:-1], 2)]
    assert moves.std() == pytest.approx(np.quantile(every, 0.1), rel=0.03)
    assert moves.mean() == pytest.approx(0, abs=0.01)


def test_jitter_lets_a_share_take_anothers_value_where_many_agree():
    table, rng = mixed(4000), np.random.default_rng(2)
    after = jittered(table, 0.1, rng).frame
    for name in ("visits", "grade"):
        shares = table.frame[name].value_counts(normalize=True)
        assert set(after[name]) <= set(table.frame[name])
        changed = (after[name] != table.frame[name]).mean()
        assert changed == pytest.approx(0.1 * (1 - (shares**2).sum()), abs=0.02)
    constant = replace(customers(9), frame=pd.DataFrame({"row": np.full(9, 3.0)}))
    assert (jittered(constant, 0.5, rng).frame["row"] == 3.0).all()


def test_jitter_changes_a_share_of_the_categories_to_known_ones():
    table, rng = mixed(4000), np.random.default_rng(3)
    before, after = table.frame["plan"], jittered(table, 0.3, rng).frame["plan"]
    known = before.notna()
    assert (after.isna() == before.isna()).all()
    assert (after != "unused").all()
    # A third of the swaps find the same level, a quarter a missing one.
    assert (after[known] != before[known]).mean() == pytest.approx(0.3 * 2 / 3 * 3 / 4, abs=0.02)


def test_reseeding_changes_nothing_but_the_seed():
    table = mixed()
    draws = [Resampling(table, "reseed", None, 0).draw(0, i) for i in range(5)]
    assert all(draw.table is table and draw.compared.all() for draw in draws)
    assert len({draw.seed for draw in draws}) == 5


def test_features_keep_their_share():
    assert Resampling(mixed(), "features", None, 0).draw(0, 0).columns == 0.75
    assert Resampling(mixed(), "features", 0.5, 0).draw(0, 0).columns == 0.5
    assert Resampling(mixed(), "bootstrap", None, 0).draw(0, 0).columns == 1.0


@pytest.mark.parametrize("total", [2, 3, 5])
def test_some_columns_are_never_all(total: int):
    names = tuple("abcde"[:total])
    matrix = Matrix(np.zeros((4, total)), np.empty((4, 0), dtype=np.int32), names, ())
    assert len(some_columns(matrix, 0.99, 0).names) == total - 1
    alone = Matrix(np.zeros((4, 1)), np.empty((4, 0), dtype=np.int32), ("a",), ())
    with pytest.raises(ValueError, match="only one column"):
        some_columns(alone, 0.5, 0)


def test_some_columns_are_columns():
    rng = np.random.default_rng(0)
    matrix = Matrix(rng.normal(size=(6, 3)), rng.integers(4, size=(6, 2)).astype(np.int32),
                    ("a", "b", "c", "p", "q"), (4, 5))  # fmt: skip
    by_name = {"a": matrix.X[:, 0], "b": matrix.X[:, 1], "c": matrix.X[:, 2],
               "p": matrix.C[:, 0], "q": matrix.C[:, 1]}  # fmt: skip
    seen = set()
    for seed in range(40):
        some = some_columns(matrix, 0.6, seed)
        assert len(some.names) == 3 and list(some.names) == sorted(some.names)
        found = [*some.X.T, *some.C.T]
        for name, column in zip(some.names, found, strict=True):
            np.testing.assert_array_equal(column, by_name[name])
        assert some.n_levels == tuple({"p": 4, "q": 5}[x] for x in some.names if x in "pq")
        seen.add(some.names)
    assert len(seen) == 10
    assert len(some_columns(matrix, 0.01, 0).names) == 1
