"""The leaderboard as one HTML file that needs no other and asks for none."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segbench import __version__
from segbench.contracts import Row
from segbench.report.payload import payload

PAGE = Path(__file__).with_name("page")
SCRIPTS = ("dom", "copy", "table", "plot", "pareto", "trials", "ranks", "board", "result", "across",
           "main")  # fmt: skip
"""In this order they are one script."""


def page(rows: Sequence[Row], results: Path = Path("results"), *, alone: bool = False) -> str:
    """The page as text.

    Args:
        rows: of one leaderboard, or some of them.
        results: the folder that they came from, as the commands on the page name it.
        alone: open the first row's result, not its board.

    """
    plain = payload(rows) | {"version": __version__, "where": str(results)}
    plain["open"] = rows[0].result.key if alone else None
    script = "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    parts = {
        "style": _read("style.css"),
        "script": f'(() => {{\n"use strict";\n{script}}})();\n',
        "payload": embedded(plain),
    }
    filled = _read("page.html")
    for name in ("style", "script"):
        filled = filled.replace(f"@{name}-hash@", _hash(parts[name]))
    head, *rest = filled.split("@@")  # text, name, text, name, ..., text
    names, texts = rest[::2], rest[1::2]
    return head + "".join(parts[n] + text for n, text in zip(names, texts, strict=True))


def embedded(plain: Any) -> str:
    """JSON that can stand in a script element: in ASCII, and no character opens or ends a tag."""
    text = json.dumps(plain, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """By which the page's policy allows a script or a style, and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
