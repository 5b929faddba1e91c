"""Objectives of several indices: one number for a trial, a rank sum for the choice."""

from __future__ import annotations

import pytest

from segbench.contracts import Score
from segbench.metric import COMPOSITES, INTERNAL, maximize, rank_sum, worst
from segbench.metric.composite import Composite
from segbench.stability import OBJECTIVES


def scores(**values: float | None) -> dict[str, Score]:
    return {
        name: Score.undefined("because") if value is None else Score(value, space="rank")
        for name, value in values.items()
    }


def test_the_mean_and_the_product():
    found = scores(silhouette=0.2, pearson_gamma=0.4, wcnn=0.9)
    compact = Composite(("silhouette", "pearson_gamma", "wcnn"))
    assert compact.combine(found, 1.0).value == pytest.approx(0.5)
    product = Composite(("silhouette", "wcnn"), product=True)
    assert product.combine(found, 1.0).value == pytest.approx(0.18)


def test_customers_left_out_do_not_pay_and_do_not_mend_a_bad_score():
    both = Composite(("silhouette", "wcnn"))
    assert both.combine(scores(silhouette=0.2, wcnn=0.4), 0.5).value == pytest.approx(0.15)
    assert both.combine(scores(silhouette=-0.8, wcnn=0.4), 0.5).value == pytest.approx(-0.2)


def test_undefined_if_one_of_them_is():
    found = Composite(("silhouette", "wcnn")).combine(scores(silhouette=0.2, wcnn=None), 1.0)
    assert found.value is None and found.why == "wcnn: because"


@pytest.mark.parametrize("name", COMPOSITES)
def test_presets_are_of_scores_that_exist_and_grow_with_quality(name):
    for index in COMPOSITES[name].indices:
        key = index.removesuffix("_z")
        assert key in OBJECTIVES or (INTERNAL[key].maximize or index.endswith("_z"))
    assert maximize(name) and worst(name) == COMPOSITES[name].worst


def test_a_combination_says_in_which_space_it_is():
    both = Composite(("silhouette", "wcnn"))
    assert both.combine(scores(silhouette=0.2, wcnn=0.4), 1.0).space == "rank"
    undefined = {**scores(wcnn=0.4), "silhouette": Score.undefined("because", "gower")}
    assert both.combine(undefined, 1.0).space == "gower"


def test_presets_by_hand():
    found = scores(silhouette=0.2, pearson_gamma=0.4, wcnn=0.9)
    assert COMPOSITES["compact"].combine(found, 1.0).value == pytest.approx(0.5)
    found = scores(dunn_nn=0.5, segment_jaccard_min=0.4)
    assert COMPOSITES["separated"].combine(found, 1.0).value == pytest.approx(0.2)
    found = scores(silhouette_z=-30.0, pearson_gamma_z=-6.0, wcnn_z=0.0)
    assert COMPOSITES["calibrated"].combine(found, 1.0).value == pytest.approx(-12.0)


def test_no_combination_is_worse_than_the_worst():
    for name, low in (
        ("compact", -1.0),
        ("separated", -1.0),
        ("consensus", -1e6),
        ("calibrated", -1e6),
    ):
        found = scores(**dict.fromkeys(COMPOSITES[name].indices, low))
        assert worst(name) <= COMPOSITES[name].combine(found, 1.0).value


def test_rank_sum_ranks_each_index_and_shares_ties():
    candidates = [
        scores(silhouette=0.9, davies_bouldin=2.0),
        scores(silhouette=0.5, davies_bouldin=0.1),  # less is better
        scores(silhouette=0.5, davies_bouldin=None),
    ]
    assert rank_sum(candidates, ["silhouette"], [1] * 3).tolist() == [1, 2.5, 2.5]
    assert rank_sum(candidates, ["davies_bouldin"], [1] * 3).tolist() == [2, 1, 3]
    assert rank_sum(candidates, ["silhouette", "davies_bouldin"], [1] * 3).tolist() == [3, 3.5, 5.5]


def test_leaving_customers_out_wins_no_rank():
    both = [scores(silhouette=0.50, wcnn=0.90), scores(silhouette=0.49, wcnn=0.89)]
    assert rank_sum(both, ["silhouette", "wcnn"], [1.0, 1.0]).tolist() == [2, 4]
    assert rank_sum(both, ["silhouette", "wcnn"], [0.7, 1.0]).tolist() == [4, 2]
    bad = [scores(silhouette=-0.5), scores(silhouette=-0.4)]
    assert rank_sum(bad, ["silhouette"], [0.5, 1.0]).tolist() == [2, 1]
    less_is_better = [scores(davies_bouldin=1.0), scores(davies_bouldin=0.9)]
    assert rank_sum(less_is_better, ["davies_bouldin"], [0.5, 1.0]).tolist() == [2, 1]


def test_worst_is_on_the_losing_side():
    for name, found in INTERNAL.items():
        assert worst(name) == found.worst
        assert (worst(name) <= 0) if maximize(name) else (worst(name) >= 1)
    assert worst("stability_ari") == -1.0 and maximize("segment_jaccard_min")
