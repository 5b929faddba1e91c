"""Real tables whose labels are meant as kinds of rows: from $SEGBENCH_DATA and scikit-learn.

Not used: bank_marketing, german_credit, adult (a response or a risk is no kind of customer, as
their READMEs say) and what has no labels (mcdonalds, cc_general, ...).
"""

from __future__ import annotations

import csv
import io
import lzma
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets

from segbench.contracts import Table
from segbench.dataset.readers import Raw
from segbench.dataset.schema import build_table

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import verified


@dataclass(frozen=True)
class File:
    """A labelled file below $SEGBENCH_DATA.

    Attributes:
        kinds: a letter a column: n number, c category, l label, - ignored.
        log: whether algorithms see log(1 + x), for amounts with heavy tails.

    """

    path: str
    sha256: str
    kinds: str
    delimiter: str = ","
    log: bool = False


FILES = (
    File("heart_cleveland/processed.cleveland.data",
         "a74b7efa387bc9d108d7d0115d831fe9b414b29ae7124f331b622b4efa0427c8", "nccnnccncncncl"),
    File("credit_approval/credit.a.arff",
         "3c9c079d1086bf3f56d9853777117d72966221b7ce5efde4fd30359fe6669529", "cnnccccnccnccnnl"),
    File("zoo/zoo.arff",
         "8d60d393bb7c43109dbae1b062af09ae0b92a7b1f335298ca8c5bc63f326c909", "-ccccccccccccncccl"),
    File("soybean_small/soybean-small.csv",
         "f096d1675db0270071311c9f46813b204372370bd68252a5a417bdcff5879717", "c" * 35 + "l"),
    File("wholesale_customers/Wholesale customers data.csv",
         "c3d018c643565b85cee733c4a2ac76dd76e080e857cb23f0ccfcc2e15a6c17ef", "l-nnnnnn", log=True),
    # Neighbourhoods by 41 bands; the label is the vendor's main type of customer (MOSHOOFD).
    File("coil2000/ticdata2000.txt.xz",
         "e28ad064413807ed9250d0bb5eeea193da98e117447320718e4b4e6bce8755a9",
         "-nnnl" + "n" * 38 + "-" * 43, delimiter="\t"),
)  # fmt: skip
BUNDLED = {"iris": datasets.load_iris, "digits": datasets.load_digits}

Truths = list[npt.NDArray[Any]]


def labelled_tables(root: Path) -> Iterator[tuple[Table, Truths, bool]]:
    """(table, reference labellings, whether to take logarithms) of each file and bundled set."""
    for file in FILES:
        if (root / file.path).is_file():
            yield from read(root, file)
    for name, load in BUNDLED.items():
        X, y = load(return_X_y=True)
        yield numeric_table(name, X), [y], False


def read(root: Path, file: File) -> Iterator[tuple[Table, Truths, bool]]:
    data = verified(root / file.path, file.sha256)
    text = (lzma.decompress(data) if file.path.endswith(".xz") else data).decode()
    columns = dict(enumerate(zip(*rows(text, file), strict=True)))
    named = {str(i): np.array(column, dtype=object) for i, column in columns.items()}
    roles = {
        role: [str(i) for i, kind in enumerate(file.kinds) if kind == letter]
        for role, letter in (("numeric", "n"), ("categorical", "c"), ("ignore", "-"))
    }
    label = named.pop(str(file.kinds.index("l")))
    name = file.path.split("/", maxsplit=1)[0]
    raw = Raw(name, named, np.arange(1, len(label) + 1), file.sha256)
    table, _ = build_table(raw, name, {"columns": roles})
    truths = [np.unique(label, return_inverse=True)[1]]
    if name == "heart_cleveland":  # healthy or not, beside the five grades
        truths.append((label != "0").astype(np.int64))
    yield table, truths, file.log


def rows(text: str, file: File) -> Iterator[list[str]]:
    """Rows of a delimited or ARFF file that have as many cells as declared; no header."""
    for row in csv.reader(io.StringIO(text), delimiter=file.delimiter):
        cells = [cell.strip() for cell in row]
        numbers = (cell for cell, kind in zip(cells, file.kinds, strict=False) if kind == "n")
        if len(cells) == len(file.kinds) and cells[0][:1] not in "%@" and all(map(number, numbers)):
            yield cells


def number(cell: str) -> bool:
    return cell == "?" or cell.removeprefix("-").replace(".", "", 1).isdigit()


def numeric_table(name: str, X: npt.NDArray[Any]) -> Table:
    """A table of numbers; columns without variance go."""
    X = X[:, X.var(axis=0) > 0].astype(np.float64)
    columns = {str(i): column for i, column in enumerate(X.T)}
    raw = Raw(name, columns, np.arange(1, len(X) + 1), "")
    return build_table(raw, name, {"columns": {"numeric": list(columns)}})[0]
