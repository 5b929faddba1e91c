"""Tables of measured results, and the place in a README where a script writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

PADDED = 30


def table(header: Sequence[str], rows: Iterable[Sequence[object]], text: int = 1) -> str:
    """A Markdown table, padded so that it reads as well in a terminal; `text` columns go left.

    Sentences are not padded: every row would be as long as the longest of them.
    """
    cells = [list(header), *[[str(cell).replace("|", r"\|") for cell in row] for row in rows]]
    longest = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths = [width if width <= PADDED else 3 for width in longest]
    left = [i < text or width > PADDED for i, width in enumerate(longest)]

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if left[i] else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * w if left[i] else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join(line(row) for row in (cells[0], rule, *cells[1:]))


def write(readme: Path, text: str, name: str = "measured") -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page = readme.read_text(encoding="utf-8")
    before, found, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{readme.name} has no {start} ... {end}")
    readme.write_text(f"{before}{start}\n{text}\n{end}{after}", encoding="utf-8")
