"""The 42 internal indices that clusterCrit publishes for one table, beside segbench's.

    SEGBENCH_DATA=... python experiments/published_tables/clustercrit.py [--write]

The table: 400 points in the plane, 4 segments of 100. Where the definition is the same the values
must agree to 1e-6, else the script ends with 1. Where it is not, the last column says why.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import pdist

from segbench import metric

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import data_folder, verified
from measured import table, write

POINTS = ("table_400_4.csv", "07a1f50ac36bac16519fea8b4f32cf94691f3666062b26b1fdec76e249d667ab")
VALUES = (
    "expected_internal.json",
    "283415710f8a58c45dc3359559ec6353557521d24e9f9795d23ba76028926cc6",
)
TOLERANCE = 1e-6

Convert = Callable[[float, np.ndarray], float]


@dataclass(frozen=True)
class Counterpart:
    """Our score for one of clusterCrit's.

    Attributes:
        ours: key of the score.
        same: whether the values must agree, after `convert` where there is one.
        convert: (our value, X) -> what clusterCrit's definition makes of it.

    """

    ours: str
    same: bool
    note: str = ""
    convert: Convert | None = None


def unscaled(pearson: float, X: np.ndarray) -> float:
    return -pearson * float(pdist(X).std())


MEAN = "a mean over segments there; all four have the same size here"
COUNTERPARTS: Mapping[str, tuple[Counterpart, ...]] = {
    "Silhouette": (
        Counterpart("silhouette", True, MEAN),
        Counterpart("silhouette_macro", True),
    ),
    "Calinski_Harabasz": (Counterpart("calinski_harabasz", True),),
    "Davies_Bouldin": (
        Counterpart("davies_bouldin", False, "contradicts its own formula, which gives 0.2291"),
    ),
    "Dunn": (Counterpart("dunn", True),),
    "GDI11": (Counterpart("dunn", True, "the same as Dunn"),),
    "GDI43": (Counterpart("gdi43", True),),
    "GDI53": (
        Counterpart("gdi53", False, "there to the own centroids, in Bezdek & Pal to the other's"),
    ),
    "Ray_Turi": (Counterpart("xie_beni", True, "Xie & Beni's ratio for hard segments"),),
    "Xie_Beni": (
        Counterpart("xie_beni", False, "there over the closest two points, not two centroids"),
    ),
    "Ball_Hall": (Counterpart("ball_hall", True, "mean over segments of mean squared distance"),),
    "S_Dbw": (Counterpart("s_dbw", True),),
    "C_index": (Counterpart("c_index", True),),
    "Point_Biserial": (
        Counterpart("pearson_gamma", True, "ours x -(sd of all distances)", unscaled),
    ),
}


@dataclass(frozen=True)
class Line:
    """One line of the table; `wrong` where values that must agree do not."""

    cells: tuple[str, ...]
    wrong: bool = False


def compare(name: str, value: float, X: np.ndarray, labels: np.ndarray) -> list[Line]:
    """All our counterparts of one of clusterCrit's indices."""
    shown = f"{value:.6g}"
    found = COUNTERPARTS.get(name)
    if not found:
        return [Line((name, shown, "", "", "no counterpart", ""))]
    return [line(name, value, each, X, labels) for each in found]


def line(name: str, value: float, other: Counterpart, X: Any, labels: Any) -> Line:
    start = (name, f"{value:.6g}", other.ours)
    score = getattr(metric, f"{other.ours}_score", None)
    if score is None:
        return Line((*start, "", "not there yet", other.note))
    ours = score(X, labels)
    ours = other.convert(ours, X) if other.convert else ours
    agrees = math.isclose(ours, value, rel_tol=TOLERANCE)
    verdict = "agrees" if agrees else "DISAGREES" if other.same else "another definition"
    return Line((*start, f"{ours:.6g}", verdict, other.note), other.same and not agrees)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    folder = data_folder("clustercrit")
    points = pd.read_csv(io.BytesIO(verified(folder / POINTS[0], POINTS[1])))
    values: dict[str, float] = json.loads(verified(folder / VALUES[0], VALUES[1]))
    X, labels = points[["x", "y"]].to_numpy(), points["label"].to_numpy()
    lines = [each for name in values for each in compare(name, values[name], X, labels)]
    header = ["clusterCrit", "value", "segbench", "value", "verdict", "note"]
    text = table(header, (each.cells for each in lines))
    print(text)
    wrong = [each.cells[0] for each in lines if each.wrong]
    print(f"{len(values)} values, must agree and do not: {', '.join(wrong) or 'none'}")
    if options.write:
        write(Path(__file__).with_name("README.md"), text, "clustercrit")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
