"""A config is checked before anything is computed."""

from __future__ import annotations

import pytest
from conftest import compose_config

from segbench.cell import plan_cell, public_config
from segbench.errors import InputError


@pytest.mark.parametrize(
    "override",
    ["seed=-1", "seed=x", "study.n_trials=0", "study.n_trials=1.5", "study.n_trials=true",
     "study.replicates=1", "guards.k_min=1", "guards.k_max=1", "guards.min_share=-0.1",
     "guards.max_share=2", "guards.max_noise=x", "study.min_stability=7", "threads=0",
     "timeout=-3", "timeout=x", "study.objectives=[]", "study.objectives=[stability_ari]",
     "study.objectives=[quality,quality]", "study.objectives=[prediction_strength]",
     "study.objectives=[quality,stability_vi]", "study.stability.scheme=luck",
     "study.stability=bootstrap", "study.stability.amount=0.5", "study.sampler=cmaes",
     "study.choice=best", "study.racing=1", "study.weights=[1]",
     "study.weights=[1,-1]", "study.weights=2", "study.weights=[1,2]",
     "study.objectives=[nice]", "sweep=a/b", "sweep=.x", "sweep=''",
     "results=''", "study.n_startup_trials=0", "study.structureless.copies=18",
     "study.structureless.copies=-1", "study.structureless.copies=39.5",
     "study.structureless.level=0", "study.structureless.level=2",
     "study.structureless.customers=11",
     "study.structureless=39"],
)  # fmt: skip
def test_nonsense_is_refused_by_name(override: str):
    name = override.partition("=")[0]
    with pytest.raises(InputError, match=f"^{name}: found "):
        plan_cell(compose_config(override))


@pytest.mark.parametrize("rule, mended", [
    ("knee", "study.objectives=[quality,dbcv]"),
    ("one_standard_error", "study.objectives=[quality,stability_ari]"),
    ("weighted_sum", "study.weights=[1]"),
])  # fmt: skip
def test_a_rule_that_cannot_work_is_refused(rule: str, mended: str):
    with pytest.raises(InputError, match=f"^study.choice={rule}: found quality, wanted "):
        plan_cell(compose_config(f"study.choice={rule}", "study.objectives=[quality]"))
    plan_cell(compose_config("study.objectives=[quality]", f"study.choice={rule}", mended))


def test_copies_are_as_many_as_the_level_needs():
    level = "study.structureless.level=0.01"
    with pytest.raises(
        InputError,
        match=r"^study\.structureless\.copies: found 39, .*least 99 for level 0\.01, or 0",
    ):
        plan_cell(compose_config(level))
    plan_cell(compose_config(level, "study.structureless.copies=99"))
    plan_cell(compose_config("study.structureless.copies=19"))
    plan_cell(compose_config("study.structureless.copies=0"))


@pytest.mark.parametrize("amount", ["0", "1", "-0.5", "true", "half"])
def test_an_amount_is_a_share(amount: str):
    scheme = "study.stability.scheme=subsample"
    with pytest.raises(InputError, match=r"^study\.stability\.amount: found "):
        plan_cell(compose_config(scheme, f"study.stability.amount={amount}"))
    plan_cell(compose_config(scheme, "study.stability.amount=0.9"))


def test_unreadable_data_leave_the_key_without_data():
    cell = plan_cell(compose_config("dataset=table", "dataset.path=nowhere.csv"))
    assert cell.data_sha256 is None and cell.key == cell.key_without_data
    known = plan_cell(compose_config())
    assert known.data_sha256 and known.key != known.key_without_data


def test_only_what_decides_the_result_is_published():
    config = plan_cell(
        compose_config("+storage.password=hush", "storage.url=postgresql://u:hush@h/d")
    ).config
    assert "hush" not in str(public_config(config))


@pytest.mark.parametrize(
    ("override", "words"),
    [("+dataset.weights=monetary", "customer weights are not supported"),
     ("+dataset.referense=1", "an unknown option"),
     ("+algorithm.params.bogus=1", "no such parameter"),
     ("+algorithm.search.bogus={type: int, low: 1, high: 2}", "no such parameter"),
     ("dataset.columns=3", "names and values"), ("dataset.reference=null", "names and values"),
     ("algorithm.search=null", "names and values"), ("tracking.mode=x", "none, offline")],
)  # fmt: skip
def test_components_say_nothing_unknown(override: str, words: str):
    with pytest.raises(InputError, match=words):
        plan_cell(compose_config(override))


@pytest.mark.parametrize(
    "override",
    ["tracking.project=a/b", "tracking.project=''", "tracking.entity=''", "tracking.entity=3",
     "tracking.timeout=abc", "tracking.timeout=-1", "tracking.timeout=true"],
)  # fmt: skip
def test_where_results_are_mirrored_to_is_known_to_be_a_place(override: str):
    name = override.partition("=")[0]
    for mode in ("wandb", "wandb_offline"):
        with pytest.raises(InputError, match=f"^{name}: found "):
            plan_cell(compose_config(f"tracking={mode}", override))


def test_the_project_and_entity_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    monkeypatch.delenv("WANDB_ENTITY", raising=False)
    found = plan_cell(compose_config("tracking=wandb")).config["tracking"]
    assert (found["project"], found["entity"]) == ("segbench", None)
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    monkeypatch.setenv("WANDB_ENTITY", "team")
    found = plan_cell(compose_config("tracking=wandb_offline")).config["tracking"]
    assert (found["project"], found["entity"]) == ("theirs", "team")
