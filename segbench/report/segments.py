"""Segments as `profile.csv` has them, for people to read."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from segbench.contracts import Result
from segbench.errors import InputError

Segment = dict[str, str]
"""Column of `profile.csv` -> text."""
SHARES = ("share", "revenue_share")


def read_segments(folder: Path) -> list[Segment]:
    """The segments of a result folder, noise last; [] where it has no profile.

    Raises:
        InputError: the profile cannot be read.

    """
    path = folder / "profile.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            segments = list(csv.DictReader(file, strict=True))
        for segment in segments:
            _ = segment["segment"], float(segment["share"])
            if None in segment or None in segment.values():
                raise ValueError("a row is longer or shorter than the header")
    except FileNotFoundError:
        return []
    except (UnicodeDecodeError, ValueError, TypeError, KeyError, OSError, csv.Error) as error:
        raise InputError(path, found=f"{type(error).__name__}: {error}",
                         wanted="a profile of segbench run") from error  # fmt: skip
    return segments


def segment_rows(segments: Sequence[Segment], result: Result) -> list[list[str]]:
    """One row for each attribute, its name first; how often segments came back after `share`."""
    known = (result.stability or {}).get("segments") or []
    recovered = {str(each["segment"]): f"{each['jaccard']:.2f}" for each in known
                 if each.get("jaccard") is not None}  # fmt: skip
    rows = []
    for name in list(segments[0])[1:]:
        rows.append([name, *(shown(name, segment[name]) for segment in segments)])
        if name == "share" and recovered:
            rows.append(["recovery", *(recovered.get(each["segment"], "") for each in segments)])
    return rows


def shown(name: str, text: str) -> str:
    """A value as a person reads it: four digits, shares in percent, thousands of sizes apart.

    A whole number may be a code (a year, a postal code): it stays as it is.
    """
    try:
        value = float(text)
    except ValueError:
        return text
    if name in SHARES:
        return f"{value:.1%}"
    if name == "size":
        return f"{value:,.0f}"
    written = text.replace(".", "", 1).replace("e-", "", 1).removeprefix("-")
    return f"{value:,.4g}" if "." in text and written.isdecimal() else text
