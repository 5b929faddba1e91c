"""Leaderboard rows as JSON and CSV."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

Plain = Mapping[str, Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""With these a spreadsheet takes a text for a formula, or the cell for two."""


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


def told_apart(names: Sequence[str], mark: str) -> list[str]:
    """Each name once: what comes again is numbered behind a mark.

    >>> told_apart(["a", "a", "a~2", "b"], "~")
    ['a', 'a~2', 'a~2~2', 'b']

    """
    taken: list[str] = []
    for name in names:
        others = (name if n == 1 else f"{name}{mark}{n}" for n in itertools.count(1))
        taken.append(next(each for each in others if each not in taken))
    return taken


def printable(text: str) -> str:
    """Without what moves a terminal's cursor or changes its colours."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def marked(text: str) -> str:
    """As rich prints it literally: no markup, nothing for the terminal."""
    from rich.markup import escape

    return escape("\n".join(map(printable, text.split("\n"))))


def _joined(value: Any) -> str:
    """As text that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    text = "" if value is None else str(value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # which a reader takes for a new row
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text
