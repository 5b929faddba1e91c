"""The chosen model: kept in the result, loaded without running anybody's code, assigns customers.

model/model.skops   fitted feature steps and the assigner (skops; no pickle)
model/model.json    columns and levels, and by which rule customers are assigned
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segbench.algorithm import Assigner, design, rule_name
from segbench.contracts import SCHEMA, Assignment, Table
from segbench.dataset import read_customers
from segbench.errors import InputError
from segbench.features import FeaturePipeline
from segbench.fitting import Fitted

TRUSTED = [
    "numpy.dtype",
    "joblib.memory.Memory",
    "segbench.features.steps.SignedLog1p",
    "segbench.algorithm.assigner.NearestCustomers",
    "segbench.algorithm.assigner.NearestPrototype",
    "segbench.algorithm.assigner.OwnRule",
    "segbench.algorithm.kmedoids.KMedoids",
    "segbench.algorithm.kmodes.KmodesPrototypes",
    "segbench.algorithm.kprototypes.estimator.KModes",
    "segbench.algorithm.kprototypes.estimator.KPrototypes",
    "segbench.algorithm.latent_classes.LatentClasses",
    "segbench.algorithm.one_segment.OneSegment",
    "segbench.algorithm.random_groups.RandomGroups",
    "segbench.algorithm.rfm_quintiles.RFMQuintiles",
    "segbench.algorithm.rule_tree.RuleTree",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
]
"""Beyond what skops itself trusts (numpy, scipy and scikit-learn types)."""


@dataclass(frozen=True)
class SegmentModel:
    """A loaded model.

    Attributes:
        about: the content of model.json.

    """

    features: FeaturePipeline
    assigner: Assigner
    about: Mapping[str, Any]

    def assign(
        self, table: Path, delimiter: str | None = None, least: float | None = None
    ) -> Assignment:
        """A segment for each customer of a CSV file that has the columns of the training table.

        Args:
            table: the file.
            delimiter: of its columns; None is found out.
            least: margin below which a customer gets no segment, unless it has the features of a
                training customer; None: everybody gets what the rule says.

        Raises:
            InputError: a column is absent or holds what the training column could not, or margins
                are asked for that the algorithm does not have.

        """
        about = self.about
        ids, frame = read_customers(
            table, delimiter, about["id"], about["numeric"], about["ordinal"],
            about["categorical"], about["missing_values"],
        )  # fmt: skip
        matrix = self.features.transform(frame)
        X = design(matrix, about["input"])
        segments = self.assigner.assign(X, matrix.keys)
        margins = self.assigner.margins(X, segments)
        if least is not None:
            placed = segments >= 0
            if placed.any() and np.isnan(margins[placed]).all():
                raise InputError(f"--reject {least:g}", found=f"{about['algorithm']}, which has no "
                                 "margins", wanted="no --reject")  # fmt: skip
            assert matrix.keys is not None
            segments[(margins < least) & ~self.assigner.knows(matrix.keys)] = -1
        numbered = ids is None
        return Assignment(
            np.arange(len(frame)) if ids is None else ids, segments, margins, numbered
        )


def save(folder: Path, fitted: Fitted, table: Table, config: Mapping[str, Any]) -> None:
    """Write `model/` of a result."""
    folder.mkdir()
    pipe = fitted.features
    used = set(pipe.numeric)
    about = {
        "schema": SCHEMA,
        "dataset": table.name,
        "algorithm": config["algorithm"]["name"],
        "assign": rule_name(config["algorithm"]),
        "input": config["algorithm"]["input"],
        "id": table.id_name,
        "numeric": list(pipe.numeric),
        "ordinal": {column: list(table.levels[column]) for column in table.ordinal
                    if column in used},
        "categorical": {column: list(table.frame[column].cat.categories)
                        for column in pipe.categorical},
        "missing_values": config["dataset"].get("missing_values") or {},
        "n_levels": list(pipe.n_levels),
        "rfm": list(pipe.rfm),
    }  # fmt: skip
    import skops.io  # looks at all of SciPy and scikit-learn first, which takes a second
    from skops.io.exceptions import UnsupportedTypeException

    try:
        assigner = fitted.assigner
        skops.io.dump(
            {"steps": pipe.steps, "rule": assigner.rule, "keys": assigner.keys,
             "segments": assigner.segments}, folder / "model.skops",
        )  # fmt: skip
    except UnsupportedTypeException as error:
        (folder / "model.skops").unlink(missing_ok=True)
        about |= {"assign": None, "why": f"skops cannot keep it: {error}"}
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def load(result: Path) -> SegmentModel:
    """Load the model of a result folder.

    Raises:
        InputError: there is none (the cell was skipped or failed), it is damaged, or it holds a
            type outside the allow-list.

    """
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    folder = result / "model"
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if "why" in about:
            raise InputError(folder, found=about["why"], wanted="an algorithm that can be kept")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # another scikit-learn version than the one that fitted
            parts = skops.io.load(folder / "model.skops", trusted=TRUSTED)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(folder, found="no model", wanted="a complete result") from None
    except UntrustedTypesFoundException as error:
        raise InputError(folder, found=str(error), wanted="types on the allow-list") from error
    except Exception as error:  # a damaged archive fails in as many ways as there are bytes
        raise InputError(folder, found=f"{type(error).__name__}: {error}",
                         wanted="an intact model") from error  # fmt: skip
    if "rule" not in parts:
        raise InputError(folder, found="a model of an earlier version", wanted="one of this version"
                         " (run the cell again)")  # fmt: skip
    features = FeaturePipeline.restore(
        parts["steps"], about["numeric"], list(about["categorical"]), about["n_levels"],
        about["rfm"],
    )  # fmt: skip
    return SegmentModel(features, Assigner(parts["keys"], parts["segments"], parts["rule"]), about)
