"""Made-up customers are seeded, typed as declared, and hold the segments that they claim."""

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segbench.dataset import fingerprint, load
from segbench.dataset.synthetic import CHANNELS, REGIONS, blobs
from segbench.errors import InputError
from segbench.paths import CONF

SPEC = yaml.safe_load((CONF / "dataset" / "blobs.yaml").read_text(encoding="utf-8"))


def spec(**more):
    return {**SPEC, "n": 300, **more}


def recovered(**more):
    """ARI of k-means on logarithms, which is about what the segments were drawn from."""
    table, outcomes = load(spec(n=600, **more))
    X = np.log1p(table.frame[["recency", "frequency", "monetary"]])
    labels = KMeans(SPEC["k"], n_init=5, random_state=0).fit_predict((X - X.mean()) / X.std())
    return adjusted_rand_score(outcomes.reference["segment"], labels)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 60), st.integers(1, 12), st.integers(0, 2**31), st.floats(0.01, 99))
def test_every_table_holds_what_was_asked_for(n, k, seed, spread):
    k = min(n, k)
    table, outcomes = load(spec(n=n, k=k, seed=seed, spread=spread))
    assert len(table) == len(set(table.ids)) == n
    assert set(outcomes.reference["segment"]) == {f"s{s}" for s in range(k)}
    assert np.isfinite(table.frame[list(table.numeric)]).to_numpy().all()
    assert (table.frame[["recency", "frequency", "monetary"]] >= 0).to_numpy().all()
    assert set(table.frame["channel"]) <= set(CHANNELS)
    assert set(table.frame["region"]) <= set(REGIONS)
    assert "segment" not in table.frame


def test_the_same_spec_gives_the_same_customers():
    first, again = load(spec()), load(spec())
    pd.testing.assert_frame_equal(first[0].frame, again[0].frame)
    assert first[1].reference["segment"].tolist() == again[1].reference["segment"].tolist()


@pytest.mark.parametrize("change", [{"seed": 1}, {"n": 301}, {"k": 5}, {"spread": 1.1}])
def test_another_spec_gives_other_customers_and_another_sha256(change):
    one, other = blobs(spec()), blobs(spec(**change))
    assert one.columns["monetary"].tolist() != other.columns["monetary"].tolist()
    assert one.sha256 != other.sha256


def test_the_sha256_names_the_data_and_not_the_spec():
    given_ = spec(title="another title", licence="mine")
    assert fingerprint(spec()) == fingerprint(given_) == load(given_)[0].sha256
    assert len(fingerprint(given_)) == 64


def test_narrow_segments_are_found_and_wide_ones_are_not():
    assert recovered(spread=0.05) > 0.95
    assert recovered(spread=50.0) < 0.1


def test_categories_depend_on_the_segment():
    table, outcomes = load(spec(n=4000))
    counts = pd.crosstab(outcomes.reference["segment"], table.frame["channel"]).to_numpy()
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    # Chi-squared with 9 degrees of freedom: 27.9 is its 0.1 % point.
    assert ((counts - expected) ** 2 / expected).sum() > 27.9


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 1), ("n", 2.5), ("n", None), ("k", True), ("k", 0), ("k", 301), ("k", "4"),
        ("seed", -1), ("spread", 0), ("spread", -1.0), ("spread", float("nan")), ("spread", "wide"),
    ],
)  # fmt: skip
def test_a_wrong_count_is_refused_by_its_name(name, value):
    with pytest.raises(InputError) as caught:
        blobs(spec(**{name: value}))
    assert caught.value.file == f"dataset.{name}"
