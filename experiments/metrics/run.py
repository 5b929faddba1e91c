"""Every metric, its definition, and its value beside the field's libraries on the same labels.

    python experiments/metrics/run.py --write       (make metrics)

genieclust and permetrics are compared where they are installed (`pip install 'segbench[peers]'`);
`–` is no such index, `absent` a library that is not there. The peers get the same labels, and
centred data, since some of their values move when a constant is added.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import hdbscan
import numpy as np
from sklearn import metrics as sk

sys.path.insert(0, str(Path(__file__).parents[1]))
from measured import table, write

from segbench import metric
from segbench.metric import EXTERNAL, INTERNAL

README = Path(__file__).with_name("README.md")
Peer = Callable[[np.ndarray, np.ndarray], float]
NOTES = {
    "davies_bouldin": "clusterCrit's test value (0.2126) contradicts its own formula",
    "xie_beni": "permetrics: squared distance to the nearest centroid, not the own; clusterCrit's "
    "Ray_Turi is ours, its Xie_Beni divides by the least squared distance of customers",
    "ball_hall": "mean over segments of mean squares, as clusterCrit; genieclust: their sum; "
    "permetrics: sum of squares over k",
    "dunn": "permetrics: least distance of a customer to another segment's centroid",
    "gdi53": "Bezdek & Pal: to the other's centroid; genieclust and clusterCrit: to the own",
    "dbcv": "ours as in the paper; hdbscan differs in core distances where customers coincide, in "
    "internal nodes, and with the order of rows where distances tie",
    "s_dbw": "Halkidi & Vazirgiannis 2001; there are variants in every library",
    "silhouette_macro": "genieclust's silhouette_w",
    "wcnn": "M = 25, but below 2 % of the customers (here 7), so that small segments have a value; "
    "genieclust has the same value for its M = 7",
    "dunn_nn": "the same M as wcnn",
    "jaccard": "of pairs of customers, not scikit-learn's jaccard_score of a classification",
    "nca": "asymmetric: the reference first",
}


def peers() -> dict[str, dict[str, Peer]]:
    """Library -> key -> its function (X, labels) or (reference, labels)."""
    found: dict[str, dict[str, Peer]] = {
        "scikit-learn": {
            "silhouette": sk.silhouette_score, "calinski_harabasz": sk.calinski_harabasz_score,
            "davies_bouldin": sk.davies_bouldin_score, "ari": sk.adjusted_rand_score,
            "ami": sk.adjusted_mutual_info_score, "nmi": sk.normalized_mutual_info_score,
            "v_measure": sk.v_measure_score, "fowlkes_mallows": sk.fowlkes_mallows_score,
        },
        "hdbscan": {"dbcv": lambda X, y: float(hdbscan.validity.validity_index(X, y))},
    }  # fmt: skip
    for name, make in (("genieclust", _genieclust), ("permetrics", _permetrics)):
        try:
            importlib.import_module(name)
        except ImportError:
            found[name] = {}
        else:
            found[name] = make()
    return found


def _genieclust() -> dict[str, Peer]:
    from genieclust import cluster_validity as cv
    from genieclust import compare_partitions as cp

    return {
        "silhouette": cv.silhouette_index, "silhouette_macro": cv.silhouette_w_index,
        "calinski_harabasz": cv.calinski_harabasz_index,
        "davies_bouldin": lambda X, y: -cv.negated_davies_bouldin_index(X, y),
        "ball_hall": lambda X, y: -cv.negated_ball_hall_index(X, y),
        "dunn": lambda X, y: cv.generalised_dunn_index(X, y, 1, 1),
        "gdi43": lambda X, y: cv.generalised_dunn_index(X, y, 4, 3),
        "gdi53": lambda X, y: cv.generalised_dunn_index(X, y, 5, 3),
        "dunn_nn": lambda X, y: cv.dunnowa_index(X, y), "wcnn": lambda X, y: cv.wcnn_index(X, y),
        "ari": cp.adjusted_rand_score, "ami": cp.adjusted_mi_score, "nmi": cp.normalized_mi_score,
        "fowlkes_mallows": cp.fm_score, "psi": cp.pair_sets_index,
        "nca": cp.normalized_clustering_accuracy,
    }  # fmt: skip


def _permetrics() -> dict[str, Peer]:
    from permetrics import ClusteringMetric

    def internal(method: str) -> Peer:
        return lambda X, y: getattr(ClusteringMetric(X=X, y_pred=y), method)()

    def external(method: str) -> Peer:
        return lambda a, b: getattr(ClusteringMetric(y_true=a, y_pred=b), method)()

    inside = {"silhouette": "silhouette_index", "calinski_harabasz": "calinski_harabasz_index",
              "davies_bouldin": "davies_bouldin_index", "xie_beni": "xie_beni_index",
              "ball_hall": "ball_hall_index", "dunn": "dunn_index",
              "dbcv": "density_based_clustering_validation_index"}  # fmt: skip
    outside = {"ari": "adjusted_rand_score", "nmi": "normalized_mutual_info_score",
               "v_measure": "v_measure_score", "fowlkes_mallows": "fowlkes_mallows_score",
               "jaccard": "jaccard_score"}  # fmt: skip
    return {key: internal(m) for key, m in inside.items()} | {
        key: external(m) for key, m in outside.items()
    }


def labelled() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """400 customers in four unequal segments, the labels that made them, and others near these."""
    rng = np.random.default_rng(7)
    truth = rng.permutation(np.repeat([0, 1, 2, 3], [160, 120, 80, 40]))
    centres = np.array([[0.0, 0, 0], [4, 1, 0], [1, 5, 2], [5, 5, -3]])
    X = rng.normal(size=(400, 3)) * np.array([1.0, 0.7, 1.3, 0.5])[truth][:, None] + centres[truth]
    found = np.where(rng.random(400) < 0.1, rng.integers(4, size=400), truth)
    X -= X.mean(axis=0)
    return X, truth.astype(np.int64), found.astype(np.int64)


def rows() -> Iterator[list[str]]:
    """One line of the matrix for each metric."""
    X, truth, found = labelled()
    libraries = peers()
    for key in [*INTERNAL, *EXTERNAL]:
        if key == "quality":  # silhouette x coverage: this project's own
            continue
        name = "normalized_clustering_accuracy" if key == "nca" else LONG.get(key, key)
        first = X if key in INTERNAL else truth
        ours = getattr(metric, f"{name}_score")(first, found)
        line = [key, _shown(ours)]
        line += [_peer(functions, key, first, found, ours) for functions in libraries.values()]
        yield [*line, NOTES.get(key, "")]


LONG = {"ari": "adjusted_rand", "ami": "adjusted_mutual_info", "nmi": "normalized_mutual_info"}


def _peer(functions: dict[str, Peer], key: str, first: np.ndarray, found: np.ndarray,
          ours: float) -> str:  # fmt: skip
    if not functions:
        return "absent"
    if key not in functions:
        return "–"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = float(functions[key](first, found))
    return "=" if np.isclose(value, ours, rtol=1e-8, atol=1e-10) else _shown(value)


def _shown(value: float) -> str:
    return f"{value:.6g}"


def definitions() -> Iterator[list[str]]:
    """One line of the definitions for each metric."""
    for key, each in [*INTERNAL.items(), *EXTERNAL.items()]:
        ends = ["−∞" if each.low is None else f"{each.low:g}",
                "∞" if each.high is None else f"{each.high:g}"]  # fmt: skip
        spaces = "labels" if key in EXTERNAL else "all" if each.gower else "not gower"
        cost = each.cost if key in INTERNAL else "n"
        yield [key, "more" if each.maximize else "less", f"{ends[0]} … {ends[1]}", each.formula,
               each.paper, each.undefined, spaces, cost, str(each.version)]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables into README.md")
    header = ["key", "ours", *peers(), "where and why it differs"]
    matrix = table(header, rows())
    listed = table(["key", "better", "range", "definition", "paper", "undefined", "spaces", "cost",
                    "version"], definitions())  # fmt: skip
    if parser.parse_args().write:
        write(README, matrix, "matrix")
        write(README, listed, "definitions")
    print(matrix)


if __name__ == "__main__":
    main()
