"""The published methods that are run again, by the names of the published table.

Their settings, from the scripts of gagolews/clustering-results-v1: random_state=123, 10 starts of
k-means, 100 of the Gaussian mixtures, and scikit-learn 0.23's defaults; fastcluster's linkages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

RANDOM = {"sklearn_kmeans": "k-means", "sklearn_gm": "Gaussian mixture"}
LINKAGES = {
    "fastcluster_ward": "ward",
    "fastcluster_average": "average",
    "fastcluster_complete": "complete",
    "fastcluster_weighted": "weighted",
    "Genie_G1.0": "single",  # Genie with a Gini threshold of 1 is single linkage
}
MAX_LINKAGE = 10_000  # all pairs of distances are held; the published linkages end there too

Labels = npt.NDArray[Any]
Points = npt.NDArray[np.float32]


def kmeans(X: Points) -> Callable[[int], Labels]:
    return lambda k: KMeans(k, n_init=10, random_state=123).fit_predict(X)


def mixture(X: Points) -> Callable[[int], Labels]:
    return lambda k: GaussianMixture(k, n_init=100, random_state=123).fit_predict(X)


def tree(X: Points, method: str) -> Callable[[int], Labels]:
    merges = linkage(X.astype(np.float64), method)
    return lambda k: fcluster(merges, k, "maxclust")


def method(name: str, X: Points) -> Callable[[int], Labels] | None:
    """How to cut X into k as the published method `name` did; None where this is not run here."""
    if name in LINKAGES:
        return tree(X, LINKAGES[name]) if len(X) < MAX_LINKAGE else None
    return {"sklearn_kmeans": kmeans, "sklearn_gm": mixture}[name](X)
