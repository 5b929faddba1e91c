"""The definitions of all scores, and what makes one out of a function.

An internal score is one function of a `Labelled` partition under `@internal(...)`, which says what
it is:

    @internal("ball_hall", maximize=False, low=0.0, formula="…", paper="…", undefined="…", cost="n")
    def ball_hall(part: Labelled) -> float: ...

and `ball_hall_score = plain("ball_hall")` gives it scikit-learn's signature `(X, labels)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from segbench.contracts import Floats, Ints, Reference, Score
from segbench.errors import Undefined
from segbench.machine import processors
from segbench.metric.agreement.contingency import codes
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared

Compute = Callable[[Labelled], float | Score]
F = TypeVar("F", bound=Callable[[Ints, Ints], float])
COSTS = ("n", "n log n", "n^2")


@dataclass(frozen=True)
class Internal:
    """Definition of a score of labels 0..k-1 in a reference space.

    Attributes:
        key: its name on the command line and in `result.json`.
        compute: (partition) -> value, or a Score where it is an estimate; raises Undefined.
        maximize: whether more is better.
        low, high: bounds of its values; None is unbounded.
        formula, paper, undefined: what it is, who says so, and when it has no value.
        gower: whether it is defined in Gower space too.
        cost: how the time grows with the customers, one of `COSTS`.
        several: whether it needs 2 to n - 1 segments.
        power: of the unit of the coordinates that it grows with; 0 does not change with the scale.
        rotates: whether a rotation of the space leaves it as it is.
        coverage: multiplied by the share of customers that have a segment, where positive.
        version: raised when a value changes its meaning.

    """

    key: str
    compute: Compute
    maximize: bool
    low: float | None
    high: float | None
    formula: str
    paper: str
    undefined: str
    gower: bool = False
    cost: str = "n"
    several: bool = True
    power: int = 0
    rotates: bool = True
    coverage: bool = False
    version: int = 1

    @property
    def worst(self) -> float:
        """A finite value that no defined score falls below (above, if less is better)."""
        bound = self.low if self.maximize else self.high
        return bound if bound is not None else -1e16 if self.maximize else 1e16

    def as_score(self, part: Labelled) -> Score:
        """The score of a partition; `undefined` with the reason where it has no value."""
        try:
            self._check(part)
            value = self.compute(part)
        except Undefined as why:
            return Score.undefined(str(why))
        score = value if isinstance(value, Score) else Score(float(value))
        if score.value is None or not np.isfinite(score.value):
            return Score.undefined(f"overflowed to {score.value}")
        return score

    def _check(self, part: Labelled) -> None:
        n, k = len(part), part.k
        if not n:
            raise Undefined("there are no customers")
        if self.several and not 2 <= k < n:
            raise Undefined(f"needs 2 to n - 1 segments, has {k} for {n} customers")
        if part.space.gower and not self.gower:
            raise Undefined("needs centroids, which Gower distance does not have")
        if self.several and part.space.constant:
            raise Undefined("all customers coincide in this space")


@dataclass(frozen=True)
class External:
    """Definition of a score of two labellings of the same customers; more is always better.

    Attributes:
        compute: (reference, labels), -1 noise, which is a segment of its own each; may raise
            Undefined.
        formula, paper, undefined, low, high, version: as of an internal score.

    """

    key: str
    compute: Callable[[Ints, Ints], float]
    formula: str
    paper: str
    low: float = 0.0
    high: float = 1.0
    undefined: str = "no customers"
    maximize: bool = True
    version: int = 1


EXTERNAL: dict[str, External] = {}
"""Every external score by key."""
INTERNAL: dict[str, Internal] = {}
"""Every internal score by key, in the order in which `segbench.metric` imports their families."""


def internal(key: str, **definition: Any) -> Callable[[Compute], Compute]:
    """Register a function as the internal score `key`; the arguments are those of `Internal`."""

    def register(compute: Compute) -> Compute:
        INTERNAL[key] = Internal(key, compute, **definition)
        return compute

    return register


def external(key: str, **definition: Any) -> Callable[[F], F]:
    """Register a function as the external score `key`; the arguments are those of `External`."""

    def register(compute: F) -> F:
        EXTERNAL[key] = External(key, compute, **definition)
        return compute

    return register


def plain(key: str) -> Callable[..., float]:
    """Give a registered score scikit-learn's signature: `(X, labels)`, arrays in, a float out.

    It is exact for any number of customers: a float cannot say that it is an estimate.
    """
    found = INTERNAL[key]

    def score(X: Any, labels: Any, *, threads: int | None = None) -> float:
        value = found.as_score(labelled(X, labels, threads)).value
        return float("nan") if value is None else value

    score.__name__ = score.__qualname__ = f"{found.key}_score"
    score.__module__ = found.compute.__module__
    score.__doc__ = f"""{found.compute.__doc__}
    Args:
        X: (n, d) finite numbers.
        labels: (n,) labels of any kind.
        threads: how many work at a time (default: all processors); the value does not depend on it.

    Returns:
        The score; NaN where it is undefined.

    Raises:
        ValueError: X is not an (n, d) array of finite numbers, labels are missing or not as many.

    """
    return score


def labelled(X: Any, labels: Any, threads: int | None = None) -> Labelled:
    """A Euclidean space around X, partitioned by labels of any kind (-1 is a label like another).

    Without labels (None) all customers are one segment.

    Raises:
        ValueError: X is not an (n, d) array of finite numbers, labels are missing or not as many.

    """
    X = _matrix(X)
    given = codes(np.zeros(len(X)) if labels is None else labels, "labels")
    if len(given) != len(X):
        raise ValueError(f"labels: found {len(given)}, wanted {len(X)}, as many as X has rows")
    if threads is not None and threads < 1:
        raise ValueError(f"threads: found {threads}, wanted at least 1")
    names, segments = np.unique(given, return_inverse=True)
    empty = np.empty((len(X), 0), dtype=np.int32)
    space = Reference("native", X, empty, np.ptp(X, axis=0), tuple(map(str, range(X.shape[1]))))
    return Labelled(
        Prepared(space, threads or processors(), exact=len(X)),
        segments.astype(np.int32),
        len(names),
    )


def _matrix(X: Any) -> Floats:
    """X as (n, d) floats, whatever holds it; words and complex numbers are no numbers."""
    try:
        given = np.asarray(X)
        found = (
            np.ascontiguousarray(given, dtype=np.float64) if given.dtype.kind not in "cUS" else None
        )
    except (TypeError, ValueError):
        found = None
    if found is None or found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise ValueError("X must be an (n, d) array of finite numbers, n and d at least 1")
    return found
