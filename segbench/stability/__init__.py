"""Stability: do the segments survive another sample of the same customers."""

from segbench.stability.bootstrap import RESAMPLED, Refit, bootstrap_stability

__all__ = ["RESAMPLED", "Refit", "bootstrap_stability"]
