"""Keys by which rows with the same values are recognised."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segbench.contracts import Floats

Keys = npt.NDArray[np.uint64]


def row_keys(values: Floats, seed: int = 0) -> Keys:
    """A key (n,) of each row (n, p), the same for the same values; NaN equals NaN.

    64 bits, mixed as in splitmix64 (Steele, Lea & Flood 2014, OOPSLA, 453-472): of a million rows
    two share a key by chance once in forty million tables. Keys are kept in models, so they must
    never change.

    >>> one, same, other = row_keys(np.array([[1.0, np.nan], [1.0, np.nan], [np.nan, 1.0]]))
    >>> bool(one == same), bool(one == other)
    (True, False)
    """
    keys = np.full(len(values), seed, dtype=np.uint64)
    for column in values.T:
        plain = np.where(np.isnan(column), np.nan, column + 0.0)  # one NaN, one zero
        keys = keys + plain.view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        keys = keys ^ (keys >> np.uint64(31))
    return keys
