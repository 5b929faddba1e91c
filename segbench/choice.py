"""Which finished trial wins: the rules of `study.choice`.

    best_quality_if_stable  the best validity among trials whose stability (stability_ari, or else
                            the first objective that is one) is at least min_stability
    compact_rank            the least sum of ranks by silhouette, Pearson gamma and WCNN
    separated_rank          the least sum of ranks by DuNN and smallest segment Jaccard
    knee                    of two objectives, the point of the Pareto front farthest above the line
                            between its ends (Das 1999, Struct. Optim. 18, 107-115)
    one_standard_error      the fewest segments among trials whose stability is within one standard
                            error of the best (Breiman et al. 1984, section 3.4.3)
    weighted_sum            the greatest sum of study.weights times objectives

A rule orders the feasible trials that were measured in full. Without a feasible trial the one that
violates the guards least is shown, not eligible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segbench.contracts import Floats, Score
from segbench.metric import COMPOSITES, rank_sum
from segbench.stability import OBJECTIVES
from segbench.trial import STABILITY, Record, Trial, distinct, sign, told, weighted

SHORTLIST = 3
ERRORS = 3
"""Standard errors by which a trial's refits may be off when it is given up."""
RACED = ("best_quality_if_stable", "knee", "weighted_sum")
"""Rules by which a trial that another one beats in every objective never wins."""


@dataclass(frozen=True)
class Terms:
    """What a rule goes by.

    Attributes:
        objectives: score names, the validity first.
        min_stability: of `best_quality_if_stable`.
        weights: of the objectives, where they were tuned as one number.

    """

    objectives: Sequence[str]
    min_stability: float = 0.0
    weights: Sequence[float] | None = None


@dataclass(frozen=True)
class Choice:
    """The trial that the study settles on, the next best, and the reason if it is not plainly best.

    Attributes:
        shortlist: up to three distinct trials, the winner first.

    """

    record: Record
    eligible: bool
    why: str = ""
    shortlist: tuple[Record, ...] = ()


Rule = Callable[[list[Record], Terms], tuple[list[Record], str]]
"""(feasible trials, terms) -> the same ones, best first, and a reason worth printing or ''."""


def choose(records: Sequence[Record], rule: str, terms: Terms) -> Choice | None:
    """The winner by a rule of `RULES`; None if no trial finished. Ties go to the earlier trial."""
    complete = [record for record in records if record.trial is not None]
    feasible = [record for record in complete if _of(record).feasible and not _of(record).stopped]
    if not complete:
        return None
    if not feasible:
        nearest = min(complete, key=lambda record: (_of(record).excess, _of(record).stopped))
        return Choice(nearest, eligible=False)
    order, why = RULES[rule](feasible, terms)
    return Choice(order[0], True, why, tuple(distinct(order)[:SHORTLIST]))


def hopeless(
    scores: Mapping[str, Score], rivals: Sequence[Record], rule: str, terms: Terms
) -> bool:
    """Whether a trial will hardly be chosen any more, as far as its first refits tell.

    Another trial, measured in full, is at least as good in every objective as this one would be
    three standard errors better in what refits say; or, where the rule wants stability, that is not
    enough for this one, and another has enough. Never under rules by which such a trial may win all
    the same, nor with composite objectives, which are made of several refit by refit.

    Args:
        scores: of the trial, so far.
        rivals: finished trials.

    """
    if rule not in RACED or set(terms.objectives) & set(COMPOSITES):
        return False
    full = [r.trial for r in rivals if r.trial and r.trial.feasible and not r.trial.stopped]
    name = stability(terms.objectives)
    if rule == "best_quality_if_stable" and name is not None:
        most = max((told(name, trial.scores[name]) for trial in full), default=-1.0)
        if _at_best(name, scores.get(name)) < terms.min_stability <= most:
            return True
    best = np.array([_at_best(name, scores.get(name)) for name in terms.objectives])
    others = np.array([[sign(name) * told(name, trial.scores[name]) for name in terms.objectives]
                       for trial in full]).reshape(len(full), len(best))  # fmt: skip
    return _dominated(best, others)


def _at_best(name: str, score: Score | None) -> float:
    """The value of an objective that is known, of one from refits what it may be at most."""
    if name not in OBJECTIVES:
        return np.inf if score is None else sign(name) * told(name, score)
    if score is None or score.value is None or score.error is None:
        return 1.0
    return min(score.value + ERRORS * score.error, 1.0)


def validity(objectives: Sequence[str]) -> str:
    """The first objective that is no stability."""
    return next(name for name in objectives if name not in OBJECTIVES)


def stability(objectives: Sequence[str]) -> str | None:
    """The objective that `min_stability` is about: stability_ari, or else the first of its kind."""
    found = [name for name in objectives if name in OBJECTIVES]
    return STABILITY if STABILITY in found else next(iter(found), None)


def by_score(records: Sequence[Record], name: str) -> list[Record]:
    """Best first by one score, by a composite one through the rank sum of its indices."""
    if name in COMPOSITES:
        return _by_ranks(records, COMPOSITES[name].indices)
    return sorted(records, key=lambda record: -_value(record, name))


def _best_quality_if_stable(records: list[Record], terms: Terms) -> tuple[list[Record], str]:
    valid, name = by_score(records, validity(terms.objectives)), stability(terms.objectives)
    if name is None:
        return valid, ""
    stable = [record for record in valid if _value(record, name) >= terms.min_stability]
    if stable:  # the rank sum of a composite is that of the stable ones alone
        stable = by_score(sorted(stable, key=_index), validity(terms.objectives))
    rest = [record for record in by_score(records, name) if record not in stable]
    if stable:
        return stable + rest, ""
    title = "stability" if name == STABILITY else name
    if _of(rest[0]).scores[name].value is None:
        return rest, f"no feasible trial has a {title}"
    return rest, (f"no feasible trial reached {title} {terms.min_stability:g}; this is the most "
                  f"stable one, {_value(rest[0], name):.2f} while tuning")  # fmt: skip


def _rank_rule(composite: str) -> Rule:
    def rule(records: list[Record], _: Terms) -> tuple[list[Record], str]:
        return _by_ranks(records, COMPOSITES[composite].indices), ""

    return rule


def _knee(records: list[Record], terms: Terms) -> tuple[list[Record], str]:
    valid = [_value(record, validity(terms.objectives)) for record in records]
    points = np.array([[_value(record, name) for name in terms.objectives] for record in records])
    front = [i for i, point in enumerate(points) if not _dominated(point, points)]
    spread = np.ptp(points[front], axis=0)
    scaled = np.divide(points - points[front].min(axis=0), spread, out=np.zeros_like(points),
                       where=spread > 0)  # fmt: skip
    # On the scale of the front its ends are (0, 1) and (1, 0): above their line the sum exceeds 1.
    heights = scaled.sum(axis=1)
    # Of a front of one or two points the validity decides, and so it does among equals.
    order = sorted(front, key=lambda i: (-round(float(heights[i]), 12), -valid[i]))
    rest = [record for i, record in enumerate(records) if i not in front]
    return [records[i] for i in order] + by_score(rest, validity(terms.objectives)), ""


def _one_standard_error(records: list[Record], terms: Terms) -> tuple[list[Record], str]:
    name = next(name for name in terms.objectives if name in OBJECTIVES)
    ranked = by_score(records, name)
    least = _value(ranked[0], name) - (_of(ranked[0]).scores[name].error or 0.0)
    within = [record for record in ranked if _value(record, name) >= least]
    valid = validity(terms.objectives)
    within.sort(key=lambda record: (_of(record).k, -_value(record, valid)))
    return within + [record for record in ranked if record not in within], ""


def _weighted_sum(records: list[Record], terms: Terms) -> tuple[list[Record], str]:
    def total(record: Record) -> float:
        return weighted(_of(record), terms.objectives, terms.weights or ())

    return sorted(records, key=lambda record: -total(record)), ""


RULES: Mapping[str, Rule] = {
    "best_quality_if_stable": _best_quality_if_stable,
    "compact_rank": _rank_rule("compact"),
    "separated_rank": _rank_rule("separated"),
    "knee": _knee,
    "one_standard_error": _one_standard_error,
    "weighted_sum": _weighted_sum,
}


def needed(rule: str) -> tuple[str, ...]:
    """Scores that a rule reads beside the objectives."""
    return COMPOSITES[rule.removesuffix("_rank")].indices if rule.endswith("_rank") else ()


def _by_ranks(records: Sequence[Record], indices: Sequence[str]) -> list[Record]:
    trials = [_of(record) for record in records]
    sums = rank_sum([t.scores for t in trials], indices, [t.coverage for t in trials])
    return [records[i] for i in np.argsort(sums, kind="stable")]


def _dominated(point: Floats, points: Floats) -> bool:
    return bool(((points >= point).all(axis=1) & (points > point).any(axis=1)).any())


def _index(record: Record) -> int:
    return record.index


def _of(record: Record) -> Trial:
    assert record.trial is not None
    return record.trial


def _value(record: Record, name: str) -> float:
    """Of which more is better, whatever the score."""
    return sign(name) * told(name, _of(record).scores[name])
