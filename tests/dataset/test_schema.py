"""Columns get the type that was declared or that the stated inference gives them."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from segbench.contracts import RFM
from segbench.dataset import load, read_customers
from segbench.dataset.readers import MISSING, Raw, parse, read
from segbench.dataset.schema import build_table
from segbench.errors import InputError
from segbench.paths import CONF

PACKAGED = ["cdnow", "charity", "loanapp"]


def raw(columns):
    """Columns of text as a CSV file would give them, through the CSV parser."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([columns, *zip(*columns.values(), strict=True)])
    return Raw("t.csv", *parse(out.getvalue(), "t.csv", ","), "0")


def typed(cells, /, **spec):
    return build_table(raw(cells), "t", spec)[0]


def numbers(n, start=0):
    return [str(i + start) for i in range(n)]


def conf(name):
    return yaml.safe_load((CONF / "dataset" / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=PACKAGED)
def packaged(request):
    spec = conf(request.param)
    return spec, *load(spec)


INFERRED = {
    "numbers": (numbers(8), "numeric"),
    "numbers with gaps": (["1", "", "2.5", "NA", "-3e4", "?", "7", "8"], "numeric"),
    "two numbers": (["0", "1"] * 4, "categorical"),
    "few texts": (["a", "b", "c", "a"] * 2, "categorical"),
    "more texts than customers in a level": ([f"t{i}" for i in range(8)], None),
    "dates": ([f"2020-01-0{i}" for i in (1, 2, 3, 1)] * 2, None),
    "days first": (["1/2/2020", "3/4/2020"] * 4, None),
    "one value": (["7"] * 8, None),
    "one value and gaps": (["x", ""] * 4, None),
    "no value": ([""] * 8, None),
}


@pytest.mark.parametrize("case", INFERRED)
def test_the_inference_does_what_its_docstring_says(case):
    cells, role = INFERRED[case]
    table = typed({"id": numbers(8), "x": cells, "other": numbers(8)})
    assert ("x" in table.numeric) == (role == "numeric")
    assert ("x" in table.categorical) == (role == "categorical")
    assert ("x" in table.frame) == (role is not None)
    assert any(note.startswith(f"x {role or 'ignore'} (") for note in table.notes)


def test_many_texts_are_ignored_even_where_each_has_customers():
    levels = [f"t{i}" for i in range(31)]
    for count, kept in ((30, True), (31, False)):
        cells = (levels[:count] * 4)[:120]
        assert ("x" in typed({"x": cells, "y": numbers(len(cells))}).frame) == kept


def test_a_declaration_overrides_the_inference_and_is_not_a_note():
    columns = {"id": numbers(4), "a": ["1", "2", "3", "4"], "b": ["x", "y", "x", "y"]}
    table = typed(columns, columns={"categorical": ["a"], "ignore": ["b"]})
    assert table.categorical == ("a",)
    assert list(table.frame) == ["a"]
    assert [note.split()[0] for note in table.notes] == ["id"]


@settings(deadline=None)
@given(st.lists(st.floats(-1e99, 1e99), min_size=2, max_size=20))
def test_numbers_are_those_that_python_reads(values):
    columns = {"x": [repr(value) for value in values]}
    table = typed(columns, columns={"numeric": ["x"]})
    assert table.frame["x"].tolist() == [float(repr(value)) for value in values]


@pytest.mark.parametrize("mark", sorted(MISSING))
@pytest.mark.parametrize("write", [str, " {} ".format])
def test_a_missing_mark_is_missing_in_every_role(mark, write):
    gap = write(mark)
    columns = {
        "n": ["1", gap, "3"], "c": ["a", gap, "b"], "o": ["hi", gap, "lo"],
        "t": ["1", gap, "2"], "r": ["s", gap, "s"],
    }  # fmt: skip
    roles = {
        "numeric": ["n"], "categorical": ["c"], "ordinal": {"o": ["lo", "hi"]},
        "target": ["t"], "reference": ["r"],
    }  # fmt: skip
    table, outcomes = build_table(raw(columns), "t", {"columns": roles})
    assert table.frame.isna().to_numpy().tolist() == [[False] * 3, [True] * 3, [False] * 3]
    assert outcomes.targets["t"].isna().tolist() == [False, True, False]
    assert outcomes.reference["r"].tolist() == ["s", None, "s"]


def test_a_declared_code_is_missing_in_its_column_only():
    columns = {"a": ["1", "999", "3"], "b": ["999", "2", "3"]}
    roles = {"numeric": ["a", "b"]}
    frame = typed(columns, columns=roles, missing_values={"a": [999, -1]}).frame
    assert frame["a"].isna().tolist() == [False, True, False]
    assert frame["b"].tolist() == [999, 2, 3]


@given(st.lists(st.sampled_from(["low", "mid", "high"]), min_size=2, max_size=9))
def test_an_ordinal_cell_is_the_position_of_its_level(cells):
    levels = ["low", "mid", "high"]
    table = typed({"x": cells}, columns={"ordinal": {"x": levels}})
    assert table.frame["x"].tolist() == [levels.index(cell) for cell in cells]
    assert table.levels == {"x": tuple(levels)}
    assert table.ordinal == ("x",)


def test_a_level_that_was_not_declared_is_refused_with_its_row():
    with pytest.raises(InputError, match="row 3, column 'x'"):
        typed({"x": ["low", "huge", "low"]}, columns={"ordinal": {"x": ["low", "high"]}})


def test_levels_that_are_numbers_are_sorted_by_value():
    table = typed({"x": ["10", "9", "b", "2", "a"]}, columns={"categorical": ["x"]})
    assert list(table.frame["x"].cat.categories) == ["2", "9", "10", "a", "b"]


MIXED = {
    "id": ["c1", "c2", "c3", "c4", "c5", "c6"],
    "spend": ["1", "2", "", "4", "5", "6"],
    "plan": ["a", "b", "a", "", "c", "b"],
    "grade": ["lo", "hi", "hi", "lo", "", "lo"],
    "churned": ["0", "1", "0", "1", "0", "0"],
    "known": ["s", "t", "s", "t", "t", ""],
}
ROLES = {
    "id": "id", "numeric": ["spend"], "categorical": ["plan"], "ordinal": {"grade": ["lo", "hi"]},
    "target": ["churned"], "reference": ["known"],
}  # fmt: skip


@given(st.permutations(list(MIXED)))
def test_the_order_of_columns_in_the_file_does_not_matter(order):
    again = typed({column: MIXED[column] for column in order}, columns=ROLES)
    pd.testing.assert_frame_equal(again.frame, typed(MIXED, columns=ROLES).frame)


@given(st.permutations(range(6)))
def test_the_order_of_rows_orders_the_rows_and_nothing_else(order):
    table, outcomes = build_table(raw(MIXED), "t", {"columns": ROLES})
    mixed = {column: [cells[i] for i in order] for column, cells in MIXED.items()}
    again, after = build_table(raw(mixed), "t", {"columns": ROLES})
    rows = np.array(order)
    taken = table.take(rows)
    assert again.ids.tolist() == taken.ids.tolist()
    pd.testing.assert_frame_equal(again.frame, taken.frame.reset_index(drop=True))
    assert after.reference["known"].tolist() == outcomes.reference["known"][rows].tolist()


@given(st.lists(st.sampled_from("01"), min_size=6, max_size=6))
def test_outcomes_do_not_influence_the_table(cells):
    again = typed({**MIXED, "churned": cells, "known": cells}, columns=ROLES)
    pd.testing.assert_frame_equal(again.frame, typed(MIXED, columns=ROLES).frame)


def test_outcomes_and_ids_never_appear_in_the_frame(packaged):
    spec, table, outcomes = packaged
    roles = spec["columns"]
    hidden = [c for role in ("target", "reference", "ignore") for c in roles.get(role) or ()]
    assert not set(table.frame) & {*hidden, roles.get("id")}
    assert list(outcomes.targets) == (roles.get("target") or [])
    assert list(outcomes.reference) == (roles.get("reference") or [])
    assert (outcomes.future is not None) == ("transactions" in spec)


def test_a_packaged_table_declares_every_column(packaged):
    spec, table, outcomes = packaged
    roles = spec["columns"]
    assert table.notes == ()
    assert table.numeric == tuple(roles["numeric"])
    assert table.categorical == tuple(roles.get("categorical") or ())
    assert set(table.rfm.values()) <= set(table.numeric)
    assert len(table) == len(table.frame) == len(outcomes.targets) or outcomes.targets.empty


@pytest.mark.parametrize(("name", "rows", "width"), [("charity", 4_268, 8), ("loanapp", 1_989, 59)])
def test_published_sizes(name, rows, width):
    columns = read(conf(name)).columns
    table, outcomes = load(conf(name))
    assert len(table) == len(table.frame) == len(outcomes.targets) == rows
    assert len(columns) == width


@pytest.mark.parametrize("name", ["charity", "loanapp"])
def test_packaged_numbers_are_those_that_pandas_reads(name):
    spec = conf(name)
    table, _ = load(spec)
    wanted = pd.DataFrame(read(spec).columns).replace("", None)[list(table.numeric)].astype(float)
    wanted = wanted.mask(wanted == 1_000_000) if name == "loanapp" else wanted
    pd.testing.assert_frame_equal(table.frame[list(table.numeric)], wanted)


@pytest.mark.parametrize(
    ("cells", "ids"),
    [
        (["3", "1", "20"], [3, 1, 20]),
        (["03", "1", "20"], ["03", "1", "20"]),
        (["3", "1", "x"], ["3", "1", "x"]),
        (["1" * 30, "2", "3"], ["1" * 30, "2", "3"]),
    ],
)
def test_ids_come_back_as_they_were_written(cells, ids):
    assert typed({"id": cells, "x": numbers(3)}).ids.tolist() == ids


def test_ids_are_found_by_declaration_then_by_name_then_by_row():
    columns = {"Customer_ID": ["7", "8", "9"], "x": numbers(3), "key": ["a", "b", "c"]}
    assert typed(columns, columns={"id": "key"}).ids.tolist() == ["a", "b", "c"]
    table = typed(columns)
    assert (table.id_name, table.ids.tolist()) == ("Customer_ID", [7, 8, 9])
    assert typed({"x": numbers(3)}).ids.tolist() == [0, 1, 2]


def test_rfm_and_revenue_are_found_by_declaration_and_rfm_by_name():
    columns = {"Recency": numbers(4), "orders": numbers(4), "monetary": numbers(4)}
    table = typed(columns, rfm={"frequency": "orders"}, revenue="monetary")
    assert table.rfm == dict(zip(RFM, columns, strict=True))
    assert table.revenue == "monetary"
    assert typed({"orders": numbers(4)}).rfm == {}


BAD_SPECS = {
    "rfm": {"rfm": {"recency": "plan"}},
    "revenue": {"revenue": "nowhere"},
    "two roles": {"columns": {**ROLES, "ignore": ["plan"]}},
    "unknown role": {"columns": {**ROLES, "weight": ["spend"]}},
    "absent id": {"columns": {**ROLES, "id": "key"}},
    "levels twice": {"columns": {**ROLES, "ordinal": {"grade": ["lo", "hi", "lo"]}}},
    "text as missing value": {"columns": ROLES, "missing_values": {"spend": ["none of it"]}},
}


@pytest.mark.parametrize("case", BAD_SPECS)
def test_a_declaration_that_the_table_cannot_meet_is_refused(case):
    with pytest.raises(InputError) as caught:
        typed(MIXED, **BAD_SPECS[case])
    assert len(str(caught.value).splitlines()) == 1


def reread(path, table, missing_values=None):
    """The file at `path` typed as `table` was."""
    levels = {column: list(table.frame[column].cat.categories) for column in table.categorical}
    ordinal = {column: list(table.levels[column]) for column in table.ordinal}
    numeric = [*table.numeric, *table.ordinal]
    return read_customers(path, ",", table.id_name, numeric, ordinal, levels, missing_values or {})


def write(path, columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_new_customers_are_typed_as_the_training_table_was(tmp_path):
    table = typed(MIXED, columns=ROLES, missing_values={"spend": [6]})
    ids, frame = reread(write(tmp_path / "t.csv", MIXED), table, {"spend": [6]})
    assert ids.tolist() == MIXED["id"]
    for column in table.categorical:
        assert frame[column].cat.codes.tolist() == table.frame[column].cat.codes.tolist()
    for column in (*table.numeric, *table.ordinal):
        pd.testing.assert_series_equal(frame[column], table.frame[column])


def test_a_level_of_new_customers_that_training_lacked_is_not_missing(tmp_path):
    table = typed(MIXED, columns=ROLES)
    new = {**MIXED, "plan": ["a", "zebra", "", "b", "c", "yak"]}
    _, frame = reread(write(tmp_path / "t.csv", new), table)
    assert frame["plan"].cat.codes.tolist() == [0, 3, -1, 1, 2, 3]


def test_new_customers_without_a_column_are_refused(tmp_path):
    table = typed(MIXED, columns=ROLES)
    path = write(tmp_path / "t.csv", {c: v for c, v in MIXED.items() if c != "plan"})
    with pytest.raises(InputError, match="column 'plan'"):
        reread(path, table)


def test_none_is_a_category_and_gaps_are_told(tmp_path):
    rows = ["id,debtors,phone"] + [f"{i},{('none', 'guarantor')[i % 2]},{'' if i % 5 else 'yes'}"
                                   for i in range(40)]  # fmt: skip
    (tmp_path / "t.csv").write_text("\n".join(rows))
    spec = {"name": "table", "reader": "table", "path": str(tmp_path / "t.csv"), "columns": {}}
    table, _ = load(spec)
    assert set(table.frame["debtors"]) == {"none", "guarantor"}
    assert any("phone ignore" in note and "32 missing" in note for note in table.notes)
