"""What W&B holds of a whole sweep: a run with its leaderboard, and a report sorted by quality."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from segbench import leaderboard
from segbench.results import dumps, write_text
from segbench.tracking.content import (
    LEADERBOARD,
    RECORD,
    RESULT,
    Content,
    Files,
    digest,
    word,
)
from segbench.tracking.marks import Target

AXES = ("quality", "stability_ari", "segment_jaccard_min", "k", "noise", "seconds_total")
"""Summary fields that the report draws as parallel coordinates."""
REPORT = "1"
"""Version of the report: another one replaces those that were made before."""


def of_sweep(sweep: Path) -> Content:
    """The leaderboard run of a sweep folder; planned cells without a result are in it too.

    Raises:
        InputError: the folder cannot be read.

    """
    rows = leaderboard.build(sweep)
    plain = leaderboard.flat(rows)
    missing = [row.result.as_json() for row in rows if row.result.status == "missing"]
    listed = dumps(plain)
    # Not the rows: W&B drops summaries that are too long. They are in the table and the artifact.
    text = dumps({"rows": digest(listed), "missing": missing})
    about = {"sweep": sweep.name, "results": len(rows) - len(missing), "missing": len(missing),
             "ranked": sum(row.rank is not None for row in rows)}  # fmt: skip
    table = {name: [_cell(row[name]) for row in plain] for name in plain[0]} if plain else {}
    file = sweep / ".wandb" / "leaderboards" / f"{digest(text)[:12]}.json"
    write_text(file, listed)
    name = f"leaderboard-{digest(sweep.name)[:16]}"
    return Content(
        id=name, name=f"leaderboard {sweep.name}", group=sweep.name, job_type=LEADERBOARD,
        tags=(LEADERBOARD,), config={"sweep": sweep.name}, summary={**about, RECORD: text},
        digest=digest(text), tables={LEADERBOARD: table} if table else {},
        files=Files(name, LEADERBOARD, {"leaderboard.json": file}, (word(sweep.name),), about),
    )  # fmt: skip


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def missing_cells(record: str) -> list[dict[str, Any]]:
    """The planned cells without a result in the record of a leaderboard run."""
    return list(json.loads(record)["missing"])


def title(sweep: str) -> str:
    """What the report of a sweep is called."""
    return f"segbench: {sweep}"[:128]


def write_report(sweep: str, target: Target) -> str:
    """Create the report of a sweep, or replace the one of that name; returns its URL.

    Raises:
        ImportError: wandb-workspaces is not installed.
        Exception: whatever W&B raises.

    """
    import wandb
    from wandb_workspaces import expr
    from wandb_workspaces.reports import v2

    runs = v2.Runset(
        entity=target.entity or "", project=target.project, name="results by quality",
        filters=[expr.Metric("Group") == sweep, expr.Metric("JobType") == RESULT],
        order=[v2.OrderBy(v2.SummaryMetric("quality"), ascending=False)],
    )  # fmt: skip
    axes = v2.ParallelCoordinatesPlot(
        title="parameters and scores",
        columns=[v2.ParallelCoordinatesPlotColumn(v2.SummaryMetric(name)) for name in AXES],
    )
    scatter = v2.ScatterPlot(title="quality and stability", x=v2.SummaryMetric("stability_ari"),
                             y=v2.SummaryMetric("quality"))  # fmt: skip
    report = v2.Report(
        project=target.project, entity=target.entity or "", title=title(sweep),
        description="Results of a customer segmentation benchmark, the best first.",
        blocks=[v2.PanelGrid(runsets=[runs], panels=[axes, scatter])], width="fluid",
    )  # fmt: skip
    # A new interface: it would remember the reports of its first question.
    known = (each for each in wandb.Api().reports(target.path)
             if each.display_name == report.title)  # fmt: skip
    report.id = next((each.id for each in known), "")
    report.save()
    return str(report.url)
