"""What segments are called, where their algorithm says so: named cells, or rules to be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from segbench.algorithm.rule_tree import Condition
from segbench.contracts import Floats, Table
from segbench.fitting import Fitted


def segment_names(fitted: Fitted, table: Table) -> list[str] | None:
    """A name (k,) for each segment in the units of the table, or None: it has but its number.

    An estimator names the labels that it gives by `segment_names_`, or by `rules()`, which lists
    for each label the conditions that a row meets.
    """
    estimator, raw = fitted.estimator, fitted.partition.raw
    if hasattr(estimator, "segment_names_"):
        return [str(estimator.segment_names_[label]) for label in raw]
    if hasattr(estimator, "rules"):
        rules = estimator.rules()
        return [_rule(rules[label], fitted, table) for label in raw]
    return None


def _rule(conditions: Sequence[Condition], fitted: Fitted, table: Table) -> str:
    """All conditions of a segment, those of one attribute together."""
    limits: dict[int, list[float]] = {}
    for column, above, limit in conditions:
        low, high = limits.setdefault(column, [-np.inf, np.inf])
        limits[column] = [limit, high] if above else [low, limit]  # ever narrower
    d = fitted.matrix.X.shape[1]
    texts = []
    inside: dict[str, set[str]] = {}
    outside: dict[str, set[str]] = {}
    for column, (low, high) in limits.items():
        if column < d:
            texts.append(_between(column, low, high, fitted, table))
        else:
            name, levels = _levels(column - d, fitted, table)
            (inside if low > -np.inf else outside).setdefault(name, set()).update(levels)
    for name, levels in inside.items():  # in one category, and so in no other
        texts.append(f"{name} is {' or '.join(sorted(levels))}")
    for name, levels in outside.items():
        if name not in inside:
            texts.append(f"{name} is not {' or '.join(sorted(levels))}")
    return " and ".join(texts) or "everybody"


def _between(column: int, low: float, high: float, fitted: Fitted, table: Table) -> str:
    """The range of a number, in its own units wherever its feature rises with it."""
    name, feature = fitted.matrix.names[column], fitted.X[:, column]
    values, levels = _values(name, table), table.levels.get(name)
    least, most = (_end(limit, feature, values, levels) for limit in (low, high))
    text = f"{least} < {name} ≤ {most}"
    if low == -np.inf:
        text = f"{name} ≤ {most}"
    elif high == np.inf:
        text = f"{name} > {least}"
    # The pipeline put something in the place of missing values, which may lie in the range.
    filled = values is not None and np.isnan(values) & (feature > low) & (feature <= high)
    return f"{text} (or missing)" if np.any(filled) else text


def _values(name: str, table: Table) -> Floats | None:
    """An attribute's values (n,); None for a feature that is no attribute."""
    if name not in table.numeric + table.ordinal:
        return None
    return table.frame[name].to_numpy(dtype=np.float64)


def _end(limit: float, feature: Floats, values: Floats | None, levels: Any) -> str:
    """A limit of a feature as a value that parts the customers in the same way."""
    if not np.isfinite(limit):
        return ""
    if values is not None:
        known = ~np.isnan(values)
        below, above = values[known & (feature <= limit)], values[known & (feature > limit)]
        if len(below) and len(above) and below.max() < above.min():
            if levels:
                return str(levels[int(below.max())])
            return _shortest(float(below.max()), float(above.min()))
    return f"{limit:.3g} (feature)"


def _shortest(least: float, most: float) -> str:
    """A number of few digits from `least` up to, but not, `most`."""
    middle = (least + most) / 2
    for digits in range(1, 16):
        value = float(f"{middle:.{digits}g}")
        if least <= value < most:
            return f"{value:,.15g}"
    return f"{least:,.17g}"


def _levels(column: int, fitted: Fitted, table: Table) -> tuple[str, set[str]]:
    """The attribute that an indicator is of, and its categories that it stands for."""
    sizes = np.cumsum([0, *fitted.matrix.n_levels])
    j = int(np.searchsorted(sizes, column, side="right")) - 1
    name = fitted.features.categorical[j]
    inside = fitted.matrix.C[:, j] == column - sizes[j]
    there = table.frame[name].to_numpy(dtype=object)[inside]
    return name, {"(missing)" if value is None or value != value else str(value)
                  for value in there}  # fmt: skip
