"""k-prototypes for numbers and categories, k-modes for categories alone."""

from segbench.algorithm.kprototypes.estimator import KModes, KPrototypes

__all__ = ["KModes", "KPrototypes"]
