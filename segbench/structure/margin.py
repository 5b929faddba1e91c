"""A column's distribution with its modes smoothed into one.

Silverman (1981, J. R. Stat. Soc. B 43, 97-99) smooths a sample just until its density has a single
mode. Here the smoothing is a flow of heat between cells, in which no mode can arise, on the scale
on which the column is nearest to normal (Yeo & Johnson 2000, Biometrika 87, 954-959). The cells are
wider in the tails: with one width for all, a few customers far out, each a mode of its own, would
have the whole column smoothed away. What the flow adds to the variance is then taken back, as in
Silverman's test; what it takes, where modes were at the ends of the range, is not: with one mode
within the same range there may be no such variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import dct, idct
from sklearn.preprocessing import PowerTransformer, StandardScaler

from segbench.contracts import Floats

CELLS = 256
FINEST = 100_000
"""Steps from the least to the greatest value up to which a column counts as rounded."""


@dataclass(frozen=True)
class Margin:
    """One column.

    Attributes:
        scale: to and from the scale on which the column has mean 0, variance 1 and is most normal;
            None for a constant column.
        unit: what values are divided by before.
        low, high: the observed range, in the column's units.
        step: the column's values are `low` plus multiples of it; 0: it is not rounded.
        edges, cumulated: (m + 1,) of the cells, on the scale; share of the customers below.
        shrink: of the smoothed distribution about its mean, so that its variance is no greater than
            the column's.

    """

    scale: PowerTransformer | StandardScaler | None
    unit: float
    low: float
    high: float
    step: float
    edges: Floats
    cumulated: Floats
    shrink: float

    @classmethod
    def of(cls, values: Floats) -> Margin:
        """Of (n,) values, none missing; a column without values is 0."""
        distinct, counts = np.unique(values, return_counts=True)
        low, high = (float(distinct[0]), float(distinct[-1])) if len(distinct) else (0.0, 0.0)
        if len(distinct) < 2:
            return cls(None, 1.0, low, high, 0.0, np.zeros(2), np.array([0.0, 1.0]), 1.0)
        unit = float(np.abs(values).mean())
        # Of two values any power makes the same two.
        scale = PowerTransformer() if len(distinct) > 2 else StandardScaler()
        scale.fit(values[:, None] / unit)
        # A rounded value stands for all that are rounded to it.
        step = _step(distinct)
        around = np.column_stack([distinct - step / 2, distinct + step / 2])
        s = scale.transform(around.reshape(-1, 1) / unit).reshape(-1, 2)
        edges = np.sinh(np.linspace(np.arcsinh(s[0, 0]), np.arcsinh(s[-1, 1]), CELLS + 1))
        below = np.clip((edges - s[:, :1]) / np.maximum(np.diff(s), 1e-12), 0.0, 1.0)
        mass = np.diff(counts @ below) / len(values)
        smooth = single_mode(mass, np.diff(edges))
        shrink = min(1.0, _moments(mass, edges)[1] / _moments(smooth, edges)[1])
        cumulated = np.concatenate([[0.0], np.cumsum(smooth)])
        return cls(scale, unit, low, high, step, edges, cumulated / cumulated[-1], shrink)

    def quantile(self, u: Floats) -> Floats:
        """(m,) values of the smoothed distribution below which shares u (m,) of it are."""
        mean = _moments(np.diff(self.cumulated), self.edges)[0]
        s = np.interp(u, self.cumulated, self.edges)
        return self.values(mean + self.shrink * (s - mean))

    def values(self, s: Floats) -> Floats:
        """From the scale to the column's units; beyond its range they are folded back into it."""
        if self.scale is None:
            return np.full(len(s), self.low)
        first, width = self.edges[0], self.edges[-1] - self.edges[0]
        inside = first + width - np.abs((s - first) % (2 * width) - width)
        x = self.unit * self.scale.inverse_transform(inside[:, None])[:, 0]
        if self.step:
            x = self.low + self.step * np.round((x - self.low) / self.step)
        return np.clip(x, self.low, self.high)

    def scaled(self, values: Floats) -> Floats:
        """From the column's units to the scale."""
        if self.scale is None:
            return np.zeros(len(values))
        return np.asarray(self.scale.transform(values[:, None] / self.unit)[:, 0])


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
    multiples = (distinct - distinct[0]) / step
    rounded = np.allclose(multiples, np.round(multiples), rtol=0, atol=1e-3)
    return step if rounded and multiples[-1] <= FINEST else 0.0


def _moments(mass: Floats, edges: Floats) -> tuple[float, float]:
    """Mean and standard deviation of shares (m,) in cells."""
    middle = (edges[1:] + edges[:-1]) / 2
    mean = float(mass @ middle / mass.sum())
    return mean, float(np.sqrt(mass @ (middle - mean) ** 2 / mass.sum()))
