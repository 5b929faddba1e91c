"""What the quickstart says on three seeds: the tables and pictures of the two READMEs.

segbench run -m experiment=quickstart seed=0,1,2
python experiments/quickstart/show.py results/quickstart
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
sys.path.insert(0, str(HERE.parent))

from measured import table, write

from segbench.leaderboard import Board, boards_of, build
from segbench.leaderboard.pick import pick
from segbench.report import figures, terminal
from segbench.report import pick as told
from segbench.report.columns import interval, number

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--virtual-time-budget=4000",
         "--run-all-compositor-stages-before-draw")  # fmt: skip
MOST = 12
"""Attributes of a profile that a README shows."""
KEPT = "cdnow-pareto.png"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("results", type=Path, help="the sweep's folder")
    results = parser.parse_args().results
    rows = build(results)
    seeds = sorted({row.result.seed for row in rows})
    if seeds != [0, 1, 2] or any(row.result.status == "missing" for row in rows):
        raise SystemExit(f"{results}: found seeds {seeds}, wanted all cells of seeds 0, 1 and 2")
    boards = {board.dataset: board for board in boards_of(rows)}
    charity = boards["charity"]
    tables = {
        "leaderboard": shorter(terminal.render(rows, width=160, color=False)),
        "stability": terminal.render(charity.rows, width=160, color=False, stability=True),
        "pick": told.render([pick(charity)], color=False),
    }
    for name, text in tables.items():
        write(README, f"```\n{text.strip()}\n```", name)
    write(HERE / "README.md", measured(list(boards.values())))
    draw(rows)
    winner = next(row for row in rows if row.rank == 1)
    photograph(results, winner.result.key)


def shorter(text: str) -> str:
    """Without most attributes of a data set that has very many."""
    lines, kept, run = text.splitlines(), [], 0
    for line in lines:
        inside = line.startswith("  ") and not line.startswith("   ") and ":" not in line
        run = run + 1 if inside else 0
        if run == MOST + 1:
            kept.append("  (the other attributes are left out here)")
        if run <= MOST:
            kept.append(line)
    return "\n".join(kept)


def measured(boards: list[Board]) -> str:
    """The first two ranks and the floor of each data set, medians over the seeds."""
    rows = []
    for board in boards:
        first, second = board.ranked[:2]
        floor = next(line for line in board.lines if line.baseline)
        rows.append([
            board.dataset, board.measured.space, board.name(first), interval(first.quality),
            interval(first.median("stability_ari")), f"{board.name(second)} "
            f"{number(second.quality)}", f"{floor.first.algorithm} {number(floor.quality)}",
        ])  # fmt: skip
    head = ["data set", "space", "rank 1", "quality", "stability", "rank 2", "best baseline"]
    return table(head, rows, text=3)


def draw(rows: list) -> None:
    with tempfile.TemporaryDirectory() as name:
        for path in figures.draw(rows, Path(name)):
            if path.name == KEPT:
                shutil.copy(path, HERE / path.name)


def photograph(results: Path, key: str) -> None:
    """The page as a browser shows it: the board, a result, and the board on a phone in the dark."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"no browser: one of {', '.join(BROWSERS)} takes the pictures")
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "leaderboard.html"
        subprocess.run([sys.executable, "-m", "segbench", "leaderboard", "--results", str(results),
                        "--format", "html", "--out", str(page)], check=True)  # fmt: skip
        for picture, size, route, more in (
            ("board.png", "1500,1270", "", ()), ("result.png", "1200,1250", f"#/result/{key}", ()),
            ("phone.png", "500,900", "", ("--blink-settings=preferredColorScheme=0",)),
        ):  # fmt: skip
            subprocess.run([browser, *FLAGS, *more, f"--user-data-dir={name}/profile",
                            f"--window-size={size}", f"--screenshot={HERE / picture}",
                            f"{page.as_uri()}{route}"], check=True, capture_output=True,
                           timeout=60)  # fmt: skip
            print(f"written: {picture}")


if __name__ == "__main__":
    main()
