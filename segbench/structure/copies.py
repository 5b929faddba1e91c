"""Copies of a table that have its skew, tails and correlations but no segments.

copula     a Gaussian copula; each column keeps its distribution with the modes smoothed into one
gaussian   normal columns with the table's covariance, on the scale on which each of its columns is
           nearest to normal, and within its range

Rounded columns stay rounded. Categories keep their shares; their levels are put in an order by the
first principal component of the table. The latent correlations are those under which the copies'
columns are correlated as the table's (NORTA; Cario & Nelson 1997, Northwestern University). Missing
values stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from segbench.contracts import Floats, Rows, Table
from segbench.structure.margin import Margin

KINDS = ("copula", "gaussian")
DRAWS, ROUNDS = 10_000, 6
"""Customers drawn, and rounds, to find latent correlations."""


@dataclass(frozen=True)
class _Levels:
    """A categorical column: levels in use, in order, and the share of the customers up to each."""

    order: Rows
    cumulated: Floats

    @classmethod
    def of(cls, codes: Rows, component: Floats) -> _Levels:
        """In the order of their customers' mean on a component (n,) of the table."""
        used, place = np.unique(codes[codes >= 0], return_inverse=True)
        counts = np.bincount(place, minlength=len(used))
        order = np.argsort(np.bincount(place, component[codes >= 0], len(used)) / counts)
        return cls(used[order], np.cumsum(counts[order]) / max(counts.sum(), 1))

    def codes(self, z: Floats) -> Rows:
        """Levels (m,) of standard normal z (m,)."""
        if not len(self.order):
            return np.full(len(z), -1)
        at = np.searchsorted(self.cumulated, ndtr(z), side="right")
        return self.order[np.minimum(at, len(self.order) - 1)]

    def positions(self, codes: Rows) -> Floats:
        """Places (m,) in the order, NaN where missing."""
        places = np.full(int(self.order.max(initial=-1)) + 2, np.nan)
        places[self.order] = np.arange(len(self.order))
        return places[codes]


class Structureless:
    """Draws copies of one table."""

    def __init__(self, table: Table) -> None:
        self.table, frame = table, table.frame
        self.columns: dict[str, Any] = {
            str(name): np.asarray(column.cat.codes, dtype=np.intp)
            if name in table.categorical else column.to_numpy(np.float64)
            for name, column in frame.items()
        }  # fmt: skip
        self.missing = {name: frame[name].isna().to_numpy() for name in self.columns}
        self.margins = {name: Margin.of(self.columns[name][~self.missing[name]])
                        for name in self.columns if name not in table.categorical}  # fmt: skip
        component = self._component()
        self.levels = {name: _Levels.of(self.columns[name], component)
                       for name in table.categorical}  # fmt: skip
        self._roots: dict[str, Floats] = {}

    def draw(self, kind: str, rng: np.random.Generator) -> Table:
        """One copy of a kind of `KINDS`, with as many customers."""
        frame = self.table.frame
        latent = rng.normal(size=frame.shape) @ self.root(kind)
        drawn: dict[str, Any] = {}
        for name, values in self._columns(kind, latent).items():
            absent = -1 if name in self.levels else np.nan
            drawn[name] = np.where(self.missing[name], absent, values)
            if name in self.levels:
                levels = frame[name].cat.categories
                drawn[name] = pd.Categorical.from_codes(drawn[name].tolist(), categories=levels)
        return replace(self.table, frame=pd.DataFrame(drawn, index=frame.index))

    def _columns(self, kind: str, latent: Floats) -> dict[str, Any]:
        """Values, or codes of levels, from (m, p) standard normal columns."""
        columns: dict[str, Any] = {}
        for name, z in zip(self.columns, latent.T, strict=True):
            if name in self.levels:
                columns[name] = self.levels[name].codes(z)
            else:
                margin = self.margins[name]
                columns[name] = margin.quantile(ndtr(z)) if kind == "copula" else margin.normal(z)
        return columns

    def _component(self) -> Floats:
        """(n,) first principal component of all columns, levels as indicators."""
        parts = [_normal_scores(self.columns[name])[:, None] for name in self.margins]
        for name in self.table.categorical:
            codes = self.columns[name]
            hot = (codes[:, None] == np.unique(codes[codes >= 0])).astype(np.float64)
            parts.append(_standardised(hot) * np.sqrt(len(hot)))
        return np.asarray(np.linalg.svd(np.hstack(parts), full_matrices=False)[0][:, 0])

    def root(self, kind: str) -> Floats:
        """Matrix (p, p) that gives independent normal columns the latent correlations."""
        if kind not in self._roots:
            noise = np.random.default_rng(0).normal(size=(DRAWS, len(self.columns)))
            wanted = self._correlation(self.columns)
            latent = wanted
            for _ in range(ROUNDS):
                drawn = self._columns(kind, noise @ _root_of(latent))
                latent = np.clip(latent + wanted - self._correlation(drawn), -0.999, 0.999)
            self._roots[kind] = _root_of(latent)
        return self._roots[kind]

    def _correlation(self, columns: Mapping[str, Any]) -> Floats:
        """Of values on the scale on which they are nearest to normal, of levels by normal score.

        Of each two columns over the customers that have both.
        """
        scores = []
        for name, values in columns.items():
            if name in self.levels:
                places = self.levels[name].positions(values)
                scores.append(np.where(np.isnan(places), np.nan, _normal_scores(places)))
            else:
                there = ~np.isnan(values)
                scores.append(np.full(len(values), np.nan))
                scores[-1][there] = self.margins[name].scaled(values[there])
        return _pairwise(np.column_stack(scores))


def _pairwise(X: Floats) -> Floats:
    """(p, p) correlations of columns over the rows in which both are there; else 0."""
    there = (~np.isnan(X)).astype(np.float64)
    X = np.nan_to_num(X - np.nansum(X, axis=0) / np.maximum(there.sum(axis=0), 1.0))
    n, sums = np.maximum(there.T @ there, 1.0), X.T @ there
    variation = (X**2).T @ there - sums**2 / n
    together = X.T @ X - sums * sums.T / n
    scale = np.sqrt(np.maximum(variation * variation.T, 0.0))
    return np.divide(together, scale, out=np.zeros_like(scale), where=scale > 1e-9)


def _normal_scores(values: Floats) -> Floats:
    """(n,) standard normal by average rank; 0 where missing."""
    there = ~np.isnan(values)
    scores = np.zeros(len(values))
    scores[there] = ndtri((rankdata(values[there]) - 0.5) / there.sum())
    return scores


def _standardised(X: Floats) -> Floats:
    """Columns of mean 0 and length 1; constant ones 0."""
    centred = X - X.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return np.asarray(np.divide(centred, length, out=np.zeros_like(X), where=length > 1e-12))


def _root_of(correlation: Floats) -> Floats:
    """Root of the correlation matrix nearest by eigenvalues: rows of noise times it have it."""
    correlation = correlation.copy()
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray((root / np.sqrt((root**2).sum(axis=1, keepdims=True))).T)
