"""Partitions are numbered as promised; results survive JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from segbench.contracts import Partition, Result, Score, Table

LABELS = st.lists(st.integers(-3, 8), min_size=1, max_size=40)


@given(LABELS)
def test_segments_are_numbered_by_size_then_first_row(raw):
    partition = Partition.from_labels(raw)
    sizes = Counter(label for label in raw if label >= 0)
    ordered = sorted(sizes, key=lambda label: (-sizes[label], raw.index(label)))
    assert partition.labels.tolist() == [ordered.index(x) if x >= 0 else -1 for x in raw]
    assert partition.raw == tuple(ordered)
    assert partition.labels.dtype == np.int32


@given(LABELS)
def test_counts_are_of_all_customers(raw):
    partition = Partition.from_labels(raw)
    noise = sum(label < 0 for label in raw)
    sizes = sorted(Counter(label for label in raw if label >= 0).values(), reverse=True)
    assert (partition.k, partition.noise) == (len(sizes), noise)
    assert partition.sizes.tolist() == sizes
    assert partition.shares.tolist() == [size / len(raw) for size in sizes]
    assert partition.coverage == pytest.approx((len(raw) - noise) / len(raw))


@given(LABELS, st.permutations(range(9)))
def test_names_given_by_the_algorithm_do_not_matter(raw, names):
    renamed = [names[label] if label >= 0 else -1 for label in raw]
    assert Partition.from_labels(renamed).labels.tolist() == (
        Partition.from_labels(raw).labels.tolist()
    )


@given(LABELS)
def test_renumbering_twice_is_renumbering_once(raw):
    once = Partition.from_labels(raw)
    twice = Partition.from_labels(once.labels)
    assert twice.labels.tolist() == once.labels.tolist()
    assert twice.raw == tuple(range(once.k))


@given(LABELS, st.randoms())
def test_row_order_moves_customers_but_not_groups(raw, random):
    order = random.sample(range(len(raw)), len(raw))
    partition, shuffled = (Partition.from_labels(np.array(raw)[rows]) for rows in
                           (range(len(raw)), order))  # fmt: skip
    assert shuffled.sizes.tolist() == partition.sizes.tolist()
    assert adjusted_rand_score(partition.labels[order], shuffled.labels) == 1.0


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8])
def test_labels_of_any_integer_type(dtype):
    assert Partition.from_labels(np.array([7, 3, 3], dtype=dtype)).labels.tolist() == [1, 0, 0]


@pytest.mark.parametrize("raw, k, noise", [([], 0, 0), ([-1, -1], 0, 2), ([4], 1, 0)])
def test_degenerate_partitions(raw, k, noise):
    partition = Partition.from_labels(raw)
    assert (partition.k, partition.noise, len(partition.labels)) == (k, noise, len(raw))
    assert len(partition.sizes) == len(partition.shares) == k


def test_take_keeps_ids_and_rows_together():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    table = Table("t", np.array(["x", "y", "z"]), frame, ("a",), (), (), {}, {}, None, "-")
    part = table.take(np.array([2, 0]))
    assert len(part) == 2
    assert part.ids.tolist() == ["z", "x"] and part.frame["a"].tolist() == [3.0, 1.0]


NUMBER = st.none() | st.floats(allow_nan=False, allow_infinity=False)
SCORE = st.builds(Score, NUMBER, NUMBER, NUMBER, why=st.text(), space=st.none() | st.text())
NAME = st.text(min_size=1)


@st.composite
def results(draw) -> Result:
    params = st.dictionaries(NAME, st.integers() | NUMBER | st.text() | st.booleans())
    return Result(
        key=draw(NAME), sweep=draw(NAME), why=draw(st.text()),
        status=draw(st.sampled_from(["complete", "ineligible", "skipped", "failed"])),
        dataset={"name": draw(NAME), "rows": draw(st.integers()), "sha256": draw(NAME)},
        features=draw(NAME), algorithm=draw(NAME), baseline=draw(st.booleans()),
        space=draw(st.none() | NAME), seed=draw(st.integers()), params=draw(params),
        segments=draw(st.none() | st.just({"k": 2, "sizes": [5, 3], "noise": 0})),
        scores=draw(st.dictionaries(NAME, SCORE, max_size=3)),
        peak_mb=draw(st.none() | st.integers(0)),
    )  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(results())
def test_a_result_survives_json(result):
    text = json.dumps(result.as_json(), allow_nan=False)
    assert Result.from_json(json.loads(text)) == result


def test_json_has_the_documented_fields():
    documented = [
        "schema", "key", "sweep", "status", "why", "dataset", "features", "algorithm", "space",
        "seed", "params", "segments", "scores", "trials", "seconds", "peak_mb", "versions",
    ]  # fmt: skip
    result = Result("k", "s", "failed", "", {}, "f", "a", False, None, 0, scores={"x": Score(1.0)})
    plain = result.as_json()
    assert [name for name in plain if name in documented] == documented
    wanted = {"value", "low", "high", "status", "why", "space", "version"}
    assert set(plain["scores"]["x"]) == wanted


def test_a_score_without_a_value_says_why():
    score = Score.undefined("one segment", "rank")
    assert score == Score(None, None, None, "undefined", "one segment", "rank")
    result = Result("k", "s", "failed", "", {}, "f", "a", False, None, 0, scores={"x": score})
    assert json.loads(json.dumps(result.as_json()))["scores"]["x"]["value"] is None


def test_what_travels_cannot_be_changed():
    partition = Partition.from_labels([0, 1])
    with pytest.raises(FrozenInstanceError):
        partition.raw = ()
    assert replace(partition, raw=(5, 6)).raw == (5, 6) and partition.raw == (0, 1)
