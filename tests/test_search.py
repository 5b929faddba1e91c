"""Search spaces."""

from __future__ import annotations

import pytest

from segbench.errors import InputError
from segbench.search import blind, distribution, grid

K = {"type": "int", "low": 2, "high": 5}
KIND = {"type": "categorical", "choices": ["a", "b"]}


def spaces(**specs: dict) -> dict:
    return {name: distribution(name, spec) for name, spec in specs.items()}


def test_small_space_is_listed_once_each():
    found = grid(spaces(k=K, kind=KIND), 8)
    assert sorted((p["k"], p["kind"]) for p in found) == [
        (k, kind) for k in (2, 3, 4, 5) for kind in "ab"
    ]


@pytest.mark.parametrize(
    ("extra", "n"), [({}, 3), ({"x": {"type": "float", "low": 0, "high": 1}}, 99)]
)
def test_space_larger_than_the_plan_is_not_listed(extra: dict, n: int):
    assert grid(spaces(k=K, **extra), n) is None


def test_blind_sets_are_all_or_drawn_by_the_seed():
    assert blind(spaces(k=K, kind=KIND), 8, 0) == grid(spaces(k=K, kind=KIND), 8)
    wide = spaces(
        k={"type": "int", "low": 2, "high": 999}, x={"type": "float", "low": 0, "high": 1}
    )
    first, again, other = (blind(wide, 30, seed) for seed in (0, 0, 1))
    assert first == again != other and len(first) == 30
    assert min(each["k"] for each in first) < 300 < 700 < max(each["k"] for each in first)
    drawn = blind(spaces(k=K, kind=KIND), 7, 0)
    assert len(drawn) == len({str(each) for each in drawn}) < 7, "each once"


def test_no_parameters_is_one_trial():
    assert grid({}, 1) == [{}]


@pytest.mark.parametrize(
    "spec",
    [{"type": "integer", "low": 1, "high": 2}, {"type": "int", "low": 3, "high": 2},
     {"type": "int", "low": 1, "high": 2, "choices": []}, {"type": "int", "low": 1}, {},
     {"type": "categorical", "choices": []}],
)  # fmt: skip
def test_wrong_space_names_the_parameter(spec: dict):
    with pytest.raises(InputError, match=r"algorithm\.search\.k"):
        distribution("k", spec)
