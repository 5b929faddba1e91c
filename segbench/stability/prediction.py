"""Does one half of the customers predict the segments of the other half.

The pipeline is fitted on both halves of a random split; the model of one half assigns the customers
of the other, and their own segments are compared with that assignment. Each split counts both ways.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segbench.contracts import Floats, Ints, Rows, Score
from segbench.machine import mapping
from segbench.metric.agreement.pair_counting import adjusted_rand
from segbench.stability.interval import mean_interval
from segbench.stability.resampling import generator
from segbench.stability.segment import shared

STRENGTH, GENERALISATION = "prediction_strength", "generalisation_ari"
PREDICTED = (STRENGTH, GENERALISATION)
"""Every score that comes from fitting on one half and assigning the other."""
FitAndAssign = Callable[[Rows, Rows, int], tuple[Ints, Ints]]
"""(rows, others, seed) -> labels of `rows` by the pipeline fitted on them, and of `others` by its
rule for new customers, by the same names; -1 noise."""
SPLITS = 1 << 16
"""Added to the stream, so that no split has the random numbers of a resample."""


def measure_prediction(
    fit: FitAndAssign, n: int, splits: int, seed: int, *, stream: int = 0, threads: int = 1
) -> dict[str, Score]:
    """Prediction strength, and the ARI of assigned with own segments.

    Args:
        fit: fits the whole pipeline on some customers and assigns others.
        n: number of customers, at least 4.
        splits: number of random splits, at least 2.
        seed, stream: decide the splits.
        threads: splits at a time; nothing depends on it.

    Returns:
        Means with 95 % intervals over the splits. A split in which a half has no segment of two
        customers has no prediction strength; it is undefined where no split has one. A split for
        which the algorithm has no partition is worth 0 in both.

    Raises:
        ValueError: the algorithm's own, if it has none for any split.

    """

    def one(i: int) -> tuple[float, float] | ValueError:
        rng = generator(seed, SPLITS + stream, i)
        order = rng.permutation(n)
        first, second = np.sort(order[: n // 2]), np.sort(order[n // 2 :])
        seeds = rng.integers(2**31 - 1, size=2).tolist()
        try:
            a, assigned_b = fit(first, second, seeds[0])
            b, assigned_a = fit(second, first, seeds[1])
        except ValueError as error:
            return error
        both = ((a, assigned_a), (b, assigned_b))
        return (float(np.mean([prediction_strength(*pair) for pair in both])),
                float(np.mean([adjusted_rand(*pair) for pair in both])))  # fmt: skip

    with mapping(threads) as apply:
        outcomes = list(apply(one, range(splits)))
    errors = [each for each in outcomes if isinstance(each, ValueError)]
    if len(errors) == splits:
        raise errors[0]
    found = np.array([(0.0, 0.0) if isinstance(each, ValueError) else each for each in outcomes])
    defined: Floats = found[~np.isnan(found[:, 0]), 0]
    strength = (
        mean_interval(defined, worst=0.0, least=0.0)
        if len(defined)
        else Score.undefined("no segment of a half has two customers")
    )
    return {STRENGTH: strength, GENERALISATION: mean_interval(found[:, 1], 0.0, -0.5)}


def prediction_strength(own: Ints, assigned: Ints) -> float:
    """Prediction strength (Tibshirani & Walther 2005, J. Comput. Graph. Stat. 14, 511-528).

    The share of the pairs of customers in one segment who are assigned together, in the segment
    where it is least. 0 to 1; NaN if no segment has two customers. A customer assigned to no
    segment is together with nobody.

    Args:
        own: (m,) segments found among these customers, -1 noise.
        assigned: (m,) segments that the other half's model gives them, -1 noise.

    """
    k = int(own.max(initial=-1)) + 1
    sizes = np.bincount(own[own >= 0], minlength=k).astype(np.float64)
    table = shared(own, assigned, k).astype(np.float64)
    together = (table * (table - 1)).sum(axis=1)
    pairs = sizes * (sizes - 1)
    return float((together[pairs > 0] / pairs[pairs > 0]).min()) if (pairs > 0).any() else np.nan
