"""Stability: do the segments survive another sample of the same customers."""

from segbench.stability.prediction import PREDICTED, measure_prediction
from segbench.stability.refits import REFITTED, Refit, Stability, measure
from segbench.stability.resampling import AMOUNTS, Draw, Resampling, generator, some_columns
from segbench.stability.segment import stability_across

OBJECTIVES = (
    "stability_ari",
    "stability_ami",
    "stability_ecs",
    "segment_jaccard_min",
    "customer_consistency",
    "prediction_strength",
    "generalisation_ari",
)
"""Those that a study can be tuned on: more is better, and none is below -1."""

__all__ = [
    "AMOUNTS",
    "OBJECTIVES",
    "PREDICTED",
    "REFITTED",
    "Draw",
    "Refit",
    "Resampling",
    "Stability",
    "generator",
    "measure",
    "measure_prediction",
    "some_columns",
    "stability_across",
]
