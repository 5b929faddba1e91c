"""Algorithms: any scikit-learn-style clusterer that a yaml in `conf/algorithm` names."""

from segbench.algorithm.assigner import (
    DEFAULT_RULE,
    RULES,
    Assigner,
    by_features,
    fidelity,
    rule_for,
)
from segbench.algorithm.clusterer import design, fit_labels, make, spread_out

__all__ = [
    "DEFAULT_RULE",
    "RULES",
    "Assigner",
    "by_features",
    "design",
    "fidelity",
    "fit_labels",
    "make",
    "rule_for",
    "spread_out",
]
