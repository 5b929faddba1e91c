"""What scikit-learn's checks of an estimator leave out."""

from __future__ import annotations

from typing import Any

import numpy as np


def check_counts(estimator: Any, *names: str) -> None:
    """Refuse parameters that are no integers of at least 1.

    Raises:
        ValueError: with the name and what was found.

    """
    for name in names:
        value = getattr(estimator, name)
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name}={value!r}: wanted an integer of at least 1")
