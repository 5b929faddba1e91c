"""What a W&B run holds: the same of a result on disk whichever way it gets there.

Nothing here knows W&B: columns, rows and files, which `writing` hands over. Every field of
`result.json` is in the summary under its name, single numbers once more at the top, where W&B's
parallel coordinates find them; and the whole file as text, so that a leaderboard made from W&B
equals the local one to the last digit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from segbench.contracts import Result
from segbench.results import best_so_far, command, read_result
from segbench.tracking.marks import digest, run_id

RECORD = "result_json"
"""The summary field with the whole of `result.json`."""
RESULT, LEADERBOARD = "result", "leaderboard"
"""W&B's job types."""
BESIDE = ("result.json", "config.yaml", "profile.csv")
"""What lies beside `model/` in the artifact."""
MOST_BARS = 512
"""Of a histogram on W&B."""
Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Chart:
    """A figure that W&B draws from a table: `kind` is line or scatter."""

    kind: str
    table: str
    x: str
    y: str
    title: str


@dataclass(frozen=True)
class Files:
    """An artifact: what its files are called there, and where they lie."""

    name: str
    type: str
    paths: Mapping[str, Path]
    aliases: tuple[str, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """A W&B run; `digest` is a hash of what it was made from, `bars` are drawn as histograms."""

    id: str
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    digest: str
    tables: Mapping[str, Columns] = field(default_factory=dict)
    charts: Mapping[str, Chart] = field(default_factory=dict)
    bars: Mapping[str, list[int]] = field(default_factory=dict)
    files: Files | None = None


def of_result(folder: Path) -> Content:
    """The W&B run of a result folder.

    Raises:
        InputError: there is no result that can be read.

    """
    result, sweep = read_result(folder), folder.parent.name
    text = (folder / "result.json").read_text(encoding="utf-8")
    tables, charts = _tables(folder, result)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is there
    config = yaml.load((folder / "config.yaml").read_text(encoding="utf-8"), loader) or {}
    return Content(
        id=run_id(result.key, sweep),
        name=cut(f"{result.dataset['name']}-{result.features}-{result.algorithm}-{result.seed}"),
        group=cut(sweep), job_type=RESULT,
        tags=tuple(_tag(each) for each in
                   (result.dataset["name"], result.features, result.algorithm)),
        config={**config, "params": dict(result.params), "overrides": list(result.overrides),
                "command": command(result)},
        summary={**numbers(result), **json.loads(text), RECORD: text}, digest=digest(text),
        tables=tables, charts=charts, bars=_bars(result), files=_files(folder, result, sweep),
    )  # fmt: skip


def artifact_name(key: str) -> str:
    """What the model of a result is called among W&B's artifacts."""
    return f"model-{key[:32]}"


def cut(text: str, most: int = 128) -> str:
    """A name as long as W&B takes it; a hash tells long ones with the same beginning apart."""
    return text if len(text) <= most else f"{text[: most - 9]}-{digest(text)[:8]}"


def word(text: str) -> str:
    """A name as W&B takes it for aliases and collections; a hash stands for other characters."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    return cut(plain if plain == text else f"{plain}-{digest(text)[:8]}", 100)


def sweep_alias(sweep: str) -> str:
    """Of the artifacts of a sweep: never one that W&B keeps for itself, such as v2 or latest."""
    return f"sweep-{word(sweep)}"


def _tag(name: object) -> str:
    """W&B refuses tags of more than 64 characters, and empty ones."""
    return cut(str(name), 64) or "-"


def numbers(result: Result) -> dict[str, float]:
    """Single numbers about a result under flat names: its scores, sizes, times."""
    flat: dict[str, float | None] = {}
    for name, score in result.scores.items():
        flat[name] = score.value
        if score.low is not None:
            flat |= {f"{name}_low": score.low, f"{name}_high": score.high}
    segments = result.segments or {}
    flat |= {name: segments.get(name) for name in ("k", "noise", "largest_share", "smallest_share")}
    flat |= {f"seconds_{name}": value for name, value in result.seconds.items()}
    flat |= {f"trials_{name}": value for name, value in result.trials.items()}
    flat |= {
        "p": (result.structure or {}).get("p"),
        "regret_lost": (result.regret or {}).get("lost"),
    }
    return {name: value for name, value in flat.items() if value is not None}


def _tables(folder: Path, result: Result) -> tuple[dict[str, Columns], dict[str, Chart]]:
    tables: dict[str, Columns] = {}
    charts: dict[str, Chart] = {}
    if (folder / "trials.parquet").is_file():
        frame = pd.read_parquet(folder / "trials.parquet")
        quality, *others = [name for name in result.objectives if name in frame] or [""]
        if quality:
            frame["best"] = best_so_far(frame, quality)
            charts["tuning"] = Chart("line", "tuning_trials", "number", "best",
                                     f"best {quality} within the guards so far")  # fmt: skip
        if others:
            charts["trade_off"] = Chart("scatter", "tuning_trials", quality, others[0],
                                        f"{quality} and {others[0]} of trials")  # fmt: skip
        tables["tuning_trials"] = columns(frame)
    return tables, charts


def _bars(result: Result) -> dict[str, list[int]]:
    """Sizes of the segments, in order; a table of their own would cost ten requests more."""
    sizes = list((result.segments or {}).get("sizes", []))[:MOST_BARS]
    return {"segment_sizes": sizes} if sizes else {}


def columns(frame: pd.DataFrame) -> Columns:
    """Plain values, None where one is missing."""
    return {str(name): [None if pd.isna(value) else value for value in frame[name].tolist()]
            for name in frame}  # fmt: skip


def _files(folder: Path, result: Result, sweep: str) -> Files | None:
    """The model and what describes it, where there is one."""
    if not (folder / "model").is_dir():
        return None
    paths = {path.relative_to(folder).as_posix(): path
             for path in sorted((folder / "model").rglob("*")) if path.is_file()}  # fmt: skip
    paths |= {name: folder / name for name in BESIDE if (folder / name).is_file()}
    about = {"key": result.key, "sweep": result.sweep, "status": result.status,
             "dataset": result.dataset["name"], "features": result.features,
             "algorithm": result.algorithm, "params": dict(result.params)}  # fmt: skip
    scores = {name: score.value for name, score in result.scores.items()}
    return Files(artifact_name(result.key), "model", paths, (sweep_alias(sweep),),
                 {**about, "scores": scores})  # fmt: skip
