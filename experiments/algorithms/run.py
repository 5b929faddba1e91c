"""Every algorithm against every promise, and what a table of 5,000 customers costs it.

    python experiments/algorithms/run.py --write        (make algorithms)

The checks are those of the tests (`tests/algorithm/checks.py`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
import time
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests" / "algorithm")]
import checks
from measured import table, write

from segbench.machine import peak_mb, reset_peak

README = HERE / "README.md"
N, K = 5_000, 6


def conformance() -> tuple[str, str, int]:
    """The table, the reasons behind its marks, and how many promises are broken."""
    algorithms = list(checks.algorithms())
    reasons: dict[str, list[str]] = {}
    rows, broken = [], 0
    for check in checks.CHECKS:
        row = [check.__name__]
        for algorithm in algorithms:
            try:
                reason = checks.run(algorithm, check)
            except Exception as error:
                broken += 1
                reason, row = f"{type(error).__name__}: {error}", [*row, "✗"]
                print(f"{algorithm.name}, {check.__name__}: {reason}", file=sys.stderr)
                continue
            stated = (algorithm.name, check.__name__) in checks.STATED
            row.append("✗" if stated else "–" if reason else "✓")
            if reason:
                reasons.setdefault(f"{check.__name__}: {reason}", []).append(algorithm.name)
        rows.append(row)
    turned = [[name, *(row[i] for row in rows)] for i, name in enumerate(
        (algorithm.name for algorithm in algorithms), 1)]  # fmt: skip
    numbers = [str(i) for i in range(1, len(rows) + 1)]
    listed = [f"{i}. `{check.__name__}`: {(check.__doc__ or '').strip()}"
              for i, check in enumerate(checks.CHECKS, 1)]  # fmt: skip
    stated = [f"- {reason} ({', '.join(names)})" for reason, names in sorted(reasons.items())]
    marks = "Where a check does not apply (–), or is not kept (✗):"
    page = "\n".join([table(["algorithm", *numbers], turned), "", *listed, "", marks, "", *stated])
    return page, f"{len(rows)} checks of {len(algorithms)} algorithms", broken


def cost(name: str) -> dict[str, float | str]:
    """Seconds and memory of one fit on 5,000 customers, in this process alone."""
    algorithm = checks.Algorithm(name)
    made = checks.table(checks.customers(N))
    algorithm.fit(checks.table(checks.customers(300)), K)  # imports, compiles
    reset_peak()
    before, begin = peak_mb(), time.perf_counter()
    fitted = algorithm.fit(made, K)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "mb": peak_mb() - before, "rows": len(fitted.rows),
            "rule": algorithm.spec.get("assign") or "nearest_customers"}  # fmt: skip


def costs() -> str:
    """A process each, so that no peak is another's."""
    rows = []
    for name in checks.NAMES:
        done = subprocess.run([sys.executable, __file__, "--cost", name], capture_output=True,
                              text=True, check=True)  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        limit = checks.Algorithm(name).spec.get("max_rows")
        rows.append([name, f"{found['seconds']:.2f}", f"{found['mb']:.0f}", f"{found['rows']:,}",
                     "" if limit is None else f"{limit:,}", found["rule"]])  # fmt: skip
    head = ["algorithm", "seconds", "MB", "fitted on", "takes at most", "rule for new customers"]
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=textwrap.dedent(__doc__ or ""))
    parser.add_argument("--write", action="store_true", help="into README.md")
    parser.add_argument("--cost", metavar="ALGORITHM", help="of one, as JSON")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.cost:
        print(json.dumps(cost(options.cost)))
        return
    page, counted, broken = conformance()
    spent = costs()
    print(f"{page}\n\n{spent}\n\n{counted}, {broken} broken")
    if options.write and not broken:
        write(README, page, "conformance")
        write(README, spent, "costs")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
