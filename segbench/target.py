"""Turn a config's `_target_` into an object, from an allow-list of libraries only.

Configs and records are data that people exchange; building an arbitrary callable from one would
run code of the sender's choice. Only names below the prefixes in `ALLOWED` are built.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from segbench.errors import InputError, NotApplicable

ALLOWED = (
    "sklearn.cluster.",
    "sklearn.mixture.",
    "sklearn.preprocessing.",
    "sklearn.impute.",
    "sklearn.decomposition.",
    "hdbscan.",
    "segbench.features.",
    "segbench.algorithm.",
)
UNSAFE = frozenset({"memory"})
"""Parameters that name a folder of pickles to load."""


def resolve(path: str) -> type:
    """Return the class that `path` names.

    Raises:
        InputError: the name is outside the allow-list, does not exist, or is not a class.

    """
    if not path.startswith(ALLOWED):
        raise InputError(
            "_target_", found=path, wanted=f"a class below one of {', '.join(ALLOWED)}"
        )
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError("_target_", found=path, wanted=f"an importable class ({error})") from error
    # A dotted path can climb out of the prefix through a module's own imports
    # (`sklearn.cluster._kmeans.warnings…`), so where the class was defined counts too.
    if not isinstance(found, type) or not f"{found.__module__}.".startswith(ALLOWED):
        raise InputError("_target_", found=path, wanted="a class of that library itself")
    return found


def build(spec: Mapping[str, Any], **params: Any) -> Any:
    """Build `spec["_target_"]` with the spec's other keys and `params` as arguments.

    Raises:
        InputError: the target is refused or takes no such argument.

    """
    cls = resolve(str(spec["_target_"]))
    arguments = {key: value for key, value in spec.items() if key != "_target_"} | params
    unknown = set(arguments) - set(parameters(cls))
    if unknown:
        raise InputError(
            spec["_target_"], found=", ".join(sorted(unknown)), wanted="parameters that it has"
        )
    try:
        return cls(**arguments)
    except TypeError as error:
        raise InputError(spec["_target_"], found=str(error), wanted="a class to build") from error


def optional(package: str) -> Any:
    """A package that is installed on request only, because of its licence.

    Raises:
        NotApplicable: it is not installed.

    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise NotApplicable(f"needs the package {error.name}: pip install 'segbench[copyleft]' "
                            "(under a licence of the GPL family)") from error  # fmt: skip


def parameters(cls: type) -> list[str]:
    """Names of the constructor parameters of `cls` that a config may set."""
    try:
        found = inspect.signature(cls).parameters.values()
    except ValueError:  # an extension type
        return []
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [each.name for each in found if each.kind in named and each.name not in UNSAFE]
