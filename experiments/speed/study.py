"""A tuning study on real customers against the same search in plain Optuna and scikit-learn.

    make bench      or      python experiments/speed/study.py [--trials 40]

40 trials of k-means on cdnow (23,570 customers), 20 refits each: silhouette in the rank space and
stability, the best quality among stable trials wins. The peer is the script that one would write:
TPE in memory, scikit-learn's silhouette of all customers, a loop of refits. It knows no racing, and
fits again what TPE proposes again; what it would take without that stands beside it. Data are
loaded and kernels compiled before the clocks start. A peer that is not done after some minutes (two
with default threads, seven with one) is stopped and its time scaled to all trials, which is said.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.samplers import TPESampler
from racing import run
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler
from timing import QUIET, Others, in_process

SEED, TRIALS, REFITS, THREADS = 0, 40, 20, 2
PATIENCE = {None: 120, 1: 420}  # seconds of a peer, by threads
WANTED = 1.8
COLUMNS = ["recency", "frequency", "monetary"]


def ours(trials: int, threads: int) -> Any:
    """The result of the study, as `segbench run` makes it."""
    with tempfile.TemporaryDirectory() as folder:
        return run(folder, "algorithm=kmeans", f"study.n_trials={trials}",
                   f"study.replicates={REFITS}", f"threads={threads}")  # fmt: skip


def plain(values: np.ndarray, trials: int, patience: int) -> dict[str, Any]:
    """The same search; seconds of each trial, what it tried and what it chose."""
    n = len(values)
    ranks = np.column_stack([(rankdata(column) - 0.5) / n for column in values.T])
    logs = np.log1p(values)

    def segments(X: np.ndarray, k: int, seed: int) -> np.ndarray:
        X = StandardScaler().fit_transform(X)
        return KMeans(k, n_init=4, random_state=seed).fit_predict(X)

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        k = trial.suggest_int("n_clusters", 2, 12)
        labels = segments(logs, k, SEED)
        quality = silhouette_score(ranks, labels)
        shares = np.bincount(labels) / n
        if shares.min() < 0.02 or shares.max() > 0.8:
            trial.set_user_attr("infeasible", True)
            return quality, -1.0
        scores = []
        for i in range(REFITS):
            rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(0, i)))
            rows = np.unique(rng.integers(n, size=n))
            again = segments(logs[rows], k, int(rng.integers(2**31 - 1)))
            scores.append(adjusted_rand_score(labels[rows], again))
        return quality, float(np.mean(scores))

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = TPESampler(n_startup_trials=8, seed=SEED)
    study = optuna.create_study(directions=["maximize"] * 2, sampler=sampler)
    start = time.perf_counter()
    study.optimize(objective, n_trials=trials, timeout=patience)
    seconds = time.perf_counter() - start
    feasible = [trial for trial in study.trials if "infeasible" not in trial.user_attrs]
    stable = [trial for trial in feasible if trial.values[1] >= 0.75]
    best = max(stable, key=lambda trial: trial.values[0], default=study.trials[0])
    first = {trial.params["n_clusters"]: trial for trial in reversed(study.trials)}
    return {"seconds": seconds, "done": len(study.trials), "distinct": len(first),
            "once": sum(trial.duration.total_seconds() for trial in first.values()),
            "k": best.params["n_clusters"], "values": best.values}  # fmt: skip


def described(found: Mapping[str, Any], trials: int, own: float) -> str:
    """A peer's time and choice, beside the seconds of ours."""
    whole = found["seconds"] * trials / found["done"]
    words = f"{whole:.0f} s, ratio {whole / own:.1f}x"
    if found["done"] < trials:
        return f"{words}, scaled from its first {found['done']} trials"
    return (f"{words}; its {found['distinct']} distinct sets once: {found['once']:.0f} s, ratio "
            f"{found['once'] / own:.1f}x; k = {found['k']}, quality {found['values'][0]:.6f}, "
            f"stability {found['values'][1]:.3f}")  # fmt: skip


def main(trials: int) -> None:
    """Print ours with 2 workers and with 1, then the peers."""
    print(f"study of {trials} trials with {REFITS} refits on cdnow, k-means")
    ours(1, THREADS)  # compiles
    others = Others()
    two, one = ours(trials, THREADS), ours(trials, 1)
    own = two.seconds["tuning"]
    for threads, result in ((THREADS, two), (1, one)):
        print(f"  ours, threads={threads}: tuning {result.seconds['tuning']:.1f} s, with the report"
              f" on the winner {result.seconds['total']:.1f} s; {result.trials['refits']} refits, "
              f"k = {result.params['n_clusters']}, quality {result.scores['quality'].value:.6f}"
              )  # fmt: skip
    ratio, whole = (one.seconds[part] / two.seconds[part] for part in ("tuning", "total"))
    print(f"  2 workers against 1: {ratio:.2f}x (wanted: {WANTED}x), with the report {whole:.2f}x;"
          f" {others}", flush=True)  # fmt: skip
    for limit, words in ((None, "default threads"), (1, "1 thread")):
        others = Others()
        found = in_process(__file__, "--plain", str(PATIENCE[limit]), "--trials", str(trials),
                           threads=limit)  # fmt: skip
        print(f"  plain, {words}: {described(found, trials, own)}; {others}", flush=True)
        if found["done"] == trials and found["k"] != two.params["n_clusters"]:
            print("  ANOTHER CHOICE")
        if limit is None and others.processors() > QUIET:
            print("  NOT A QUIET MACHINE: that ratio says nothing (see timing.Others)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--plain", type=int, help="the peer alone for so many seconds, as JSON")
    options = parser.parse_args()
    if options.plain is not None:
        from omegaconf import OmegaConf

        from segbench.dataset import load
        from segbench.paths import CONF

        table, _ = load(OmegaConf.to_container(OmegaConf.load(CONF / "dataset" / "cdnow.yaml")))
        values = table.frame[COLUMNS].to_numpy(np.float64)
        print(json.dumps(plain(values, options.trials, options.plain)))
    else:
        main(options.trials)
