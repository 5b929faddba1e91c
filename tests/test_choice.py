"""Which trial wins: each rule on trials made for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_study import BOTH, trial

from segbench.choice import RACED, RULES, Choice, Terms, choose, hopeless, needed
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
        ([trial({}, 0.9, None), None], 0, True, "no feasible trial has a stability"),
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


def so_far(quality: float, high: float) -> dict[str, Score]:
    """Refits say three standard errors less than `high`."""
    return {"quality": Score(quality), "stability_ari": Score(high - 0.3, error=0.1)}


RIVALS = records(trial({}, 0.5, 0.8), None, trial({}, 0.9, 0.6), trial({}, 1.0, 1.0, beyond=0.1),
                 replace(trial({}, 1.0, 1.0), stopped=True))  # fmt: skip


@pytest.mark.parametrize("scores, ends, why", [
    (so_far(0.5, 0.79), True, "another has the same quality and more stability"),
    (so_far(0.4, 0.80), True, "another has more quality and is as stable as this may be"),
    (so_far(0.4, 0.81), False, "may be the more stable one"),
    (so_far(0.5, 0.80), False, "may be as good"),
    (so_far(0.6, 0.79), False, "the better one and maybe stable"),
    (so_far(0.95, 0.76), False, "better than all"),
    (so_far(0.95, 0.74), True, "cannot be stable, and another is"),
])  # fmt: skip
def test_a_trial_ends_when_it_cannot_win(scores: dict, ends: bool, why: str):
    assert hopeless(scores, RIVALS, "best_quality_if_stable", Terms(BOTH, 0.75)) == ends, why


def test_without_a_stable_rival_the_most_stable_one_may_win():
    alone = records(trial({}, 0.9, 0.6))
    assert not hopeless(so_far(0.3, 0.74), alone, "best_quality_if_stable", Terms(BOTH, 0.75))
    assert not hopeless(so_far(0.3, 0.74), [], "best_quality_if_stable", Terms(BOTH, 0.75))
    assert not hopeless(so_far(0.95, 0.74), RIVALS, "knee", Terms(BOTH, 0.75))


@pytest.mark.parametrize("rule", RULES)
def test_a_race_is_for_rules_that_a_beaten_trial_cannot_win_by(rule: str):
    terms = Terms(BOTH, 0.75, weights=[1.0, 1.0])
    assert hopeless(so_far(0.1, 0.2), RIVALS, rule, terms) == (rule in RACED)
    composite = Terms(["compact", "stability_ari"], 0.75)
    assert not hopeless({"stability_ari": Score(0.1, error=0.01)}, RIVALS, rule, composite)


def test_no_race_with_a_composite_objective():
    """It is put together after the refits: nothing is known of it before."""
    terms = Terms(["quality", "calibrated", "stability_ari"])
    scores = {"quality": Score(0.45), "stability_ari": Score(0.5, error=0.0)}
    rival = records(scored(quality=0.5, calibrated=20.0, stability_ari=0.9))
    assert not hopeless(scores, rival, "knee", terms)


def test_another_stability_can_be_what_must_be_enough():
    names = ["quality", "prediction_strength", "segment_jaccard_min"]
    trials = [scored(quality=0.9, prediction_strength=0.7, segment_jaccard_min=0.9),
              scored(quality=0.5, prediction_strength=0.8, segment_jaccard_min=0.1)]  # fmt: skip
    assert by("best_quality_if_stable", *trials, objectives=names) == [1, 0]
    choice = choose(records(trials[0]), "best_quality_if_stable", Terms(names, 0.75))
    assert "reached prediction_strength 0.75" in choice.why
    assert by("best_quality_if_stable", *trials, objectives=[*names, "stability_ari"][:1]) == [0, 1]


def test_the_knee_goes_by_validity_wherever_it_stands():
    two = [trial({}, 0.2, 0.9), trial({}, 0.3, 0.8)]
    assert by("knee", *two) == by("knee", *two, objectives=BOTH[::-1]) == [1, 0]


def test_a_race_where_less_is_better():
    names = ["davies_bouldin", "stability_ari"]
    rival = records(scored(davies_bouldin=0.5, stability_ari=0.8))

    def ends(value: float) -> bool:
        scores = {"davies_bouldin": Score(value), "stability_ari": Score(0.5, error=0.05)}
        return hopeless(scores, rival, "knee", Terms(names))

    assert ends(0.6) and not ends(0.4)


@given(st.lists(outcome, min_size=2, max_size=8), st.randoms())
def test_a_race_never_changes_the_winner_if_the_intervals_hold(trials: list[Trial], random: Any):
    """Each trial in turn ends if it can; its interval contains what all refits would say."""
    terms, run = Terms(BOTH, 0.75), []
    for i, whole in enumerate(trials):
        value = whole.scores["stability_ari"].value
        guess = Score(value - (off := random.random() * 0.3), error=off / 3 + 1e-9)
        seen = {**whole.scores, "stability_ari": guess}
        ends = whole.feasible and hopeless(seen, run, "best_quality_if_stable", terms)
        run.append(Record(i, replace(whole, stopped=True) if ends else whole, {"i": i}))
    with_all = choose(records(*trials), "best_quality_if_stable", terms)
    raced = choose(run, "best_quality_if_stable", terms)
    if with_all.eligible:
        for name in BOTH:
            assert raced.record.trial.scores[name] == with_all.record.trial.scores[name]
