"""Would another sum of ranks choose better? Sums found on some sets, judged on others.

    SEGBENCH_DATA=... python experiments/metric_trust/search.py [--write]

Tries every rank sum of one to three criteria that Gower space has too. The best of hundreds looks
better than it is on the sets that chose it, so each is shown on the groups that did not choose it
as well, and for its own group what choosing loses on a set that had no say (leave one out).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from cases import GROUPS
from rules import RULES, SHOWN, interval, ranking
from run import BASE, BOARDS, score_all, scores_in
from scoring import Scored

from segbench.contracts import Floats
from segbench.metric import INTERNAL

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import SUITE, data_folder
from measured import table, write

MOST = 3
SPACES = {"shapes": BOARDS[0][1], "real": BOARDS[1][1], "simulated": BOARDS[3][1]}

Rule = tuple[str, ...]
Losses = Mapping[str, Floats]


def sums() -> list[Rule]:
    """Every candidate rule; `quality` is silhouette again, so it stands for itself only."""
    names = [name for name, each in INTERNAL.items() if each.gower and name != BASE]
    return [rule for size in range(1, MOST + 1) for rule in combinations(names, size)]


def losses(rule: Rule, sets: Sequence[Scored]) -> tuple[Losses, Losses]:
    """(of the pick, of the best among the first three) by group, a number a set."""
    pick: dict[str, list[float]] = {group: [] for group in GROUPS}
    top: dict[str, list[float]] = {group: [] for group in GROUPS}
    for each in sets:
        allowed = np.flatnonzero(each.eligible)
        order = allowed[ranking(scores_in(each, SPACES[each.group]), rule, allowed)]
        found = each.ari.max() - each.ari[order[:SHOWN]]
        pick[each.group].append(found[0] if len(found) else each.ari.max())
        top[each.group].append(found.min(initial=each.ari.max()))
    return as_arrays(pick), as_arrays(top)


def as_arrays(by_group: Mapping[str, Sequence[float]]) -> Losses:
    return {group: np.array(values) for group, values in by_group.items()}


def left_out(values: Floats) -> Floats:
    """(sets,) loss of the rule that is best on all other sets; `values` is (rules, sets)."""
    others = values.sum(axis=1, keepdims=True) - values
    return values[others.argmin(axis=0), np.arange(values.shape[1])]


def report(sets: Sequence[Scored]) -> str:
    rules = sums()
    found = {rule: losses(rule, sets) for rule in {*rules, (BASE,), RULES["compact"]}}
    lines = [line(name, rule, found[rule])
             for name, rule in ((BASE, (BASE,)), ("compact", RULES["compact"]))]  # fmt: skip
    own = ["each group's own best, on the sets left out", ""]
    for group in GROUPS:
        best = min(rules, key=lambda rule: found[rule][0][group].mean())
        lines.append(line(f"best on {group}", best, found[best]))
        own.append(cell(left_out(np.array([found[rule][0][group] for rule in rules])), None))
    header = [
        "chosen by the rank sum",
        "of",
        *(f"{group}: lost [95 %] (top 3)" for group in GROUPS),
    ]
    return f"{len(rules)} sums.\n\n{table(header, [*lines, own], text=2)}"


def line(name: str, rule: Rule, found: tuple[Losses, Losses]) -> list[str]:
    return [name, ", ".join(rule), *(cell(found[0][g], found[1][g]) for g in GROUPS)]


def cell(pick: Floats, top: Floats | None) -> str:
    middle, low, high = interval(pick)
    return f"{middle:.3f} [{low:.2f}, {high:.2f}]" + ("" if top is None else f" ({top.mean():.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    text = report(score_all(data_folder(SUITE), GROUPS))
    print(text)
    if options.write:
        write(Path(__file__).with_name("README.md"), text, "search")


if __name__ == "__main__":
    main()
