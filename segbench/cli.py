"""The command line. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segbench import __version__
from segbench.errors import InputError, SegbenchError

if TYPE_CHECKING:
    from segbench.contracts import Row

FORMATS = ("table", "json", "csv", "markdown", "latex", "html")
DELIMITER = "one character, tab or whitespace; default: what the header has of , ; tab and |"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status (0, 1 a cell failed, 2 bad input)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == ["run"]:  # Hydra parses the rest
            return _run(arguments[1:])
        options = _parser().parse_args(arguments)
        return int(options.command(options))
    except InputError as error:
        return _fail(str(error), 2)
    except SegbenchError as error:
        return _fail(str(error), 1)
    except BrokenPipeError:  # `segbench leaderboard | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return _fail(f"{named}{error.strerror or error}", 2)
    except KeyboardInterrupt:
        return _fail("stopped; the same command goes on where it was", 130)


def _fail(line: str, status: int) -> int:
    print(f"segbench: {line}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="segbench", description="Customer segmentation as an experiment that can be trusted."
    )
    parser.add_argument("--version", action="version", version=f"segbench {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    commands.add_parser(
        "run",
        help="run a study, or a sweep with -m: segbench run -m dataset=cdnow algorithm=kmeans,gmm",
        add_help=False,
    )
    board = commands.add_parser("leaderboard", help="rank the results in a folder")
    board.add_argument("--results", type=Path, default=Path("results"), metavar="DIR",
                       help="a results folder, one of its sweeps or one result")  # fmt: skip
    board.add_argument("--format", choices=FORMATS, default="table")
    board.add_argument("--out", type=Path, metavar="FILE", help="write to a file, not to stdout")
    board.add_argument(
        "--stability",
        action="store_true",
        help="as a table: stability of the partition, segments and customers",
    )
    board.add_argument("--across", action="store_true",
                       help="contestants across data sets only, as a table or JSON")  # fmt: skip
    board.add_argument("--pick", action="store_true",
                       help="what to take into production, and why")  # fmt: skip
    profiles = "of --pick: compact (default), separated, consensus or calibrated"
    board.add_argument("--profile", default=None, metavar="NAME", help=profiles)
    board.add_argument("--figures", type=Path, metavar="DIR",
                       help="draw the boards as PNG and SVG into a folder")  # fmt: skip
    board.add_argument("--wandb", metavar="ENTITY/PROJECT", help="the results mirrored to W&B")
    board.set_defaults(command=_leaderboard)
    _add_tracking(commands)
    _add_score(commands)
    _add_report(commands)
    assign = commands.add_parser("assign", help="give each new customer a segment")
    assign.add_argument("result", metavar="RESULT", help="a result folder, or the start of a key")
    assign.add_argument("table", type=Path, metavar="TABLE", help="CSV with the same columns")
    assign.add_argument("--out", type=Path, required=True, metavar="FILE")
    assign.add_argument("--results", type=Path, default=Path("results"), metavar="DIR",
                        help="where keys are looked up")  # fmt: skip
    assign.add_argument("--delimiter", type=_delimiter, help=DELIMITER)
    assign.add_argument("--reject", type=_share, metavar="MARGIN",
                        help="no segment (-1) for whom leads it by less, from 0 to 1")  # fmt: skip
    assign.set_defaults(command=_assign)
    datasets = commands.add_parser("datasets", help="list the data sets, or describe one")
    datasets.add_argument("name", nargs="?", metavar="NAME")
    datasets.set_defaults(command=_datasets)
    return parser


def _add_score(commands: Any) -> None:
    score = commands.add_parser("score", help="score a partition made by any tool")
    score.add_argument("table", type=Path, metavar="TABLE", help="CSV, one row per customer")
    score.add_argument("labels", type=Path, metavar="LABELS",
                       help="CSV or Parquet: the segment of each, by id or in order")  # fmt: skip
    score.add_argument("--space", choices=("rank", "gower", "standard"),
                       help="default: rank, or gower where a column is categorical")  # fmt: skip
    score.add_argument(
        "--metrics", type=_names, default=(), metavar="A,B", help="default: all but hopkins"
    )
    score.add_argument("--reference", type=_names, default=(), metavar="COLUMN",
                       help="columns of TABLE with known labels (the best counts)")  # fmt: skip
    score.add_argument("--columns", type=_names, default=(), metavar="A,B",
                       help="attributes to score on, default: all")  # fmt: skip
    score.add_argument("--categorical", type=_names, default=(), metavar="A,B",
                       help="attributes that are no numbers, whatever they look like")  # fmt: skip
    score.add_argument("--id", metavar="COLUMN", help="of both files, if it is not called id, ...")
    score.add_argument("--format", choices=("table", "json"), default="table")
    score.add_argument("--delimiter", type=_delimiter, help=DELIMITER)
    score.set_defaults(command=_score)


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="write the page of a result")
    report.add_argument("result", metavar="RESULT", help="a result folder, or the start of a key")
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="an .html file")
    report.add_argument("--results", type=Path, default=Path("results"), metavar="DIR",
                        help="where keys are looked up")  # fmt: skip
    report.set_defaults(command=_report)


def _add_tracking(commands: Any) -> None:
    sync = commands.add_parser("sync", help="mirror to W&B what it does not have yet")
    sync.set_defaults(command=_sync)
    promote = commands.add_parser("promote", help="link a mirrored model in W&B's registry")
    promote.add_argument("result", metavar="RESULT", help="a result folder, or the start of a key")
    promote.add_argument("--alias", type=_alias, default="production", metavar="NAME",
                         help="which moves to it; default: production")  # fmt: skip
    promote.add_argument("--registry", metavar="REGISTRY/COLLECTION",
                         help="default: model/<data set>")  # fmt: skip
    promote.set_defaults(command=_promote)
    for command in (sync, promote):
        command.add_argument("--results", type=Path, default=Path("results"), metavar="DIR",
                             help="a results folder")  # fmt: skip
        command.add_argument("--project", default="segbench", metavar="NAME")
        command.add_argument("--entity", metavar="NAME", help="default: the account's own")
    for command in (sync, promote, commands.choices["leaderboard"]):
        command.add_argument("--timeout", type=_seconds, default=60.0, metavar="SECONDS",
                             help="for each run on W&B; default: 60")  # fmt: skip


def _run(overrides: list[str]) -> int:
    _one_thread_each()
    from segbench import sweep

    folders, results = sweep.main(overrides)
    lost = sum(_closing(folder) for folder in folders)
    good = ("complete", "ineligible", "skipped")
    return 1 if lost or any(result.status not in good for result in results) else 0


def _one_thread_each() -> None:
    """Threads are spent on replicates and row blocks, so BLAS and OpenMP get one each.

    They read these when they are first imported.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def _closing(folder: Path) -> int:
    """Print the leaderboard of a sweep, where it lies, what to type next; count missing cells."""
    from segbench import leaderboard
    from segbench.report import terminal
    from segbench.results import assigns

    rows = leaderboard.build(folder)
    print(terminal.render(rows))
    command = "segbench" if shutil.which("segbench") else sys.argv[0].split(" ")[0]
    print(f"\nResults: {folder}")
    print(f"Again:   {command} leaderboard --results {folder}")
    best = next((row for row in rows if row.rank and assigns(Path(row.path))), None)
    if best is not None:
        print(f"Assign:  {command} assign {best.result.key[:8]} new_customers.csv "
              f"--out segments.csv --results {folder}")  # fmt: skip
    print(f"Yours:   {command} run -m dataset=table dataset.path=customers.csv "
          "features=standard,mixed algorithm=kmeans,gmm,kprototypes")  # fmt: skip
    return sum(row.result.status == "missing" for row in rows)


def _leaderboard(options: argparse.Namespace) -> int:
    from segbench import leaderboard
    from segbench.report import tables, terminal, text

    rows = _remote_rows(options) if options.wandb else leaderboard.build(options.results)
    if not rows:
        where = options.wandb or options.results
        raise InputError(where, found="no results", wanted="results of segbench run")
    if options.across:
        out = _compared(rows, options)
    elif options.pick or options.profile:
        out = _picked(rows, options)
    elif options.format == "html":
        from segbench.report import html

        out = html.page(rows, options.results).rstrip("\n")
        if options.out is None and sys.stdout.isatty():  # not a megabyte to a terminal
            options.out = Path("leaderboard.html")
    elif options.format == "table":
        color = False if options.out else None
        out = terminal.render(rows, color=color, stability=options.stability)
    elif options.format in ("json", "csv"):
        plain = leaderboard.flat(rows)
        out = text.to_json(plain) if options.format == "json" else text.to_csv(plain)
    else:
        out = tables.to_markdown(rows) if options.format == "markdown" else tables.to_latex(rows)
    if options.figures is not None:
        from segbench.report import figures

        for path in figures.draw(rows, options.figures):
            print(f"drawn: {path}", file=sys.stderr)
    if options.out is None:
        print(out)
    else:
        _write(options.out, out + "\n")
        if options.format == "html":
            print(f"{options.out}: open it in a browser")
    return 0


def _compared(rows: list[Row], options: argparse.Namespace) -> str:
    from segbench.leaderboard import across, boards_of
    from segbench.report import across as told
    from segbench.report import terminal
    from segbench.results import dumps

    if options.format not in ("table", "json"):
        raise InputError(f"--format {options.format}", found="--across", wanted="table or json")
    overall = across(boards_of(rows))
    if overall is None:
        raise InputError("--across", found="one data set", wanted="two or more (five for tests)")
    if options.format == "json":
        return dumps(told.as_json(overall)).rstrip("\n")
    return terminal.compared(overall, color=False if options.out else None)


def _picked(rows: list[Row], options: argparse.Namespace) -> str:
    from segbench.leaderboard import boards_of
    from segbench.leaderboard.pick import PROFILE, pick
    from segbench.report import pick as told
    from segbench.results import dumps

    if options.format not in ("table", "json"):
        raise InputError(f"--format {options.format}", found="--pick", wanted="table or json")
    picks = [pick(board, options.profile or PROFILE) for board in boards_of(rows)]
    if options.format == "json":
        return dumps(told.as_json(picks)).rstrip("\n")
    return told.render(picks, color=False if options.out else None)


def _report(options: argparse.Namespace) -> int:
    from segbench import leaderboard
    from segbench.report import html
    from segbench.results import find

    stored = find(options.result, options.results)
    known = leaderboard.build(options.results) if options.results.is_dir() else []
    here = (row for row in known if Path(row.path).resolve() == stored.path.resolve())
    row = next(here, None) or replace(leaderboard.rank([stored])[0], rank=None)  # beside no other
    _write(options.out, html.page([row], options.results, alone=True))
    print(f"{options.out}: open it in a browser")
    return 0


def _remote_rows(options: argparse.Namespace) -> list[Any]:
    from segbench.tracking import remote

    return remote.rows(options.wandb, options.timeout)


def _sync(options: argparse.Namespace) -> int:
    from segbench.tracking import mirror

    done = mirror.sync(options.results, options.project, options.entity, options.timeout)
    print(f"{done.target}: results mirrored: {done.mirrored}, there before: {done.already}; "
          f"leaderboards mirrored: {done.leaderboards}")  # fmt: skip
    for url in done.reports:
        print(f"Report: {url}")
    left = len(done.lost) + done.not_tried
    return _fail(f"{left} not mirrored; the same command goes on", 1) if left else 0


def _promote(options: argparse.Namespace) -> int:
    from segbench.results import assigns, find
    from segbench.tracking import remote

    stored = find(options.result, options.results)
    if stored.result.status == "complete" and not assigns(stored.path):
        raise InputError(stored.path, found="no model that assigns", wanted="one that does")
    linked = remote.promote(stored, options.alias, options.project, options.entity,
                            options.registry, options.timeout)  # fmt: skip
    print(f"{options.alias}: {linked}")
    return 0


def _alias(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", text) or re.fullmatch(r"latest|v\d+", text):
        raise argparse.ArgumentTypeError(
            f"found {text!r}, wanted letters, digits, _ . -, and neither latest nor v<number>"
        )
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted a positive number of seconds")
    return seconds


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted names with commas between them")
    return names


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted a number from 0 to 1")
    return share


def _delimiter(text: str) -> str:
    mark = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(mark) != 1 and mark != "whitespace":
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted one character, tab or whitespace")
    return mark


def _score(options: argparse.Namespace) -> int:
    _one_thread_each()
    from segbench.metric import maximize
    from segbench.report import terminal
    from segbench.results import dumps
    from segbench.score import score_files

    scored = score_files(
        options.table, options.labels, space=options.space, metrics=options.metrics,
        reference=options.reference, columns=options.columns, id_column=options.id,
        categorical=options.categorical, delimiter=options.delimiter,
    )  # fmt: skip
    for note in scored.table.notes:
        print(f"{scored.table.name}: {note} by inference", file=sys.stderr)
    plain = scored.as_json()
    directions = {name: maximize(name) for name in scored.scores}
    json = options.format == "json"
    print((dumps(plain) if json else terminal.scores(plain, directions)).rstrip("\n"))
    return 0


def _assign(options: argparse.Namespace) -> int:
    import csv
    import io

    from segbench import model
    from segbench.results import find

    stored = find(options.result, options.results)
    assigned = model.load(stored.path).assign(options.table, options.delimiter, options.reject)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "segment", "margin"])
    margins = ["" if math.isnan(each) else f"{each:.4f}" for each in assigned.margins]
    segments = assigned.segments.tolist()
    writer.writerows(zip(assigned.ids.tolist(), segments, margins, strict=True))
    _write(options.out, out.getvalue())
    none = segments.count(-1)
    without = f", {none} of them to no segment (-1)" if none else ""
    print(f"{len(segments)} customers assigned{without}: {options.out}")
    if assigned.numbered:
        print(f"{options.table} has no column of ids: they are the numbers of its rows, from 0")
    return 0


def _datasets(options: argparse.Namespace) -> int:
    import yaml

    from segbench.paths import CONF

    files = {path.stem: path for path in sorted((CONF / "dataset").glob("*.yaml"))}
    if options.name is None:
        for name, path in files.items():
            print(f"{name:<10} {yaml.safe_load(path.read_text(encoding='utf-8'))['title']}")
        return 0
    if options.name not in files:
        wanted = f"one of {', '.join(files)}"
        raise InputError("datasets", found=repr(options.name), wanted=wanted)
    print(files[options.name].read_text(encoding="utf-8").rstrip())
    return 0


def _write(path: Path, content: str) -> None:
    from segbench.results import write_text

    try:
        write_text(path, content)
    except OSError as error:
        raise InputError(path, found=str(error.strerror), wanted="a file to write") from error


if __name__ == "__main__":
    sys.exit(main())
