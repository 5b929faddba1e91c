"""One cell, from table to finished result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import SMALL, Quiet, compose_config
from scipy.stats import entropy
from sklearn.metrics import adjusted_rand_score

from segbench import run as run_module
from segbench.cell import Cell, plan_cell
from segbench.choice import needed
from segbench.contracts import Result
from segbench.dataset import load
from segbench.errors import InputError, Undefined
from segbench.metric import INTERNAL, score_partition
from segbench.results import read_plan, read_result
from segbench.run import run_cell
from segbench.tracking import NoTracking


class Spy(NoTracking):
    """Counts what is mirrored."""

    def __init__(self) -> None:
        self.seen: list[Path] = []
        self.there: list[Path] = []

    def record(self, folder: Path) -> None:
        self.seen.append(folder)

    def again(self, folder: Path) -> None:
        self.there.append(folder)


def cell(results: Path, *overrides: str) -> Cell:
    return plan_cell(compose_config(f"results={results}", *SMALL, *overrides))


def do(planned: Cell, *, in_sweep: bool = False) -> Result:
    return run_cell(planned, Quiet(), NoTracking(), in_sweep=in_sweep)


def test_result_folder_is_complete_and_consistent(tmp_path: Path):
    planned = cell(tmp_path, "features=rfm_log", "algorithm=kmeans")
    result = do(planned)
    assert read_result(planned.folder) == result and result.status == "complete"
    assert sorted(p.name for p in planned.folder.iterdir()) == [
        "config.yaml", "customers.parquet", "labels.parquet", "model", "profile.csv",
        "result.json", "trials.parquet",
    ]  # fmt: skip
    labels = pd.read_parquet(planned.folder / "labels.parquet")
    assert list(labels) == ["id", "segment"] and labels["segment"].dtype == np.int32
    counts = labels["segment"].value_counts().sort_index()
    assert result.segments["sizes"] == counts.tolist() and result.segments["k"] == len(counts)
    assert result.segments["largest_share"] == counts.max() / 150
    trials = pd.read_parquet(planned.folder / "trials.parquet")
    assert len(trials) == result.trials["planned"] == 3
    best = trials[trials["stability_ari"] >= 0.75].nlargest(1, "quality").iloc[0]
    assert best["param_n_clusters"] == result.params["n_clusters"]
    assert yaml.safe_load((planned.folder / "config.yaml").read_text())["seed"] == 0
    assert [c["key"] for c in read_plan(planned.sweep)] == [result.key]


def test_scores_name_their_space_and_native_is_kept_apart(tmp_path: Path):
    result = do(cell(tmp_path, "features=rfm_log", "algorithm=kmeans"))
    scores = result.scores
    assert result.space == scores["quality"].space == "gower"
    assert scores["calinski_harabasz"].status == "undefined"
    assert scores["calinski_harabasz@native"].space == "native"
    assert scores["ari"].value is not None and scores["stability_ari"].low is not None


def test_numeric_table_is_scored_in_every_space(tmp_path: Path):
    result = do(cell(tmp_path, "features=rfm", "dataset.reference.kind=standard",
                     "dataset.reference.columns=[recency,monetary]"))  # fmt: skip
    spaces = {score.space for name, score in result.scores.items() if "quality" in name}
    assert spaces == {"standard", "rank", "gower", "native"}


def test_result_says_what_it_was_tuned_on_and_has_its_value(tmp_path: Path):
    result = do(cell(tmp_path, "features=rfm_log", "algorithm=kmeans", "metric=compact"))
    assert result.objectives == ["compact", "stability_ari"]
    parts = [result.scores[name].value for name in ("silhouette", "pearson_gamma", "wcnn")]
    assert result.scores["compact"].value == pytest.approx(np.mean(parts))


def test_second_run_changes_nothing_and_mirrors_what_is_not_mirrored(tmp_path: Path):
    planned, spy = cell(tmp_path, "features=rfm", "algorithm=kmeans"), Spy()
    first = run_cell(planned, Quiet(), spy, in_sweep=False)
    before = {p: p.stat().st_mtime_ns for p in planned.folder.rglob("*")}
    assert run_cell(planned, Quiet(), spy, in_sweep=False) == first
    assert {p: p.stat().st_mtime_ns for p in planned.folder.rglob("*")} == before
    assert spy.seen == spy.there == [planned.folder]


@pytest.mark.parametrize("algorithm", ["kmeans", "gmm", "hdbscan", "kprototypes", "random"])
def test_labels_do_not_depend_on_threads(tmp_path: Path, algorithm: str):
    written = []
    for threads in (1, 2):
        # More rows than a block of the kernels, or of k-means, holds; k-prototypes has no threads.
        n = 300 if algorithm == "kprototypes" else 1200
        on = (f"dataset.n={n}", "features=mixed", f"threads={threads}")
        planned = cell(tmp_path / f"{threads}", *on, f"algorithm={algorithm}")
        result = do(planned)
        scores = result.as_json()["scores"]
        written.append(((planned.folder / "labels.parquet").read_bytes(), scores))
    assert written[0] == written[1]


def test_the_result_says_what_stands_behind_its_stability(tmp_path: Path):
    planned = cell(tmp_path, "features=standard", "algorithm=kmeans", "study.n_trials=20",
                   "study.stability.scheme=subsample", "study.min_stability=1.0",
                   "study.replicates=3", "guards.k_min=3", "guards.max_share=1.0")  # fmt: skip
    result = do(planned)
    found, k = result.stability, result.segments["k"]
    assert (found["scheme"], found["amount"], found["replicates"]) == ("subsample", None, 3)
    assert [each["segment"] for each in found["segments"]] == list(range(k))
    assert all(each["refits"] == 3 for each in found["segments"])
    weakest = min(each["jaccard"] for each in found["segments"])
    assert result.scores["segment_jaccard_min"].value == weakest
    shares = pd.read_parquet(planned.folder / "customers.parquet")
    assert len(shares) == 150 and shares["consistency"].dropna().between(0, 1).all()
    assert found["customers"]["unsure"] == (shares["consistency"].dropna() < 0.75).mean()
    assert found["customers"]["never_drawn"] == shares["consistency"].isna().sum() > 0
    names = ("stability_ari", "stability_ami", "stability_ecs", "stability_vi",
             "customer_consistency", "prediction_strength", "generalisation_ari")  # fmt: skip
    assert all(result.scores[name].low is not None for name in names)


@pytest.mark.parametrize("rule, option", [
    ("compact_rank", "seed=0"), ("separated_rank", "seed=0"), ("knee", "seed=0"),
    ("one_standard_error", "seed=0"), ("weighted_sum", "study.weights=[2,1]"),
])  # fmt: skip
def test_every_rule_leaves_a_shortlist(tmp_path: Path, rule: str, option: str):
    planned = cell(tmp_path, "features=standard", f"study.choice={rule}", option,
                   "study.n_trials=20", "guards.max_share=1", "guards.min_share=0")  # fmt: skip
    result = do(planned)
    first, *others = result.choice["shortlist"]
    assert result.status == "complete" and result.choice["rule"] == rule
    assert first["params"] == result.params and first["k"] == result.segments["k"]
    assert len(others) == 2 and all(each["params"] != first["params"] for each in others)
    for name in (*result.objectives, *needed(rule)):
        assert all(each["scores"][name] is not None for each in result.choice["shortlist"])


def test_regret_is_what_the_choice_lost_against_the_best_trial(tmp_path: Path):
    planned = cell(tmp_path, "features=standard", "study.n_trials=20", "dataset.spread=0.5",
                   "guards.max_share=1", "guards.min_share=0", "guards.k_max=6",
                   "study.choice=knee")  # fmt: skip
    result = do(planned)
    _, outcomes = load(planned.config["dataset"])
    (truth,) = outcomes.reference.values()
    values = {}
    for k in range(2, 7):
        alone = do(cell(tmp_path, "features=standard", "dataset.spread=0.5", "guards.max_share=1",
                        f"guards.k_min={k}", f"guards.k_max={k}", "guards.min_share=0",
                        "study.replicates=2", "sweep=each"))  # fmt: skip
        folder = planned.sweep.with_name("each") / alone.key
        labels = pd.read_parquet(folder / "labels.parquet")["segment"]
        values[k] = adjusted_rand_score(truth, labels)
    best = max(values, key=values.get)
    regret = result.regret
    assert regret["params"] == {"n_clusters": best} and regret["trials"] == 5
    assert regret["best"] == pytest.approx(values[best])
    assert regret["chosen"] == pytest.approx(values[result.params["n_clusters"]])
    assert regret["lost"] == pytest.approx(regret["best"] - regret["chosen"]) and regret["lost"] > 0


@pytest.mark.drill
def test_a_race_saves_refits_and_chooses_the_same(tmp_path: Path):
    def run(*options: str) -> Result:
        return do(cell(tmp_path, "features=standard", "study.n_trials=20", "study.replicates=12",
                       "guards.max_share=1", "guards.min_share=0", *options))  # fmt: skip

    whole, raced = run("study.racing=false"), run("threads=2")
    assert whole.trials["refits"] == 11 * 12 and whole.trials["pruned"] == 0
    assert raced.trials["refits"] < 0.8 * whole.trials["refits"]
    assert raced.trials["pruned"] + raced.trials["complete"] == 11
    assert raced.params == whole.params and raced.scores == whole.scores
    trials = pd.read_parquet(tmp_path / "default" / raced.key / "trials.parquet")
    assert trials["refits"].sum() == raced.trials["refits"]
    assert set(trials["refits"][trials["state"] == "pruned"]) <= {4, 8}
    assert run("threads=1").trials == raced.trials
    baseline = run("algorithm=random")
    assert baseline.trials["refits"] == 11 * 12, "a baseline is measured in full"


@pytest.mark.parametrize("option, named", [
    ("study.stability.amount=0.05", "study.stability.amount: found 8 of 150 customers"),
    ("study.stability.scheme=noise study.stability.amount=0.97", "amount: found 5 of 150"),
    ("study.objectives=[quality,prediction_strength] study.stability.scheme=reseed dataset.n=20",
     "study.objectives: found 10 of 20"),
])  # fmt: skip
def test_resamples_too_small_for_every_k_are_refused(tmp_path: Path, option: str, named: str):
    planned = cell(tmp_path, "study.stability.scheme=subsample", *option.split())
    with pytest.raises(InputError, match=named):
        do(planned)


def test_a_half_that_cannot_be_fitted_leaves_the_refits(tmp_path: Path):
    few = ("dataset.n=13", "features=standard", "study.stability.scheme=reseed", "guards.k_min=7",
           "guards.k_max=8", "guards.min_share=0", "study.min_stability=0")  # fmt: skip
    planned = cell(tmp_path, *few)
    result = do(planned)
    assert result.status == "complete" and result.scores["stability_ari"].status == "ok"
    assert "n_samples=6" in result.scores["prediction_strength"].why
    assert (planned.folder / "customers.parquet").exists()


ASKED = ("features=standard", "study.n_trials=12", "guards.k_max=5",
         "study.structureless.copies=19")  # fmt: skip


def test_segments_are_found_where_there_are_some(tmp_path: Path):
    planned = cell(tmp_path, *ASKED, "dataset.spread=0.4", "dataset.k=3", "study.replicates=8")
    progress = Quiet()
    result = run_cell(planned, progress, NoTracking(), in_sweep=False)
    assert len(progress.steps) == 1 + 2 * 19 and "gaussian copy" in progress.steps[-1]
    assert result.status == "complete" and "segments" not in result.why
    assert result.structure["p"] == 1 / 20 and result.structure["params"]
    assert result.structure["customers"] == 150 and result.structure["replicates"] == 8
    assert {kind: each["copies"] for kind, each in result.structure["kinds"].items()} == {
        "copula": 19, "gaussian": 19}  # fmt: skip
    assert read_result(planned.folder) == result


def test_no_segments_found_is_ineligible_unless_any_p_will_do(tmp_path: Path):
    rng = np.random.default_rng(0)
    columns = dict(zip("abc", (rng.normal(size=(120, 3)) * [3, 1, 1]).T, strict=True))
    pd.DataFrame(columns).to_csv(tmp_path / "cloud.csv", index=False)
    table = ("dataset=table", f"dataset.path={tmp_path / 'cloud.csv'}", *ASKED)
    config = [f"results={tmp_path}", *SMALL[2:], *table]
    result = do(plan_cell(compose_config(*config)))
    assert result.status == "ineligible" and "no segments found" in result.why
    assert result.structure["p"] > 0.05 == result.structure["level"]
    assert result.segments["k"] >= 2 and result.choice["shortlist"], "what was rejected is shown"
    ranked = do(plan_cell(compose_config(*config, "study.structureless.level=1")))
    assert ranked.status == "complete" and "without segments are as stable" in ranked.why
    assert ranked.structure["p"] == result.structure["p"]
    assert ranked.seconds["tuning"] < result.seconds["tuning"], "the study was not tuned again"


@pytest.mark.parametrize("override", ["study.structureless.copies=0", "algorithm=random",
                                      "guards.min_share=0.9"])  # fmt: skip
def test_nobody_asks_about_structure_where_there_is_nothing_to_ask(tmp_path: Path, override: str):
    assert do(cell(tmp_path, *ASKED, override)).structure is None


def test_no_reference_no_regret(tmp_path: Path):
    assert do(cell(tmp_path, "dataset.columns.reference=[]", "features=standard")).regret is None


def test_segments_are_compared_with_the_solution_of_one_fewer(tmp_path: Path):
    def of(*guards: str) -> tuple[Result, np.ndarray]:
        planned = cell(
            tmp_path,
            "features=standard",
            "algorithm=kmeans",
            "study.min_stability=0",
            "metric.objective=medoid_dispersion",
            "guards.min_share=0",
            *guards,
        )
        return do(planned), pd.read_parquet(planned.folder / "labels.parquet")["segment"].array

    alone, own = of("guards.k_min=4", "guards.k_max=4")
    assert [each["across"] for each in alone.stability["segments"]] == [None] * 4, "nothing fewer"
    _, coarser = of("guards.k_min=3", "guards.k_max=3")
    both, same = of("guards.k_min=3", "guards.k_max=4")
    assert both.segments["k"] == 4 and (same == own).all(), "the metric prefers more segments"
    shares = pd.crosstab(own, coarser, normalize="index").to_numpy()
    expected = 1 - entropy(shares, axis=1) / np.log(3)
    assert 0 < expected.min() < 1
    found = [each["across"] for each in both.stability["segments"]]
    np.testing.assert_allclose(found, expected)


def test_guards_make_ineligible_with_a_reason(tmp_path: Path):
    result = do(cell(tmp_path, "features=rfm", "algorithm=kmeans", "guards.min_share=0.9"))
    assert result.status == "ineligible" and "smallest segment" in result.why
    assert result.trials == {"planned": 3, "complete": 0, "pruned": 3, "failed": 0, "refits": 0}
    assert result.segments["k"] > 0, "it is shown"


@pytest.mark.parametrize("objective, named", [
    ("calinski_harabasz", "calinski_harabasz"), ("consensus", "icl"),
    ("icl", "icl")])  # fmt: skip
def test_an_objective_without_a_value_in_the_space_is_skipped_untuned(
    tmp_path: Path, objective: str, named: str
):
    result = do(cell(tmp_path, "features=rfm", f"metric.objective={objective}"))
    assert result.status == "skipped" and result.trials == {}
    assert f"objective {named}: needs centroids" in result.why and "dbcv" in result.why


def test_an_objective_with_a_value_in_the_space_is_tuned(tmp_path: Path):
    result = do(cell(tmp_path, "features=rfm", "metric.objective=calibrated"))
    assert result.status == "complete" and result.objectives[0] == "calibrated"


def test_an_undefined_objective_is_ineligible_never_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def undefined(*_: object, **__: object) -> float:
        raise Undefined("gone")

    monkeypatch.setitem(INTERNAL, "dunn", replace(INTERNAL["dunn"], compute=undefined))
    result = do(cell(tmp_path, "features=rfm", "metric.objective=dunn"))
    assert result.status == "ineligible" and "dunn gone" in result.why


def test_pipeline_that_cannot_apply_is_skipped(tmp_path: Path):
    overrides = (f"results={tmp_path}", "dataset=loanapp", "features=rfm", "study=quick")
    planned = plan_cell(compose_config(*overrides))
    result = do(planned)
    assert result.status == "skipped" and "loanapp has no recency" in result.why
    assert read_result(planned.folder) == result


def test_bad_input_raises_alone_and_is_a_row_in_a_sweep(tmp_path: Path):
    (tmp_path / "my.csv").write_text("id,a\n1,2\n1,3\n")
    bad = ("dataset=table", f"dataset.path={tmp_path / 'my.csv'}", "features=standard")
    planned = plan_cell(compose_config(f"results={tmp_path / 'r'}", *bad))
    with pytest.raises(InputError, match=r"my\.csv: row 3, column 'id'"):
        do(planned)
    assert not planned.folder.exists() and read_plan(planned.sweep) == []
    result = do(planned, in_sweep=True)
    assert result.status == "failed" and "row 3, column 'id'" in result.why
    assert json.loads((planned.folder / "result.json").read_text())["status"] == "failed"


def test_fewer_customers_than_segments_is_bad_input(tmp_path: Path):
    (tmp_path / "my.csv").write_text("a\n" + "\n".join(str(i * i) for i in range(9)))
    planned = plan_cell(compose_config(
        f"results={tmp_path}", "dataset=table", f"dataset.path={tmp_path / 'my.csv'}",
        "features=standard", "study=quick"))  # fmt: skip
    with pytest.raises(InputError, match=r"9 customers.*k_max = 12"):
        do(planned)


@pytest.mark.parametrize(("error", "status"), [(MemoryError("big"), "memory"),
                                               (RuntimeError("odd"), "failed")])  # fmt: skip
def test_crash_is_a_row_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, status: str
):
    planned = cell(tmp_path, "features=rfm", "algorithm=kmeans")
    with monkeypatch.context() as patch:

        def broken(*_: object) -> None:
            raise error

        patch.setattr(run_module, "fit_reference", broken)
        result = do(planned)
    assert result.status == status and str(error) in result.why
    assert (planned.folder / "traceback.txt").exists() == (status == "failed")
    assert do(planned).status == "complete"


def test_all_trials_failing_is_failed_with_the_reason(tmp_path: Path):
    result = do(cell(tmp_path, "features=rfm", "algorithm=kmeans", "algorithm.params.n_init=-1"))
    assert result.status == "failed" and "n_init" in result.why


def test_result_does_not_depend_on_what_ran_before(tmp_path: Path):
    """Twelve trials list the search space, six sample it: neither may lean on the other."""
    few = ("features=rfm_log", "algorithm=kmeans", "study.n_trials=6")
    do(cell(tmp_path / "a", *few[:2], "study.n_trials=12"))
    after, alone = do(cell(tmp_path / "a", *few)), do(cell(tmp_path / "b", *few))
    assert after.scores == alone.scores and after.params == alone.params


def test_data_that_change_between_plan_and_run_are_refused(tmp_path: Path):
    (tmp_path / "my.csv").write_text("a,b\n" + "\n".join(f"{i},{i % 5}" for i in range(40)))
    planned = plan_cell(compose_config(
        f"results={tmp_path}", "dataset=table", f"dataset.path={tmp_path / 'my.csv'}",
        "features=standard", "study=quick"))  # fmt: skip
    with (tmp_path / "my.csv").open("a") as file:
        file.write("\n99,99")
    with pytest.raises(InputError, match="changed"):
        do(planned)


def test_timeout_is_a_row_that_a_second_run_finishes(tmp_path: Path):
    limited = cell(tmp_path, "features=rfm", "algorithm=kmeans", "timeout=1e-9")
    result = do(limited)
    assert result.status == "timeout" and "0 of 3 trials" in result.why
    assert do(cell(tmp_path, "features=rfm", "algorithm=kmeans")).status == "complete"


def test_reported_stability_uses_fresh_replicates(tmp_path: Path):
    planned = cell(tmp_path, "features=rfm", "algorithm=gmm", "study.replicates=4")
    result = do(planned)
    trials = pd.read_parquet(planned.folder / "trials.parquet")
    same = (trials["quality"] - result.scores["quality"].value).abs() < 1e-12
    tuned = trials[same]
    assert len(tuned)
    assert result.scores["stability_ari"].value not in tuned["stability_ari"].tolist()


def test_outcomes_do_not_change_the_choice(tmp_path: Path):
    """Known segments score the finished partition; hiding them changes nothing else."""
    known = do(cell(tmp_path, "features=rfm", "algorithm=kmeans"))
    hide = ("dataset.columns.reference=[]", "dataset.columns.ignore=[segment]")
    hidden = do(cell(tmp_path, "features=rfm", "algorithm=kmeans", *hide))
    assert "ari" in known.scores and "ari" not in hidden.scores
    assert known.params == hidden.params and known.segments == hidden.segments


def test_quality_is_silhouette_times_coverage_of_the_written_labels(tmp_path: Path):
    from segbench.contracts import Partition
    from segbench.dataset import load
    from segbench.space import fit_reference

    planned = cell(tmp_path, "features=standard", "algorithm=hdbscan", "guards.max_noise=0.9",
                   "guards.max_share=1", "guards.min_share=0")  # fmt: skip
    result = do(planned)
    labels = pd.read_parquet(planned.folder / "labels.parquet")["segment"].to_numpy()
    table, _ = load(planned.config["dataset"])
    reference = fit_reference(table, planned.config["dataset"]["reference"])
    scores = score_partition(reference, Partition.from_labels(labels), ["quality", "silhouette"])
    assert result.scores["quality"] == scores["quality"]


def test_a_mixture_whose_covariance_is_singular_is_ineligible_with_the_reason(tmp_path: Path):
    rows = "\n".join(f"{i % 3},{(i % 3) * 2}" for i in range(60))  # three customers, twenty times
    (tmp_path / "made.csv").write_text(f"a,b\n{rows}\n")
    search = "algorithm.search"
    result = do(plan_cell(compose_config(
        f"results={tmp_path}", *SMALL[2:], "dataset=table", f"dataset.path={tmp_path}/made.csv",
        "features=raw", "algorithm=bayesian_gmm", f"{search}.n_components.low=5",
        f"{search}.reg_covar={{low: 1e-300, high: 1e-299}}",
        f"{search}.covariance_type.choices=[full]",
    )))  # fmt: skip
    assert result.status == "ineligible"
    assert result.why.startswith("no partition: all 3 trials failed; the last one: ValueError")
    assert "covariance" in result.why


def test_where_everybody_is_noise_the_result_is_ineligible_and_says_so(tmp_path: Path):
    result = do(cell(tmp_path, "features=standard", "algorithm=hdbscan",
                     "algorithm.search.min_cluster_size={low: 140, high: 150}"))  # fmt: skip
    assert result.status == "ineligible" and "noise 100.0%" in result.why
    assert result.segments["k"] == 0 and result.segments["noise"] == 150


def test_more_customers_than_an_algorithm_takes_are_a_sample_and_the_row_says_so(tmp_path: Path):
    planned = cell(tmp_path, "features=standard", "algorithm=ward", "algorithm.max_rows=100")
    result = do(planned)
    said = "fitted on a sample of 100 of 150 customers, the others by nearest_customers"
    assert result.status == "complete" and said in result.why
    assert result.assignment == {"rule": "nearest_customers", "customers": 100}
    assert sum(result.segments["sizes"]) == 150


@pytest.mark.parametrize("option", ["algorithm.max_rows=5", "algorithm.assign=guess",
                                    "algorithm.assign=predict"])  # fmt: skip
def test_limits_and_rules_that_make_no_sense_are_refused(tmp_path: Path, option: str):
    with pytest.raises(InputError, match=option.split("=")[0]):
        cell(tmp_path, option, "algorithm=ward")
