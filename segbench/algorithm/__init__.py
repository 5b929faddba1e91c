"""Algorithms: any scikit-learn-style clusterer that a yaml in `conf/algorithm` names."""

from segbench.algorithm.assigner import (
    RULES,
    Assigner,
    Rule,
    by_features,
    fidelity,
    rule_for,
    rule_name,
)
from segbench.algorithm.clusterer import INPUTS, design, fit_labels, make, spread_out

__all__ = [
    "INPUTS",
    "RULES",
    "Assigner",
    "Rule",
    "by_features",
    "design",
    "fidelity",
    "fit_labels",
    "make",
    "rule_for",
    "rule_name",
    "spread_out",
]
