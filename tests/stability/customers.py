"""Customers for the tests of the stability room."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segbench.contracts import Table


def customers(n: int) -> Table:
    """n customers whose only attribute is their row."""
    frame = pd.DataFrame({"row": np.arange(n, dtype=np.float64)})
    return Table("t", np.arange(n), frame, ("row",), (), (), {}, {}, None, "-")
