"""What every internal score must hold: its declared invariances, and an answer in every case."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces import euclidean, gower, mixed

from segbench import metric
from segbench.contracts import Partition, Reference, Score
from segbench.machine import processors
from segbench.metric import EXTERNAL, INTERNAL, Prepared, score_partition
from segbench.metric.labelled import Labelled
from segbench.metric.registry import COSTS, Internal, labelled

FEW = settings(deadline=None, max_examples=15)
SHIFTED = settings(deadline=None, max_examples=10)
EVERY = sorted(INTERNAL)
GRID = 2.0**-20
KEYS = [
    "silhouette", "silhouette_macro", "simplified_silhouette", "calinski_harabasz",
    "davies_bouldin", "dunn", "gdi43", "gdi53", "xie_beni", "ball_hall", "s_dbw", "dbcv", "c_index",
    "pearson_gamma", "dunn_nn", "wcnn", "entropy",
]  # fmt: skip


def value(reference: Reference, labels: np.ndarray, name: str, threads: int = 1) -> float:
    space = Prepared(reference, threads, single=False)
    score = score_partition(space, Partition.from_labels(labels), [name])[name]
    return np.nan if score.value is None else score.value


@st.composite
def cases(draw) -> tuple[np.ndarray, np.ndarray]:
    """Customers whose coordinates are multiples of 2^-20, so that 1e8 can be added exactly."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, d, k = draw(st.integers(12, 60)), draw(st.integers(1, 5)), draw(st.integers(2, 4))
    labels = rng.permutation(np.arange(n) % k)
    apart = draw(st.sampled_from([0.0, 2.0, 8.0]))
    X = rng.normal(size=(n, d)) + apart * labels[:, None]
    if draw(st.booleans()):  # ties and copies
        X = np.round(X * 2) / 2
    return np.round(X / GRID) * GRID, labels


@pytest.mark.parametrize("name", EVERY)
def test_is_defined_in_words(name):
    found = INTERNAL[name]
    assert found.formula and re.search(r"\(\d{4}\)", found.paper) and found.undefined
    assert found.cost in COSTS and np.isfinite(found.worst)


def test_every_promised_key_is_there_and_has_a_function_with_scikit_learns_signature():
    assert set(KEYS) <= set(INTERNAL)
    for name in EVERY:
        if name == "quality":  # coverage is no matter of (X, labels)
            continue
        score = getattr(metric, f"{name}_score")
        assert [*inspect.signature(score).parameters][:2] == ["X", "labels"]
        assert ">>>" in score.__doc__
    for name in ("ari", "ami", "nmi", "v_measure", "fowlkes_mallows", "jaccard", "psi", "nca"):
        assert name in EXTERNAL


@pytest.mark.parametrize("name", EVERY)
@FEW
@given(case=cases(), names=st.permutations(range(4)), random=st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(name, case, names, random):
    X, labels = case
    expected = pytest.approx(value(euclidean(X), labels, name), rel=1e-9, abs=1e-12, nan_ok=True)
    order = random.sample(range(len(X)), len(X))
    assert value(euclidean(X), np.array(names)[labels], name) == expected
    assert value(euclidean(X[order]), labels[order], name) == expected


@pytest.mark.parametrize("name", [name for name in EVERY if INTERNAL[name].gower])
@FEW
@given(seed=st.integers(0, 2**31))
def test_order_does_not_matter_under_gower(name, seed):
    reference = mixed(40, seed)
    rng = np.random.default_rng(seed)
    labels, order = rng.integers(3, size=40), rng.permutation(40)
    shuffled = gower(reference.X[order], reference.C[order])
    expected = value(reference, labels, name)
    found = value(shuffled, labels[order], name)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", EVERY)
@SHIFTED
@given(case=cases(), power=st.sampled_from([-27, 27]))
def test_offset_does_not_matter_and_scale_by_its_own_law(name, case, power):
    X, labels = case
    expected = value(euclidean(X), labels, name)
    shifted = value(euclidean(X + 1e8), labels, name)
    assert shifted == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)
    scale = 2.0**power
    scaled = value(euclidean(X * scale), labels, name) / scale ** INTERNAL[name].power
    assert scaled == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", [name for name in EVERY if INTERNAL[name].rotates])
@FEW
@given(case=cases(), seed=st.integers(0, 99))
def test_rotation_does_not_matter_where_it_says_so(name, case, seed):
    X, labels = case
    X = X + GRID * np.random.default_rng(seed).normal(size=X.shape)  # ties would be torn apart
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(X.shape[1],) * 2))
    expected = value(euclidean(X), labels, name)
    rotated = value(euclidean(X @ rotation), labels, name)
    assert rotated == pytest.approx(expected, rel=1e-7, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("space", ["euclidean", "gower", "gaps"])
def test_threads_do_not_change_a_bit(name, space):
    n = 1_500
    reference = mixed(n, 3)
    if space != "gaps":
        X = np.nan_to_num(reference.X)
        reference = euclidean(X) if space == "euclidean" else gower(X, np.abs(reference.C))
    labels = np.random.default_rng(0).integers(-1, 4, size=n)
    one, two = (
        score_partition(Prepared(reference, t), Partition.from_labels(labels), [name])[name]
        for t in (1, 2)
    )
    assert one == two


LINE = np.arange(8.0)[:, None]
HALVES = [0, 0, 0, 0, 1, 1, 1, 1]
DEGENERATE = {
    "one cluster": (LINE, [0] * 8),
    "n clusters": (LINE, list(range(8))),
    "singletons": (LINE, [0, 1, 2, 3, 3, 3, 3, 3]),
    "all noise": (LINE, [-1] * 8),
    "constant": (np.full((8, 2), 0.1), HALVES),
    "duplicates": (np.repeat([[0.0], [1.0]], 4, axis=0), HALVES),
    "two rows": (LINE[:2], [0, 1]),
    "empty": (np.empty((0, 2)), []),
    "NaN": (np.where(LINE == 3, np.nan, LINE), HALVES),
    "infinite": (np.where(LINE == 3, np.inf, LINE), HALVES),
    "non-contiguous labels": (LINE, [7, 7, 7, 7, 100, 100, 100, 100]),
    "k = n - 1": (LINE, [0, 0, 1, 2, 3, 4, 5, 6]),
}
"""The twelve cases; a value in them must lie within the declared bounds."""
BAD = ("one cluster", "n clusters", "all noise", "two rows", "empty", "infinite", "constant")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("space", [euclidean, gower])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_is_a_value_within_bounds_or_undefined_with_a_reason(name, space, case):
    X, labels = DEGENERATE[case]
    partition = Partition.from_labels(np.array(labels, dtype=np.int64))
    score = score_partition(space(X), partition, [name])[name]
    json.dumps(asdict(score), allow_nan=False)
    found = INTERNAL[name]
    if score.value is None:
        assert score.status == "undefined" and len(score.why) > 10
    else:
        assert found.low is None or score.value >= found.low - 1e-12
        assert found.high is None or score.value <= found.high + 1e-12
        assert case not in BAD and not (case == "NaN" and space is euclidean)


@pytest.mark.parametrize("name", EVERY)
def test_labels_that_leave_numbers_out_are_labels_all_the_same(name):
    X, gaps = DEGENERATE["non-contiguous labels"]
    for space in (euclidean(X), gower(X)):
        plain, other = value(space, np.array(HALVES), name), value(space, np.array(gaps), name)
        assert plain == pytest.approx(other, nan_ok=True)
        assert np.isfinite(plain) or (space.kind == "gower" and not INTERNAL[name].gower)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "quality"])
@pytest.mark.parametrize("X, labels", [
    (np.where(LINE == 3, np.nan, LINE), HALVES), (np.where(LINE == 3, np.inf, LINE), HALVES),
    (np.empty((0, 2)), []), (LINE[:, 0], HALVES), (LINE, HALVES[:5]),
])  # fmt: skip
def test_what_is_no_table_is_refused_by_the_plain_functions(name, X, labels):
    with pytest.raises(ValueError, match=r"must be|labels: found"):
        getattr(metric, f"{name}_score")(X, labels)


def score_of(value: float, reference: Reference, labels: list[int], **options: object) -> Score:
    """The score of a made-up index that is always this value."""
    made = Internal("made_up", lambda part: value, maximize=True, low=None, high=None, formula="",
                    paper="", undefined="", **options)  # fmt: skip
    labels = np.array(labels, dtype=np.int32)
    return made.as_score(Labelled(Prepared(reference), labels, int(labels.max(initial=-1)) + 1))


@pytest.mark.parametrize("X, labels", [
    (LINE, [0] * 8), (LINE, list(range(8))), (np.full((8, 2), 0.1), HALVES),
])  # fmt: skip
def test_a_score_may_have_a_value_without_several_segments(X, labels):
    assert score_of(3.0, euclidean(X), labels).value is None
    assert score_of(3.0, euclidean(X), labels, several=False).value == 3.0


def test_nothing_has_a_value_without_customers():
    score = score_of(3.0, euclidean(np.empty((0, 2))), [], several=False)
    assert score.value is None and score.why == "there are no customers"


def test_under_gower_a_score_has_a_value_if_it_says_so():
    assert score_of(3.0, gower(LINE), HALVES, gower=True).value == 3.0
    score = score_of(3.0, gower(LINE), HALVES)
    assert score.value is None and "centroids" in score.why


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_is_undefined(value):
    score = score_of(value, euclidean(LINE), HALVES)
    assert score.value is None and score.status == "undefined"
    assert score.why == f"overflowed to {value}"


def test_the_plain_functions_are_exact_for_any_number_of_customers(monkeypatch):
    X = np.random.default_rng(0).normal(size=(60, 2))
    labels = np.arange(60) % 3
    expected = metric.pearson_gamma_score(X, labels), metric.c_index_score(X, labels)
    monkeypatch.setattr("segbench.metric.prepared.EXACT", 10)
    assert value(euclidean(X), labels, "c_index") is np.nan
    assert (metric.pearson_gamma_score(X, labels), metric.c_index_score(X, labels)) == expected


def test_the_plain_functions_use_the_processors_that_the_process_may(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert processors() == 3
    assert labelled(LINE, HALVES, None).threads == 3 and labelled(LINE, HALVES, 2).threads == 2


@pytest.mark.parametrize("name", EXTERNAL)
def test_the_best_agreement_is_the_highest_that_an_external_score_says(name):
    labels, found = np.array(HALVES, dtype=np.int32), EXTERNAL[name]
    assert found.maximize and found.compute(labels, labels) == pytest.approx(found.high)
    assert found.low <= found.compute(labels, labels[[0, 4, 1, 5, 2, 6, 3, 7]]) < found.high


@pytest.mark.parametrize("X, labels, message", [
    ([[1 + 2j], [0.0]], [0, 1], "finite numbers"),
    ([["1.0"], ["2.0"]], [0, 1], "finite numbers"),
    ([[1.0], [2.0, 3.0]], [0, 1], "finite numbers"),
    (LINE, [np.nan] * len(LINE), "labels: found nan at position 0"),
    (LINE, [0], "labels: found 1, wanted"),
])  # fmt: skip
def test_what_is_no_table_or_no_label_is_refused(X, labels, message):
    with pytest.raises(ValueError, match=message):
        metric.silhouette_score(X, labels)


def test_labels_may_be_of_mixed_kinds_and_threads_at_least_1():
    mixed_labels = ["a" if label else 1.5 for label in HALVES]
    assert metric.dunn_score(LINE, mixed_labels) == metric.dunn_score(LINE, HALVES)
    with pytest.raises(ValueError, match="threads: found 0"):
        metric.dunn_score(LINE, HALVES, threads=0)
