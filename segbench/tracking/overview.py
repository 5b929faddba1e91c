"""What W&B holds of a whole sweep: a run with its leaderboard, and a report sorted by quality."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

from segbench import leaderboard
from segbench.results import dumps, scan, write_text
from segbench.tracking.content import (
    LEADERBOARD,
    RECORD,
    RESULT,
    Content,
    Files,
    cut,
    sweep_alias,
)
from segbench.tracking.marks import Target, digest

MADE_OF = ("features.name", "algorithm.name")
"""Fields of the config that the report draws as parallel coordinates, before parameters."""
PARAMETERS = 4
"""The most frequent ones that are drawn: with more axes nothing is seen."""
SCORES = ("k", "noise", "seconds_total", "segment_jaccard_min", "stability_ari", "quality")
"""Fields of the summary that are drawn behind them."""
REPORT = "2"
"""Version of the report: another one replaces those that were made before."""


def of_sweep(sweep: Path, files: Path) -> Content:
    """The leaderboard run of a sweep folder; planned cells without a result are in it too.

    Args:
        sweep: the folder.
        files: where the file of its artifact is written to.

    Raises:
        InputError: the folder cannot be read.

    """
    rows = leaderboard.build(sweep)
    plain = leaderboard.flat(rows)
    missing = [row.result.as_json() for row in rows if row.result.status == "missing"]
    listed, planned = dumps(plain), dumps(missing)
    # W&B drops summaries that are too long: rows are in the table and the artifact, and cells of
    # which there may be thousands are packed.
    packed = base64.b85encode(zlib.compress(planned.encode())).decode()
    text = dumps({"rows": digest(listed), "missing": packed})
    about = {"sweep": sweep.name, "results": len(rows) - len(missing), "missing": len(missing),
             "ranked": sum(row.rank is not None for row in rows)}  # fmt: skip
    table = {name: [_cell(row[name]) for row in plain] for name in plain[0]} if plain else {}
    file = files / f"leaderboard-{digest(listed)[:12]}.json"
    write_text(file, listed)
    name = f"leaderboard-{digest(sweep.name)[:16]}"
    return Content(
        id=name, name=cut(f"leaderboard {sweep.name}"), group=cut(sweep.name),
        job_type=LEADERBOARD, tags=(LEADERBOARD,), config={"sweep": sweep.name},
        summary={**about, RECORD: text}, digest=digest(listed + planned),
        tables={LEADERBOARD: table} if table else {},
        files=Files(name, LEADERBOARD, {"leaderboard.json": file}, (sweep_alias(sweep.name),),
                    about),
    )  # fmt: skip


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def missing_cells(record: str) -> list[dict[str, Any]]:
    """The planned cells without a result in the record of a leaderboard run."""
    packed = base64.b85decode(json.loads(record)["missing"])
    return list(json.loads(zlib.decompress(packed)))


def title(sweep: str) -> str:
    """What the report of a sweep is called."""
    return cut(f"segbench: {sweep}")


def varied(sweep: Path) -> list[str]:
    """Fields of the config by which results of a sweep differ, for the axes of its report."""
    params = Counter(name for stored in scan(sweep) for name in stored.result.params)
    return [*MADE_OF, *(f"params.{name}" for name, _ in params.most_common(PARAMETERS))]


def write_report(sweep: Path, target: Target) -> str:
    """Create the report of a sweep folder, or replace the one of that name; returns its URL.

    Raises:
        ImportError: wandb-workspaces is not installed.
        Exception: whatever W&B raises.

    """
    import wandb
    from wandb_workspaces import expr
    from wandb_workspaces.reports import v2

    runs = v2.Runset(
        entity=target.entity or "", project=target.project, name="results by quality",
        filters=[expr.Metric("Group") == cut(sweep.name), expr.Metric("JobType") == RESULT],
        order=[v2.OrderBy(v2.SummaryMetric("quality"), ascending=False)],
    )  # fmt: skip
    metrics = [*map(v2.Config, varied(sweep)), *map(v2.SummaryMetric, SCORES)]
    axes = v2.ParallelCoordinatesPlot(
        title="parameters and scores",
        columns=[v2.ParallelCoordinatesPlotColumn(each) for each in metrics],
    )
    scatter = v2.ScatterPlot(title="quality and stability", x=v2.SummaryMetric("stability_ari"),
                             y=v2.SummaryMetric("quality"))  # fmt: skip
    report = v2.Report(
        project=target.project, entity=target.entity or "", title=title(sweep.name),
        description="Results of a customer segmentation benchmark, the best first.",
        blocks=[v2.PanelGrid(runsets=[runs], panels=[axes, scatter])], width="fluid",
    )  # fmt: skip
    # A new interface: it would remember the reports of its first question.
    known = (each for each in wandb.Api().reports(target.path)
             if each.display_name == report.title)  # fmt: skip
    report.id = next((each.id for each in known), "")
    report.save()
    return str(report.url)
