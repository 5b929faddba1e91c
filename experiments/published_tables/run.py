"""k-means, Gaussian mixtures and linkages at the reference k, beside published ARI and AMI.

    SEGBENCH_DATA=... python experiments/published_tables/run.py [--write]      (or make oracles)

The partitions are made here as the published ones were (scikit-learn 0.23 with random_state=123,
10 starts of k-means, 100 of Gaussian mixtures; fastcluster), then scored by segbench against every
reference labelling at its own k, customers with the reference label 0 (noise) left out. Linkages
have no random starts, so there the last digit must agree: that tests the two scores.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from segbench.metric import adjusted_mutual_info_score, adjusted_rand_score

sys.path.insert(0, str(Path(__file__).parents[1]))
from battery import SUITE, data_files, data_folder, labellings, points, verified
from measured import table, write
from methods import LINKAGES, RANDOM, Labels, method

TABLE = "published_results_at_reference_k.csv.xz"
SHA256 = "43a3c493868aa77fb672c2d816e56c902b2e3dc55646e240e53f34d7d9d6e16c"
KEY = ["battery", "dataset", "labels", "method"]


def score(path: Path, wanted: pd.DataFrame) -> list[dict[str, Any]]:
    """Our ARI and AMI of one set for the published rows `wanted`."""
    X, truths, rows = points(path), labellings(path), []
    for name, published in wanted.groupby("method"):
        cut, made = method(str(name), X), {}
        for _, row in published.iterrows() if cut else ():
            k, truth = int(row["k"]), truths[row["labels"]]
            if k not in made:
                made[k] = cut(k)
            rows.append({**row[KEY], **agreement(truth, made[k])})
    return rows


def agreement(truth: Labels, labels: Labels) -> dict[str, float]:
    known = truth > 0
    return {
        "ari_ours": adjusted_rand_score(truth[known], labels[known]),
        "ami_ours": adjusted_mutual_info_score(truth[known], labels[known]),
    }


def differences(published: pd.DataFrame, suite: Path) -> pd.DataFrame:
    """One row for each published (labelling, method) that is run here."""
    known = published[published["method"].isin([*RANDOM, *LINKAGES])]
    rows: list[dict[str, Any]] = []
    for battery, name, path in data_files(suite):
        start = time.perf_counter()
        rows += score(path, known[(known["battery"] == battery) & (known["dataset"] == name)])
        print(f"  {battery}/{name}: {time.perf_counter() - start:.1f} s", file=sys.stderr)
    both = known.merge(pd.DataFrame(rows), on=KEY)
    for index in ("ari", "ami"):
        both[f"{index}_diff"] = both[f"{index}_ours"] - both[index]
    return both


def by_set(both: pd.DataFrame) -> str:
    """Published, ours and difference, one line a labelling, for what starts at random."""
    header = ["set, labelling", "k"]
    for name in ("k-means", "mixture"):
        header += [f"{name} ARI", "ours", "diff", "AMI", "ours", "diff"]
    lines = []
    for (battery, name, labels), rows in both.groupby(KEY[:3], sort=False):
        line = [f"{battery}/{name} {labels}", rows["k"].iloc[0]]
        for which in RANDOM:
            line += six(rows[rows["method"] == which])
        lines.append(line)
    return table(header, lines)


def six(row: pd.DataFrame) -> list[str]:
    """ARI published, ours, difference; then AMI."""
    if row.empty:
        return ["—"] * 6
    values = row.iloc[0]
    cells = (("ari", ".3f"), ("ari_ours", ".3f"), ("ari_diff", "+z.3f"),
             ("ami", ".3f"), ("ami_ours", ".3f"), ("ami_diff", "+z.3f"))  # fmt: skip
    return [format(values[name], shape) for name, shape in cells]


def summary(both: pd.DataFrame) -> str:
    """One line a method: means, mean difference, and how many labellings agree how closely."""
    lines = []
    for name in [*RANDOM, *LINKAGES]:
        rows = both[both["method"] == name]
        for index in ("ari", "ami"):
            apart = rows[f"{index}_diff"].abs()
            lines.append(
                [name, index.upper(), len(rows), f"{rows[index].mean():.3f}",
                 f"{rows[f'{index}_ours'].mean():.3f}", f"{rows[f'{index}_diff'].mean():+z.4f}",
                 f"{apart.max():.6f}", (apart < 1e-6).sum(), (apart < 0.01).sum()]
            )  # fmt: skip
    header = ["method", "score", "labellings", "published", "ours", "mean diff", "largest |diff|",
              "equal (1e-6)", "within 0.01"]  # fmt: skip
    return table(header, lines, text=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables into README.md")
    options = parser.parse_args()
    suite = data_folder(SUITE)
    published = pd.read_csv(io.BytesIO(verified(suite / TABLE, SHA256)), compression="xz")
    warnings.simplefilter("ignore")  # mixtures that stop at 100 iterations, as the published ones
    with threadpool_limits(1):
        both = differences(published, suite)
    print(f"{len(both)} of {len(published)} published rows are run here")
    text = f"{summary(both)}\n\n{by_set(both)}"
    print(text)
    if options.write:
        write(Path(__file__).with_name("README.md"), text)


if __name__ == "__main__":
    main()
