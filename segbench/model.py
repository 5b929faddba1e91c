"""The chosen model: kept in the result, loaded without running anybody's code, assigns customers.

model/model.skops   fitted feature steps and estimator (skops; no pickle)
model/model.json    columns, levels, and which label of the algorithm is which segment
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segbench.algorithm import NO_RULE, design
from segbench.contracts import SCHEMA, Assignment, Table, renumbered
from segbench.dataset import read_customers
from segbench.errors import InputError
from segbench.features import FeaturePipeline
from segbench.fitting import Fitted

TRUSTED = [
    "numpy.dtype",
    "joblib.memory.Memory",
    "hdbscan.hdbscan_.HDBSCAN",
    "segbench.features.steps.SignedLog1p",
    "segbench.algorithm.kprototypes.KPrototypes",
    "segbench.algorithm.random_groups.RandomGroups",
]
"""Beyond what skops itself trusts (numpy, scipy and scikit-learn types)."""


@dataclass(frozen=True)
class SegmentModel:
    """A loaded model.

    Attributes:
        about: the content of model.json.

    """

    features: FeaturePipeline
    estimator: Any
    about: Mapping[str, Any]

    def assign(self, table: Path, delimiter: str | None = None) -> Assignment:
        """A segment for each customer of a CSV file that has the columns of the training table.

        Raises:
            InputError: a column is absent or holds what the training column could not.

        """
        about = self.about
        if about["assign"] != "predict":
            raise InputError(
                f"algorithm={about['algorithm']}",
                found=NO_RULE,
                wanted="a result of an algorithm that predicts, such as kmeans or gmm",
            )
        ids, frame = read_customers(
            table, delimiter, about["id"], about["numeric"], about["ordinal"],
            about["categorical"], about["missing_values"],
        )  # fmt: skip
        X = design(self.features.transform(frame), about["input"])
        raw = np.asarray(self.estimator.predict(X))
        return Assignment(ids, renumbered(raw, about["raw"]))


def save(folder: Path, fitted: Fitted, table: Table, config: Mapping[str, Any]) -> None:
    """Write `model/` of a result."""
    folder.mkdir()
    pipe = fitted.features
    used = set(pipe.numeric)
    about = {
        "schema": SCHEMA,
        "dataset": table.name,
        "algorithm": config["algorithm"]["name"],
        "assign": config["algorithm"]["assign"],
        "input": config["algorithm"]["input"],
        "id": table.id_name,
        "numeric": list(pipe.numeric),
        "ordinal": {column: list(table.levels[column]) for column in table.ordinal
                    if column in used},
        "categorical": {column: list(table.frame[column].cat.categories)
                        for column in pipe.categorical},
        "missing_values": config["dataset"].get("missing_values") or {},
        "n_levels": list(pipe.n_levels),
        "raw": list(fitted.partition.raw),
    }  # fmt: skip
    import skops.io  # looks at all of SciPy and scikit-learn first, which takes a second
    from skops.io.exceptions import UnsupportedTypeException

    try:
        skops.io.dump({"steps": pipe.steps, "estimator": fitted.estimator}, folder / "model.skops")
    except UnsupportedTypeException as error:
        (folder / "model.skops").unlink(missing_ok=True)
        about |= {"assign": None, "why": f"skops cannot keep it: {error}"}
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def assigns(result: Path) -> bool:
    """Whether a result folder holds a model with a rule for new customers."""
    about = result / "model" / "model.json"
    return about.is_file() and bool(json.loads(about.read_text(encoding="utf-8"))["assign"])


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
    features = FeaturePipeline.restore(
        parts["steps"], about["numeric"], list(about["categorical"]), about["n_levels"]
    )
    return SegmentModel(features, parts["estimator"], about)
