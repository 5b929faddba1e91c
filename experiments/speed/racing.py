"""How many refits racing saves, and whether the choice stays the same.

    make bench      or      python experiments/speed/racing.py

Studies of 40 trials with 20 refits each on cdnow, once in full and once with racing: k-means, whose
search space is listed (11 sets), and Gaussian mixtures, for which TPE proposes.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from segbench.cell import plan_cell
from segbench.paths import CONF
from segbench.run import run_cell
from segbench.tracking import NoTracking


@dataclass
class Silent:
    """Shows no progress."""

    def start(self) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def trial(self, done: int, planned: int, record: Any) -> None:
        """Nothing."""

    def step(self, text: str) -> None:
        """Nothing."""


def run(results: str, *options: str) -> Any:
    """The result of a study on cdnow."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose("config", ["dataset=cdnow", "features=rfm_log", "study.n_trials=40",
                                      "study.structureless.copies=0",
                                      f"results={results}", *options])  # fmt: skip
        cell = plan_cell(OmegaConf.to_container(composed, resolve=True))
    return run_cell(cell, Silent(), NoTracking(), in_sweep=False)


def main() -> None:
    """Print both studies of each algorithm."""
    print("racing: 40 trials of 20 refits on cdnow (wanted: 40 % of the refits saved)")
    for algorithm, space in (("kmeans", "enumerated"), ("gmm", "TPE")):
        with tempfile.TemporaryDirectory() as folder:
            whole, raced = (
                run(folder, f"algorithm={algorithm}", f"study.racing={racing}", "threads=2")
                for racing in ("false", "true")
            )
        saved = 1 - raced.trials["refits"] / whole.trials["refits"]
        same = "the same choice" if raced.params == whole.params else "ANOTHER CHOICE"
        print(f"  {algorithm}, {space}: {raced.trials['refits']} of {whole.trials['refits']} "
              f"refits, {saved:.0%} saved, tuning {raced.seconds['tuning']:.1f} s of "
              f"{whole.seconds['tuning']:.1f} s; {same}: {raced.params}")  # fmt: skip


if __name__ == "__main__":
    main()
