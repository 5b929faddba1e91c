"""Where k-prototypes starts: rows of the table, drawn or chosen, as first prototypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from segbench.algorithm.kprototypes.kernels import (
    Columns,
    Prototypes,
    distances,
    typical,
    weighted_sum,
)
from segbench.contracts import Floats, Rows

Rng = np.random.Generator


def start(name: str, columns: Columns, k: int, rng: Rng) -> Prototypes:
    """First prototypes by name: each a row, all of them distinct where that many rows are.

    A value that the row lacks is the mean or mode of its column.

    k-means++   rows drawn by how much they cost so far, the best of a few each time (Arthur &
                Vassilvitskii 2007, SODA, 1027-1035), with the dissimilarity of k-prototypes
    huang       values drawn column by column, each prototype then the row that is nearest to them
                and not yet taken (Huang 1998)
    cao         rows of frequent categories, far from each other (Cao, Liang & Bai 2009, Expert
                Systems with Applications 36, 10223-10228); numbers count in the distance
    random      distinct rows

    Raises:
        ValueError: there is no such start.

    """
    if name not in STARTS:
        raise ValueError(f"init={name!r}: wanted one of {', '.join(STARTS)}, or an array")
    here = _Rows(columns)
    rows = STARTS[name](here, k, rng)
    rows += rows[:1] * (k - len(rows))  # fewer distinct rows than segments
    return here.prototypes(rows)


class _Rows:
    """Rows of a table as prototypes.

    Attributes:
        all: (n, d) and (n, c) of every row; what it lacks is what is typical.

    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.n = len(columns.weights)
        self.share = columns.weights / columns.weights.sum()
        self.reached = np.cumsum(self.share)
        means, modes = typical(columns)
        numbers, codes = columns.numbers.T, columns.codes.T
        self.all = Prototypes(np.where(np.isnan(numbers), means, numbers),
                              np.where(codes < 0, modes, codes))  # fmt: skip

    def draw(self, rng: Rng) -> int:
        """A row, drawn by weight."""
        return int(self.at(self.reached, rng.random(1))[0])

    def at(self, reached: Floats, shares: Floats) -> Rows:
        """The rows at which a running sum passes shares of its end."""
        rows = np.searchsorted(reached, shares * reached[-1], side="right")
        return np.minimum(rows, self.n - 1)

    def prototypes(self, rows: Sequence[int] | Rows) -> Prototypes:
        """Some rows."""
        return Prototypes(self.all.means[rows], self.all.modes[rows])

    def far(self, prototypes: Prototypes) -> Floats:
        """(k, n) dissimilarity of every row to each prototype."""
        out = np.empty((len(prototypes.means), self.n))
        distances(self.columns, prototypes, 0, self.n, out)
        return out

    def far_from(self, row: int) -> Floats:
        """(n,) dissimilarity of every row to one of them."""
        return np.asarray(self.far(self.prototypes([row]))[0])


def _plus_plus(here: _Rows, k: int, rng: Rng) -> list[int]:
    tries = 2 + int(np.log(k))
    rows = [here.draw(rng)]
    least = here.far_from(rows[0])
    while len(rows) < k:
        reached = np.cumsum(least * here.share)
        if not reached[-1] > 0:  # every row is a prototype already
            break
        drawn = here.at(reached, rng.random(tries))
        options = np.minimum(least, here.far(here.prototypes(drawn)))
        best = int(np.argmin([weighted_sum(option, here.share) for option in options]))
        rows.append(int(drawn[best]))
        least = options[best]
    return rows


def _random(here: _Rows, k: int, rng: Rng) -> list[int]:
    order = rng.permutation(np.flatnonzero(here.share > 0))
    rows: list[int] = []
    least = np.full(here.n, np.inf)
    for row in order.tolist():
        if least[row] > 0:
            rows.append(row)
            if len(rows) == k:
                break
            least = np.minimum(least, here.far_from(row))
    return rows


def _huang(here: _Rows, k: int, rng: Rng) -> list[int]:
    rows: list[int] = []
    free = here.share > 0
    while len(rows) < k and free.any():
        means = np.array([[x[here.draw(rng)] for x in here.all.means.T]])
        modes = np.array([[code[here.draw(rng)] for code in here.all.modes.T]], dtype=np.int32)
        far = here.far(Prototypes(means, modes))[0]
        rows.append(int(np.where(free, far, np.inf).argmin()))
        free &= here.far_from(rows[-1]) > 0
    return rows


def _cao(here: _Rows, k: int, rng: Rng) -> list[int]:
    density = np.zeros(here.n)
    for code in here.columns.codes:
        known = code >= 0
        often = np.bincount(code[known], here.share[known], minlength=1)
        density[known] += often[code[known]] / len(here.columns.codes)
    if not len(here.columns.codes):
        density[:] = 1.0
    density[here.share == 0] = -1.0
    rows = [int(density.argmax())]
    least = here.far_from(rows[0]) * density
    while len(rows) < k and least.max() > 0:
        rows.append(int(least.argmax()))
        least = np.minimum(least, here.far_from(rows[-1]) * density)
    return rows


STARTS: dict[str, Callable[[_Rows, int, Rng], list[int]]] = {
    "k-means++": _plus_plus, "huang": _huang, "cao": _cao, "random": _random,
}  # fmt: skip
