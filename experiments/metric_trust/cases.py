"""The labelled sets, each with what algorithms see and the spaces in which partitions are scored.

    shapes     batteries fcps and sipu in their own coordinates (one global scale): native space
    real       uci and other real tables: algorithms see z-scores and one-hot categories; scored on
               ranks, under Gower where there are categories; numeric ones on z-scores as well
    simulated  Gaussian mixtures in their own coordinates: native space
    heavy, skewed   other mixtures, on which no rule was chosen: native space

Sets above `MAX_ROWS` are sampled, stratified by the reference labels. A set is left out if all its
reference labellings have more segments than the guards allow: no eligible partition is right there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from simulate import KINDS, mixtures
from sklearn.model_selection import train_test_split
from tables import labelled_tables, numeric_table

from segbench.contracts import Floats, Ints, Partition, Reference, Table
from segbench.paths import CONF
from segbench.space import fit_reference

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import data_files, labellings, points, raw_points

MAX_ROWS = 2_000
GROUPS = ("shapes", "real", "simulated")
UNSEEN = ("heavy", "skewed")
GUARDS: dict[str, Any] = yaml.safe_load((CONF / "config.yaml").read_text())["guards"]


@dataclass(frozen=True)
class Case:
    """A labelled set.

    Attributes:
        X: (n, d) what algorithms see.
        truths: reference labellings, (n,) each, -1 where a row has none; the best agreement counts.
        spaces: where partitions are scored; the first is the one that segbench would choose.

    """

    group: str
    name: str
    X: Floats
    truths: tuple[Ints, ...]
    spaces: tuple[Reference, ...]


def cases(suite: Path, groups: Sequence[str]) -> Iterator[Case]:
    """Every labelled set of the groups, at most `MAX_ROWS` rows each."""
    if "shapes" in groups:
        for battery, name, path in data_files(suite):
            if battery != "uci" and (found := shape(name, path)):
                yield found
    if "real" in groups:
        yield from real(suite)
    for group in KINDS:
        for name, X, truth in mixtures(group) if group in groups else ():
            yield Case(group, name, X, truths_of([truth]), (native(X),))


def shape(name: str, path: Path) -> Case | None:
    truths = truths_of([truth - 1 for truth in labellings(path).values()])
    if not truths:
        return None
    X = points(path).astype(np.float64)
    kept = sample(truths[0])
    return Case("shapes", name, X[kept], tuple(t[kept] for t in truths), (native(X[kept]),))


def real(suite: Path) -> Iterator[Case]:
    uci = [
        (numeric_table(name, raw_points(path)), [t - 1 for t in labellings(path).values()], False)
        for battery, name, path in data_files(suite)
        if battery == "uci"
    ]
    for table, given, log in [*uci, *labelled_tables(suite.parent)]:
        truths = truths_of(given)
        kept = sample(truths[0])
        table = table.take(kept)
        spaces = [fit_reference(table, {})]
        if not table.categorical:
            spaces.append(fit_reference(table, {"kind": "standard"}))
        cut = tuple(truth[kept] for truth in truths)
        yield Case("real", table.name, features(table, log), cut, tuple(spaces))


def truths_of(given: Sequence[npt.NDArray[Any]]) -> tuple[Ints, ...]:
    """Labellings that an eligible partition could equal, as 0..k-1 and -1."""
    found = [Partition.from_labels(truth) for truth in given]
    return tuple(truth.labels for truth in found if truth.k <= GUARDS["k_max"])


def sample(truth: Ints) -> npt.NDArray[np.intp]:
    """At most `MAX_ROWS` rows, in their order, with the shares of the reference segments."""
    rows = np.arange(len(truth))
    if len(rows) > MAX_ROWS:
        rows, _ = train_test_split(rows, train_size=MAX_ROWS, stratify=truth, random_state=0)
    return np.sort(rows)


def native(X: Floats) -> Reference:
    """The coordinates as they are."""
    empty = np.empty((len(X), 0), dtype=np.int32)
    return Reference("native", X, empty, np.ptp(X, axis=0), tuple(map(str, range(X.shape[1]))))


def features(table: Table, log: bool) -> Floats:
    """z-scores (missing: the median) beside one-hot categories (missing: a level of its own)."""
    numbers = table.frame[list(table.numeric)]
    numbers = numbers.fillna(numbers.median())
    numbers = np.log1p(numbers) if log else numbers
    spread = numbers.std(ddof=0).replace(0.0, 1.0)
    parts = [(numbers - numbers.mean()) / spread]
    if table.categorical:
        categories = table.frame[list(table.categorical)]
        parts.append(pd.get_dummies(categories, dummy_na=True, dtype=float))
    return np.ascontiguousarray(pd.concat(parts, axis=1).to_numpy(dtype=np.float64))
