"""Profiles for people to read, also damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_leaderboard import entry

from segbench.errors import InputError
from segbench.report.segments import read_segments, segment_rows, shown


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [("share", "0.5", "50.0%"), ("size", "13954", "13,954"), ("spend", "20.754", "20.75"),
     ("zip", "02134", "02134"), ("year", "2012", "2012"), ("code", "1_000", "1_000"),
     ("spend", "12345.6", "1.235e+04"), ("x", "nan", "nan"), ("x", "", ""), ("x", "3.0", "3")],
)  # fmt: skip
def test_numbers_are_shortened_and_codes_are_not(name: str, text: str, expected: str):
    assert shown(name, text) == expected


@pytest.mark.parametrize("text", ["segment,share,a\n0,0.5\n", "segment,share\n0,x\n", "\xff",
                                  "a,b\n1,2\n", "segment,share\n0,0.5,7\n"])  # fmt: skip
def test_a_damaged_profile_is_named(tmp_path: Path, text: str):
    (tmp_path / "profile.csv").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"profile\.csv"):
        read_segments(tmp_path)


def test_a_segment_of_unknown_recovery_is_left_empty():
    known = {"segments": [{"segment": 0, "jaccard": None}, {"segment": 1, "jaccard": 0.5}]}
    result = entry("a", stability=known).result
    rows = segment_rows([{"segment": "0", "share": "1"}, {"segment": "1", "share": "0"}], result)
    assert rows[1] == ["recovery", "", "0.50"]
