"""The scale on which a column is nearest to normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import PowerTransformer, StandardScaler

from segbench.contracts import Floats

STEEPEST = 5.0
"""Power beyond which the scale tells nothing apart."""


@dataclass(frozen=True)
class Scale:
    """Yeo & Johnson's (2000, Biometrika 87, 954-959), or a straight one where that fails.

    Attributes:
        fitted: to mean 0 and variance 1 of most customers, and back.
        origin, unit: subtracted from values and what they are divided by before.

    """

    fitted: PowerTransformer | StandardScaler
    origin: float
    unit: float

    @classmethod
    def of(cls, values: Floats, everything: Floats) -> Scale:
        """Fit it on all but the outermost values.

        Args:
            values: (n,) of which most are to be normal.
            everything: (v,) that must be told apart, ascending, of which two or more are distinct.

        """
        most = np.clip(values, *np.quantile(values, [0.01, 0.99]))
        bulk = next((each for each in (most, values) if each.min() < each.max()), everything)
        origin = float(bulk.min())
        unit = float(bulk.mean()) - origin
        y = (bulk[:, None] - origin) / (unit or 1.0)
        # Of two values any power makes the same two.
        if len(np.unique(bulk)) > 2:
            power = cls(PowerTransformer().fit(y), origin, unit)
            s = power.to(everything)
            steepness = abs(power.fitted.lambdas_[0])
            if steepness <= STEEPEST and np.isfinite(s).all() and (np.diff(s) > 0).all():
                return power
        return cls(StandardScaler().fit(y), origin, unit or 1.0)

    def to(self, values: Floats) -> Floats:
        """From the column's units, of any shape."""
        y = (values.reshape(-1, 1) - self.origin) / self.unit
        return np.asarray(self.fitted.transform(y)).reshape(values.shape)

    def back(self, s: Floats) -> Floats:
        """(m,) in the column's units; NaN far beyond what the scale was made from."""
        return np.asarray(self.origin + self.unit * self.fitted.inverse_transform(s[:, None])[:, 0])
