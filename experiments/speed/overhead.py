"""What a trial costs beyond fit and score: proposing, recording, resuming.

    make bench      or      python experiments/speed/overhead.py

Fits and scores all 44 configurations of a real search space (Gaussian mixtures) once, then runs
studies of 40 trials (so that TPE proposes) that look them up: what is left is what a trial costs
beyond fit and score. The peer in the same run is plain Optuna on the same space and kind of
storage, which proposes and records values only.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import optuna
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from segbench.cell import plan_cell
from segbench.dataset import load
from segbench.evaluator import Evaluator
from segbench.paths import CONF
from segbench.search import distribution, grid
from segbench.space import fit_reference
from segbench.storage import open_storage
from segbench.study import Study
from segbench.trial import Trial

TRIALS, RUNS = 40, 5


def config() -> dict:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose("config", ["dataset=blobs", "dataset.n=300", "algorithm=gmm",
                                      "features=rfm_log", "study.replicates=2"])  # fmt: skip
        return plan_cell(OmegaConf.to_container(composed, resolve=True)).config


def evaluated(made: dict) -> dict[str, Trial]:
    """Every configuration of the search space, fitted and scored once."""
    table, _ = load(made["dataset"])
    evaluator = Evaluator(
        table, fit_reference(table, made["dataset"]["reference"]), made["features"],
        made["algorithm"], made["guards"], made["study"]["objectives"], 2, 0,
    )  # fmt: skip
    space = {name: distribution(name, spec) for name, spec in made["algorithm"]["search"].items()}
    return {str(sorted(params.items())): evaluator.evaluate(params) for params in grid(space, 44)}


def ours(url: str, folder: Path, made: dict, known: dict[str, Trial]) -> float:
    """Milliseconds a trial of a study whose fits and scores cost nothing."""
    with open_storage(url, folder / "study.db") as storage:
        study = Study(storage, "s", made["algorithm"]["search"], made["study"]["objectives"],
                      TRIALS, 0, 8, exclusive=True)  # fmt: skip
        start = time.perf_counter()
        study.run(lambda params: known[str(sorted(params.items()))], lambda *_: None, lambda: False)
        return 1000 * (time.perf_counter() - start) / TRIALS


def plain(url: str, folder: Path) -> float:
    """The same number of trials by Optuna alone, with values that cost nothing."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        k = trial.suggest_int("n_components", 2, 12)
        trial.suggest_categorical("covariance_type", ["full", "tied", "diag", "spherical"])
        return 1 / k, k

    storage = None if url == "memory" else f"sqlite:///{folder / 'plain.db'}"
    study = optuna.create_study(
        storage=storage, directions=["maximize"] * 2, sampler=optuna.samplers.TPESampler(seed=0)
    )
    start = time.perf_counter()
    study.optimize(objective, n_trials=TRIALS)
    return 1000 * (time.perf_counter() - start) / TRIALS


def main() -> None:
    made = config()
    known = evaluated(made)
    print(f"overhead per trial, {TRIALS} trials, median of {RUNS} runs")
    for name, url, limit in (("SQLite", "auto", 40.0), ("memory", "memory", 5.0)):
        own, peer = [], []
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as folder:
                own.append(ours(url, Path(folder), made, known))
                peer.append(plain(url, Path(folder)))
        mine, other = statistics.median(own), statistics.median(peer)
        print(f"  {name}: {mine:6.2f} ms (wanted: under {limit:g}); plain Optuna {other:6.2f} ms; "
              f"ratio {mine / other:.2f}; runs {min(own):.2f} to {max(own):.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
