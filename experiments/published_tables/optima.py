"""Where single starts of a Gaussian mixture end: the likelihood and the ARI of each optimum.

    SEGBENCH_DATA=... python experiments/published_tables/optima.py

Answers why the published ARI of a mixture is another than ours: EM ends in one of many optima, and
which of them 100 starts contain depends on the release of scikit-learn.
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict
from pathlib import Path

from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from segbench.metric import adjusted_rand_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import SUITE, data_folder, labellings, points

ASKED = (("fcps/target", 1), ("sipu/compound", 2), ("sipu/s4", 0))
STARTS, SHOWN = 100, 6


def main() -> None:
    suite = data_folder(SUITE)
    warnings.simplefilter("ignore")  # not every start converges
    for name, number in ASKED:
        path = suite / f"{name}.data.gz"
        X, truth = points(path), labellings(path)[number]
        known, ends = truth > 0, defaultdict(list)
        for seed in range(STARTS):
            fitted = GaussianMixture(int(truth.max()), random_state=seed).fit(X)
            ari = adjusted_rand_score(truth[known], fitted.predict(X)[known])
            ends[round(ari, 2)].append(float(fitted.lower_bound_))
        print(f"{name} {number}: {STARTS} starts, likeliest ends first")
        for ari, bounds in sorted(ends.items(), key=lambda end: -max(end[1]))[:SHOWN]:
            print(f"  log-likelihood {max(bounds):8.4f}  ARI {ari:5.2f}  starts {len(bounds):3d}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
