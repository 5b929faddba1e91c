"""Leaderboards in markdown and LaTeX: every line, every reason, and nothing that is markup."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_leaderboard import entry

from segbench.contracts import Score
from segbench.leaderboard import rank
from segbench.report.tables import sheets, to_latex, to_markdown

HOSTILE = r"a_b | 50% & $x$ #1 {y} ~z^ \w [l](u) <b> *s*"


def rows():
    other = {"name": "e", "sha256": "2" * 64}
    quality = Score(0.5, 0.4, 0.6)
    return rank([
        entry("a0", algorithm="a", setup="a",
              scores={"quality": quality, "stability_ari": quality}),
        entry("b", 0.4, features=HOSTILE),
        entry("c", None, status="failed", why=HOSTILE, space=None),
        entry("a1", 0.7, algorithm="a", setup="a", dataset=other),
        entry("z", 0.1, dataset={"name": "e", "sha256": "3" * 64}),
    ])  # fmt: skip


def test_every_line_and_every_reason_is_there():
    found = sheets(rows())
    assert [len(sheet.cells) for sheet in found] == [2, 1, 1, 0, 0]
    assert found[0].title == "d, 9 customers, ranked by quality in the rank space"
    assert "0.50 [0.40, 0.60]" in found[0].cells[0]
    assert any(HOSTILE in note and note.startswith("failed") for note in found[0].notes)
    assert "Across 2 data sets" in found[3].title and "none to compare" in found[3].notes[0]
    assert "data revisions 22222222, 33333333" in found[4].notes[0]


def test_markdown_tables_keep_their_columns():
    for block in re.findall(r"(?:^\|.*\n?)+", to_markdown(rows()), flags=re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1, block
    assert r"a\_b \| 50%" in to_markdown(rows()) and r"\<b\>" in to_markdown(rows())


def test_latex_has_booktabs_and_every_special_sign_as_itself():
    tex = to_latex(rows())
    assert tex.count(r"\toprule") == tex.count(r"\bottomrule") == 3
    assert tex.count(r"\begin{table}") == tex.count(r"\end{table}") == 5
    expected = (r"a\_b | 50\% \& \$x\$ \#1 \{y\} \textasciitilde{}z\textasciicircum{} "
                r"\textbackslash{}w [l](u) <b> *s*")  # fmt: skip
    assert expected in tex
    for table in re.findall(r"\\toprule(.*?)\\bottomrule", tex, flags=re.DOTALL):
        rows_of = [line for line in table.splitlines() if line.endswith(r"\\")]
        assert len({len(re.findall(r"(?<!\\)&", line)) for line in rows_of}) == 1


def has_booktabs() -> bool:
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return False
    found = subprocess.run(["kpsewhich", "booktabs.sty"], capture_output=True, check=False)
    return found.returncode == 0


@pytest.mark.skipif(not has_booktabs(), reason="pdflatex with booktabs is not installed")
def test_latex_compiles(tmp_path: Path):
    whole = (r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs}"
             rf"\begin{{document}}{to_latex(rows())}\end{{document}}")  # fmt: skip
    (tmp_path / "board.tex").write_text(whole)
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "board.tex"],
                          cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


def test_nothing_is_still_a_text():
    assert to_markdown([]) == "" and to_latex([]).startswith("%")
