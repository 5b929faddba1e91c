"""A transaction log becomes one row per customer, and the future stays out of it."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from segbench.dataset import load
from segbench.errors import InputError
from segbench.paths import CONF

CUTOFF = date(2020, 6, 30)
COLUMNS = ["recency", "frequency", "monetary", "tenure", "basket"]
CDNOW = yaml.safe_load((CONF / "dataset" / "cdnow.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def cdnow():
    return load(CDNOW)


def aggregate(folder, log, **how):
    """Table and outcomes of (customer, day, amount, units) purchases, through a CSV file."""
    path = folder / "log.csv"
    lines = [",".join(map(str, purchase)) for purchase in log]
    path.write_text("\n".join(["who,day,paid,pieces", *lines]) + "\n")
    parts = {"customer": "who", "date": "day", "amount": "paid", "units": "pieces"}
    spec = {
        "name": "log", "reader": "transactions", "path": str(path),
        "transactions": {**parts, "cutoff": str(CUTOFF), **how},
        "columns": {"id": "who", "numeric": COLUMNS},
    }  # fmt: skip
    return load(spec)


# Two customers who always have a past, and any purchases beside them.
ALWAYS = [("a", date(2020, 1, 1), 5, 1), ("b", CUTOFF, 7, 2)]
PURCHASE = st.tuples(
    st.sampled_from("abcdef"),
    st.integers(-150, 150).map(lambda days: CUTOFF + timedelta(days=days)),
    st.integers(-50, 500),
    st.integers(1, 9),
)
LOG = st.lists(PURCHASE, max_size=25).map(lambda more: ALWAYS + more)


def naive(log):
    """The same by a plain loop over customers and purchases."""
    rows, future = {}, {}
    for who in sorted({purchase[0] for purchase in log}):
        past = [p for p in log if p[0] == who and p[1] <= CUTOFF]
        if past:
            days = [(CUTOFF - day).days for _, day, _, _ in past]
            spend, units = sum(p[2] for p in past), sum(p[3] for p in past)
            rows[who] = [min(days), len(past), spend, max(days), units / len(past)]
            future[who] = sum(p[2] for p in log if p[0] == who and p[1] > CUTOFF)
    return rows, future


@settings(deadline=None, max_examples=60)
@given(log=LOG)
def test_attributes_and_future_agree_with_a_plain_loop(folder, log):
    table, outcomes = aggregate(folder, log)
    rows, future = naive(log)
    assert table.ids.tolist() == list(rows)
    np.testing.assert_allclose(table.frame[COLUMNS].to_numpy(), list(rows.values()), rtol=1e-12)
    assert outcomes.future.tolist() == list(future.values())


@settings(deadline=None, max_examples=40)
@given(log=LOG, data=st.data())
def test_the_order_of_purchases_does_not_matter(folder, log, data):
    table, outcomes = aggregate(folder, log)
    again, after = aggregate(folder, data.draw(st.permutations(log)))
    assert again.ids.tolist() == table.ids.tolist()
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert after.future.tolist() == outcomes.future.tolist()


@settings(deadline=None, max_examples=40)
@given(log=LOG, later=st.lists(PURCHASE, max_size=9), factor=st.integers(0, 9))
def test_the_future_never_influences_the_table(folder, log, later, factor):
    table, _ = aggregate(folder, log)
    changed = [(*p[:2], p[2] * factor, p[3] + factor) if p[1] > CUTOFF else p for p in log]
    changed += [(who, CUTOFF + timedelta(days=400), amount, n) for who, _, amount, n in later]
    again, outcomes = aggregate(folder, changed)
    assert again.ids.tolist() == table.ids.tolist()
    pd.testing.assert_frame_equal(again.frame, table.frame)
    assert outcomes.future.tolist() == list(naive(changed)[1].values())


def test_cdnow_has_its_published_size(cdnow):
    table, outcomes = cdnow
    assert len(table) == len(outcomes.future) == 23_570
    spend = table.frame["monetary"].sum() + outcomes.future.sum()
    assert spend == pytest.approx(2_500_315.63, abs=0.005)
    whole, after = load(
        {**CDNOW, "transactions": {**CDNOW["transactions"], "cutoff": "1998-06-30"}}
    )
    assert whole.frame["frequency"].sum() == 69_659
    assert not after.future.any()


def test_cdnow_is_cut_at_the_end_of_september_1997(cdnow):
    table, outcomes = cdnow
    days = table.frame[["recency", "tenure"]]
    # The cohort made its first purchase in January to March 1997.
    cutoff = pd.Timestamp("1997-09-30")
    assert days["tenure"].max() == (cutoff - pd.Timestamp("1997-01-01")).days
    assert days["tenure"].min() >= (cutoff - pd.Timestamp("1997-03-31")).days
    assert (days["recency"] >= 0).all()
    assert (days["recency"] <= days["tenure"]).all()
    assert 0 < np.count_nonzero(outcomes.future) < len(table)


def test_a_purchase_at_any_time_of_the_cutoff_day_is_past(folder):
    evening = [("a", "2020-01-01 09:00", 5, 1), ("b", f"{CUTOFF} 18:30", 7, 2)]
    table, _ = aggregate(folder, [*evening, ("b", "2020-07-01 00:00", 9, 1)])
    assert table.ids.tolist() == ["a", "b"]
    assert table.frame["monetary"].tolist() == [5, 7]


def test_spaces_around_a_customer_do_not_make_another(folder):
    table, _ = aggregate(folder, [*ALWAYS, (" a ", CUTOFF, 2, 1)])
    assert table.ids.tolist() == ["a", "b"]
    assert table.frame["frequency"].tolist() == [2, 1]


def test_refunds_count_as_spend_below_zero(folder):
    table, outcomes = aggregate(folder, [*ALWAYS, ("a", CUTOFF, -9, 1), ("a", "2021-01-01", -3, 1)])
    assert table.frame["monetary"].tolist() == [-4, 7]
    assert outcomes.future.tolist() == [-3, 0]


BAD = {
    "no customer": (("", CUTOFF, 1, 1), {}, 4, "who"),
    "no date": (("a", "", 1, 1), {}, 4, "day"),
    "no such date": (("a", "2020-02-31", 1, 1), {}, 4, "day"),
    "another form of date": (("a", CUTOFF, 1, 1), {"date_format": "%Y%m%d"}, 2, "day"),
    "text as amount": (("a", CUTOFF, "five", 1), {}, 4, "paid"),
    "infinite amount": (("a", CUTOFF, "1e999", 1), {}, 4, "paid"),
    "text as units": (("a", CUTOFF, 1, "two"), {}, 4, "pieces"),
    "absent column": (("a", CUTOFF, 1, 1), {"amount": "price"}, None, "price"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_purchase_is_refused_with_its_line_in_the_file(folder, case):
    purchase, how, row, column = BAD[case]
    with pytest.raises(InputError) as caught:
        aggregate(folder, [*ALWAYS, purchase], **how)
    assert (caught.value.row, caught.value.column) == (row, column)
    assert caught.value.file == str(folder / "log.csv")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("cutoff", ["someday", "2020-02-31"])
def test_a_cutoff_that_is_no_date_is_refused(folder, cutoff):
    with pytest.raises(InputError, match="cutoff"):
        aggregate(folder, ALWAYS, cutoff=cutoff)


@pytest.mark.parametrize("zones", [("Z", "Z"), ("+01:00", "-05:00")])
def test_dates_with_a_time_zone_are_read_or_refused_in_one_line(folder, zones):
    log = [("ab"[i], f"2020-05-01T12:00:00{zone}", 5, 1) for i, zone in enumerate(zones)]
    try:
        assert aggregate(folder, log)[0].frame["recency"].tolist() == [60, 60]
    except InputError as error:
        assert error.column == "day"


def test_a_cutoff_before_every_purchase_is_refused(folder):
    with pytest.raises(InputError) as caught:
        aggregate(folder, ALWAYS, cutoff="2000-01-01")
    assert caught.value.file == str(folder / "log.csv")
