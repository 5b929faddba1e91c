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

from measured import write

from segbench.leaderboard import boards_of, build
from segbench.leaderboard.pick import pick
from segbench.report import figures, terminal
from segbench.report import pick as told

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--virtual-time-budget=4000")  # fmt: skip
KEPT = ("cdnow-pareto.png", "cdnow-tuning.png", "charity-quality.png")


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
    tables = {
        "leaderboard": terminal.render(rows, width=160, color=False),
        "stability": terminal.render(rows, width=160, color=False, stability=True),
        "pick": told.render([pick(board) for board in boards_of(rows)], color=False),
    }
    for name, text in tables.items():
        write(README, f"```\n{text.strip()}\n```", name)
    draw(rows)
    winner = next(row for row in rows if row.rank == 1)
    photograph(results, winner.result.key)


def draw(rows: list) -> None:
    with tempfile.TemporaryDirectory() as name:
        for path in figures.draw(rows, Path(name)):
            if path.name in KEPT:
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
            ("board.png", "1500,1150", "", ()), ("result.png", "1200,1250", f"#/result/{key}", ()),
            ("phone.png", "500,900", "", ("--blink-settings=preferredColorScheme=0",)),
        ):  # fmt: skip
            subprocess.run([browser, *FLAGS, *more, f"--user-data-dir={name}/profile",
                            f"--window-size={size}", f"--screenshot={HERE / picture}",
                            f"{page.as_uri()}{route}"], check=True, capture_output=True,
                           timeout=60)  # fmt: skip
            print(f"written: {picture}")


if __name__ == "__main__":
    main()
