"""Limits that a partition must keep to be ranked: how far it is beyond each, and that in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segbench.contracts import Partition


def guard_violations(
    partition: Partition, guards: Mapping[str, Any], baseline: bool = False
) -> dict[str, float]:
    """How far a partition is beyond each guard; a baseline is exempt from all."""
    shares = partition.shares
    smallest = float(shares.min()) if len(shares) else 0.0
    largest = float(shares.max()) if len(shares) else 0.0
    violations = {
        "min_share": guards["min_share"] - smallest,
        "max_share": largest - guards["max_share"],
        "max_noise": partition.noise / max(len(partition.labels), 1) - guards["max_noise"],
        "k_min": float(guards["k_min"] - partition.k),
        "k_max": float(partition.k - guards["k_max"]),
    }
    return dict.fromkeys(violations, 0.0) if baseline else violations


def describe_violations(violations: Mapping[str, float], partition: Partition) -> str:
    """The violated guards in words, each with what was found."""
    shares = partition.shares
    words = {
        "min_share": f"smallest segment {shares.min() if len(shares) else 0:.1%}",
        "max_share": f"largest segment {shares.max() if len(shares) else 0:.1%}",
        "max_noise": f"noise {1 - partition.coverage:.1%}",
        "k_min": f"{partition.k} segments",
        "k_max": f"{partition.k} segments",
        "undefined": "an objective is undefined",
    }
    return "; ".join(words[name] for name, value in violations.items() if value > 0)
