"""All scores of a partition: internal ones in a space, and what outcomes say of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from segbench.contracts import Floats, Outcomes, Partition, Reference, Score
from segbench.errors import Undefined
from segbench.metric.future import epsilon_squared, epsilon_squared_interval
from segbench.metric.labelled import Labelled
from segbench.metric.means import join_noise
from segbench.metric.prepared import Prepared
from segbench.metric.registry import EXTERNAL, INTERNAL, Compute


def score_partition(
    space: Reference | Prepared, partition: Partition, names: Iterable[str], threads: int = 1
) -> dict[str, Score]:
    """Internal scores by name; noise joins its nearest segment first.

    A score without a value is `undefined` with the reason, never an exception.

    Args:
        space: n customers; a Prepared one keeps what partitions share between calls.
        partition: of the same customers.
        names: keys of `INTERNAL`.
        threads: how many work at a time, where `space` does not say so.

    """
    prepared = space if isinstance(space, Prepared) else Prepared(space, threads)
    kind = prepared.reference.kind
    try:
        part = labelled_partition(prepared, partition)
    except Undefined as why:
        return {name: Score.undefined(str(why), kind) for name in names}
    cache: dict[Compute, Score] = {}
    scores = {}
    for name in names:
        metric = INTERNAL[name]
        if metric.compute not in cache:
            cache[metric.compute] = metric.as_score(part)
        found = replace(cache[metric.compute], space=kind, version=metric.version)
        scores[name] = _covered(found, partition.coverage) if metric.coverage else found
    return scores


def labelled_partition(space: Prepared, partition: Partition) -> Labelled:
    """The partition for the internal scores: noise has joined its nearest segment.

    Raises:
        Undefined: there is no segment to join.

    """
    if not partition.k:
        raise Undefined("needs 2 to n - 1 segments, has 0")
    labels = join_noise(space, partition.labels, partition.k)
    return Labelled(space, labels, partition.k)


def _covered(score: Score, coverage: float) -> Score:
    """A bad score must not be improved by leaving customers out."""
    if score.value is None or score.value <= 0:
        return score
    low, high = (None if each is None else each * coverage for each in (score.low, score.high))
    return replace(score, value=score.value * coverage, low=low, high=high)


def score_outcomes(partition: Partition, outcomes: Outcomes, seed: int) -> dict[str, Score]:
    """What only the finished partition may be judged by: known labels and the future.

    With several reference columns the best agreement counts; customers without a reference label
    are left out.
    """
    scores: dict[str, Score] = {}
    if outcomes.reference:
        for name in EXTERNAL:
            scores[name] = best_agreement(name, partition, outcomes)
    if outcomes.future is not None:
        scores["future_eta2"] = _future(partition, outcomes.future, seed)
    return scores


def best_agreement(name: str, partition: Partition, outcomes: Outcomes) -> Score:
    """One external score against the reference column that agrees best."""
    metric = EXTERNAL[name]
    values, why = [], "no reference column has two labels"
    for truth in outcomes.reference.values():
        known = [i for i, label in enumerate(truth) if label is not None]
        levels = {label: code for code, label in enumerate(sorted({truth[i] for i in known}))}
        if len(levels) > 1:
            codes = Partition.from_labels([levels[truth[i]] for i in known]).labels
            try:
                values.append(metric.compute(codes, partition.labels[known]))
            except Undefined as error:
                why = str(error)
    best = Score(max(values)) if values else Score.undefined(why)
    return replace(best, version=metric.version)


def _future(partition: Partition, future: Floats, seed: int) -> Score:
    values = np.sign(future) * np.log1p(np.abs(future))
    try:
        value = epsilon_squared(values, partition.labels)
    except Undefined as why:
        return Score.undefined(str(why))
    low, high = epsilon_squared_interval(values, partition.labels, seed)
    return Score(value, low, high)
