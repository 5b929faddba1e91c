"""Algorithms: any scikit-learn-style clusterer that a yaml in `conf/algorithm` names."""

from segbench.algorithm.clusterer import NO_RULE, design, fit_labels, make, without_rule

__all__ = ["NO_RULE", "design", "fit_labels", "make", "without_rule"]
