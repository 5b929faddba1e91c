"""Agreement against scikit-learn, genieclust, brute force, published examples and work by hand."""

from __future__ import annotations

import math
import tracemalloc
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.stats import entropy
from sklearn import metrics

from segbench.errors import Undefined
from segbench.metric.agreement import information, matching
from segbench.metric.agreement.contingency import contingency
from segbench.metric.agreement.element_centric import (
    element_centric_similarity,
    element_centric_similarity_score,
)
from segbench.metric.agreement.information import (
    adjusted_mutual_info,
    adjusted_mutual_info_score,
    normalized_mutual_info,
    normalized_mutual_info_score,
    v_measure,
    v_measure_score,
    variation_of_information,
    variation_of_information_score,
)
from segbench.metric.agreement.matching import (
    normalized_clustering_accuracy,
    normalized_clustering_accuracy_score,
    pair_sets_index,
    psi_score,
)
from segbench.metric.agreement.pair_counting import (
    adjusted_rand,
    adjusted_rand_score,
    fowlkes_mallows,
    fowlkes_mallows_score,
    jaccard,
    jaccard_score,
)

FEW = settings(deadline=None, max_examples=60)
PAIRS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=30)
MATES = [
    (adjusted_rand, metrics.adjusted_rand_score),
    (adjusted_mutual_info, metrics.adjusted_mutual_info_score),
    (normalized_mutual_info, metrics.normalized_mutual_info_score),
    (v_measure, metrics.v_measure_score),
    (fowlkes_mallows, metrics.fowlkes_mallows_score),
]
SYMMETRIC = [*(ours for ours, _ in MATES), jaccard, pair_sets_index, element_centric_similarity]
ALL = [*SYMMETRIC, normalized_clustering_accuracy]
LOWEST = {adjusted_rand: -0.5, adjusted_mutual_info: -1.0, normalized_clustering_accuracy: -1.0}
PUBLIC = {
    adjusted_rand_score: adjusted_rand,
    adjusted_mutual_info_score: adjusted_mutual_info,
    normalized_mutual_info_score: normalized_mutual_info,
    v_measure_score: v_measure,
    fowlkes_mallows_score: fowlkes_mallows,
    jaccard_score: jaccard,
    psi_score: pair_sets_index,
    element_centric_similarity_score: element_centric_similarity,
    variation_of_information_score: variation_of_information,
    normalized_clustering_accuracy_score: normalized_clustering_accuracy,
}


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.array(pairs, dtype=np.int32).T
    return a, b


def noise_apart(labels: np.ndarray) -> np.ndarray:
    """Every noise customer with a label of its own."""
    first = labels.max(initial=0) + 1
    return np.array([first + i if label < 0 else label for i, label in enumerate(labels)])


def crossed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Contingency table, every noise customer with a row or column of its own."""
    (left, i), (right, j) = (
        np.unique(noise_apart(labels), return_inverse=True) for labels in (a, b)
    )
    table = np.zeros((len(left), len(right)), dtype=int)
    np.add.at(table, (i, j), 1)
    return table


def labelled(table: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Two labellings with this contingency table."""
    cells = [
        (i, j) for i, row in enumerate(table) for j, size in enumerate(row) for _ in range(size)
    ]
    return columns(cells)


def value(agree, a: np.ndarray, b: np.ndarray) -> float:
    """The score, NaN where it is undefined."""
    try:
        return agree(a, b)
    except Undefined:
        return math.nan


def close(expected: object, within: float = 1e-12) -> object:
    return pytest.approx(expected, abs=within, nan_ok=True)


YEUNG_RUZZO = [[1, 1, 0], [1, 2, 1], [0, 0, 4]]
BY_HAND = [
    # Yeung & Ruzzo (2001), Details of the adjusted Rand index: 10 objects, 0.313. Pairs: 7 of 13
    # and 14, of 45 in all.
    (adjusted_rand, YEUNG_RUZZO, (7 - 13 * 14 / 45) / (27 / 2 - 13 * 14 / 45)),
    (fowlkes_mallows, YEUNG_RUZZO, 7 / math.sqrt(13 * 14)),
    (jaccard, YEUNG_RUZZO, 7 / (13 + 14 - 7)),
    # Paired 1/2 + 2/4 + 4/5; by chance (4 + 3 + 2) / 10.
    (pair_sets_index, YEUNG_RUZZO, (1.8 - 0.9) / (3 - 0.9)),
    # Shares held 1/2 + 2/4 + 4/4; the other way about 1/2 + 2/3 + 4/5.
    (normalized_clustering_accuracy, YEUNG_RUZZO, (2 - 1) / 2),
    (normalized_clustering_accuracy, np.transpose(YEUNG_RUZZO).tolist(), (59 / 30 - 1) / 2),
    # The example of genieclust's manual.
    (normalized_clustering_accuracy, [[37, 12, 1], [0, 40, 0], [0, 0, 30]], 0.87),
    # Two columns cannot hold three segments: 1 + 1 + 0.
    (normalized_clustering_accuracy, [[4, 0], [0, 4], [0, 4]], 1 / 2),
    # Three columns: 2/4 + 4/4, a fourth of the customers is missed. Four: 1/4 + 1/4.
    (normalized_clustering_accuracy, [[2, 2, 0], [0, 0, 4]], 1 / 2),
    (normalized_clustering_accuracy, [[1, 1, 1, 1], [1, 1, 1, 1]], -1 / 2),
    # No information where all four combinations occur once; by chance log(2) with 1/3, 0 with 2/3.
    (normalized_mutual_info, [[1, 1], [1, 1]], 0),
    (adjusted_mutual_info, [[1, 1], [1, 1]], (0 - 1 / 3) / (1 - 1 / 3)),
    (pair_sets_index, [[1, 1], [1, 1]], 0),
    (adjusted_rand, [[1, 1], [1, 1]], -1 / 2),
    # Entropies of 1 and 1.5 bits share 1.
    (normalized_mutual_info, [[2, 0, 0], [0, 1, 1]], 0.8),
    (v_measure, [[2, 0, 0], [0, 1, 1]], 0.8),
    # Half a bit is left unsaid; customers keep all of 2, 1 of 2 and 1 of 2 in company.
    (variation_of_information, [[2, 0, 0], [0, 1, 1]], math.log(2) / 2),
    (element_centric_similarity, [[2, 0, 0], [0, 1, 1]], 3 / 4),
    (variation_of_information, [[1, 1], [1, 1]], 2 * math.log(2)),
    (element_centric_similarity, [[1, 1], [1, 1]], 1 / 2),
]


@pytest.mark.parametrize("agree, table, expected", BY_HAND)
def test_by_hand(agree, table, expected):
    assert agree(*labelled(table)) == close(expected)


def test_example_of_yeung_and_ruzzo():
    assert round(adjusted_rand(*labelled(YEUNG_RUZZO)), 3) == 0.313


@pytest.mark.parametrize("agree, a, b, expected", [
    # The second segment takes a noise customer for want of a better partner: 2/3 + 1/2 of 4.
    (pair_sets_index, [0, 0, 0, 1, 1], [0, 0, -1, -1, -1], (7 / 6 - 3 / 5) / (4 - 3 / 5)),
    (normalized_clustering_accuracy, [0, 0, 0, 1, 1], [0, 0, -1, -1, -1], 7 / 6 - 1),
    # Noise in both pairs off, 1; noise in the first alone is left over, or leaves the segment so.
    (pair_sets_index, [0, 0, -1, -1], [0, 0, -1, 0], (5 / 3 - 3 / 4) / (3 - 3 / 4)),
    (normalized_clustering_accuracy, [0, 0, -1, -1], [0, 0, -1, 0], (2 - 1) / 2),
    # Pairs: one of 1 and 3; noise is in none.
    (jaccard, [0, 0, -1, -1], [0, 0, -1, 0], 1 / 3),
    (fowlkes_mallows, [0, 0, -1, -1], [0, 0, -1, 0], 1 / math.sqrt(3)),
])  # fmt: skip
def test_noise_by_hand(agree, a, b, expected):
    assert agree(np.array(a, dtype=np.int32), np.array(b, dtype=np.int32)) == close(expected)


@pytest.mark.parametrize("ours, theirs", MATES)
@FEW
@given(pairs=PAIRS)
def test_equals_scikit_learn_with_noise_as_singletons(ours, theirs, pairs):
    a, b = (noise_apart(labels) for labels in columns(pairs))
    expected = theirs(a, b)
    if ours is fowlkes_mallows and len(set(a)) == len(set(b)) == len(a):
        assert expected == 0.0  # n segments twice: the same partition
        expected = 1.0
    assert ours(*columns(pairs)) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("ours, theirs", MATES)
@pytest.mark.parametrize("k", [2, 9, 60])
def test_equals_scikit_learn_on_many_customers(ours, theirs, k):
    rng = np.random.default_rng(k)
    a = rng.integers(-1, k, size=2_000).astype(np.int32)
    b = np.where(rng.random(2_000) < 0.7, a, rng.integers(k + 3, size=2_000)).astype(np.int32)
    expected = theirs(noise_apart(a), noise_apart(b))
    assert ours(a, b) == pytest.approx(expected, abs=1e-10)


@pytest.mark.drill
def test_the_shared_scores_are_scikit_learns_on_a_thousand_pairs():
    shared = [
        (adjusted_rand_score, metrics.adjusted_rand_score),
        (adjusted_mutual_info_score, metrics.adjusted_mutual_info_score),
        (fowlkes_mallows_score, metrics.fowlkes_mallows_score),
        (v_measure_score, metrics.v_measure_score),
        (normalized_mutual_info_score, None),  # V-measure by another name
    ]
    for seed in range(1_000):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 80))
        a, b = (rng.integers(rng.integers(1, 12), size=n) for _ in range(2))
        b = np.where(rng.random(n) < rng.choice([0.0, 0.7, 1.0]), a, b)
        expected = [theirs(a, b) for _, theirs in shared[:4]]
        expected.append(expected[3])
        if len(set(a)) == len(set(b)) == n:
            expected[2] = 1.0  # n segments twice: scikit-learn's 0 is of no pairs
        found = [ours(a, b) for ours, _ in shared]
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-10), seed


@FEW
@given(PAIRS)
def test_variation_of_information_is_a_metric_of_entropies(pairs):
    a, b = (noise_apart(labels) for labels in columns(pairs))
    joint = a.astype(np.int64) * 1000 + b
    h_a, h_b, both = (entropy(np.unique(x, return_counts=True)[1]) for x in (a, b, joint))
    found = variation_of_information(*columns(pairs))
    assert found == close(2 * both - h_a - h_b)
    assert 0 <= found <= math.log(len(a)) + 1e-12
    assert found == close(variation_of_information(*columns([(j, i) for i, j in pairs])))


@FEW
@given(PAIRS, st.floats(0.05, 0.95))
def test_element_centric_similarity_is_that_of_personalised_pagerank(pairs, damping):
    """The definition, on the graph in which all customers of a segment are linked."""
    ranks = []
    for labels in (noise_apart(each) for each in columns(pairs)):
        links = np.equal.outer(labels, labels).astype(float)
        walk = links / links.sum(axis=1, keepdims=True)
        restart = np.eye(len(labels))
        ranks.append((1 - damping) * np.linalg.inv(restart - damping * walk))
    expected = 1 - abs(ranks[0] - ranks[1]).sum(axis=1) / (2 * damping)
    found = element_centric_similarity(*columns(pairs))
    assert found == close(expected.mean(), within=1e-10)


@FEW
@given(PAIRS)
def test_expected_information_is_exact(pairs):
    """The definition, with whole numbers for the hypergeometric distribution."""
    a, b = columns(pairs)
    n, first, second = len(a), *(crossed(a, b).sum(axis=axis) for axis in (1, 0))
    expected = sum(
        math.comb(j, x) * math.comb(n - j, i - x) / math.comb(n, i)
        * x / n * math.log(n * x / (i * j))
        for i in first.tolist() for j in second.tolist()
        for x in range(max(1, i + j - n), min(i, j) + 1)
    )  # fmt: skip
    found = information.expected_information(contingency(a, b))
    assert found == pytest.approx(expected, abs=1e-13)


@FEW
@given(PAIRS)
def test_pairs_are_counted_one_by_one(pairs):
    a, b = (noise_apart(labels) for labels in columns(pairs))
    together = [
        np.equal.outer(labels, labels)[np.triu_indices(len(labels), k=1)] for labels in (a, b)
    ]
    both, either = np.sum(np.logical_and(*together)), np.sum(np.logical_or(*together))
    assert jaccard(*columns(pairs)) == close(both / either if either else 1.0)


def best_sum(weights: np.ndarray) -> float:
    """The best pairing of rows and columns, by trying them all."""
    rows, columns_ = sorted(weights.shape)
    wide = weights if weights.shape == (rows, columns_) else weights.T
    return max(
        sum(wide[i, j] for i, j in enumerate(chosen))
        for chosen in permutations(range(columns_), rows)
    )


FEW_PAIRS = st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=7)


@FEW
@given(FEW_PAIRS)
def test_pairing_is_the_best_of_all(pairs):
    a, b = columns(pairs)
    table = crossed(a, b)
    first, second, n = table.sum(axis=1), table.sum(axis=0), len(a)
    paired = best_sum(table / np.maximum.outer(first, second))
    by_rank = zip(sorted(first, reverse=True), sorted(second, reverse=True), strict=False)
    chance, k = sum(min(pair) for pair in by_rank) / n, max(table.shape)
    psi = 1.0 if k == 1 else max((paired - chance) / (k - chance), 0)
    assert pair_sets_index(a, b) == close(psi)
    k = len(first)
    nca = math.nan if k < 2 else (best_sum(table / first[:, None]) - 1) / (k - 1)
    assert value(normalized_clustering_accuracy, a, b) == close(nca)


@FEW
@given(PAIRS)
def test_equals_genieclust(pairs):
    peer = pytest.importorskip("genieclust").compare_partitions
    a, b = columns(pairs)
    table = crossed(a, b)
    (k, others), most = table.shape, max(table.shape)
    # Filled up with zeros to a square, as its manual has it.
    square = np.zeros((most, most), dtype=int)
    square[:k, :others] = table
    if most > 1:
        assert pair_sets_index(a, b) == close(peer.pair_sets_index(square))
        # An empty row counts as one more reference segment there.
        expected = peer.normalized_clustering_accuracy(square) * (most - 1)
        expected = expected / (k - 1) if k > 1 else math.nan
        assert value(normalized_clustering_accuracy, a, b) == close(expected)


@pytest.mark.parametrize("agree", ALL)
@FEW
@given(pairs=PAIRS)
def test_noise_is_the_same_as_singletons_with_names(agree, pairs):
    a, b = columns(pairs)
    named = noise_apart(a).astype(np.int32), noise_apart(b).astype(np.int32)
    within = 0 if agree is adjusted_rand else 1e-12
    assert value(agree, a, b) == close(value(agree, *named), within)


@pytest.mark.parametrize("agree", SYMMETRIC)
@FEW
@given(pairs=PAIRS)
def test_symmetric(agree, pairs):
    a, b = columns(pairs)
    assert agree(a, b) == close(agree(b, a))


@pytest.mark.parametrize("agree", ALL)
@FEW
@given(pairs=PAIRS)
def test_within_its_range_and_1_for_the_same_partition_alone(agree, pairs):
    a, b = columns(pairs)
    found = value(agree, a, b)
    if (crossed(a, b) > 0).sum() == max(crossed(a, b).shape) == min(crossed(a, b).shape):
        assert found == 1.0 or (math.isnan(found) and len(crossed(a, b)) == 1)
    elif not math.isnan(found):
        assert LOWEST.get(agree, 0.0) <= found < 1.0 - 1e-9


@pytest.mark.parametrize("agree", ALL)
@FEW
@given(pairs=PAIRS, names=st.permutations(range(5)), random=st.randoms())
def test_names_and_order_do_not_matter(agree, pairs, names, random):
    a, b = columns(pairs)
    found = value(agree, a, b)
    # Far apart, so that the names would not fit a full table.
    for step in (1, 10_000):
        renamed = np.where(a >= 0, step * np.array(names, dtype=np.int32)[a], -1).astype(np.int32)
        assert value(agree, renamed, b) == close(found)
        assert value(agree, renamed, step * np.maximum(b, -1)) == close(found)
        assert value(agree, renamed, a) == (
            1.0 if len(crossed(a, a)) > 1 else close(value(agree, a, a))
        )
    order = random.sample(range(len(a)), len(a))
    assert value(agree, a[order], b[order]) == close(found)


@pytest.mark.parametrize("agree", ALL)
def test_labels_may_be_as_large_as_they_come(agree):
    a, b = labelled(YEUNG_RUZZO)
    top = np.iinfo(np.int32).max
    far = np.array([-1, 0, top], dtype=np.int32), np.array([top, top - 1, top - 2], dtype=np.int32)
    assert agree(far[0][a], far[1][b]) == close(agree(a - np.int32(1), b))


@pytest.mark.parametrize("agree", [adjusted_rand, adjusted_mutual_info])
def test_one_labelling_of_n_segments_agrees_by_chance_exactly(agree):
    b = np.random.default_rng(0).integers(300, size=999).astype(np.int32)
    apart = np.full(999, -1, dtype=np.int32)
    assert agree(apart, b) == agree(b, apart) == 0.0


@pytest.mark.parametrize("agree", [pair_sets_index, normalized_clustering_accuracy])
@pytest.mark.parametrize("k, others", [(3, 8), (150, 90), (90, 150), (800, 700)])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_large_tables_are_paired_as_well_as_small_ones(agree, k, others, noise, monkeypatch):
    rng = np.random.default_rng(k)
    a, b = (
        np.where(rng.random(1_500) < noise, -1, rng.integers(most, size=1_500)).astype(np.int32)
        for most in (k, others)
    )
    table = crossed(a, b)
    first, second = table.sum(axis=1), table.sum(axis=0)
    larger = np.maximum.outer(first, second) if agree is pair_sets_index else first[:, None]
    paired = (table / larger)[linear_sum_assignment(table / larger, maximize=True)].sum()
    few, most = sorted(table.shape)
    chance = np.minimum(np.sort(first)[::-1][:few], np.sort(second)[::-1][:few]).sum() / len(a)
    psi, nca = max((paired - chance) / (most - chance), 0), (paired - 1) / (len(first) - 1)
    for limit in (0, 10**9):
        monkeypatch.setattr(matching, "DENSE", limit)
        assert agree(a, b) == close(psi if agree is pair_sets_index else nca)


def measured(agree, a: np.ndarray, b: np.ndarray) -> tuple[float, int]:
    """A score and the bytes that it took at the most."""
    agree(a, b)  # compiles
    tracemalloc.start()
    try:
        return agree(a, b), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    """One half of the customers is noise in one labelling, the other half in the other."""
    half = np.arange(n) < n // 2
    return np.where(half, -1, 0).astype(np.int32), np.where(half, 0, -1).astype(np.int32)


@pytest.mark.parametrize("agree", ALL)
def test_ten_thousand_noise_customers_a_side_fit(agree):
    n, pairs, every = 20_000, math.comb(10_000, 2), math.comb(20_000, 2)
    known = {
        adjusted_rand: -pairs / (every - pairs),
        normalized_mutual_info: 2 * math.log(2) / math.log(2 * n),
        v_measure: 2 * math.log(2) / math.log(2 * n),
        # The segment takes one noise customer, and its counterpart is taken by one.
        normalized_clustering_accuracy: (1 / 10_000 + 1 - 1) / 10_000,
        element_centric_similarity: 1 / 10_000,
    }
    found, peak = measured(agree, *halves(n))
    assert peak < 2e7  # a full table would take 800 MB
    if agree is adjusted_mutual_info:
        smaller = halves(1_000)
        expected = metrics.adjusted_mutual_info_score(*(noise_apart(labels) for labels in smaller))
        assert -1 < found < agree(*smaller) == close(expected, 1e-10)
    else:
        assert found == close(known.get(agree, 0.0))


@pytest.mark.parametrize("agree", ALL)
def test_ten_thousand_segments_of_two_fit(agree):
    """Each segment shares one customer with two of the other labelling."""
    n = 20_000
    a = np.arange(n, dtype=np.int32) // 2
    found, peak = measured(agree, a, np.roll(a, 1))
    assert peak < 2e7
    known = {
        adjusted_rand: -1 / (n - 2),
        adjusted_mutual_info: -1 / (n - 2),
        normalized_mutual_info: math.log(n / 4) / math.log(n / 2),
        v_measure: math.log(n / 4) / math.log(n / 2),
        pair_sets_index: (n / 4 - 1) / (n / 2 - 1),
        normalized_clustering_accuracy: (n / 4 - 1) / (n / 2 - 1),
        element_centric_similarity: 1 / 2,
    }
    assert found == close(known.get(agree, 0.0))


@pytest.mark.parametrize("agree", SYMMETRIC)
@pytest.mark.parametrize("a, b, value", [
    ([0, 0, 0, 0], [0, 0, 0, 0], 1),
    ([-1, -1, -1], [-1, -1, -1], 1),
    ([-1, -1, -1], [0, 1, 2], 1),
    ([0, 0, 0, 0], [0, 0, 1, 1], 0),
    ([-1, -1, -1, -1], [0, 0, 1, 1], 0),
    ([0, 0, 0, 0], [-1, -1, -1, -1], 0),
    ([0], [0], 1),
    ([0], [-1], 1),
    ([0, 0], [1, 1], 1),
    ([0, 1], [-1, -1], 1),
    ([0, 0], [0, 1], 0),
    ([0, 1, 2, 3], [0, 0, 1, 2], 0),
])  # fmt: skip
def test_trivial_labellings(agree, a, b, value):
    a, b = np.array(a, dtype=np.int32), np.array(b, dtype=np.int32)
    if value == 0 and agree not in (adjusted_rand, adjusted_mutual_info):
        assert 0 <= agree(a, b) < 1  # not corrected for chance
    else:
        assert agree(a, b) == value


@pytest.mark.parametrize("agree", [adjusted_rand, adjusted_mutual_info])
@pytest.mark.parametrize("k", [2, 20])
def test_random_labellings_average_zero(agree, k):
    rng = np.random.default_rng(0)
    draws = rng.integers(-1, k, size=(60, 2, 200)).astype(np.int32)
    assert np.mean([agree(a, b) for a, b in draws]) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("agree", ALL)
@pytest.mark.parametrize("labels", [[0, 0, 1], [-1, -1, -1], [0, -1, 0], [3, 3, -1, 7]])
def test_equal_labels_agree(agree, labels):
    labels = np.array(labels, dtype=np.int32)
    assert agree(labels, labels) == 1.0


@pytest.mark.parametrize("agree", ALL)
def test_nobody_cannot_agree(agree):
    nobody = np.array([], dtype=np.int32)
    with pytest.raises(Undefined, match="no customers"):
        agree(nobody, nobody)


@pytest.mark.parametrize("labels", [[0], [-1], [0, 0], [5, 5, 5]])
def test_a_reference_of_one_segment_has_no_accuracy(labels):
    labels = np.array(labels, dtype=np.int32)
    for b in (labels, np.full(len(labels), -1, dtype=np.int32)):
        with pytest.raises(Undefined, match="one segment"):
            normalized_clustering_accuracy(labels, b)
    assert math.isnan(normalized_clustering_accuracy_score(labels, labels))


def test_accuracy_is_not_symmetric():
    a, b = labelled(YEUNG_RUZZO)
    assert normalized_clustering_accuracy(a, b) != close(normalized_clustering_accuracy(b, a), 0.01)


@FEW
@given(PAIRS)
def test_scikit_learns_signature_takes_labels_of_any_kind(pairs):
    a, b = columns(pairs)
    words = [f"segment {label}" for label in a]
    for ours, inner in PUBLIC.items():
        # Here a negative number is a label like any other, as in scikit-learn.
        expected = value(inner, a + np.int32(1), b + np.int32(1))
        assert [ours(words, b), ours(labels_true=words, labels_pred=b)] == close([expected] * 2)
        for theirs in (mate for own, mate in MATES if own is inner):
            if len(set(a)) < len(a):
                assert ours(words, b) == pytest.approx(theirs(words, b), abs=1e-10)


LABELS = [
    ["x", "x", "y", "z"],
    ("x", "x", 1, "1"),
    [0.5, 0.5, -2.0, 7.0],
    [-3, -3, -1, -2],
    [4_000_000_000, 4_000_000_000, 4_000_000_001, 4_000_000_002],
    [-(2**63), -(2**63), 0, 2**63 - 1],
    [2**80, 2**80, 1, 2],
    np.array([127, 127, -128, 0], dtype=np.int8),
    np.array([2, 2, 1, 0], dtype=np.uint64),
    np.array([2**64 - 1, 2**64 - 1, 2**64 - 2, 0], dtype=np.uint64),
    np.array([2**64 - 1, 2**64 - 1, 2**64 - 2, 2**64 - 3], dtype=np.uint64),
    np.array(["x", "x", "y", "nan"]),
    np.array(["2020", "2020", "2021", "2022"], dtype="M8[Y]"),
    pd.Series(["x", "x", "y", "z"], index=[3, 3, 3, 3]),
    pd.Series([1, 1, 2, 3], dtype="Int64"),
    pd.Categorical(["x", "x", "y", "z"]),
]


@pytest.mark.parametrize("labels", LABELS, ids=repr)
@pytest.mark.parametrize("agree", PUBLIC)
def test_kinds_of_labels(agree, labels):
    for other in ([0, 0, 1, 2], [0, 1, 1, 1], [True, True, False, False]):
        assert agree(labels, other) == agree([0, 0, 1, 2], other)
        assert agree(other, labels) == agree(other, [0, 0, 1, 2])


@pytest.mark.parametrize("agree", PUBLIC)
def test_labels_are_left_as_they_were(agree):
    for dtype in (np.int32, np.int64):
        labels = np.array([3, 3, -1, 0], dtype=dtype)
        labels.flags.writeable = False
        agree(labels, labels[::-1])
        agree(np.abs(labels), labels[::-1])
        assert labels.tolist() == [3, 3, -1, 0]


@pytest.mark.parametrize("agree", PUBLIC)
def test_no_labels_have_no_score(agree):
    for nobody in ([], np.array([], dtype=int), pd.Series([], dtype=str)):
        assert math.isnan(agree(nobody, nobody))


@pytest.mark.parametrize("agree", PUBLIC)
@pytest.mark.parametrize("short", [[], [0], [0, 1], ["a", "b", "c", "d"]])
def test_lengths_must_agree(agree, short):
    with pytest.raises(ValueError, match=f"labellings of {len(short)} and 3 customers"):
        agree(short, [0, 1, 2])


@pytest.mark.parametrize("agree", ALL)
def test_lengths_of_labels_inside_must_agree(agree):
    with pytest.raises(ValueError, match="labellings of 2 and 3 customers"):
        agree(np.zeros(2, dtype=np.int32), np.zeros(3, dtype=np.int32))


@pytest.mark.parametrize("labels, found", [
    ([0.0, math.nan, 1.0], "nan at position 1"),
    ([0, 1, None], "None at position 2"),
    (["a", math.nan, "b"], "nan at position 1"),
    (["a", "b", None], "None at position 2"),
    ([pd.NA, 1, 2], "<NA> at position 0"),
    (pd.Series(["a", None, "b"]), "nan at position 1"),
    (pd.Series([1, None, 2], dtype="Int64"), "at position 1"),
    (pd.Categorical(["a", "b", None]), "nan at position 2"),
    (np.array(["2020", "NaT", "2021"], dtype="M8[Y]"), "NaT at position 1"),
    ([[0, 1], [1, 2], [2, 3]], r"shape \(3, 2\)"),
    (7, r"shape \(\)"),
    (None, r"shape \(\)"),
], ids=repr)  # fmt: skip
@pytest.mark.parametrize("agree", PUBLIC)
def test_missing_labels_are_refused_with_their_place(agree, labels, found):
    with pytest.raises(ValueError, match=f"labels_true: found .*{found}"):
        agree(labels, [0, 1, 2])
    with pytest.raises(ValueError, match=f"labels_pred: found .*{found}"):
        agree([0, 1, 2], labels)
