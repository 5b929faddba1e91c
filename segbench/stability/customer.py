"""Which customers stay with their segment in refits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from segbench.contracts import Floats, Ints
from segbench.stability.segment import shared

UNSURE = 0.75
"""A customer that stays in fewer of the refits that drew it is unsure."""


def stays(own: Ints, again: Ints, k: int) -> npt.NDArray[np.bool_]:
    """(m,) whether a refit puts each customer into the partner of its segment.

    Segments are paired one to one so that as many customers as possible stay: of two segments that
    a refit merges one stays, of one that it splits the larger part. Noise stays noise.

    Args:
        own, again: (m,) labels of the same customers, -1 noise.
        k: segments of `own`.

    """
    table = shared(own, again, k)
    partner = np.full(k + 1, -2)
    mine, theirs = linear_sum_assignment(table, maximize=True)
    partner[mine] = theirs
    partner[k] = -1  # which is label -1 of `own`
    return np.asarray(partner[own] == again)


def consistency(n: int, rows: list[npt.NDArray[np.intp]], kept: list[npt.NDArray[np.bool_]]
                ) -> Floats:  # fmt: skip
    """(n,) share of the refits that drew a customer in which it stayed; NaN if none did.

    Args:
        rows: of each refit, the customers that it is judged by.
        kept: of each refit, which of these stayed.

    """
    drawn, stayed = np.zeros(n), np.zeros(n)
    for customers, same in zip(rows, kept, strict=True):
        drawn[customers] += 1
        stayed[customers] += same
    return np.divide(stayed, drawn, out=np.full(n, np.nan), where=drawn > 0)


def describe(shares: Floats | None) -> dict[str, float | int] | None:
    """How many customers are unsure or were never drawn, and quantiles of the others' shares."""
    if shares is None:
        return None
    drawn = shares[~np.isnan(shares)]
    names = {"q05": 0.05, "q25": 0.25, "median": 0.5}
    quantiles = {name: float(np.quantile(drawn, at)) for name, at in names.items() if len(drawn)}
    return {"unsure": float((drawn < UNSURE).mean()) if len(drawn) else 0.0,
            "never_drawn": len(shares) - len(drawn), **quantiles}  # fmt: skip
