"""Which trial wins: each rule on trials made for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_study import BOTH, trial

from segbench.choice import RULES, Choice, Terms, choose, needed
from segbench.contracts import Score
from segbench.metric import COMPOSITES
from segbench.trial import Record, Trial


def records(*trials: Trial | None) -> list[Record]:
    return [Record(i, t, {"i": i}, "" if t else "boom") for i, t in enumerate(trials)]


def stable_choice(*trials: Trial | None) -> Choice | None:
    return choose(records(*trials), "best_quality_if_stable", Terms(BOTH, 0.75))


def by(rule: str, *trials: Trial, objectives: Any = BOTH, **terms: Any) -> list[int]:
    """The shortlist, as positions."""
    choice = choose(records(*trials), rule, Terms(objectives, 0.75, **terms))
    assert choice.eligible and choice.record == choice.shortlist[0]
    return [record.index for record in choice.shortlist]


def scored(**values: float | None) -> Trial:
    scores = {name: Score.undefined("-") if value is None else Score(value)
              for name, value in values.items()}  # fmt: skip
    return Trial({}, scores, {"g": -1.0}, 3, 0, False, 0.1)


@pytest.mark.parametrize(
    ("trials", "index", "eligible", "why"),
    [
        ([trial({}, 0.9, 0.5), trial({}, 0.4, 0.8), trial({}, 0.3, 0.99)], 1, True, ""),
        ([trial({}, 0.9, 0.5), trial({}, 0.4, 0.7), None], 1, True, "most stable"),
        ([trial({}, 0.9, 0.9, beyond=0.1), trial({}, 0.1, 0.8)], 1, True, ""),
        ([trial({}, 0.9, None, beyond=0.3), trial({}, 0.1, None, beyond=0.1)], 1, False, ""),
        ([None, trial({}, 0.2, 0.75)], 1, True, ""),
        ([trial({}, 0.5, 0.8), trial({}, 0.5, 0.9)], 0, True, ""),
    ],
)
def test_choice(trials: list, index: int, eligible: bool, why: str):
    choice = stable_choice(*trials)
    assert (choice.record.index, choice.eligible) == (index, eligible)
    assert why in choice.why and bool(why) == bool(choice.why)


def test_no_finished_trial_no_choice():
    assert stable_choice(None, None) is None


def test_lower_is_better_where_the_metric_says_so():
    def db(value: float) -> Trial:
        return Trial({}, {"davies_bouldin": Score(value)}, {"g": -1.0}, 2, 0, False, 0.1)

    assert (
        by("best_quality_if_stable", db(2.0), db(0.5), db(1.0), objectives=["davies_bouldin"])[0]
        == 1
    )


outcome = st.builds(
    trial, st.just({}), st.floats(-1, 1), st.floats(-0.5, 1), st.sampled_from([-1.0, 0.0, 0.2])
)


@given(st.lists(outcome, min_size=1, max_size=8))
def test_choice_never_violates_a_guard_while_another_trial_does_not(trials: list[Trial]):
    choice = stable_choice(*trials)
    assert choice.eligible == any(t.feasible for t in trials) == choice.record.trial.feasible
    stable = [t.scores["quality"].value for t in trials
              if t.feasible and t.scores["stability_ari"].value >= 0.75]  # fmt: skip
    if stable:
        assert choice.record.trial.scores["quality"].value == max(stable)


def test_the_shortlist_is_the_first_three_distinct_ones():
    trials = [trial({}, q, s) for q, s in ((0.3, 0.8), (0.9, 0.1), (0.5, 0.9), (0.5, 0.9))]
    assert by("best_quality_if_stable", *trials) == [2, 3, 0]
    same = [Record(i, t, {"x": min(i, 2)}) for i, t in enumerate(trials)]
    choice = choose(same, "best_quality_if_stable", Terms(BOTH, 0.75))
    assert [record.index for record in choice.shortlist] == [2, 0, 1]


def test_ranks_add_up_over_the_indices_of_the_rule():
    trials = [scored(silhouette=0.5, pearson_gamma=0.1, wcnn=0.1),
              scored(silhouette=0.4, pearson_gamma=0.3, wcnn=0.2),
              scored(silhouette=0.1, pearson_gamma=0.2, wcnn=None)]  # fmt: skip
    assert by("compact_rank", *trials) == [1, 0, 2]  # 1 + 3 + 2, 2 + 1 + 1, 3 + 2 + 3
    trials = [scored(dunn_nn=0.5, segment_jaccard_min=0.1, quality=9.0),
              scored(dunn_nn=0.6, segment_jaccard_min=0.2, quality=0.0)]  # fmt: skip
    assert by("separated_rank", *trials) == [1, 0]
    assert needed("separated_rank") == COMPOSITES["separated"].indices
    assert needed("knee") == ()


def test_the_knee_is_farthest_above_the_line_between_the_ends():
    front = [trial({}, 0.9, 0.2), trial({}, 0.8, 0.7), trial({}, 0.5, 0.8), trial({}, 0.1, 0.9)]
    inside = trial({}, 0.75, 0.65)
    assert by("knee", *front, inside) == [1, 2, 0]


@pytest.mark.parametrize("order", [1, -1])
def test_a_front_of_one_or_two_points_goes_by_validity(order: int):
    two = [trial({}, 0.9, 0.2), trial({}, 0.3, 0.8)][::order]
    winner = choose(records(*two), "knee", Terms(BOTH)).record.trial
    assert winner.scores["quality"].value == 0.9
    one = [trial({}, 0.9, 0.8), trial({}, 0.3, 0.7)][::order]
    assert choose(records(*one), "knee", Terms(BOTH)).record.trial.scores["quality"].value == 0.9
    assert by("knee", trial({}, 0.5, 0.5), trial({}, 0.5, 0.5)) == [0, 1], "equal points"


def test_the_knee_where_less_is_better():
    trials = [scored(davies_bouldin=db, stability_ari=s)
              for db, s in ((0.1, 0.2), (0.2, 0.7), (0.9, 0.9))]  # fmt: skip
    assert by("knee", *trials, objectives=["davies_bouldin", "stability_ari"]) == [1, 0, 2]


def of_k(k: int, quality: float, stability: float, error: float) -> Trial:
    score = Score(stability, error=error)
    return replace(trial({}, quality), k=k, scores={"quality": Score(quality),
                                                    "stability_ari": score})  # fmt: skip


def test_the_simplest_within_one_standard_error_of_the_most_stable():
    trials = [of_k(5, 0.9, 0.90, 0.04), of_k(4, 0.2, 0.87, 0.5), of_k(4, 0.3, 0.86, 0.5),
              of_k(2, 0.9, 0.85, 0.5)]  # fmt: skip
    assert by("one_standard_error", *trials) == [2, 1, 0]


def test_a_weighted_sum_and_its_directions():
    trials = [scored(davies_bouldin=2.0, stability_ari=0.9),
              scored(davies_bouldin=1.0, stability_ari=0.6)]  # fmt: skip
    names = ["davies_bouldin", "stability_ari"]
    assert by("weighted_sum", *trials, objectives=names, weights=[0.1, 1.0]) == [0, 1]
    assert by("weighted_sum", *trials, objectives=names, weights=[1.0, 1.0]) == [1, 0]


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_chooses_what_was_stopped_or_violates_a_guard(rule: str):
    names = {name for composite in COMPOSITES.values() for name in composite.indices}
    full = {**dict.fromkeys(names, 0.1), "quality": 0.1, "stability_ari": 0.1}
    good, better = scored(**full), scored(**dict.fromkeys(full, 0.9))
    stopped, beyond = replace(better, stopped=True), replace(better, violations={"g": 0.1})
    terms = Terms(BOTH, 0.75, weights=[1.0, 1.0])
    assert choose(records(stopped, beyond, good), rule, terms).record.index == 2
    none = choose(records(stopped, beyond), rule, terms)
    assert not none.eligible and none.shortlist == ()
