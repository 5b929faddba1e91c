"""How much better a normal distribution for each segment describes the customers than one for all.

Where segments overlap or are stretched, no index of distances finds them; a likelihood does, if
they are anything like normal. It is that of the labels and the customers together (of the
classification), penalised for every parameter as in BIC.
"""

from __future__ import annotations

import math

import numpy as np

from segbench.contracts import Floats, Ints
from segbench.errors import Undefined
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared
from segbench.metric.registry import internal, plain

SINGULAR = 1e-9
"""Share of the largest variance of standardised columns below which there is none."""


@internal(
    "icl", maximize=True, low=None, high=1.0,
    formula="1 - exp(-2 (ICL - ICL of one segment) / (n r)), ICL = sum over segments of m (log(m / "
    "n) - log|S| / 2) - tr(S^-1 W) / 2, less p log(n) / 2; m customers, W scatter matrix, S = (I / "
    "k^(2 / r) + W) / (m + 2 r + 4) in r coordinates whose covariance is I; p = k - 1 + k r + k r "
    "(r + 1) / 2",
    paper="Biernacki, Celeux & Govaert (2000), IEEE PAMI 22, 719-725, of given labels; S as Fraley "
    "& Raftery (2007), J. Classification 24, 155-181, without the shrinkage of means; the scale as "
    "Cox & Snell's R^2",
    undefined="fewer than 2 or n segments; all customers coincide; Gower space",
)  # fmt: skip
def icl(part: Labelled) -> float:
    """Integrated completed likelihood over that of one segment: up to 1, higher is better.

    0: normal segments describe the customers no better, for what they cost in parameters, than one
    normal distribution; below 0 worse. It does not change under any affine map of the coordinates.
    S is the mode under a prior as wide as a k-th of the data, so segments of few or coinciding
    customers have a finite likelihood. Undefined for fewer than 2 segments, a segment per customer,
    and where all coincide.

    >>> round(icl_score([[0.0], [1.0], [2.0], [90.0], [91.0], [92.0]], [0, 0, 0, 1, 1, 1]), 4)
    0.9146

    """
    Z = part.space.keep("whitened", lambda: _whitened(part.space))
    n, r = Z.shape
    gain = _likelihood(Z, part.labels, part.k) - _likelihood(Z, np.zeros(n, dtype=np.int32), 1)
    return -math.expm1(-2 * gain / (n * r))


def _whitened(space: Prepared) -> Floats:
    """(n, r) coordinates whose covariance is the identity; r is the rank of the customers'."""
    spread = np.sqrt((space.X**2).mean(axis=0))
    varies = spread**2 * len(space) > space.rounding
    Z = space.X[:, varies] / spread[varies]
    variance, axes = np.linalg.eigh(Z.T @ Z / len(Z))
    kept = variance > SINGULAR * variance.max(initial=0.0)
    if not kept.any():
        raise Undefined("all customers coincide in this space")
    return np.asarray(Z @ axes[:, kept] / np.sqrt(variance[kept]))


def _likelihood(Z: Floats, labels: Ints, k: int) -> float:
    """ICL, but for what it is with any labels."""
    n, r = Z.shape
    total, prior = 0.0, np.eye(r) * k ** (-2 / r)
    order = np.argsort(labels, kind="stable")
    for members in np.split(Z[order], np.cumsum(np.bincount(labels, minlength=k))[:-1]):
        m = len(members)
        away = members - members.mean(axis=0)
        scatter = away.T @ away
        S = (prior + scatter) / (m + 2 * r + 4)
        total += m * (math.log(m / n) - np.linalg.slogdet(S)[1] / 2)
        total -= float(np.trace(np.linalg.solve(S, scatter))) / 2
    parameters = k - 1 + k * r + k * r * (r + 1) / 2
    return float(total - parameters * math.log(n) / 2)


icl_score = plain("icl")
