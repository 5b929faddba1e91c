"""How far an index is from what random partitions of the same customers score.

Indices grow or shrink with the number of segments and live on different scales. Here each is
standardised against `random_partitions` of the same space into the same number of segments
(Akhanli & Hennig 2020, Statistics and Computing 30, 1523-1544). These know nothing of the
partitions that compete, so a z stays what it is when another joins. Of more than `SAMPLE` customers
a seeded sample is used, for random partitions and the real one alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from segbench.contracts import Floats, Partition, Reference, Rows, Score
from segbench.metric.prepared import Prepared
from segbench.metric.random_partitions import GENERATORS, draw
from segbench.metric.registry import INTERNAL
from segbench.metric.scoring import score_partition

CALIBRATED = ("silhouette", "pearson_gamma", "wcnn", "dunn_nn", "calinski_harabasz")
DRAWS = 100
SAMPLE = 2_000


@dataclass
class Calibration:
    """Random partitions of a space and what they score, made once for every k.

    Attributes:
        reference: the space; of a large one, the seeded sample of it.
        rows: the customers of the sample.
        draws: random partitions for each k, a third of each generator.

    """

    reference: Reference
    rows: Rows
    threads: int = 1
    draws: int = DRAWS
    seed: int = 0
    _scores: dict[tuple[str, int, str], Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: Reference, threads: int = 1, sample: int = SAMPLE) -> Calibration:
        """Calibrate a space on at most `sample` of its customers."""
        rows = np.arange(len(reference))
        if len(rows) > sample:
            rows = np.sort(np.random.default_rng(0).choice(rows, sample, replace=False))
        return cls(reference.take(rows), rows, threads)

    def __post_init__(self) -> None:
        self.space = Prepared(self.reference, self.threads)

    def standardise(self, partition: Partition, indices: Iterable[str] = CALIBRATED
                    ) -> dict[str, Score]:  # fmt: skip
        """`<index>_z`: standard deviations above the mean of random partitions; more is better.

        Undefined where the index is for the partition, where random partitions all score the same,
        and where the sample has lost a segment.
        """
        sampled = Partition.from_labels(partition.labels[self.rows])
        if sampled.k != partition.k:
            why = f"the sample of {len(self.rows):,} customers has {sampled.k} of the segments"
            lost = Score.undefined(why, self.reference.kind)
            return {f"{name}_z": lost for name in indices}
        raw = score_partition(self.space, sampled, list(indices))
        return {f"{name}_z": self._standardised(name, score, sampled.k)
                for name, score in raw.items()}  # fmt: skip

    def _standardised(self, name: str, score: Score, k: int) -> Score:
        if score.value is None:
            return score
        random = self.random_scores(name, k)
        index = INTERNAL[name]
        size = float(np.abs(random).max(initial=0.0))
        if index.low is not None and index.high is not None:  # all near 0 is no small scale
            size = max(size, index.high - index.low)
        if len(random) < 2 or not np.std(random) > 1e-12 * size:
            return Score.undefined(f"{len(random)} random partitions with k = {k} do not differ",
                                   score.space)  # fmt: skip
        sign = 1 if index.maximize else -1
        z = sign * (score.value - random.mean()) / random.std(ddof=1)
        return Score(float(z), space=score.space, version=score.version)

    def random_scores(self, name: str, k: int) -> Floats:
        """Values of an index for the random partitions into k segments.

        A random partition without a value counts with the worst there is, where that is bounded:
        left out, it would change from k to k what a z is compared with.
        """
        for generator in GENERATORS:
            if (generator, k, name) not in self._scores:
                self._score(generator, k, name)
        return np.concatenate([self._scores[g, k, name] for g in GENERATORS])

    def _score(self, generator: str, k: int, asked: str) -> None:
        """Draw and score one generator's partitions; all indices of a partition share its sums."""
        names = list(dict.fromkeys([*CALIBRATED, asked]))
        found: dict[str, list[float]] = {name: [] for name in names}
        for partition in self.partitions(generator, k):
            for name, score in score_partition(self.space, partition, names).items():
                bound = INTERNAL[name].low if INTERNAL[name].maximize else INTERNAL[name].high
                value = bound if score.value is None else score.value
                found[name] += [] if value is None else [value]
        for name in names:
            self._scores[generator, k, name] = np.array(found[name])

    def partitions(self, generator: str, k: int) -> Sequence[Partition]:
        """A generator's share of the random partitions into k segments, seeded."""
        return draw(self.space, generator, k, self.draws, self.seed)


def with_candidates(z: float, candidates: Sequence[float], draws: int) -> float:
    """Z when the real candidates stand among the random partitions, as in the paper.

    Args:
        z: against `draws` random partitions alone.
        candidates: the z of every real candidate with as many segments, this one among them.
        draws: number of random partitions.

    """
    c = np.array(candidates)
    n = draws + len(c)
    mean = float(c.sum()) / n
    # The random ones have mean 0 and variance 1 in these units.
    variance = ((draws - 1) + draws * mean**2 + float(((c - mean) ** 2).sum())) / (n - 1)
    return (z - mean) / float(np.sqrt(variance))
