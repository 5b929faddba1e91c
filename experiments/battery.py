"""Labelled points of Gagolewski's benchmark suite, read from the folder that SEGBENCH_DATA names.

The suite (SoftwareX 20:101270, 2022; batteries fcps, sipu, uci) is for research only, so nothing of
it is stored here. `points` prepares them as the suite's published results did ("original"): columns
without variance go, noise of a millionth of the spread makes distances unique, each column is
centred, one global scale, float32.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SUITE = "clustering_benchmarks_v1"
BATTERIES = ("fcps", "sipu", "uci")


def data_folder(name: str) -> Path:
    """The folder `name` below $SEGBENCH_DATA; without it, says so and ends the script with 0."""
    root = os.environ.get("SEGBENCH_DATA")
    folder = Path(root or "") / name
    if not root or not folder.is_dir():
        where = "SEGBENCH_DATA names a folder without it" if root else "SEGBENCH_DATA is not set"
        print(f"skipped: no data set {name} ({where})")
        raise SystemExit(0)
    return folder


def verified(path: Path, sha256: str) -> bytes:
    """The bytes of a file; another revision of it ends the script with 1."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SystemExit(f"{path.name}: not the revision with sha256 {sha256}")
    return data


def data_files(suite: Path) -> Iterator[tuple[str, str, Path]]:
    """(battery, name, file) of each set whose data are there."""
    for battery in BATTERIES:
        for path in sorted((suite / battery).glob("*.data.gz")):
            yield battery, path.name.removesuffix(".data.gz"), path


def raw_points(path: Path) -> npt.NDArray[np.float64]:
    """(n, d) points as they are, less the columns without variance."""
    X = np.loadtxt(path, ndmin=2)
    return X[:, X.var(axis=0) > 0]


def points(path: Path) -> npt.NDArray[np.float32]:
    """(n, d) points as the published results prepared them."""
    X = raw_points(path)
    # The legacy generator and its seed, because the published results were drawn with them.
    X += np.random.RandomState(123).normal(0.0, X.std(ddof=1) * 1e-6, X.shape)
    X = (X - X.mean(axis=0)) / X.std(ddof=1)
    return np.ascontiguousarray(X, dtype=np.float32)


def labellings(path: Path) -> dict[int, npt.NDArray[Any]]:
    """Reference labellings of a data file by number: 1..k, 0 is noise."""
    name = path.name.removesuffix(".data.gz")
    found = sorted(path.parent.glob(f"{name}.labels*.gz"))
    numbers = [int(re.findall(r"labels(\d+)", file.name)[0]) for file in found]
    return {n: np.loadtxt(file, dtype=np.int64) for n, file in zip(numbers, found, strict=True)}
