"""Leaderboards as tables of text, in markdown and LaTeX (booktabs)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segbench.contracts import Row
from segbench.leaderboard import Across, Board, across, boards_of, meetings
from segbench.report.across import left_out, significance_lines, standing_cells
from segbench.report.columns import columns, interval
from segbench.report.remarks import all_remarks

LEFT = ("features", "algorithm", "tuned on", "sweep", "pipeline and algorithm")
SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
           "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
           "–": "--", "η²": r"$\eta^2$", "·": r"$\cdot$", "≤": r"$\leq$"}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """A title, a header, rows of cells, and remarks below."""

    title: str
    header: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def sheets(rows: Sequence[Row]) -> list[Sheet]:
    """One for each board, and one across data sets where there are several."""
    boards = boards_of(rows)
    found = [_board(board) for board in boards]
    if (overall := across(boards)) is not None:
        found.append(_across(overall))
    if warnings := meetings(boards):
        found.append(Sheet("Never ranked together", (), (), tuple(warnings)))
    return found


def _board(board: Board) -> Sheet:
    lines = [line for line in board.lines if line.counted]
    shown = columns(lines, interval) if lines else {}
    first = board.measured
    n = first.dataset.get("rows")
    title = f"{board.dataset}{f', {n:,} customers' if n else ''}"
    if first.space:
        title += f", ranked by quality in the {first.space} space"
    cells = tuple(tuple(text(line) for text in shown.values()) for line in lines)
    return Sheet(title, tuple(shown), cells, tuple(all_remarks(board)))


def _across(overall: Across) -> Sheet:
    header, cells = standing_cells(overall)
    n = len(overall.datasets)
    notes = [f"in brackets 95 % of what resampling {overall.resampled} gives"]
    notes = [*(notes if overall.resampled else []), *significance_lines(overall),
             *left_out(overall)]  # fmt: skip
    return Sheet(f"Across {n} data sets", header, cells, tuple(notes))


def to_markdown(rows: Sequence[Row]) -> str:
    """A heading, a table and a list of remarks for each board."""
    parts = []
    for sheet in sheets(rows):
        lines = [f"### {_plain(sheet.title)}", ""]
        if sheet.cells:
            lines += [_pipes(sheet.header),
                      "|" + "|".join("---" if name in LEFT else "---:" for name in sheet.header)
                      + "|"]  # fmt: skip
            lines += [*map(_pipes, sheet.cells), ""]
        lines += [f"- {_plain(note)}" for note in sheet.notes]
        parts.append("\n".join(lines).rstrip())
    return "\n\n".join(parts)


def _pipes(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Nothing in it is markup."""
    text = " ".join(text.split())
    for sign in "\\`*_[]<>|#$&~":
        text = text.replace(sign, f"\\{sign}")
    return text


def to_latex(rows: Sequence[Row]) -> str:
    r"""A booktabs table for each board; the preamble needs \usepackage{booktabs}."""
    parts = ["% \\usepackage{booktabs}"]
    for sheet in sheets(rows):
        lines = [r"\begin{table}", r"\centering", rf"\caption{{{_tex(sheet.title)}}}"]
        if sheet.cells:
            form = "".join("l" if name in LEFT else "r" for name in sheet.header)
            lines += [rf"\begin{{tabular}}{{{form}}}", r"\toprule", _tex_row(sheet.header),
                      r"\midrule", *map(_tex_row, sheet.cells), r"\bottomrule",
                      r"\end{tabular}"]  # fmt: skip
        if sheet.notes:
            lines.append(r"\par\smallskip\footnotesize\raggedright")
            lines += [f"{_tex(note)}.\\par" for note in sheet.notes]
        parts.append("\n".join([*lines, r"\end{table}"]))
    return "\n\n".join(parts)


def _tex_row(cells: Sequence[str]) -> str:
    """A cell that begins with [ or * would be an option of the rule or the line break before."""
    texts = (f"{{}}{text}" if text.startswith(("[", "*")) else text for text in map(_tex, cells))
    return " & ".join(texts) + r" \\"


def _tex(text: str) -> str:
    """Every sign that means something to LaTeX as itself."""
    out, at = [], 0
    text = " ".join(text.split())
    while at < len(text):
        two = SPECIAL.get(text[at : at + 2])
        out.append(two or SPECIAL.get(text[at], text[at]))
        at += 2 if two else 1
    return "".join(out)
