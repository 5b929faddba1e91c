"""Strengths from pairs: who beats whom, and by how much that says who is best."""

from __future__ import annotations

import numpy as np

from segbench.contracts import Floats

STEPS = 100
"""Newton's steps at most; some ten are taken."""


def strengths(wins: Floats, start: Floats | None = None) -> Floats:
    """Bradley-Terry strengths (..., m) from shares of wins (..., m, m), their mean 0.

    i beats j with probability 1 / (1 + exp(s_j - s_i)); `wins[i, j]` is how often i won, ties half.
    Each also wins half of a game against an opponent of strength 0, and loses the other half: who
    never loses gets a finite strength (Whelan 2017, arXiv:1712.05311). `start` are strengths (m,)
    to begin with.

    Source: Bradley & Terry (1952), Biometrika 39, 324-345. The likelihood is concave and solved by
    Newton's method.

    >>> strengths(np.array([[0.0, 3.0], [1.0, 0.0]])).round(3).tolist()
    [0.474, -0.474]

    """
    games = wins + np.swapaxes(wins, -1, -2)
    m = wins.shape[-1]
    s = np.zeros(wins.shape[:-1])
    if start is not None:
        s += start
    won = wins.sum(axis=-1) + 0.5
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(s[..., None, :] - s[..., :, None]))
        own = 1 / (1 + np.exp(-s))
        gradient = won - (games * p).sum(axis=-1) - own
        weight = games * p * np.swapaxes(p, -1, -2)
        hessian = -weight
        diagonal = np.arange(m)
        hessian[..., diagonal, diagonal] = weight.sum(axis=-1) + own * (1 - own)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        step = np.clip(step, -2, 2)  # from far away a full step may go too far
        s += step
        if np.abs(step).max(initial=0.0) < 1e-10:
            break
    return np.asarray(s - s.mean(axis=-1, keepdims=True))


def elo(strength: Floats) -> Floats:
    """Strengths on Elo's scale: 1500 on average, 400 for odds of 10 to 1.

    >>> elo(np.log([1.0, 10.0]) - np.log(10) / 2).tolist()
    [1300.0, 1700.0]

    """
    return np.asarray(1500 + 400 / np.log(10) * strength)


def wins(Q: Floats) -> Floats:
    """(S, m, m) whether i is better than j, ties half, 0 on the diagonal, from qualities (m, S).

    -inf, no eligible result, loses against every other and ties with itself.
    """
    values = Q.T
    better = (values[:, :, None] > values[:, None, :]) + 0.5 * (
        values[:, :, None] == values[:, None, :]
    )
    m = len(Q)
    better[:, np.arange(m), np.arange(m)] = 0
    return np.asarray(better, dtype=np.float64)
