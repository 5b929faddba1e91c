"""From Table to Matrix: scikit-learn steps that a yaml in `conf/features` declares."""

from segbench.features.pipeline import FeaturePipeline

__all__ = ["FeaturePipeline"]
