"""A plain table in a terminal: columns that line up, a style a row, no lines.

rich's own tables measure every cell several times, which takes seconds for hundreds of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from segbench.report.text import printable

GAP = 2


@dataclass
class Grid:
    """Rows of cells under a header.

    Attributes:
        header: names of the columns.
        left: those whose cells start at the left; the others end at the right.

    """

    header: Sequence[str]
    left: Iterable[str] = ()
    rows: list[tuple[Sequence[str], str]] = field(default_factory=list)

    def add(self, cells: Sequence[str], style: str = "") -> None:
        """Add a row."""
        self.rows.append(([printable(cell) for cell in cells], style))

    @property
    def widths(self) -> list[int]:
        """Cells that each column takes."""
        columns = zip(self.header, *(cells for cells, _ in self.rows), strict=True)
        return [max(map(cell_len, column)) for column in columns]

    @property
    def width(self) -> int:
        """Cells that the whole takes."""
        return sum(self.widths) + GAP * (len(self.header) - 1)

    def print(self, console: Console) -> None:
        """Print it; what is too wide is cut off at the right, never folded."""
        widths, left = self.widths, set(self.left)
        for cells, style in [(self.header, "bold"), *self.rows]:
            parts = []
            for name, cell, width in zip(self.header, cells, widths, strict=True):
                space = " " * (width - cell_len(cell))
                parts.append(cell + space if name in left else space + cell)
            line = Text((" " * GAP).join(parts).rstrip(), style)
            console.print(line, no_wrap=True, overflow="ellipsis")
