"""Algorithms: any scikit-learn-style clusterer that a yaml in `conf/algorithm` names."""

from segbench.algorithm.clusterer import design, fit_labels, make

__all__ = ["design", "fit_labels", "make"]
