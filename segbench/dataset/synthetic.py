"""Made-up customers whose segments are known: what a pipeline should find when there is something.

Each segment has its own log-normal recency, frequency and monetary value, its own mean age, and its
own preferred channel and region; `spread` widens the segments until they overlap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from segbench.dataset.readers import Raw
from segbench.errors import InputError

CHANNELS = ("branch", "phone", "shop", "web")
REGIONS = ("east", "north", "south", "west")


def blobs(spec: Mapping[str, Any]) -> Raw:
    """Draw `n` customers in `k` segments of unequal size, seeded by `seed`.

    The sha256 is that of the values rounded to six digits, so that it names the data.
    """
    n, k, seed = (_count(spec, name, least) for name, least in (("n", 2), ("k", 1), ("seed", 0)))
    spread = spec.get("spread", 1.0)
    if not isinstance(spread, (int, float)) or not 0 < spread < 100:
        raise InputError("dataset.spread", found=spread, wanted="a number between 0 and 100")
    if k > n:
        raise InputError("dataset.k", found=k, wanted=f"at most the number of customers, {n}")
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.full(k, 8.0))
    segment = np.concatenate([np.arange(k), rng.choice(k, size=n - k, p=weights)])
    centres = rng.normal(0.0, 1.6, size=(k, 4))
    latent = centres[segment] + rng.normal(0.0, 0.45 * spread, size=(n, 4))
    columns: dict[str, npt.NDArray[Any]] = {
        "customer_id": np.array([f"C{i:06d}" for i in range(n)], dtype=object),
        "recency": np.round(np.exp(3.5 + 0.6 * latent[:, 0]), 6),
        "frequency": np.round(np.exp(1.5 + 0.5 * latent[:, 1]), 6),
        "monetary": np.round(np.exp(4.5 + 0.8 * latent[:, 2]), 6),
        "age": np.round(45.0 + 9.0 * latent[:, 3], 6),
        "channel": _levels(rng, segment, k, CHANNELS),
        "region": _levels(rng, segment, k, REGIONS),
        "segment": np.array([f"s{s}" for s in segment], dtype=object),
    }
    digest = hashlib.sha256()
    for name, values in columns.items():
        digest.update(f"{name}\n".encode())
        digest.update("\n".join(map(str, values)).encode())
    return Raw("blobs", columns, np.arange(1, n + 1), digest.hexdigest())


def _levels(
    rng: np.random.Generator, segment: npt.NDArray[Any], k: int, levels: tuple[str, ...]
) -> npt.NDArray[Any]:
    """A level per customer, drawn from its segment's own probabilities."""
    share = rng.dirichlet(np.full(len(levels), 0.4), size=k).cumsum(axis=1)
    drawn = (rng.random(len(segment))[:, None] > share[segment]).sum(axis=1)
    return np.array(levels, dtype=object)[np.minimum(drawn, len(levels) - 1)]


def _count(spec: Mapping[str, Any], name: str, least: int) -> int:
    value = spec.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"dataset.{name}", found=value, wanted=f"an integer of at least {least}")
    return value
