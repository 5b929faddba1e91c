"""A column's distribution with its modes smoothed into one.

Silverman (1981, J. R. Stat. Soc. B 43, 97-99) smooths a sample just until its density has a single
mode. Here the smoothing is a flow of heat between cells, on the scale on which the column is
nearest to normal. The cells are wider in the tails: with one width for all, a few customers far
out, each a mode of its own, would have the whole column smoothed away. What the flow adds to the
variance is then taken back, as in Silverman's test; what it takes, where modes were at the ends of
the range, is not: with one mode within the same range there may be no such variance.

A value that many customers share, such as no spend at all, is no mode and keeps its share, and so
do values farther out than any cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import dct, idct
from scipy.special import ndtr

from segbench.contracts import Floats
from segbench.structure.scale import Scale

CELLS = 256
SPIKE = 0.05
"""Share of the customers from which a single value counts as shared by many."""
COARSE = 50
"""Steps up to which a rounded column has levels, which are smoothed, and not spikes."""
COUNTS = 10
"""Steps beyond which its ends, if in excess, are no answers but none, and so many or more."""
FAR = 6.0
"""Standard deviations beyond which a customer is far out."""


@dataclass(frozen=True)
class Margin:
    """One column.

    Attributes:
        scale: on which most customers are nearest to normal; None for a constant column.
        low, high: the observed range, in the column's units.
        step: the column's values are `low` plus multiples of it; 0: it is not rounded.
        ends: of the smoothed part, on the scale.
        knots, cumulated: (m,) points on the scale, and the share of the customers up to each; a
            point with a share of its own stands there twice.
        kept, kept_at: (a,) values with a share of their own, and where they are on the scale.
        spiked: some of these are shared by many.

    """

    scale: Scale | None
    low: float
    high: float
    step: float
    ends: tuple[float, float]
    knots: Floats
    cumulated: Floats
    kept: Floats
    kept_at: Floats
    spiked: bool

    @classmethod
    def of(cls, values: Floats) -> Margin:
        """Of (n,) finite values; a column without values is 0."""
        distinct, counts = np.unique(values, return_counts=True)
        if len(distinct) < 2:
            low = float(distinct[0]) if len(distinct) else 0.0
            none, whole = np.empty(0), np.array([0.0, 1.0])
            return cls(None, low, low, 0.0, (0.0, 0.0), whole, whole, none, none, False)
        low, high, step = float(distinct[0]), float(distinct[-1]), _step(distinct)
        shares = counts / len(values)
        spikes = _shared(distinct, shares, step)
        others = values if spikes.all() else values[~np.isin(values, distinct[spikes])]
        scale = Scale.of(others, distinct)
        at = scale.to(distinct)
        alone = spikes | (np.abs(at) > FAR)
        edges, mass = np.zeros(2), np.zeros(1)
        if not alone.all():
            # A rounded value stands for all that are rounded to it.
            around = distinct[~alone, None] + np.array([-step / 2, step / 2])
            edges, mass = _smoothed(scale.to(around), shares[~alone])
        knots, cumulated = _cumulated(edges, mass, at[alone], shares[alone])
        ends = (float(edges[0]), float(edges[-1]))
        return cls(scale, low, high, step, ends, knots, cumulated, distinct[alone],
                   at[alone], bool(spikes.any()))  # fmt: skip

    def quantile(self, u: Floats) -> Floats:
        """(m,) values of the smoothed distribution below which shares u (m,) of it are."""
        s = np.interp(u, self.cumulated, self.knots)
        x = self._from_scale(s)
        if len(self.kept):
            place = np.minimum(np.searchsorted(self.kept_at, s), len(self.kept) - 1)
            x = np.where(self.kept_at[place] == s, self.kept[place], x)
        return x

    def normal(self, z: Floats) -> Floats:
        """(m,) values of a normal distribution on the scale, folded back into the range."""
        first, width = self.ends[0], self.ends[1] - self.ends[0]
        if self.spiked or not width:
            return self.quantile(ndtr(z))
        return self._from_scale(first + width - np.abs((z - first) % (2 * width) - width))

    def scaled(self, values: Floats) -> Floats:
        """From the column's units to the scale; who is far out counts as at its end."""
        if self.scale is None:
            return np.zeros(len(values))
        return np.clip(self.scale.to(values), -FAR, FAR)

    def _from_scale(self, s: Floats) -> Floats:
        if self.scale is None:
            return np.full(len(s), self.low)
        x = self.scale.back(s)
        if self.step:
            x = self.low + self.step * np.round((x - self.low) / self.step)
        # Far beyond what the scale was made from, its inverse may not exist.
        return np.clip(np.nan_to_num(x, nan=self.low), self.low, self.high)


def _shared(distinct: Floats, shares: Floats, step: float) -> np.ndarray:
    """(v,) which of the values, ascending, with their shares, many customers share."""
    many = shares >= SPIKE
    steps = (distinct[-1] - distinct[0]) / step if step else np.inf
    if len(distinct) == 2 or steps > COARSE:
        return many
    ends = np.zeros(len(distinct), dtype=bool)
    if steps > COUNTS:
        for end, inner in ((0, 1), (-1, -2)):
            near = abs(distinct[end] - distinct[inner]) < 1.5 * step
            ends[end] = many[end] and shares[end] > 2 * shares[inner] * near
    return ends


def _smoothed(around: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Edges (m + 1,) of cells and shares (m,) in them, with one mode.

    Args:
        around: (v, 2) on the scale, of each value all that it stands for.
        shares: (v,) of the customers.

    """
    first, last = np.arcsinh([around[0, 0], around[-1, 1]])
    edges = np.sinh(np.linspace(first, last, CELLS + 1))
    if edges[0] == edges[-1]:
        return edges[[0, -1]], np.array([shares.sum()])
    below = np.clip((edges - around[:, :1]) / np.maximum(np.diff(around), 1e-12), 0.0, 1.0)
    mass = np.diff(shares @ below)
    smooth = single_mode(mass, np.diff(edges))
    smooth *= shares.sum() / smooth.sum()
    (_, spread), (mean, wider) = _moments(mass, edges), _moments(smooth, edges)
    return mean + min(1.0, spread / wider if wider else 1.0) * (edges - mean), smooth


def _cumulated(edges: Floats, mass: Floats, at: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Knots and the share up to each: of cells, and of single points that jump."""
    up_to = np.concatenate([[0.0], np.cumsum(mass)])
    jumps = np.concatenate([[0.0], np.cumsum(shares)])
    here = np.interp(at, edges, up_to)
    knots = np.concatenate([edges, at, at]) if mass.any() else np.concatenate([at, at])
    cumulated = np.concatenate([here + jumps[:-1], here + jumps[1:]])
    if mass.any():
        cumulated = np.concatenate([up_to + jumps[np.searchsorted(at, edges)], cumulated])
    order = np.lexsort((cumulated, knots))
    return knots[order], cumulated[order] / cumulated.max()


def single_mode(mass: Floats, widths: Floats) -> Floats:
    """Shares (m,) of cells after the shortest flow of heat that leaves one mode of their density.

    >>> np.round(single_mode(np.array([0.4, 0.1, 0.5]), np.ones(3)), 2).tolist()
    [0.32, 0.32, 0.36]

    """
    if modes(mass / widths) == 1:
        return mass
    m = len(mass)
    speed = 2 - 2 * np.cos(np.pi * np.arange(m) / m)
    waves = dct(mass, type=2, norm="ortho")

    def after(time: float) -> Floats:
        return np.maximum(idct(waves * np.exp(-time * speed), type=2, norm="ortho"), 0.0)

    low, high = np.log(1e-3), np.log(float(m) ** 2)
    for _ in range(40):
        middle = (low + high) / 2
        one = modes(after(np.exp(middle)) / widths) == 1
        low, high = (low, middle) if one else (middle, high)
    return after(np.exp(high))


def modes(density: Floats) -> int:
    """Local maxima, those at the ends included; a plateau counts once.

    >>> modes(np.array([1.0, 1.0, 0.0, 2.0, 3.0]))
    2

    """
    steps = np.diff(np.concatenate([[0.0], density, [0.0]]))
    steps = steps[np.abs(steps) > 1e-9 * density.max()]
    return int(((steps[:-1] > 0) & (steps[1:] < 0)).sum())


def _step(distinct: Floats) -> float:
    """What the values are rounded to, 0 if they are not."""
    step = float(np.diff(distinct).min())
    with np.errstate(over="ignore"):
        multiples = (distinct - distinct[0]) / step
    # Beyond 2^53 every number is a multiple.
    rounded = multiples[-1] < 2**53 and np.abs(multiples - np.round(multiples)).max() < 1e-3
    return step if rounded else 0.0


def _moments(mass: Floats, edges: Floats) -> tuple[float, float]:
    """Mean and standard deviation of shares (m,) in cells."""
    middle = (edges[1:] + edges[:-1]) / 2
    mean = float(mass @ middle / mass.sum())
    return mean, float(np.sqrt(mass @ (middle - mean) ** 2 / mass.sum()))
