"""What a refit sees in place of the table: the schemes of `study.stability.scheme`.

    bootstrap   the distinct ones of n customers drawn with replacement, about 63 %: copies of a
                customer would make dense spots that a density algorithm takes for segments
    subsample   a share of the customers, drawn without replacement
    noise       all customers, a share of them replaced by noise; these are not compared
    jitter      all customers, each number moved a little
    reseed      all customers, the algorithm with another seed
    features    all customers, a share of the pipeline's columns

The first four follow Hennig (2007, Comput. Stat. Data Anal. 52, 258-271). Noise is uniform within
four standard deviations of a column's mean and within its range, a category uniform over its
levels. Jitter is normal; its standard deviation is a small quantile (0.1 %) of the distances
between the column's values. Where that is 0 because many customers agree, as in counts, and in
ordinal columns and categories, that share of the customers takes the value of a random one instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segbench.contracts import Floats, Matrix, Rows, Table

AMOUNTS = {"bootstrap": None, "subsample": 0.5, "noise": 0.05, "jitter": 0.001, "reseed": None,
           "features": 0.75}  # fmt: skip
"""The schemes, each with what `amount: null` means: a share, or jitter's quantile."""
Rng = np.random.Generator
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Draw:
    """What one refit sees, and which customers it is judged by.

    Attributes:
        table: the customers, possibly changed.
        rows: (m,) who they are, ascending.
        seed: of the refit.
        compared: (m,) False where a customer was replaced.
        columns: share of the pipeline's columns that the algorithm sees.
        number: stream and place in it, which name the draw.

    """

    table: Table
    rows: Rows
    seed: int
    compared: Mask
    columns: float = 1.0
    number: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Resampling:
    """A scheme on a table. Draw i of a stream is the same whatever is refitted on it.

    Attributes:
        scheme: a key of `AMOUNTS`.
        amount: None is the scheme's own.
        seed: of all draws.

    """

    table: Table
    scheme: str
    amount: float | None
    seed: int

    def draw(self, stream: int, i: int) -> Draw:
        """The i-th draw. The study uses stream 0, the report on its winner stream 1."""
        return replace(self._draw(generator(self.seed, stream, i)), number=(stream, i))

    def _draw(self, rng: Rng) -> Draw:
        n = len(self.table)
        share = self._share
        if self.scheme == "bootstrap":
            drawn = np.bincount(rng.integers(n, size=n), minlength=n)
            return self._some(np.flatnonzero(drawn), rng)
        if self.scheme == "subsample":
            size = max(round(share * n), 1)
            return self._some(np.sort(rng.choice(n, size=size, replace=False)), rng)
        seed, rows, kept = _seed(rng), np.arange(n), np.ones(n, dtype=bool)
        if self.scheme == "noise":
            kept = rng.random(n) >= share
            return Draw(noisy(self.table, kept, rng), rows, seed, kept)
        if self.scheme == "jitter":
            return Draw(jittered(self.table, share, rng), rows, seed, kept)
        columns = share if self.scheme == "features" else 1.0
        return Draw(self.table, rows, seed, kept, columns)

    @property
    def _share(self) -> float:
        own = AMOUNTS[self.scheme]
        return (own or 0.0) if self.amount is None else self.amount

    def _some(self, rows: Rows, rng: Rng) -> Draw:
        return Draw(self.table.take(rows), rows, _seed(rng), np.ones(len(rows), dtype=bool))


def _seed(rng: Rng) -> int:
    return int(rng.integers(2**31 - 1))


def generator(seed: int, stream: int, i: int) -> Rng:
    """The random numbers of draw i."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, i)))


def some_columns(matrix: Matrix, share: float, seed: int) -> Matrix:
    """A random share of a matrix's columns, in their order: at least one, and not all.

    Raises:
        ValueError: there is only one.

    """
    d, total = matrix.X.shape[1], len(matrix.names)
    if total < 2:
        raise ValueError("study.stability.scheme=features: the pipeline has only one column")
    rng = np.random.default_rng(seed)
    kept = np.sort(
        rng.choice(total, size=min(max(round(share * total), 1), total - 1), replace=False)
    )
    numeric, codes = kept[kept < d], kept[kept >= d] - d
    rfm = np.flatnonzero(np.isin(numeric, matrix.rfm))
    return Matrix(
        np.ascontiguousarray(matrix.X[:, numeric]), np.ascontiguousarray(matrix.C[:, codes]),
        tuple(matrix.names[j] for j in kept), tuple(matrix.n_levels[j] for j in codes),
        matrix.keys, tuple(rfm.tolist()) if len(rfm) == len(matrix.rfm) else (),
    )  # fmt: skip


def noisy(table: Table, kept: Mask, rng: Rng) -> Table:
    """The table with noise in place of the customers that are not `kept` (n,)."""

    def limits(values: Floats) -> tuple[float, float]:
        around = np.nanmean(values) + 4 * np.nanstd(values) * np.array([-1.0, 1.0])
        low, high = np.clip(around, np.nanmin(values), np.nanmax(values))
        return float(low), float(high)

    def number(values: Floats) -> Floats:
        if np.isnan(values).all():
            return values
        return np.where(kept, values, rng.uniform(*limits(values), size=len(values)))

    def category(codes: Rows, levels: int) -> Rows:
        return np.where(kept, codes, rng.integers(levels, size=len(codes)))

    def level(values: Floats) -> Floats:
        if np.isnan(values).all():
            return values
        low, high = limits(values)
        drawn = rng.integers(np.ceil(low), np.floor(high) + 1, size=len(values))
        return np.where(kept, values, drawn)

    return _changed(table, number, category, level)


def jittered(table: Table, quantile: float, rng: Rng) -> Table:
    """The table with every number moved a little, within its column's observed range."""

    def swapped(values: Any, missing: Mask) -> Any:
        who = rng.integers(len(values), size=len(values))
        moves = (rng.random(len(values)) < quantile) & ~missing & ~missing[who]
        return np.where(moves, values[who], values)

    def number(values: Floats) -> Floats:
        distance, moves = small_distance(values, quantile), rng.normal(size=len(values))
        if not distance:
            return np.asarray(swapped(values, np.isnan(values)))
        return np.clip(values + distance * moves, np.nanmin(values), np.nanmax(values))

    def category(codes: Rows, _: int) -> Rows:
        return np.asarray(swapped(codes, codes < 0))

    def level(values: Floats) -> Floats:
        return np.asarray(swapped(values, np.isnan(values)))

    return _changed(table, number, category, level)


def _changed(
    table: Table, number: Callable[[Floats], Floats], category: Callable[[Rows, int], Rows],
    level: Callable[[Floats], Floats],
) -> Table:  # fmt: skip
    """The table with every column rewritten; what was a level is one afterwards."""
    columns: dict[str, Any] = {}
    for name in table.frame.columns:
        column = table.frame[name]
        if name in table.categorical:
            levels = column.cat.categories
            codes = category(np.asarray(column.cat.codes, dtype=np.intp), len(levels))
            columns[name] = pd.Categorical.from_codes(codes.tolist(), categories=levels)
        else:
            change = level if name in table.ordinal else number
            columns[name] = change(column.to_numpy(np.float64))
    return replace(table, frame=pd.DataFrame(columns, index=table.frame.index))


def small_distance(values: Floats, quantile: float) -> float:
    """A quantile of the n (n - 1) / 2 distances between values, by bisection on sorted ones.

    0 where at least that share of the pairs agree.
    """
    x = np.sort(values[~np.isnan(values)])
    wanted = quantile * len(x) * (len(x) - 1) / 2

    def closer(distance: float) -> int:
        reach = np.searchsorted(x, x + distance, side="right")
        return int((reach - np.arange(1, len(x) + 1)).sum())

    if closer(0.0) >= wanted:
        return 0.0
    low, high = 0.0, float(x[-1] - x[0])
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if closer(middle) >= wanted else (middle, high)
    return high
