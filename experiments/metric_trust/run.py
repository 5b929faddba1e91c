"""Which label-free criterion should choose a segmentation? The ARI that each choice loses.

    SEGBENCH_DATA=... python experiments/metric_trust/run.py [--write] [--groups real,simulated]

Minutes on 2 cores the first time; candidates and scores are kept in results/metric_trust, so that
after a new criterion only its own scores are computed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from candidates import GENIE
from cases import GROUPS, UNSEEN, Case, cases
from rules import RULES, Loss, available, interval, loss, yardsticks
from scoring import Scored, scored
from simulate import ELONGATIONS
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import SUITE, data_folder
from measured import table, write

FOLDER = Path(__file__).parents[2] / "results" / "metric_trust"
WORKERS = 2
BASE = "quality"
HEADER = ["chosen by", "sets", "lost [95 %]", f"more than {BASE}", "top 3 [95 %]",
          "unguarded", "degenerate", "rho"]  # fmt: skip
BOARDS = (
    ("shapes", ("native",), "Shapes: fcps and sipu in their own coordinates"),
    ("real", ("rank", "gower"), "Real tables, on ranks (numbers) or under Gower (mixed)"),
    ("real", ("standard",), "The numeric ones of the real tables, on z-scores instead"),
    ("simulated", ("native",), "Simulated Gaussian mixtures in their own coordinates"),
    ("heavy", ("native",), "Simulated mixtures with heavy tails (t, 3 degrees of freedom)"),
    ("skewed", ("native",), "Simulated mixtures of skewed (exponential) components"),
)


def one(case: Case) -> Scored:
    """The work of one process."""
    with threadpool_limits(1):
        return scored(case, FOLDER)


def score_all(suite: Path, groups: Sequence[str]) -> list[Scored]:
    """Every set of the groups, by `WORKERS` processes of one thread each."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # read by the new processes
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        sets = []
        for each in pool.map(one, cases(suite, groups)):
            sets.append(each)
            print(f"  {each.group} {each.name}: {len(each.ari)} candidates", file=sys.stderr)
    return sets


def board(sets: Sequence[Scored], spaces: Sequence[str]) -> str:
    """One line for each rule and yardstick, the least loss first."""
    found: dict[str, list[Loss | None]] = {
        name: [loss(each, scores_in(each, spaces), parts) for each in sets]
        for name, parts in available().items()
    }
    found = {name: losses for name, losses in found.items() if any(losses)}
    found |= {f"*{name}*": [f(each) for each in sets] for name, f in yardsticks().items()}
    order = sorted(found, key=lambda name: column(found[name], "pick").mean())
    return table(HEADER, (row(name, found[name], found[BASE]) for name in order))


def scores_in(each: Scored, spaces: Sequence[str]) -> dict[str, np.ndarray]:
    """In the one of these spaces that the set has; none where it has none."""
    return next((each.scores[space] for space in spaces if space in each.scores), {})


def by_elongation(sets: Sequence[Scored]) -> str:
    """Mean loss on the simulated sets by the shape of their components."""
    groups = {e: [each for each in sets if each.name.endswith(f"_e{e:.0f}")] for e in ELONGATIONS}
    lines = {
        name: [
            mean([loss(e, e.scores["native"], parts) for e in group]) for group in groups.values()
        ]
        for name, parts in available().items()
    }
    for name, yardstick in yardsticks().items():
        lines[f"*{name}*"] = [mean([yardstick(e) for e in group]) for group in groups.values()]
    header = ["chosen by", *(f"{e:.0f} ({len(group)} sets)" for e, group in groups.items())]
    return table(header, ([name, *lines[name]] for name in sorted(lines, key=lambda n: lines[n])))


def row(name: str, losses: Sequence[Loss | None], base: Sequence[Loss | None]) -> list[str]:
    both = [(x, y) for x, y in zip(losses, base, strict=True) if x and y]
    against = np.array([x.pick - y.pick for x, y in both])
    means = (mean(losses, "unguarded", ".2f"), mean(losses, "degenerate", ".0%"))
    return [
        name, str(sum(each is not None for each in losses)), spread(column(losses, "pick")),
        "" if name == BASE else spread(against, "+.3f"), spread(column(losses, "top")),
        *means, mean(losses, "rho", ".2f"),
    ]  # fmt: skip


def column(losses: Sequence[Loss | None], field: str) -> np.ndarray:
    values = np.array([getattr(each, field) for each in losses if each], dtype=np.float64)
    return values[~np.isnan(values)]


def mean(losses: Sequence[Loss | None], field: str = "pick", shape: str = ".3f") -> str:
    values = column(losses, field)
    return format(values.mean(), shape) if len(values) else ""


def spread(values: np.ndarray, shape: str = ".3f") -> str:
    if not len(values):
        return ""
    middle, low, high = interval(values)
    return f"{middle:{shape}} [{low:.2f}, {high:.2f}]"


def report(sets: Sequence[Scored], seconds: float) -> Iterator[str]:
    counts = [len(each.ari) for each in sets]
    yield (
        f"{len(sets)} sets, {min(counts)} to {max(counts)} distinct candidates each (median "
        f"{np.median(counts):.0f}), {'with' if GENIE else 'without'} Genie; {seconds:.0f} s."
    )
    later = [name for name in RULES if name not in available()]
    if later:
        yield f"Not there yet: {', '.join(later)}."
    for group, spaces, title in BOARDS:
        these = [each for each in sets if each.group == group and scores_in(each, spaces)]
        hopeless = sum(each.ari.max() < 0.1 for each in these)
        why = f" ({hopeless} on which no candidate reaches an ARI of 0.1)" if hopeless else ""
        if these:
            yield f"**{title}**{why}\n\n{board(these, spaces)}"
    simulated = [each for each in sets if each.group == "simulated"]
    if simulated:
        yield "**Simulated ones by elongation** (longest axis over shortest), loss of the pick"
        yield by_elongation(simulated)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", default=",".join((*GROUPS, *UNSEEN)), help="comma-separated")
    parser.add_argument("--write", action="store_true", help="write the tables into README.md")
    options = parser.parse_args()
    suite, start = data_folder(SUITE), time.perf_counter()
    sets = score_all(suite, options.groups.split(","))
    text = "\n\n".join(report(sets, time.perf_counter() - start))
    print(text)
    if options.write:
        write(Path(__file__).with_name("README.md"), text)


if __name__ == "__main__":
    main()
