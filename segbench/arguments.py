"""What can be typed behind `segbench`, and how its values are read."""

from __future__ import annotations

import argparse
import math
import os
import re
from pathlib import Path
from typing import Any

from segbench import __version__

FORMATS = ("table", "json", "csv", "markdown", "latex", "html")
VIEWS = {"stability": ("table",), "across": ("table", "json"), "pick": ("table", "json")}
"""The formats of what `segbench leaderboard` shows in place of its rows."""
DELIMITER = "one character, tab or whitespace; default: what the header has of , ; tab and |"


def parser() -> argparse.ArgumentParser:
    """What `segbench` takes but for `run`, which Hydra parses; `command` is the name of one."""
    top = argparse.ArgumentParser(
        prog="segbench", description="Customer segmentation as an experiment that can be trusted."
    )
    top.add_argument("--version", action="version", version=f"segbench {__version__}")
    commands = top.add_subparsers(
        title="commands", required=True, metavar="COMMAND", dest="command"
    )
    commands.add_parser(
        "run",
        help="run a study, or a sweep with -m: segbench run -m dataset=cdnow algorithm=kmeans,gmm",
        add_help=False,
    )
    _add_leaderboard(commands)
    _add_tracking(commands)
    _add_score(commands)
    report = commands.add_parser("report", help="write the page of a result")
    _add_result(report)
    report.add_argument("--out", type=Path, required=True, metavar="FILE", help="an .html file")
    _add_assign(commands)
    datasets = commands.add_parser("datasets", help="list the data sets, or describe one")
    datasets.add_argument("name", nargs="?", metavar="NAME")
    return top


def _add_results(command: argparse.ArgumentParser, what: str) -> None:
    default = Path("results")
    command.add_argument("--results", type=Path, default=default, metavar="DIR", help=what)


def _add_result(command: argparse.ArgumentParser) -> None:
    command.add_argument("result", metavar="RESULT", help="a result folder, or the start of a key")
    _add_results(command, "where keys are looked up")


def _add_leaderboard(commands: Any) -> None:
    board = commands.add_parser("leaderboard", help="rank the results in a folder")
    _add_results(board, "a results folder, one of its sweeps or one result")
    board.add_argument("--format", choices=FORMATS, default="table")
    board.add_argument("--out", type=Path, metavar="FILE", help="write to a file, not to stdout")
    view = board.add_mutually_exclusive_group()
    view.add_argument(
        "--stability",
        action="store_true",
        help="as a table: of the partition, segments and customers",
    )
    view.add_argument(
        "--across",
        action="store_true",
        help="contestants across data sets only, as a table or JSON",
    )
    view.add_argument(
        "--pick", action="store_true", help="what to take into production, as a table or JSON"
    )
    board.add_argument(
        "--profile",
        metavar="NAME",
        help="of --pick: compact (default), separated, consensus, calibrated",
    )
    board.add_argument(
        "--figures", type=Path, metavar="DIR", help="draw the boards as PNG and SVG into a folder"
    )
    board.add_argument("--wandb", metavar="ENTITY/PROJECT", help="the results mirrored to W&B")


def _add_assign(commands: Any) -> None:
    assign = commands.add_parser("assign", help="give each new customer a segment")
    _add_result(assign)
    assign.add_argument("table", type=Path, metavar="TABLE", help="CSV with the same columns")
    assign.add_argument("--out", type=Path, required=True, metavar="FILE")
    assign.add_argument("--delimiter", type=_delimiter, help=DELIMITER)
    assign.add_argument(
        "--reject",
        type=_share,
        metavar="MARGIN",
        help="no segment (-1) for whom leads it by less, from 0 to 1",
    )


def _add_score(commands: Any) -> None:
    score = commands.add_parser("score", help="score a partition made by any tool")
    score.add_argument("table", type=Path, metavar="TABLE", help="CSV, one row per customer")
    score.add_argument(
        "labels",
        type=Path,
        metavar="LABELS",
        help="CSV or Parquet: the segment of each, by id or in order",
    )
    score.add_argument(
        "--space",
        choices=("rank", "gower", "standard"),
        help="default: rank, or gower where a column is categorical",
    )
    score.add_argument(
        "--metrics", type=_names, default=(), metavar="A,B", help="default: all but hopkins"
    )
    score.add_argument(
        "--reference",
        type=_names,
        default=(),
        metavar="COLUMN",
        help="columns of TABLE with known labels (the best counts)",
    )
    score.add_argument(
        "--columns",
        type=_names,
        default=(),
        metavar="A,B",
        help="attributes to score on, default: all",
    )
    score.add_argument(
        "--categorical",
        type=_names,
        default=(),
        metavar="A,B",
        help="attributes that are no numbers, whatever they look like",
    )
    score.add_argument("--id", metavar="COLUMN", help="of both files, if it is not called id, ...")
    score.add_argument("--format", choices=("table", "json"), default="table")
    score.add_argument("--delimiter", type=_delimiter, help=DELIMITER)


def _add_tracking(commands: Any) -> None:
    sync = commands.add_parser("sync", help="mirror to W&B what it does not have yet")
    promote = commands.add_parser("promote", help="link a mirrored model in W&B's registry")
    _add_results(sync, "a results folder, one of its sweeps or one result")
    _add_result(promote)
    promote.add_argument(
        "--alias",
        type=_alias,
        default="production",
        metavar="NAME",
        help="which moves to it; default: production",
    )
    promote.add_argument(
        "--registry", metavar="REGISTRY/COLLECTION", help="default: model/<data set>"
    )
    for command in (sync, promote):
        command.add_argument(
            "--project",
            default=os.environ.get("WANDB_PROJECT") or "segbench",
            metavar="NAME",
            help="default: WANDB_PROJECT, or segbench",
        )
        command.add_argument(
            "--entity", metavar="NAME", help="default: WANDB_ENTITY, or the account's own"
        )
    for command in (sync, promote, commands.choices["leaderboard"]):
        command.add_argument(
            "--timeout",
            type=_seconds,
            default=60.0,
            metavar="SECONDS",
            help="for each run on W&B; default: 60",
        )


def _alias(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", text) or re.fullmatch(r"latest|v\d+", text):
        raise argparse.ArgumentTypeError(
            f"found {text!r}, wanted letters, digits, _ . -, and neither latest nor v<number>"
        )
    return text


def _number(text: str) -> float:
    """NaN, which lies in no range, where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _seconds(text: str) -> float:
    seconds = _number(text)
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted a positive number of seconds")
    return seconds


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted names with commas between them")
    return names


def _share(text: str) -> float:
    share = _number(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted a number from 0 to 1")
    return share


def _delimiter(text: str) -> str:
    mark = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(mark) != 1 and mark != "whitespace":
        raise argparse.ArgumentTypeError(f"found {text!r}, wanted one character, tab or whitespace")
    return mark
