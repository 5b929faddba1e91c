"""Leaderboards for programs: they parse, and say the same."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from test_leaderboard import entry

from segbench.leaderboard import flat, rank
from segbench.report.text import to_csv, to_json

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


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_a_csv_starts_a_formula(start: str):
    rows = flat(rank([entry("a", why=start, features=start), entry("b", -0.25)]))
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    for row in read:
        for name, cell in row.items():
            number = name in ("quality", "quality_median") and cell == "-0.25"
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), name
    told = start.replace("\r", "\n")
    assert read[0]["why"] == f"'{told}" and "-0.25" in {row["quality"] for row in read}


def test_nothing_is_still_a_table():
    assert json.loads(to_json([])) == [] and to_csv([])


def test_paths_do_not_leak():
    assert not any(isinstance(value, Path) for row in ROWS for value in row.values())
