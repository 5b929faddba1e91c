"""Stability: do the segments survive another sample of the same customers."""

from segbench.stability.bootstrap import Refit, stability_ari

__all__ = ["Refit", "stability_ari"]
