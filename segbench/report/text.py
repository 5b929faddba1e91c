"""Leaderboard rows as JSON, CSV and markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

Plain = Mapping[str, Any]
SHOWN = ("dataset", "rank", "features", "algorithm", "quality", "stability_ari", "k",
         "smallest_share", "largest_share", "noise", "future_eta2", "ari", "status",
         "why")  # fmt: skip


def to_json(rows: Sequence[Plain]) -> str:
    """A list of objects."""
    return json.dumps([dict(row) for row in rows], indent=2, allow_nan=False, ensure_ascii=False)


def to_csv(rows: Sequence[Plain]) -> str:
    """Comma-separated, one line per row, empty where there is no value."""
    out = io.StringIO()
    names = list(rows[0]) if rows else ["dataset"]
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _joined(value) for name, value in row.items()})
    return out.getvalue().rstrip("\n")


def to_markdown(rows: Sequence[Plain]) -> str:
    """A table of the columns that people compare."""
    lines = ["| " + " | ".join(SHOWN) + " |", "|" + "---|" * len(SHOWN)]
    for row in rows:
        cells = (cell(name, row[name]).replace("|", "\\|") for name in SHOWN)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(name: str, value: Any) -> str:
    """A value as a person reads it: three digits, shares in percent, nothing for nothing."""
    if value is None:
        return ""
    if name.endswith("share"):
        return f"{value:.1%}"
    return f"{value:.3f}" if isinstance(value, float) else _joined(value)


def _joined(value: Any) -> str:
    return (
        " ".join(map(str, value))
        if isinstance(value, list)
        else ""
        if value is None
        else (str(value))
    )
