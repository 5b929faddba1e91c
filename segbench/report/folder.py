"""What lies beside `result.json`, as plain values: the trials and the profile of the segments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from segbench.contracts import Result
from segbench.errors import InputError
from segbench.report.segments import read_segments, shown

STATES = ("complete", "pruned", "failed", "beyond a guard")
USUAL = ("quality", "silhouette", "compact", "stability_ari", "segment_jaccard_min")
Plain = dict[str, Any]


def short(value: Any, digits: int = 6) -> Any:
    """A number of so many digits; None for one that JSON does not have."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def trials(folder: Path, result: Result) -> Plain | None:
    """The trials of a result, column by column; None where there is no record of them.

    `states` are positions in `STATES`, `chosen` the position of the trial that was taken. `error`
    stands alone where the file cannot be read.
    """
    try:
        # Of a file's name pyarrow first finds out on which file system it is.
        data = pa.py_buffer((folder / "trials.parquet").read_bytes())
        with ParquetFile(pa.BufferReader(data), pre_buffer=False) as file:
            names = [name for name in file.schema.names if _wanted(name, result)]
            table = file.read(names, use_threads=False).to_pydict()
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException) as error:
        return {"error": f"trials.parquet cannot be read: {error}"}
    params = {name.removeprefix("param_"): table[name] for name in names if name[:6] == "param_"}
    guards = [table[name] for name in names if name.startswith("guard_")]
    states = [_state(state, [guard[i] for guard in guards])
              for i, state in enumerate(table.get("state", []))]  # fmt: skip
    return {
        "number": table.get("number", []), "states": states, "k": _shorter(table.get("k", [])),
        "why": table["why"] if any(table.get("why", [])) else [],
        "objectives": [[short(v) for v in table.get(name, [])] for name in result.objectives],
        "falling": [_falls(name) for name in result.objectives],
        "params": {name: _shorter(values) for name, values in params.items()},
        "chosen": _chosen(params, states, result.params),
    }  # fmt: skip


@cache
def _falls(objective: str) -> bool:
    """Whether less of it is better. Kernels are only imported for what is not the usual."""
    if objective in USUAL:
        return False
    from segbench.metric import maximize

    return not maximize(objective)


def _wanted(name: str, result: Result) -> bool:
    plain = name in ("number", "state", "why", "k") or name in result.objectives
    return plain or name.startswith(("param_", "guard_"))


def _state(state: str, guards: list[float | None]) -> int:
    beyond = state != "failed" and any(each is not None and each > 0 for each in guards)
    found = "beyond a guard" if beyond else state
    return STATES.index(found if found in STATES else "failed")


def _shorter(values: list[Any]) -> list[Any]:
    return [short(value, 4) for value in values]


def _chosen(
    params: Mapping[str, list[Any]], states: list[int], wanted: Mapping[str, Any]
) -> int | None:
    """The first trial with the parameters of the result, a complete one if there is one."""
    same = [i for i in range(len(states)) if all(
        _equal(values[i], wanted.get(name)) for name, values in params.items())]  # fmt: skip
    return min(same, key=lambda i: (states[i], i), default=None)


def _equal(found: Any, wanted: Any) -> bool:
    if isinstance(found, float) and math.isnan(found):  # a parameter that the trial did not have
        found = None
    return bool(found == wanted)


def profile(folder: Path) -> Plain | None:
    """Segments and their attributes as text to be read; None where there is no profile.

    `rows` are its columns, as in the terminal: name, then one text for each segment. `error` stands
    alone where the file cannot be read.
    """
    try:
        found = read_segments(folder)
    except InputError as error:
        return {"error": f"profile.csv cannot be read: {error.found}"}
    if not found:
        return None
    attributes = [name for name in found[0] if name not in ("segment", "name")]
    return {
        "segments": [each["segment"] for each in found],
        "shares": [short(float(each["share"]), 4) for each in found],
        "names": [each["name"] for each in found] if "name" in found[0] else None,
        "rows": [[name, *(shown(name, each[name]) for each in found)] for name in attributes],
    }
