"""The types that travel between the rooms, one per arrow of the flow, none with a way back.

Table -> Matrix -> Partition -> Score -> Result -> Row, with Reference (what metrics read) and
Outcomes (what only the finished choice may see) beside the table. All are frozen: a room that
wants something else makes a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd  # whoever reads results only need not wait for it

SCHEMA = 1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]
Status = Literal["complete", "ineligible", "skipped", "failed", "timeout", "memory", "missing"]
FINAL: frozenset[str] = frozenset({"complete", "ineligible", "skipped"})
"""Statuses that a second run keeps; the others are tried again."""

RFM = ("recency", "frequency", "monetary")


@dataclass(frozen=True)
class Table:
    """Customers x attributes.

    Attributes:
        name: what the leaderboard calls it.
        ids: (n,) unique customer ids.
        frame: (n, p) attributes: numeric and ordinal columns float64 (an ordinal column holds the
            position of its level), categorical columns pandas Categorical; NaN is missing.
        numeric, ordinal, categorical: the columns of `frame` by type.
        levels: the levels of each ordinal column, lowest first.
        rfm: column that plays recency, frequency, monetary (keys that the table has).
        revenue: column that adds up to revenue, if there is one.
        sha256: of the source bytes.
        notes: what was inferred about the columns, in words.

    """

    name: str
    ids: npt.NDArray[Any]
    frame: pd.DataFrame
    numeric: tuple[str, ...]
    ordinal: tuple[str, ...]
    categorical: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    rfm: Mapping[str, str]
    revenue: str | None
    sha256: str
    id_name: str = "id"
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows) -> Table:
        """The same table with only these rows, in this order."""
        return replace(self, ids=self.ids[rows], frame=self.frame.iloc[rows])


@dataclass(frozen=True)
class Outcomes:
    """What a finished partition is judged by, and nothing may be tuned on.

    Attributes:
        reference: label columns, each (n,) strings, missing = None (left out of agreement).
        targets: outcome columns (response, churn, ...), used to profile segments.
        future: (n,) spend after the cut-off date, or None.

    """

    reference: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    targets: pd.DataFrame = field(default_factory=lambda: _no_targets())
    future: Floats | None = None


def _no_targets() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


@dataclass(frozen=True)
class Reference:
    """The declared space in which every partition of a table is scored.

    Attributes:
        kind: rank, standard, gower or native.
        X: (n, d) numeric part; only Gower keeps NaN.
        C: (n, c) category codes, -1 missing.
        ranges: (d,) observed range of each numeric column, for Gower.
        columns: names of the columns of X, then of C.
        version: of the definition.

    """

    kind: str
    X: Floats
    C: Ints
    ranges: Floats
    columns: tuple[str, ...]
    version: int = 1

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: Rows) -> Reference:
        """The same space with only these customers; ranges stay those of the whole table."""
        return replace(self, X=self.X[rows], C=self.C[rows])


@dataclass(frozen=True)
class Matrix:
    """What an algorithm sees.

    Attributes:
        X: (n, d) float64.
        C: (n, c) category codes, -1 unknown.
        names: (d + c,) of the columns.
        n_levels: (c,) of the categories.
        keys: (n,) equal for customers who agree in everything that the pipeline reads. What it
            makes of a row can differ in the last digit between one row and many (a product of
            matrices), so customers are recognised by what goes in. None: not known.
        rfm: columns of X that are recency, frequency and monetary value, if they still are.

    """

    X: Floats
    C: Ints
    names: tuple[str, ...]
    n_levels: tuple[int, ...]
    keys: npt.NDArray[np.uint64] | None = None
    rfm: tuple[int, ...] = ()


@dataclass(frozen=True)
class Partition:
    """A segment for every customer.

    Attributes:
        labels: (n,) int32; -1 noise, 0..k-1 all used, numbered by descending size, ties by first
            row.
        raw: (k,) the label that the algorithm gave to segment 0, 1, ...

    """

    labels: Ints
    raw: tuple[int, ...]

    @classmethod
    def from_labels(cls, labels: Sequence[int] | npt.NDArray[Any]) -> Partition:
        """Renumber any integer labels; negative ones are noise.

        Raises:
            ValueError: the labels are not (n,) integers.

        >>> Partition.from_labels([7, 3, 3, -1, 5]).labels.tolist()
        [1, 0, 0, -1, 2]

        """
        given = np.asarray(labels)
        if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
            raise ValueError(f"labels must be (n,) integers, found {given.dtype} {given.shape}")
        names, first, inverse, counts = np.unique(
            given, return_index=True, return_inverse=True, return_counts=True
        )
        kept = np.flatnonzero(names >= 0)
        order = kept[np.lexsort((first[kept], -counts[kept]))]
        new = np.full(len(names), -1, dtype=np.int32)
        new[order] = np.arange(len(order), dtype=np.int32)
        return cls(new[inverse].astype(np.int32), tuple(int(name) for name in names[order]))

    @property
    def k(self) -> int:
        """Number of segments, noise not counted."""
        return len(self.raw)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """(k,) customers per segment, largest first."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.k)

    @property
    def noise(self) -> int:
        """Number of customers that no segment took."""
        return int(np.count_nonzero(self.labels < 0))

    @property
    def coverage(self) -> float:
        """Share of all customers that have a segment."""
        return 1.0 - self.noise / max(len(self.labels), 1)

    @property
    def shares(self) -> Floats:
        """(k,) share of all customers per segment."""
        return np.asarray(self.sizes / max(len(self.labels), 1), dtype=np.float64)


def renumbered(labels: npt.NDArray[Any], raw: Sequence[int]) -> Ints:
    """(m,) segments of customers to whom an algorithm gives `labels`; -1 for none.

    Args:
        labels: (m,) the algorithm's own.
        raw: (k,) the label that it gave to segment 0, 1, ... (`Partition.raw`).

    """
    segments: Ints = np.full(len(labels), -1, dtype=np.int32)
    for segment, label in enumerate(raw):
        segments[labels == label] = segment
    return segments


@dataclass(frozen=True)
class Score:
    """One number about a partition, with its interval, or the reason why there is none.

    An `estimate` stands for a number that would take every pair of too many customers; its interval
    covers the exact one, and `why` says what it is made from. `error` is the standard error of a
    mean over refits, which a study goes by; it does not stand in `result.json`.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    status: Literal["ok", "estimate", "undefined"] = "ok"
    why: str = ""
    space: str | None = None
    version: int = 1
    error: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The documented fields."""
        plain = asdict(self)
        del plain["error"]
        return plain

    @classmethod
    def undefined(cls, why: str, space: str | None = None) -> Score:
        """A score without a value."""
        return cls(None, status="undefined", why=why, space=space)


_FIELDS = frozenset(Score(None).as_json())


_KINDS: Mapping[str, type] = {"key": str, "sweep": str, "why": str, "features": str,
                              "algorithm": str, "setup": str, "seed": int, "scores": dict,
                              "seconds": dict, "trials": dict, "params": dict}  # fmt: skip
"""What rows are sorted and told by."""
_NUMBER = (int, float, type(None))


class _Scores(Mapping[str, Score]):
    """Scores from JSON, each made when it is asked for: a leaderboard asks for few of them.

    Raises:
        TypeError: one has no value, or a field that scores do not have.

    """

    def __init__(self, plain: Mapping[str, Mapping[str, Any]]) -> None:
        for name, score in plain.items():
            if "value" not in score or score.keys() - _FIELDS:
                raise TypeError(f"score {name} has the fields {', '.join(score)}")
            for end in ("value", "low", "high"):
                if not isinstance(score.get(end), _NUMBER):
                    raise TypeError(f"score {name} has the {end} {score[end]!r}")
        self._plain = dict(plain)

    def __getitem__(self, name: str) -> Score:
        return Score(**self._plain[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)


@dataclass(frozen=True)
class Result:
    """One finished cell, exactly as it stands in `result.json`.

    `objectives` are the scores that its parameters were tuned on, the validity first. `stability`
    says what stands behind the scores of that name: scheme, replicates, each segment, customers;
    `structure` whether the search is more stable than on copies of the table without segments;
    `assignment` by which rule other customers get a segment, and how many it was learnt from;
    `choice` by which rule the parameters won, and the shortlist; `regret` what the choice, which
    sees no reference labels, lost against the finished trial that agrees with them best;
    `overrides` what was asked of Hydra; `seconds` what it took, and what it takes to assign one
    customer and a thousand; `setup` is the hash of pipeline, algorithm and study, which results
    have in common that differ in data or seed only.
    """

    key: str
    sweep: str
    status: Status
    why: str
    dataset: Mapping[str, Any]
    features: str
    algorithm: str
    baseline: bool
    space: str | None
    seed: int
    objectives: Sequence[str] = field(default_factory=list)
    params: Mapping[str, Any] = field(default_factory=dict)
    segments: Mapping[str, Any] | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    stability: Mapping[str, Any] | None = None
    structure: Mapping[str, Any] | None = None
    assignment: Mapping[str, Any] | None = None
    choice: Mapping[str, Any] | None = None
    regret: Mapping[str, Any] | None = None
    trials: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_mb: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    overrides: Sequence[str] = field(default_factory=list)
    setup: str = ""
    schema: int = SCHEMA

    def as_json(self) -> dict[str, Any]:
        """Plain values, in the documented order of fields."""
        plain = asdict(self)
        plain["scores"] = {name: score.as_json() for name, score in self.scores.items()}
        return {"schema": plain.pop("schema"), **plain}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Result:
        """The inverse of `as_json`.

        Raises:
            KeyError, TypeError, ValueError: a field is absent, unknown or has no such value.

        """
        if plain["status"] not in get_args(Status):
            raise ValueError(f"status {plain['status']!r}")
        _ = plain["dataset"]["name"]
        for name, kind in _KINDS.items():
            if not isinstance(plain.get(name, kind()), kind):
                raise TypeError(f"{name} {plain[name]!r}")
        return cls(**{**plain, "scores": _Scores(plain["scores"])})


@dataclass(frozen=True)
class Row:
    """A result on a leaderboard: its rank among the eligible, and its warnings.

    Results that differ in their seed only share `rank` (by their median quality), `group` (lines
    that are practically equivalent have the same number) and warnings: `reversed_in` are the spaces
    in which the order is another, `not_above` the baseline of the greatest quality where this
    line's is not greater. `board` names what may be ranked together: data set, data revision,
    space, terms, version of the metric and schema.
    """

    result: Result
    board: str
    rank: int | None
    eligible: bool
    quality: float | None
    reversed_in: tuple[str, ...] = ()
    not_above: str = ""
    group: int | None = None
    path: str = ""

    @property
    def counts(self) -> bool:
        """Whether it stands among the scores: eligible, or a baseline that is complete."""
        return self.eligible or (self.result.baseline and self.result.status == "complete")


@dataclass(frozen=True)
class Assignment:
    """Segments of new customers.

    Attributes:
        ids: (m,).
        segments: (m,) int32, -1 for none.
        margins: (m,) lead of the segment over the next one, from 0 to 1; NaN: the rule knows none,
            or there is no segment.
        numbered: the file has no ids; they are numbers of rows, from 0.

    """

    ids: npt.NDArray[Any]
    segments: Ints
    margins: Floats
    numbered: bool


class Clusterer(Protocol):
    """What an algorithm's `_target_` must offer: scikit-learn's clusterer convention."""

    def fit_predict(self, X: Floats) -> npt.NDArray[Any]:
        """Labels (n,) of the rows of X (n, d); negative means noise."""
        ...


class Tracker(Protocol):
    """A mirror of finished results; it may warn, never fail and never delay a study."""

    def prepare(self) -> None:
        """A result will come."""
        ...

    def record(self, folder: Path) -> None:
        """Mirror one finished result, from its folder."""
        ...

    def again(self, folder: Path) -> None:
        """Mirror a result that was finished before, unless that was done."""
        ...

    def overview(self) -> None:
        """Mirror the sweep's leaderboard at the end, whoever has recorded its results."""
        ...

    def close(self) -> None:
        """Finish what is under way, within a bounded time."""
        ...
