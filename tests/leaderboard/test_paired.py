"""Bradley-Terry strengths against published ones and a second implementation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from segbench.leaderboard.paired import elo, strengths, wins

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
BASEBALL = np.array([
    [0, 7, 9, 7, 7, 9, 11], [6, 0, 7, 5, 11, 9, 9], [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10], [6, 2, 6, 7, 0, 7, 12], [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
], dtype=float)  # fmt: skip
PUBLISHED = [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0]
"""American League 1987: Agresti (2002), Categorical Data Analysis, section 10.6."""


def test_published_strengths():
    """Many games leave nothing of the half game that each plays beside them."""
    found = strengths(1e6 * BASEBALL)
    assert found - found[-1] == pytest.approx(PUBLISHED, abs=1e-3)


def test_with_few_games_against_a_minimiser():
    def loss(s: np.ndarray) -> float:
        pairs = np.log1p(np.exp(s[None, :] - s[:, None]))
        return float(
            (BASEBALL * pairs).sum() + 0.5 * (np.logaddexp(0, s) + np.logaddexp(0, -s)).sum()
        )

    found = minimize(loss, np.zeros(7), method="BFGS", options={"gtol": 1e-8}).x
    assert strengths(BASEBALL) == pytest.approx(found - found.mean(), abs=1e-5)


def test_batches_and_starts_change_nothing():
    one = strengths(BASEBALL)
    both = strengths(np.stack([BASEBALL, BASEBALL.T]), start=one)
    assert both[0] == pytest.approx(one, abs=1e-8)
    assert both[1] == pytest.approx(-one, abs=1e-8)


def test_who_never_loses_is_finite_and_above():
    found = strengths(np.array([[0.0, 50.0, 50.0], [0.0, 0.0, 25.0], [0.0, 25.0, 0.0]]))
    assert np.isfinite(found).all() and found[0] > found[1]
    assert found[1] == pytest.approx(found[2])


def test_elo_of_odds():
    a, b = elo(strengths(1e6 * np.array([[0.0, 10.0], [1.0, 0.0]])))
    assert a - b == pytest.approx(400, abs=0.01) and (a + b) / 2 == pytest.approx(1500)


def test_no_result_loses_and_two_without_one_tie():
    (game,) = wins(np.array([[0.5], [-np.inf], [-np.inf], [0.5]]))
    assert game.tolist() == [[0, 1, 1, 0.5], [0, 0, 0.5, 0], [0, 0.5, 0, 0], [0.5, 1, 1, 0]]
