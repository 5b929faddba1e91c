"""Files into columns of text: find them, check their sha256, and say exactly what is wrong.

A file is looked for inside an installed package (read as a file, the package is never imported),
below the folder `$SEGBENCH_DATA`, and below `./data`; what is found must have the declared sha256.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import hashlib
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segbench.contracts import Floats
from segbench.errors import InputError

MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "?"}
)
"""Cells that mean a missing value, as pandas reads them, and `?`; `none` is a category."""

DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".bz2": bz2.decompress,
    ".gz": gzip.decompress,
    ".xz": lzma.decompress,
}


@dataclass(frozen=True)
class Source:
    """The bytes of a file as they lie on disk, and their sha256."""

    path: Path
    data: bytes
    sha256: str


@dataclass(frozen=True)
class Raw:
    """Columns before typing: object arrays of text, or float64 where a reader made numbers.

    `lines` is the line in the file of each row, the header being line 1.
    """

    file: str
    columns: Mapping[str, npt.NDArray[Any]]
    lines: npt.NDArray[np.int64]
    sha256: str
    future: Floats | None = None
    declared: Mapping[str, Any] = field(default_factory=dict)


def source(spec: Mapping[str, Any]) -> Source:
    """Find and read the file that a data set's config names, and verify its sha256."""
    wanted = spec.get("sha256")
    if spec.get("file"):
        return _declared(str(spec["file"]), spec.get("package"), str(wanted))
    if not spec.get("path"):
        raise InputError("dataset.path", found="nothing", wanted="the path of a CSV file")
    found = _slurp(Path(str(spec["path"])))
    if wanted and found.sha256 != wanted:
        raise InputError(found.path, found=f"sha256 {found.sha256}", wanted=f"sha256 {wanted}")
    return found


def read(spec: Mapping[str, Any]) -> Raw:
    """Parse the file of `spec` as delimited text with a header line."""
    found = source(spec)
    text = decode(found)
    columns, lines = parse(text, str(found.path), spec.get("delimiter") or header_delimiter(text))
    return Raw(str(found.path), columns, lines, found.sha256)


def _declared(file: str, package: str | None, sha256: str) -> Source:
    """The first candidate with the declared sha256."""
    name, seen = Path(file).name, []
    for path in _candidates(file, package):
        found = _slurp(path)
        if found.sha256 == sha256:
            return found
        seen.append(f"{path} with sha256 {found.sha256}")
    places = f"package {package}, $SEGBENCH_DATA or ./data" if package else "$SEGBENCH_DATA, ./data"
    raise InputError(
        name, found="; ".join(seen) or "no such file", wanted=f"sha256 {sha256} in {places}"
    )


def _candidates(file: str, package: str | None) -> Iterator[Path]:
    if package:
        try:
            path = Path(str(distribution(package).locate_file(file)))
        except PackageNotFoundError:
            path = Path(file)
        if path.is_file():
            yield path
    for root in (os.environ.get("SEGBENCH_DATA"), "data"):
        if root and Path(root).is_dir():
            yield from sorted(p for p in Path(root).rglob(Path(file).name) if p.is_file())


def _slurp(path: Path) -> Source:
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise InputError(path, found="a folder", wanted="a CSV file") from None
    except FileNotFoundError:
        raise InputError(path, found="no such file", wanted="a CSV file") from None
    except OSError as error:
        raise InputError(path, found=str(error.strerror), wanted="a readable file") from error
    return Source(path, data, hashlib.sha256(data).hexdigest())


def is_missing(cells: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which cells of an object array stand for a missing value."""
    return np.fromiter((str(cell).strip() in MISSING for cell in cells), bool, len(cells))


def decode(found: Source) -> str:
    """Decompress by suffix and decode UTF-8 (with or without a byte order mark)."""
    data = found.data
    if found.path.suffix.lower() in DECOMPRESS:
        try:
            data = DECOMPRESS[found.path.suffix.lower()](data)
        except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
            raise InputError(found.path, found=str(error), wanted="an intact archive") from error
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(found.path, found="an empty file", wanted="a header and rows")
    if b"\0" in data:
        row = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError(found.path, row=row, found="binary data", wanted="CSV text in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            found.path, row=row, found=f"byte 0x{data[error.start]:02x}", wanted="text in UTF-8"
        ) from None


def parse(
    text: str, file: str, delimiter: str
) -> tuple[dict[str, npt.NDArray[Any]], npt.NDArray[np.int64]]:
    """Split text into named columns; every row must have as many fields as the header."""
    rows = _fields(text, file, delimiter)
    _, header = next(rows)
    names = [name.strip() for name in header]
    _check_header(names, file, delimiter)
    body, lines = [], []
    for line, fields in rows:
        if len(fields) != len(names):
            found = f"{len(fields)} fields"
            raise InputError(
                file, row=line, found=found, wanted=f"{len(names)} fields, as in the header"
            )
        body.append(fields)
        lines.append(line)
    if not body:
        raise InputError(file, found="a header without rows", wanted="one row per customer")
    _check_single_column(names, body, file, delimiter)
    cells = np.array(body, dtype=object)
    return {name: cells[:, j] for j, name in enumerate(names)}, np.array(lines, dtype=np.int64)


def header_delimiter(text: str) -> str:
    """Which of , ; tab and | splits the header into most columns: the first if none does."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t|", key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))


def _fields(text: str, file: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every line that is not blank."""
    if delimiter == "whitespace":
        for line, content in enumerate(text.split("\n"), start=1):
            if content.strip():
                yield line, content.split()
        return
    if len(delimiter) != 1:
        raise InputError("dataset.delimiter", found=repr(delimiter), wanted="one character")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for fields in reader:
            if fields:
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(file, row=line, found=str(error), wanted="well-formed CSV") from None


def _check_single_column(
    names: list[str], body: list[list[str]], file: str, delimiter: str
) -> None:
    """Refuse columns aligned by blanks that were read as one."""
    widths = {len(row[0].split()) for row in body} if len(names) == 1 else set()
    if widths == {len(names[0].split())} and widths != {1}:
        raise InputError(file, row=1, found=f"one column, {names[0]!r}", wanted=f"columns separated"
                         f" by {delimiter!r} (or declare the delimiter: whitespace)")  # fmt: skip


def _check_header(names: list[str], file: str, delimiter: str) -> None:
    others = [mark for mark in ",;\t|" if mark != delimiter and mark in names[0]]
    if len(names) == 1 and others:
        raise InputError(
            file,
            row=1,
            found=f"one column with {others[0]!r} in its name",
            wanted=f"columns separated by {delimiter!r} (or declare the delimiter: {others[0]!r})",
        )
    for position, name in enumerate(names, start=1):
        if not name:
            raise InputError(
                file, row=1, found=f"no name for column {position}", wanted="a name per column"
            )
        if name in names[: position - 1]:
            raise InputError(
                file, row=1, column=name, found="the same name twice", wanted="distinct names"
            )
