"""Rules that choose among candidates without labels, and what each choice loses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from scipy.stats import rankdata, spearmanr
from scoring import Scored

from segbench.contracts import Floats
from segbench.metric import INTERNAL

SHOWN = 3  # how many of a ranking a person would look at
RESAMPLES = 2_000
RULES: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in INTERNAL},
    "compact": ("silhouette", "pearson_gamma", "wcnn"),
    "consensus": ("silhouette", "dbcv", "icl"),
    "separated": ("dunn_nn",),  # its other half, the smallest segment Jaccard, needs refits
    "balanced": ("pearson_gamma", "dbcv", "entropy"),  # found by search.py on the real tables
}
"""The criteria whose ranks are added; one alone ranks by itself. What is not there is left out."""


@dataclass(frozen=True)
class Loss:
    """What a rule loses on one set: best ARI of all candidates, less the ARI of the pick.

    Attributes:
        pick, top: under the guards: of the first, and of the best among the first `SHOWN`.
        unguarded: of the first without guards; `degenerate` tells whether a guard is violated.
        rho: Spearman correlation with the ARI over the eligible candidates.

    """

    pick: float
    top: float
    unguarded: float
    degenerate: float
    rho: float


def available() -> dict[str, tuple[str, ...]]:
    """The rules whose criteria are all registered."""
    return {name: parts for name, parts in RULES.items() if set(parts) <= set(INTERNAL)}


def loss(one: Scored, scores: Mapping[str, Floats], parts: Sequence[str]) -> Loss | None:
    """Of a rule on a set; None where a criterion has no value on any candidate."""
    if any(np.isnan(scores[name]).all() for name in parts):
        return None
    best, everything = one.ari.max(), np.arange(len(one.ari))
    allowed = np.flatnonzero(one.eligible)
    free = everything[ranking(scores, parts, everything)[0]]
    if not len(allowed):  # nothing may be ranked: as good as no segmentation
        return Loss(best, best, best - one.ari[free], 1.0, np.nan)
    order = allowed[ranking(scores, parts, allowed)]
    merits = merit(scores, parts, allowed)
    varied = len(np.unique(merits)) > 1 and len(np.unique(one.ari[allowed])) > 1
    return Loss(
        pick=best - one.ari[order[0]],
        top=best - one.ari[order[:SHOWN]].max(),
        unguarded=best - one.ari[free],
        degenerate=float(not one.eligible[free]),
        rho=float(spearmanr(merits, one.ari[allowed]).statistic) if varied else np.nan,
    )


def ranking(scores: Mapping[str, Floats], parts: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """Positions in `rows`, the best first; ties in their order, which was drawn by lot."""
    return np.argsort(-merit(scores, parts, rows), kind="stable")


def merit(scores: Mapping[str, Floats], parts: Sequence[str], rows: np.ndarray) -> Floats:
    """Sum over the criteria of the rank among `rows`; undefined ranks last."""
    filled = (np.nan_to_num(scores[name][rows], nan=-np.inf, neginf=-np.inf) for name in parts)
    return np.sum([rankdata(each) for each in filled], axis=0)


def yardsticks() -> dict[str, Callable[[Scored], Loss]]:
    """What the rules are measured against; none of them is a rule that one could use."""
    return {"k-means at the true k": true_k, "a random pick": by_lot, "the best eligible": oracle}


def true_k(one: Scored) -> Loss:
    lost = one.ari.max() - one.at_true_k
    return Loss(lost, np.nan, lost, np.nan, np.nan)


def by_lot(one: Scored) -> Loss:
    """Expected losses of one, and of the best of three, drawn from the eligible."""
    allowed, best = np.sort(one.ari[one.eligible]), one.ari.max()
    shown = min(SHOWN, len(allowed))
    if not shown:
        return Loss(best, best, best - one.ari.mean(), float((~one.eligible).mean()), np.nan)
    ways = [comb(i, shown - 1) / comb(len(allowed), shown) for i in range(len(allowed))]
    return Loss(best - allowed.mean(), best - float(np.dot(ways, allowed)),
                best - one.ari.mean(), float((~one.eligible).mean()), np.nan)  # fmt: skip


def oracle(one: Scored) -> Loss:
    lost = one.ari.max() - one.ari[one.eligible].max(initial=0.0)
    return Loss(lost, lost, 0.0, np.nan, np.nan)


def interval(values: Floats) -> tuple[float, float, float]:
    """Mean, and 95 % percentile bootstrap interval over the sets."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)
