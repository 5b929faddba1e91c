"""About 60 candidate partitions of a set, by several algorithms at k = 2..10, kept on disk.

k-means, Gaussian mixtures, Ward, average and single linkage, Genie (where genieclust is installed),
HDBSCAN with its noise, and spectral clustering of up to `MAX_SPECTRAL` rows. Equal partitions count
once, and their order is drawn by lot, so that ties between scores favour no algorithm.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cases import Case
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import HDBSCAN, KMeans, SpectralClustering
from sklearn.mixture import GaussianMixture

from segbench.contracts import Floats, Ints, Partition, Reference

VERSION = 1  # raised when a candidate changes its meaning
K = range(2, 11)
K_FEW = range(2, 7)  # for what is slow, or hardly ever eligible
HDBSCAN_SHARES = (0.02, 0.05, 0.1)
MAX_SPECTRAL = 1_000
MAX_FULL = 20  # dimensions up to which mixtures have full covariances
GENIE = find_spec("genieclust") is not None

Made = Iterator[tuple[str, npt.NDArray[Any]]]


def candidates(case: Case, folder: Path) -> list[tuple[str, Partition]]:
    """Distinct partitions with at least 2 segments, from `folder` where they were made before."""
    digest = hashlib.sha256(f"{VERSION} {GENIE} {case.X.shape}".encode() + case.X.tobytes())
    path = folder / f"{case.group}-{case.name}-{digest.hexdigest()[:12]}.npz"
    if not path.is_file():
        made = distinct(case)
        folder.mkdir(parents=True, exist_ok=True)
        names, labels = [name for name, _ in made], [found.labels for _, found in made]
        np.savez_compressed(path, names=names, labels=np.array(labels, dtype=np.int16))
    with np.load(path) as kept:
        labels = kept["labels"].astype(np.int32)
        return [
            (str(name), Partition.from_labels(row))
            for name, row in zip(kept["names"], labels, strict=True)
        ]


def distinct(case: Case) -> list[tuple[str, Partition]]:
    found: dict[bytes, tuple[str, Partition]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not everything converges, and it is scored as it is
        for name, labels in made(case):
            partition = Partition.from_labels(np.asarray(labels, dtype=np.int64))
            if partition.k > 1:
                found.setdefault(partition.labels.tobytes(), (name, partition))
    each = list(found.values())
    return [each[i] for i in np.random.default_rng(len(case.X)).permutation(len(each))]


def made(case: Case) -> Made:
    """Labels of every algorithm and k."""
    X, shape = case.X, "full" if case.X.shape[1] <= MAX_FULL else "diag"
    ridge = 1e-3 * float(X.var(axis=0).mean())
    for k in K:
        yield f"kmeans {k}", kmeans(X, k)
        mixture = GaussianMixture(
            k, covariance_type=shape, n_init=3, reg_covar=ridge, random_state=0
        )
        yield f"gmm {k}", mixture.fit_predict(X)
    yield from trees(case)
    yield from density(case)
    if len(X) <= MAX_SPECTRAL:
        for k in K_FEW:
            near = SpectralClustering(k, affinity="nearest_neighbors", random_state=0)
            yield f"spectral {k}", near.fit_predict(X)


def kmeans(X: Floats, k: int) -> Ints:
    return KMeans(k, n_init=10, random_state=0).fit_predict(X)


def trees(case: Case) -> Made:
    """Linkages: average and single of the distances in the space where there are categories."""
    pairs = distances(case)
    for name, ks in (("ward", K), ("average", K), ("single", K_FEW)):
        merges = linkage(case.X if name == "ward" else pairs, name)
        for k in ks:
            yield f"{name} {k}", fcluster(merges, k, "maxclust")
    if GENIE:
        from genieclust import Genie

        for k in K:
            yield f"genie {k}", Genie(n_clusters=k).fit_predict(case.X)


def density(case: Case) -> Made:
    matrix = squareform(distances(case))
    for share in HDBSCAN_SHARES:
        size = max(round(share * len(matrix)), 3)
        for how in ("eom", "leaf"):
            found = HDBSCAN(min_cluster_size=size, min_samples=min(5, size), metric="precomputed",
                            cluster_selection_method=how, copy=True)  # fmt: skip
            yield f"hdbscan {share:.0%} {how}", found.fit_predict(matrix)


def distances(case: Case) -> Floats:
    """Condensed distances: Gower's in a mixed table, else Euclidean between what algorithms see."""
    space = case.spaces[0]
    return squareform(gower(space), checks=False) if space.kind == "gower" else pdist(case.X)


def gower(space: Reference) -> Floats:
    """(n, n) mean over the columns that both rows have; 1 where they have none in common."""
    total = np.zeros((len(space), len(space)))
    count = np.zeros_like(total)
    scaled = space.X / np.where(space.ranges > 0, space.ranges, 1.0)
    codes = np.where(space.C < 0, np.nan, space.C)
    for x in scaled.T:
        step = np.abs(x[:, None] - x)
        total, count = total + np.nan_to_num(step), count + ~np.isnan(step)
    for c in codes.T:
        known = ~np.isnan(c[:, None] - c)
        total, count = total + (known & (c[:, None] != c)), count + known
    return np.divide(total, count, out=np.ones_like(total), where=count > 0)
