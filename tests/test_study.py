"""Studies: plan, resume, repetition, failure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from segbench.contracts import Score
from segbench.errors import Busy, InputError
from segbench.storage import open_storage
from segbench.study import Study
from segbench.trial import Record, Trial

BOTH = ("quality", "stability_ari")
K = {"k": {"type": "int", "low": 2, "high": 12}}
X = {"x": {"type": "float", "low": 0.0, "high": 1.0}, "k": {"type": "int", "low": 2, "high": 5}}


def trial(params: dict[str, Any], quality: float | None = 0.5, stability: float | None = 0.9,
          beyond: float = -1.0) -> Trial:  # fmt: skip
    values = {"quality": quality, "stability_ari": stability}
    scores = {name: Score.undefined("-") if value is None else Score(value)
              for name, value in values.items()}  # fmt: skip
    return Trial(dict(params), scores, {"min_share": beyond}, 3, 0, beyond > 0, 0.1)


def of_x(params: dict[str, Any]) -> Trial:
    return trial(params, quality=1 - (params["x"] - 0.3) ** 2, stability=params["k"] / 5)


def run_study(
    url: str, file: Path, search: dict, n: int, evaluate: Callable = of_x,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[list[Record], int, bool]:  # fmt: skip
    with open_storage(url, file) as storage:
        study = Study(storage, "s", search, BOTH, n, 7, 4, exclusive=url in ("auto", "memory"))
        complete = study.run(evaluate, lambda *_: None, stop)
        return study.records(), study.planned, complete


def params(records: list[Record]) -> list[dict]:
    return [record.params for record in records]


def test_small_space_is_enumerated_once(tmp_path: Path):
    calls = []

    def evaluate(p: dict) -> Trial:
        calls.append(p["k"])
        return trial(p)

    records, planned, complete = run_study("memory", tmp_path / "s.db", K, 40, evaluate)
    assert calls == list(range(2, 13)) and planned == len(records) == 11 and complete


def test_n_trials_is_a_total(tmp_path: Path):
    file = tmp_path / "s.db"
    for n, expected in ((4, 4), (4, 4), (9, 9)):
        records, _, _ = run_study("auto", file, X, n)
        assert len(records) == expected


def test_raising_the_total_equals_asking_for_it_at_once(tmp_path: Path):
    run_study("auto", tmp_path / "a.db", X, 6)
    raised, _, _ = run_study("auto", tmp_path / "a.db", X, 14)
    at_once, _, _ = run_study("auto", tmp_path / "b.db", X, 14)
    assert params(raised) == params(at_once)


@pytest.mark.parametrize(("first", "then"), [(5, 11), (9, 11), (5, 30)])
def test_raising_the_total_over_the_size_of_the_space_finishes_it(
    tmp_path: Path, first: int, then: int
):
    run_study("auto", tmp_path / "a.db", K, first, trial)
    records, _, complete = run_study("auto", tmp_path / "a.db", K, then, trial)
    assert complete and {p["k"] for p in params(records)} == set(range(2, 13))


@pytest.mark.parametrize("url", ["memory", "auto", "sqlite"])
def test_same_seed_same_proposals_in_every_storage(tmp_path: Path, url: str):
    full = f"sqlite:///{tmp_path / 'own.db'}" if url == "sqlite" else url
    records, _, _ = run_study(full, tmp_path / "s.db", X, 12)
    reference, _, _ = run_study("memory", tmp_path / "-", X, 12)
    assert params(records) == params(reference) and len(records) == 12


def test_repeated_proposal_is_answered_from_the_record(tmp_path: Path):
    calls = []

    def evaluate(p: dict) -> Trial:
        calls.append(tuple(sorted(p.items())))
        return trial(p, quality=p["k"] / 100)

    space = {"k": {"type": "int", "low": 2, "high": 30}}
    records, _, _ = run_study("memory", tmp_path / "s.db", space, 28, evaluate)
    assert len(records) == 28 > len(calls) == len(set(calls))
    assert all(r.trial.scores["quality"].value == r.params["k"] / 100 for r in records)


def test_failed_trial_is_kept_with_its_reason_and_not_tried_again(tmp_path: Path):
    def evaluate(p: dict) -> Trial:
        if p["k"] == 4:
            raise ValueError("no four\nplease")
        return trial(p)

    for _ in range(2):
        records, _, complete = run_study("auto", tmp_path / "s.db", K, 11, evaluate)
        failed = [record for record in records if record.trial is None]
        assert [(r.params["k"], r.why) for r in failed] == [(4, "ValueError: no four please")]
        assert complete and len(records) == 11


def test_bad_input_ends_the_study_and_is_asked_again(tmp_path: Path):
    def broken(p: dict) -> Trial:
        raise InputError("x", found=1, wanted="2")

    with pytest.raises(InputError):
        run_study("auto", tmp_path / "s.db", K, 3, broken)
    records, _, _ = run_study("auto", tmp_path / "s.db", K, 11, trial)
    assert [p["k"] for p in params(records)] == list(range(2, 13))


def test_stopping_keeps_what_is_done(tmp_path: Path):
    done = iter([False, False, True])
    records, planned, complete = run_study("auto", tmp_path / "s.db", X, 9, stop=lambda: next(done))
    assert (len(records), planned, complete) == (2, 9, False)


def test_undefined_scores_tell_optuna_something_finite(tmp_path: Path):
    with open_storage("memory", tmp_path / "-") as storage:
        study = Study(storage, "s", K, BOTH, 11, 0, 4, exclusive=True)
        study.run(lambda p: trial(p, None, None, beyond=0.2), lambda *_: None, lambda: False)
        for found in study.study.get_trials(states=[optuna.trial.TrialState.COMPLETE]):
            assert found.values == [-1.0, -1.0]
            assert found.constraints == {"guards": 0.2}


def test_second_process_is_refused_while_one_works(tmp_path: Path):
    with (
        open_storage("auto", tmp_path / "s.db"),
        pytest.raises(Busy, match="another process"),
        open_storage("auto", tmp_path / "s.db"),
    ):
        pass


@pytest.mark.parametrize("url", ["nonsense", "postgresql://u:hidden@127.0.0.1:1/d"])
def test_unreachable_storage_hides_the_password(tmp_path: Path, url: str):
    with pytest.raises(InputError, match=r"storage\.url") as error, open_storage(url, tmp_path):
        pass
    assert "hidden" not in str(error.value) and "\n" not in str(error.value)


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_study import of_x, run_study, X
left = int(sys.argv[2])
def evaluate(p):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return of_x(p)
run_study("auto", Path(sys.argv[1]), X, 12, evaluate)
"""


@pytest.mark.drill
def test_killed_study_resumes_as_if_nothing_had_happened(tmp_path: Path):
    """kill -9 in the middle of a trial, three times, at different trials."""
    script = KILLED.format(tests=str(Path(__file__).parent))
    for survived in (2, 0, 5):
        ended = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "s.db"), str(survived)],
            timeout=120, check=False, env=dict(os.environ),
        )  # fmt: skip
        assert ended.returncode == -signal.SIGKILL
    resumed, _, complete = run_study("auto", tmp_path / "s.db", X, 12)
    reference, _, _ = run_study("memory", tmp_path / "-", X, 12)
    assert complete and resumed == reference


def test_weights_make_one_objective(tmp_path: Path):
    with open_storage("memory", tmp_path / "s.db") as storage:
        study = Study(storage, "s", K, ["davies_bouldin", "stability_ari"], 20, 7, 4, True,
                      weights=[1.0, 10.0])  # fmt: skip

        def evaluate(p: dict) -> Trial:
            scores = {"davies_bouldin": Score(float(p["k"])), "stability_ari": Score(0.5)}
            return Trial(p, scores, {"g": -1.0}, 3, 0, False, 0.1)

        study.run(evaluate, lambda *_: None, lambda: False)
        assert [trial.values for trial in study.study.trials] == [[5.0 - k] for k in range(2, 13)]
        assert study.study.best_trial.params == {"k": 2}


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random"])
def test_every_sampler_repeats_itself_and_resumes(tmp_path: Path, sampler: str):
    def run(file: str, n: int) -> list[dict]:
        with open_storage("auto", tmp_path / file) as storage:
            study = Study(storage, "s", X, BOTH, n, 7, 4, True, sampler=sampler)
            study.run(of_x, lambda *_: None, lambda: False)
            return params(study.records())

    whole = run("a.db", 14)
    run("b.db", 9)
    assert run("b.db", 14) == whole and len({str(p) for p in whole}) > 8


def test_samplers_differ_where_they_learn(tmp_path: Path):
    found = {}
    for sampler in ("tpe", "nsga2", "random"):
        with open_storage("memory", tmp_path / "s.db") as storage:
            study = Study(storage, "s", X, BOTH, 30, 7, 4, True, sampler=sampler)
            study.run(of_x, lambda *_: None, lambda: False)
            found[sampler] = [record.params["x"] for record in study.records()]
    # Quality is best at 0.3: who learns comes nearer than chance.
    away = {name: sum(abs(x - 0.3) for x in xs[10:]) for name, xs in found.items()}
    assert away["tpe"] < away["random"] and away["nsga2"] < away["random"]


def test_a_sampler_that_was_asked_for_samples_a_small_space_too(tmp_path: Path):
    with open_storage("memory", tmp_path / "s.db") as storage:
        assert Study(storage, "a", K, BOTH, 20, 7, 4, True, sampler="random").grid is None
        assert Study(storage, "b", K, BOTH, 20, 7, 4, True, sampler="grid").planned == 11
        with pytest.raises(InputError, match=r"study\.sampler=grid.*n_trials = 20"):
            Study(storage, "c", X, BOTH, 20, 7, 4, True, sampler="grid")
