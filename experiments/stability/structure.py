"""How often segments are claimed where there are none, and missed where there are some.

    make structure      or      python experiments/stability/structure.py [--write] [--tables N]

The test of `segbench run` (39 copies of each kind, level 0.05, 20 refits), k-means on z-scores with
2 to 6 segments, on tables of 300 customers and 4 attributes that are not drawn from its own copies.
Clouds whose shape no copy can have are counted apart: what is claimed there is a limit of the test.
For comparison the tables without segments are judged by the greatest silhouette as well, against as
many copies.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
import yaml
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).parents[1]))
from measured import table, write

from segbench.contracts import Floats, Table
from segbench.evaluator import Evaluator
from segbench.metric import silhouette_score
from segbench.paths import CONF
from segbench.space import fit_reference
from segbench.structure import KINDS, Structureless, significance

N, D, LEVEL, COPIES, REFITS = 300, 4, 0.05, 39, 20
KMEANS = {"name": "kmeans", "_target_": "sklearn.cluster.KMeans", "input": "numeric",
          "assign": "predict", "baseline": False, "params": {"n_init": 4}}  # fmt: skip
GUARDS = {"min_share": 0.02, "max_share": 0.8, "max_noise": 0.3, "k_min": 2, "k_max": 12}
SEARCH = [{"n_clusters": k} for k in range(2, 7)]
Rng = np.random.Generator


def rotated(X: Floats, rng: Rng) -> Floats:
    """In random directions."""
    return X @ np.linalg.qr(rng.normal(size=(D, D)))[0]


def ellipsoid(rng: Rng) -> Floats:
    """Evenly within an ellipsoid, five times as long as wide."""
    z = rng.normal(size=(N, D))
    ball = z / np.sqrt((z**2).sum(axis=1, keepdims=True)) * rng.random((N, 1)) ** (1 / D)
    return rotated(ball * [5, 1, 1, 1], rng)


def skewed(rng: Rng) -> Floats:
    """Exponential, in directions of their own."""
    return rotated(rng.exponential(size=(N, D)) * [3, 1, 1, 1], rng)


def heavy(rng: Rng) -> Floats:
    """A multivariate t of 3 degrees of freedom."""
    return rng.normal(size=(N, D)) / np.sqrt(rng.chisquare(3, size=(N, 1)) / 3) * [2, 1, 1, 1]


def correlated(rng: Rng) -> Floats:
    """A common factor and one of each attribute, all of Laplace's distribution."""
    return rng.laplace(size=(N, D)) + 1.5 * rng.laplace(size=(N, 1))


def curved(rng: Rng) -> Floats:
    """Along a parabola: no table with one mode a column and correlations alone is bent."""
    x = rng.normal(size=(N, D)) * [2, 0.7, 1, 1]
    x[:, 1] += 0.5 * x[:, 0] ** 2
    return x


def triangular(rng: Rng) -> Floats:
    """The last purchase is never before the first one, evenly in between."""
    x = rng.normal(size=(N, D))
    x[:, 0] = rng.random(N)
    x[:, 1] = x[:, 0] * rng.random(N)
    return x


def inflated(rng: Rng) -> Floats:
    """Counts: of orders, and of what else only those can have who ordered."""
    orders = rng.negative_binomial(1, 0.25, size=(N, 1))
    return np.hstack([orders, rng.poisson(orders * [0.2, 0.7, 1.5])]).astype(np.float64)


def none_or_some(rng: Rng) -> Floats:
    """Two counts of which half are none, whoever the customer is, and two normal attributes."""
    some = rng.random((N, 2)) < 0.5
    counts = some * (4 + rng.poisson(6, size=(N, 2)))
    return np.hstack([counts, rng.normal(size=(N, 2))]).astype(np.float64)


def along(distance: float) -> Callable[[Rng], Floats]:
    """Two groups along a diagonal, as far apart in each attribute as half the distance."""

    def draw(rng: Rng) -> Floats:
        return rng.integers(2, size=N)[:, None] * distance / 2 + rng.normal(size=(N, D))

    return draw


def groups(k: int, distance: float) -> Callable[[Rng], Floats]:
    """k round groups of standard deviation 1; the nearest two centres are `distance` apart."""

    def draw(rng: Rng) -> Floats:
        centres = rng.normal(size=(k, D))
        gaps = np.sqrt(((centres[:, None] - centres) ** 2).sum(axis=2))
        centres *= distance / gaps[np.triu_indices(k, 1)].min()
        return centres[rng.integers(k, size=N)] + rng.normal(size=(N, D))

    return draw


NONE: dict[str, Callable[[Rng], Floats]] = {
    "elongated": ellipsoid, "skewed": skewed, "heavy-tailed": heavy,
    "uniform": lambda rng: rng.random((N, D)), "correlated": correlated,
}  # fmt: skip
BENT = {
    "curved": curved,
    "triangular": triangular,
    "counts with many zeros": inflated,
    "counts, half of them none": none_or_some,
}
APART = {
    "two along a diagonal": along(6.0),
    **{f"{k} groups, 6 apart": groups(k, 6.0) for k in (3, 4, 5)},
}
OVERLAP = {f"3 groups, {d} apart": groups(3, float(d)) for d in (2, 3, 4)}
WITHOUT = {**NONE, **BENT}
CASES = {**WITHOUT, **APART, **OVERLAP}


def main() -> None:
    """Print the tables, and write them into the README if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into README.md")
    parser.add_argument("--tables", type=int, default=0, help="of each case; 0: 40, 25 and 20")
    options, start = parser.parse_args(), time.perf_counter()
    rows, totals = [], {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for title, cases, usual in (
            ("none", NONE, 40),
            ("apart", APART, 25),
            ("", OVERLAP, 20),
            ("", BENT, 20),
        ):
            totals[title] = np.zeros(3)
            for case in cases:
                count = options.tables or usual
                found = np.array(list(pool.map(claimed, [case] * count, range(count))))
                totals[title] += [*found.sum(axis=0), count]
                shares = [f"{share:.1%}" for share in found.mean(axis=0)]
                rows.append([case, str(count), shares[0], shares[1] if case in WITHOUT else ""])
                print(f"  {rows[-1]}  {time.perf_counter() - start:.0f} s", flush=True)
    none, apart = (totals[title][:2] / totals[title][2] for title in ("none", "apart"))
    text = (
        f"{table(['table', 'drawn', 'segments claimed', 'by silhouette'], rows)}\n\n"
        f"Without segments they are claimed in {none[0]:.1%} of {totals['none'][2]:.0f} tables "
        f"(by silhouette {none[1]:.1%}), with segments apart in {apart[0]:.1%} of "
        f"{totals['apart'][2]:.0f}; {time.perf_counter() - start:.0f} s."
    )
    print(text)
    if options.write:
        write(Path(__file__).parent / "README.md", text, "structure")


def claimed(case: str, i: int) -> tuple[bool, bool]:
    """Whether segments are claimed in a case's i-th table; without any, also by silhouette."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng([i, list(CASES).index(case)])
    X = CASES[case](rng)
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(D)])
    customers = Table(case, np.arange(N), frame, tuple(frame), (), (), {}, {}, None, "-")
    features = yaml.safe_load((CONF / "features" / "standard.yaml").read_text(encoding="utf-8"))
    evaluator = Evaluator(
        customers, fit_reference(customers, {"kind": "standard"}), features, KMEANS, GUARDS,
        ("quality", "stability_ari"), replicates=REFITS, seed=i,
    )  # fmt: skip
    p = significance(evaluator, SEARCH, COPIES, LEVEL, customers=N).p
    by_stability = p is not None and p <= LEVEL
    return by_stability, case in WITHOUT and by_silhouette(evaluator)


def by_silhouette(evaluator: Evaluator) -> bool:
    """The greatest silhouette within the guards, against the same number of copies."""

    def greatest(X: Floats) -> float:
        found = [-1.0]
        for params in SEARCH:
            labels = KMeans(**params, n_init=4, random_state=0).fit_predict(X)
            shares = np.bincount(labels) / N
            if GUARDS["min_share"] <= shares.min() and shares.max() <= GUARDS["max_share"]:
                found.append(silhouette_score(X, labels))
        return max(found)

    def z_scores(drawn: Table) -> Floats:
        return StandardScaler().fit_transform(drawn.frame.to_numpy())

    source, rng = Structureless(evaluator.table), np.random.default_rng(0)
    reached = greatest(z_scores(evaluator.table))
    for kind in KINDS:
        as_great = 0
        for _ in range(COPIES):
            as_great += greatest(z_scores(source.draw(kind, rng))) >= reached
            if (1 + as_great) / (1 + COPIES) > LEVEL:
                return False
    return True


if __name__ == "__main__":
    main()
