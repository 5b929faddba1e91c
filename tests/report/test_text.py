"""Leaderboards for programs: they parse, and say the same."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from test_leaderboard import entry

from segbench.leaderboard import flat, rank
from segbench.report.text import to_csv, to_json, to_markdown

ROWS = flat(rank([
    entry("a", 0.7), entry("b", None, status="failed", why='bad | "cell", row 3', space=None),
]))  # fmt: skip


def test_json_is_the_rows():
    assert json.loads(to_json(ROWS)) == ROWS


def test_csv_parses_to_the_same_values():
    read = list(csv.DictReader(io.StringIO(to_csv(ROWS))))
    assert [list(row) for row in read] == [list(row) for row in ROWS]
    assert [row["why"] for row in read] == [row["why"] for row in ROWS]
    assert float(read[0]["quality"]) == 0.7 and read[1]["quality"] == ""


def test_markdown_keeps_its_columns():
    lines = to_markdown(ROWS).splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert {line.replace("\\|", "").count("|") for line in lines} == {lines[0].count("|")}


def test_nothing_is_still_a_table():
    assert json.loads(to_json([])) == [] and to_csv([]) and to_markdown([])


def test_paths_do_not_leak():
    assert not any(isinstance(value, Path) for row in ROWS for value in row.values())
