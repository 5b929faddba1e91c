"""The command line. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segbench.arguments import VIEWS, parser
from segbench.errors import InputError, SegbenchError

if TYPE_CHECKING:
    from segbench.contracts import Row


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status (0, 1 a cell failed, 2 bad input)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == ["run"]:  # Hydra parses the rest
            return _run(arguments[1:])
        options = parser().parse_args(arguments)
        return COMMANDS[options.command](options)
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
    where = shlex.quote(str(folder))
    print(f"\nResults: {folder}")
    print(f"Again:   {command} leaderboard --results {where}")
    best = next((row for row in rows if row.rank and assigns(Path(row.path))), None)
    if best is not None:
        print(f"Assign:  {command} assign {best.result.key[:8]} new_customers.csv "
              f"--out segments.csv --results {where}")  # fmt: skip
    print(f"Yours:   {command} run -m dataset=table dataset.path=customers.csv "
          "features=standard,mixed algorithm=kmeans,gmm,kprototypes")  # fmt: skip
    return sum(row.result.status == "missing" for row in rows)


def _leaderboard(options: argparse.Namespace) -> int:
    from segbench import leaderboard
    from segbench.report import tables, terminal, text

    view = _view(options)
    rows = _remote_rows(options) if options.wandb else leaderboard.build(options.results)
    if not rows:
        where = options.wandb or options.results
        raise InputError(where, found="no results", wanted="results of segbench run")
    if view == "across":
        out = _compared(rows, options)
    elif view == "pick":
        out = _picked(rows, options)
    elif options.format == "html":
        from segbench.report import html

        out = html.page(rows, options.results).rstrip("\n")
        if options.out is None and sys.stdout.isatty():  # not a megabyte to a terminal
            options.out = Path("leaderboard.html")
    elif options.format == "table":
        color = False if options.out else None
        out = terminal.render(rows, color=color, stability=view == "stability")
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


def _view(options: argparse.Namespace) -> str:
    """Which of `VIEWS` is wanted; "" for the rows themselves."""
    chosen = next((name for name in VIEWS if getattr(options, name)), "")
    if options.profile and chosen not in ("", "pick"):
        raise InputError("--profile", found=f"--{chosen}", wanted="--pick")
    view = "pick" if options.profile else chosen
    if view and options.format not in VIEWS[view]:
        raise InputError(f"--format {options.format}", found=f"--{view}",
                         wanted=" or ".join(VIEWS[view]))  # fmt: skip
    return view


def _compared(rows: list[Row], options: argparse.Namespace) -> str:
    from segbench.leaderboard import across, boards_of
    from segbench.report import across as told
    from segbench.report import terminal
    from segbench.results import dumps

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


COMMANDS = {
    "leaderboard": _leaderboard, "sync": _sync, "promote": _promote, "score": _score,
    "report": _report, "assign": _assign, "datasets": _datasets,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
