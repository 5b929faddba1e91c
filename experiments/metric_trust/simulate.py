"""Simulated mixtures whose overlap, balance and shape vary; every draw from one seed.

The components are normal, or (in other draws, so that what was chosen on the normal ones is tried
on sets that had no say) have heavy tails or are skewed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

SETS = 80
SEED = 20_240
ELONGATIONS = (1.0, 3.0, 9.0)  # longest axis of a component over its shortest
LEAST = 0.03  # share of the smallest component, so that the truth itself passes the guards

Floats = npt.NDArray[np.float64]


def normal(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    return rng.normal(size=size)


def heavy(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Student's t with 3 degrees of freedom, of variance 1."""
    return rng.standard_t(3, size=size) / np.sqrt(3)


def skewed(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Exponential, of mean 0 and variance 1."""
    return rng.exponential(size=size) - 1


Noise = Callable[[np.random.Generator, tuple[int, int]], Floats]
KINDS: dict[str, tuple[Noise, int, list[int]]] = {
    "simulated": (normal, SETS, [SEED]),
    "heavy": (heavy, SETS // 2, [SEED, 1]),
    "skewed": (skewed, SETS // 2, [SEED, 2]),
}
"""For each group: its noise, how many sets, the first words of their seeds."""


def mixtures(group: str) -> Iterator[tuple[str, Floats, npt.NDArray[np.int64]]]:
    """(name, which ends in the elongation; X (n, d); component of each point) of each set."""
    noise, sets, seed = KINDS[group]
    for i in range(sets):
        yield mixture(i, np.random.default_rng([*seed, i]), noise)


def mixture(
    i: int, rng: np.random.Generator, noise: Noise
) -> tuple[str, Floats, npt.NDArray[np.int64]]:
    """One set: 300-1,000 points, 2-10 dimensions, 2-8 components."""
    n, d, k = (int(rng.integers(low, high + 1)) for low, high in ((300, 1000), (2, 10), (2, 8)))
    separation = rng.uniform(0.8, 2.5)
    elongation, concentration = rng.choice(ELONGATIONS), rng.choice([30.0, 2.0])
    weights = LEAST + (1 - LEAST * k) * rng.dirichlet(np.full(k, concentration))
    roots = np.array([root(rng, d, elongation) for _ in range(k)])
    centres = apart(scattered(rng, k, d), roots, separation)
    truth = np.concatenate([np.repeat(np.arange(k), 3), rng.choice(k, n - 3 * k, p=weights)])
    X = centres[truth] + np.einsum("nij,nj->ni", roots[truth], noise(rng, (n, d)))
    return f"s{i:02d}_n{n}_d{d}_k{k}_e{elongation:.0f}", X, truth


def root(rng: np.random.Generator, d: int, elongation: float) -> Floats:
    """A (d, d) factor of a covariance: longest axis over shortest, and size, vary."""
    axes = np.geomspace(1.0, 1 / elongation, d)
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return rotation * axes / np.sqrt((axes**2).mean()) * np.exp(rng.normal(0.0, 0.25))


def scattered(rng: np.random.Generator, k: int, d: int) -> Floats:
    """k centres, each the farthest of ten draws from those before it.

    Drawn freely they form groups of groups, of which a partition into the groups is as good.
    """
    centres = rng.normal(size=(1, d))
    while len(centres) < k:
        draws = rng.normal(size=(10, d))
        gaps = np.linalg.norm(draws[:, None] - centres, axis=2).min(axis=1)
        centres = np.vstack([centres, draws[gaps.argmax()]])
    return centres


def apart(centres: Floats, roots: Floats, separation: float) -> Floats:
    """Scale the centres until the closest two are `separation` apart.

    The distance of two centres counts in standard deviations of both components along the line
    that joins them: at 1 they overlap visibly, at 2 by about 2 %.
    """
    closest = np.inf
    for a in range(len(centres)):
        for b in range(a):
            line = centres[a] - centres[b]
            length = float(np.linalg.norm(line))
            spread = sum(float(np.linalg.norm(roots[c].T @ line)) / length for c in (a, b))
            closest = min(closest, length / spread)
    return centres * separation / closest
