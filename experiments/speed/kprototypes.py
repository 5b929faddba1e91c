"""k-prototypes against the package kmodes from the same starts: ratio of times, and of costs.

make bench   or   python experiments/speed/kprototypes.py   (five minutes, most are kmodes')

A start is k rows of the table. Both sides are given the same ones, one fit each, with the same
gamma, so that nothing but the way from there is compared. The row of a million customers is ours
alone, with starts of its own.
"""

from __future__ import annotations

import time

import numpy as np
from kmodes.kprototypes import KPrototypes as Kmodes

from segbench.algorithm.kprototypes import KPrototypes
from segbench.machine import peak_mb, processors, reset_peak

NUMBERS, CATEGORIES, LEVELS, K, STARTS, WANTED = 6, 6, 6, 5, 10, 100
CODES = list(range(NUMBERS, NUMBERS + CATEGORIES))


def customers(n: int, seed: int = 0) -> np.ndarray:
    """Five groups that overlap: normal numbers, and categories half of which are the group's."""
    rng = np.random.default_rng(seed)
    group = rng.integers(K, size=n)
    numbers = rng.normal(size=(n, NUMBERS)) + rng.normal(0, 1.5, (K, NUMBERS))[group]
    usual = rng.integers(LEVELS, size=(K, CATEGORIES))
    drawn = rng.integers(LEVELS, size=(n, CATEGORIES))
    codes = np.where(rng.random((n, CATEGORIES)) < 0.5, usual[group], drawn)
    return np.hstack([numbers, codes])


def compare(n: int) -> None:
    X = customers(n)
    rng = np.random.default_rng(1)
    ours, theirs, costs = [], [], []
    for _ in range(STARTS):
        init = X[rng.choice(n, K, replace=False)]
        begin = time.perf_counter()
        model = KPrototypes(K, categorical=CODES, init=init).fit(X)
        middle = time.perf_counter()
        first = [init[:, :NUMBERS], init[:, NUMBERS:]]
        other = Kmodes(K, init=first, n_init=1, gamma=model.gamma_).fit(X, categorical=CODES)
        theirs.append(time.perf_counter() - middle)
        ours.append(middle - begin)
        costs.append((model.cost_, other.cost_))
    mine, peer = np.array(costs).T
    print(f"  n={n:,}, {STARTS} starts: ours {sum(ours):.2f} s, kmodes {sum(theirs):.1f} s, ratio "
          f"{sum(theirs) / sum(ours):.0f}x (wanted: {WANTED}x at n=20,000)")  # fmt: skip
    print(f"    cost: median ours {np.median(mine):,.1f}, kmodes {np.median(peer):,.1f}; best ours "
          f"{mine.min():,.1f}, kmodes {peer.min():,.1f}; ours lower in {(mine < peer - 1e-6).sum()}"
          f", higher in {(mine > peer + 1e-6).sum()} of {STARTS}")  # fmt: skip


def main() -> None:
    print(f"k-prototypes, {NUMBERS} + {CATEGORIES} columns, k = {K}, both on one thread")
    KPrototypes(K, categorical=CODES, init=customers(99)[:K]).fit(customers(99))  # compiles
    KPrototypes(K, categorical=CODES).fit(customers(99))
    compare(2_000)
    compare(20_000)
    X, jobs = customers(1_000_000), processors()
    reset_peak()
    begin = time.perf_counter()
    model = KPrototypes(K, categorical=CODES, n_init=STARTS, n_jobs=jobs, random_state=0).fit(X)
    seconds = time.perf_counter() - begin
    print(f"  n=1,000,000, ours, {STARTS} starts on {jobs} threads: {seconds:.1f} s, cost "
          f"{model.cost_:,.1f}, peak {peak_mb():,} MB")  # fmt: skip


if __name__ == "__main__":
    main()
