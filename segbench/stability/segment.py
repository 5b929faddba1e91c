"""Which segments come back in refits, and where they come from when there is one segment fewer.

Jaccard recovery as in Hennig (2007, Comput. Stat. Data Anal. 52, 258-271): a segment is dissolved
by a refit at 0.5 or less, recovered at 0.75 or more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import entropy

from segbench.contracts import Floats, Ints, Score
from segbench.stability.interval import mean_interval

DISSOLVED, RECOVERED = 0.5, 0.75


class Recovery(NamedTuple):
    """Of one segment over the refits: its Jaccard recovery, and how often it was lost or found."""

    jaccard: Score
    dissolved: int
    recovered: int
    refits: int


def segment_jaccard(own: Ints, again: Ints, k: int) -> Floats:
    """(k,) the best Jaccard coefficient of each segment with a segment of the other labelling.

    Args:
        own, again: (m,) labels of the same customers, -1 noise.
        k: segments of `own`; one that none of these customers is in has NaN.

    """
    together = shared(own, again, k)
    sizes = np.bincount(own[own >= 0], minlength=k)
    found = np.bincount(again[again >= 0], minlength=together.shape[1])
    union = np.maximum(sizes[:, None] + found[None, :] - together, 1)
    best = (together / union).max(axis=1, initial=0.0)
    return np.where(sizes > 0, best, np.nan)


def shared(own: Ints, again: Ints, k: int) -> np.ndarray:
    """(k, k') customers that segments of two labellings have in common, noise left out."""
    others = int(again.max(initial=-1)) + 1
    both = (own >= 0) & (again >= 0)
    codes = own[both].astype(np.int64) * others + again[both]
    return np.bincount(codes, minlength=k * others).reshape(k, others)


def recoveries(jaccard: Floats) -> list[Recovery]:
    """One of each segment, from (B, k) coefficients; a refit that did not draw it has NaN."""
    found = []
    for column in jaccard.T:
        values = column[~np.isnan(column)]
        # Nothing speaks for a segment that was never drawn.
        score = mean_interval(values, worst=0.0, least=0.0) if len(values) else Score(0.0, 0.0, 1.0)
        lost, back = int((values <= DISSOLVED).sum()), int((values >= RECOVERED).sum())
        found.append(Recovery(score, lost, back, len(values)))
    return found


def weakest(found: list[Recovery]) -> Score:
    """The segment with the least mean recovery."""
    return min((each.jaccard for each in found), key=lambda score: score.value or 0.0)


def stability_across(own: Ints, k: int, coarser: Ints, k_coarser: int) -> list[float | None]:
    """Segment-level stability across solutions (Dolnicar & Leisch 2017, Mark. Lett. 28, 423-436).

    1 - H / log(k'), H being the entropy of how a segment's customers are spread over the k'
    segments of the solution with fewer segments: 1 if it stands there as part of one segment, 0 if
    it is drawn evenly from all of them. None where there is one segment to come from, and for a
    segment whose customers are all noise there.

    Args:
        own, coarser: (n,) labels of the same customers, -1 noise.
        k, k_coarser: their numbers of segments.

    """
    table = shared(own, coarser, k)
    return [
        float(1 - entropy(row) / np.log(k_coarser)) if k_coarser > 1 and row.any() else None
        for row in table
    ]
