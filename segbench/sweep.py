"""Hydra: from overrides on the command line to planned cells, and to whoever runs them.

A sweep is expanded before anything runs: the product of the swept overrides, once for each line of
the experiment's `plan` (none: once). Each cell is composed on its own, so that one that cannot be
composed becomes a `failed` row instead of ending the sweep; `plan.json` is written; then Hydra's
launcher (basic, joblib, submitit, ...) runs the rest. What it takes to run a cell is imported only
then: whoever misspells an option hears of it at once.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.core.utils import JobStatus
from hydra.errors import HydraException
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from segbench.contracts import Result, Tracker
from segbench.errors import InputError, SegbenchError
from segbench.paths import CONF
from segbench.results import add_to_plan, read_final, write_result

if TYPE_CHECKING:
    from segbench.cell import Cell, Config

GROUPS = ("dataset", "features", "algorithm", "metric", "study", "storage", "tracking")
UNDECIDING = ("storage", "tracking", "hydra", "position", "results", "sweep", "threads", "timeout",
              "baselines", "plan")  # fmt: skip
"""Options that no result depends on; some may hold a password."""
_finished: list[Result] = []
_folders: list[Path] = []
"""Results of this process's `segbench run`, and the sweeps they lie in: Hydra's `main` returns
nothing."""
_errors: list[SegbenchError] = []
_trackers: dict[str, Tracker] = {}
_notes: set[str] = set()
"""Remarks that this process has made: a sweep makes each once."""


def main(overrides: Sequence[str]) -> tuple[list[Path], list[Result]]:
    """Run `segbench run`: sweep folders and results; both empty if Hydra only printed something.

    Raises:
        InputError: an override or a config name is wrong, or the input of a single run is.
        Busy: another process is running the same cell.

    """
    for kept in (_finished, _folders, _errors):
        kept.clear()
    sys.modules[PlanSweeper.__module__] = sys.modules[__name__]
    Plugins.instance().register(PlanSweeper)
    sys.argv = ["segbench run", *overrides]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise, so that one line can be printed here
    start = hydra.main(config_path=str(CONF), config_name="config", version_base="1.3")
    try:
        start(run_job)()
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        raise _input_error(error) from error
    finally:
        for tracker in _trackers.values():
            tracker.close()
        _trackers.clear()
    if _errors and not _folders:  # a single run; what a sweep met is said and stands in its rows
        raise _errors[0]
    return list(_folders), list(_finished)


def run_job(config: DictConfig) -> Result | None:
    """Hydra's task: run one cell. In a single run bad input is kept for `main` to raise."""
    from segbench.cell import plan_cell

    choices = HydraConfig.get().runtime.choices
    in_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
    try:
        cell = replace(plan_cell(plain_config(config, choices)), overrides=_deciding())
        if cell.config["plan"] and not in_sweep:
            raise InputError(
                f"experiment={choices.get('experiment')}", found="a plan of several cells",
                wanted="-m on the command line",
            )  # fmt: skip
        result = _run_with_progress(cell, in_sweep)
    except SegbenchError as error:
        if in_sweep:
            print(f"{_named(HydraConfig.get().overrides.task)}: {error}", file=sys.stderr)
        _errors.append(error)
        return None
    if not in_sweep:
        _finished.append(result)
        _folders.append(cell.sweep)
    return result


def _run_with_progress(cell: Cell, in_sweep: bool) -> Result:
    from segbench.progress import StderrProgress
    from segbench.run import run_cell

    config, plan = cell.config, cell.as_plan()
    names = f"{plan['dataset']} · {plan['features']} · {plan['algorithm']}"
    progress = StderrProgress(f"{config['position']} {names}".strip(), said=_notes)
    reused = read_final(cell.folder) is not None
    tracker = _tracker(config["tracking"], cell.sweep)
    if not reused:
        tracker.prepare()
    result = run_cell(cell, progress, tracker, in_sweep=in_sweep)
    progress.finished(result, reused)
    return result


def _tracker(config: Config, sweep: Path) -> Tracker:
    """The tracker that results of a sweep made in this process go to."""
    from segbench.tracking import make_tracker

    if str(sweep) not in _trackers:
        _trackers[str(sweep)] = make_tracker(config, sweep)
    return _trackers[str(sweep)]


def plain_config(config: DictConfig, choices: Any) -> Config:
    """Resolve a composed config into plain values; a component's name defaults to its file's.

    Raises:
        InputError: an interpolation or a mandatory value cannot be resolved.

    """
    own = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    try:
        plain = OmegaConf.to_container(own, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise _input_error(error) from error
    assert isinstance(plain, dict)
    for group in GROUPS:
        if not isinstance(plain.get(group), dict):
            raise InputError(group, found=plain.get(group), wanted="a component of that group")
        plain[group] = {"name": str(choices.get(group)), **plain[group]}
    return {str(key): value for key, value in plain.items()}


class PlanSweeper(Sweeper):  # type: ignore[misc]
    """Expands a sweep into cells, writes their plan, and hands them to Hydra's launcher."""

    # Hydra builds plugins of this namespace only; `main` makes the class known under this name.
    __module__ = "hydra_plugins.segbench"

    def __init__(self, **_: Any) -> None:
        self.config: DictConfig | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Called by Hydra with the config composed from everything that is not swept."""
        self.config, self.loader = config, hydra_context.config_loader
        # The registry travels to the launcher's workers, which cannot import this class by name.
        _unregister(type(self))
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run every cell of the product; a cell that fails is a row, never the end."""
        assert self.config is not None
        lines = [str(line) for line in self.config.get("plan") or [""]]
        jobs = list(dict.fromkeys(
            job for line in lines for job in self._expand([*shlex.split(line), *arguments])
        ))  # fmt: skip
        baselines = self._baselines(jobs)
        jobs, cells = self._distinct(jobs)
        jobs, cells = self._with_baselines(jobs, cells, baselines)
        self._write_plan([cell for cell in cells if not isinstance(cell, Result)])
        batch = [
            [*job, f"position='[{i}/{len(jobs)}]'"]
            for i, (job, cell) in enumerate(zip(jobs, cells, strict=True), start=1)
            if not isinstance(cell, Result)
        ]
        new = [cell for cell in cells
               if not isinstance(cell, Result) and read_final(cell.folder) is None]  # fmt: skip
        for cell in new:
            _tracker(cell.config["tracking"], cell.sweep).prepare()
        for returned in self.launcher.launch(batch, initial_job_idx=0) if batch else ():
            # Reading the value of a job that failed raises; its cell shows as missing instead.
            if returned.status == JobStatus.COMPLETED and returned.return_value is not None:
                _finished.append(returned.return_value)
            elif returned.status != JobStatus.COMPLETED:
                why = " ".join(repr(returned._return_value).split())
                print(f"{_named(returned.overrides)}: ended without a result: {why}",
                      file=sys.stderr)  # fmt: skip
        _finished.extend(cell for cell in cells if isinstance(cell, Result))
        for cell in new:  # wherever the launcher has made the results
            _tracker(cell.config["tracking"], cell.sweep).overview()

    def _distinct(
        self, jobs: Sequence[tuple[str, ...]]
    ) -> tuple[list[tuple[str, ...]], list[Cell | Result]]:
        """Composed cells; what has the same data and config under another name runs once."""
        cells: dict[str, tuple[tuple[str, ...], Cell | Result]] = {}
        for job in jobs:
            cell = self._compose(job)
            if cell.key in cells:
                print(f"{_named(job)}: the same as {_named(cells[cell.key][0])}", file=sys.stderr)
            cells.setdefault(cell.key, (job, cell))
        return [job for job, _ in cells.values()], [cell for _, cell in cells.values()]

    def _with_baselines(
        self, jobs: list[tuple[str, ...]], cells: list[Cell | Result], names: Sequence[str]
    ) -> tuple[list[tuple[str, ...]], list[Cell | Result]]:
        """Cells of baselines in addition, once on each leaderboard, beside its first cell."""
        boards: dict[Any, tuple[tuple[str, ...], set[str]]] = {}
        for job, cell in zip(jobs, cells, strict=True):
            if not isinstance(cell, Result):
                _, there = boards.setdefault(_board_of(cell), (job, set()))
                there.add(cell.config["algorithm"]["name"])
                _refuse_contestant(cell, names)
        more: list[tuple[tuple[str, ...], Cell | Result]] = []
        for first, there in boards.values():
            for name in names:
                if name in there:
                    continue
                job = (*_without("algorithm", first), f"algorithm={name}")
                cell = self._compose(job)
                own = None
                if not isinstance(cell, Result):
                    _refuse_contestant(cell, names)
                    own = cell.config["algorithm"].get("features")
                if own:  # it reads what not every pipeline leaves as it was
                    job = (*_without("features", job), f"features={own}")
                    cell = self._compose(job)
                more.append((job, cell))
        return [*jobs, *(job for job, _ in more)], [*cells, *(cell for _, cell in more)]

    def _baselines(self, jobs: Sequence[tuple[str, ...]]) -> list[str]:
        """The algorithms of `baselines`, each once.

        Raises:
            InputError: it is swept, or no list of names.

        """
        assert self.config is not None
        if len({override for job in jobs for override in job if override.startswith("baselines=")}
               ) > 1:  # fmt: skip
            raise InputError("baselines", found="several lists", wanted="one for the whole sweep")
        names = self.config.baselines
        names = list(names) if isinstance(names, ListConfig) else [] if names is None else names
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InputError("baselines", found=names, wanted="a list of algorithms, as [random]")
        return list(dict.fromkeys(names))

    def _expand(self, overrides: list[str]) -> list[tuple[str, ...]]:
        """Every combination of the swept values; of two overrides of one key the last counts."""
        parsed = OverridesParser.create(config_loader=self.loader).parse_overrides(overrides)
        axes: dict[str, list[str]] = {}
        for override in parsed:
            key = override.get_key_element()
            if override.is_sweep_override() and not override.is_discrete_sweep():
                raise HydraException(f"{override.input_line}: a sweep lists its values")
            values = (
                list(override.sweep_string_iterator())
                if override.is_sweep_override()
                else [override.get_value_element_as_str()]
            )
            axes[key] = [f"{key}={value}" for value in values]
        return list(itertools.product(*axes.values()))

    def _compose(self, job: tuple[str, ...]) -> Cell | Result:
        """The cell of a job, or the `failed` row that says why there is none."""
        from segbench.cell import plan_cell

        assert self.config is not None
        try:
            composed = self.loader.load_sweep_config(self.config, list(job))
            cell = plan_cell(plain_config(composed, composed.hydra.runtime.choices))
        except Exception as error:  # whatever is wrong with one cell, the others go on
            known = (HydraException, OmegaConfBaseException, YAMLError)
            why = _input_error(error) if isinstance(error, known) else error
            return self._failed(job, " ".join(f"{why}".split()))
        # It composes now; a row that said otherwise is out of date.
        shutil.rmtree(cell.sweep / _job_key(job), ignore_errors=True)
        return cell

    def _failed(self, job: tuple[str, ...], why: str) -> Result:
        assert self.config is not None
        chosen = {
            **self.config.hydra.runtime.choices,
            **dict(o.split("=", 1) for o in job if "=" in o),
        }
        seeds = (str(chosen.get("seed")), str(self.config.seed))
        key = _job_key(job)
        print(f"{_named(job)}: failed: {why}", file=sys.stderr)
        result = Result(
            key=key, sweep=str(self.config.sweep), status="failed", why=why,
            dataset={"name": chosen["dataset"], "rows": None, "sha256": None},
            features=chosen["features"], algorithm=chosen["algorithm"], baseline=False, space=None,
            seed=next((int(seed) for seed in seeds if seed.isdecimal()), 0),
        )  # fmt: skip
        write_result(Path(self.config.results) / result.sweep / key, result, f"# {_named(job)}\n")
        return result

    def _write_plan(self, cells: Sequence[Cell]) -> None:
        assert self.config is not None
        own = Path(self.config.results) / self.config.sweep  # where cells without a config go
        _folders.extend(sorted({own, *(cell.sweep for cell in cells)}))
        for folder in _folders:
            add_to_plan(folder, [cell.as_plan() for cell in cells if cell.sweep == folder])


def _refuse_contestant(cell: Cell, baselines: Sequence[str]) -> None:
    """Baselines are never ranked.

    Raises:
        InputError: one that is not declared as such is among them.

    """
    algorithm = cell.config["algorithm"]
    if algorithm["name"] in baselines and not algorithm["baseline"]:
        raise InputError("baselines", found=f"{algorithm['name']}, which is to be ranked",
                         wanted="algorithms whose yaml says baseline: true")  # fmt: skip


def _board_of(cell: Cell) -> tuple[Any, ...]:
    """What the cells of one leaderboard of a sweep have in common."""
    plan = cell.as_plan()
    same = ("dataset", "data_sha256", "terms", "seed")
    return (str(cell.sweep), *(plan[name] for name in same))


def _without(group: str, job: tuple[str, ...]) -> tuple[str, ...]:
    """Overrides but for those of a component."""
    return tuple(o for o in job if _key(o) != group)


def _deciding() -> tuple[str, ...]:
    """What Hydra was asked for that decides the result of the running job."""
    known = HydraConfig.get()
    folders = [f"--config-dir={source.path}" for source in known.runtime.config_sources
               if source.provider == "command-line"]  # fmt: skip
    asked = known.overrides.task
    return (*folders, *(o for o in asked if _key(o) not in UNDECIDING))


def _key(override: str) -> str:
    """The first name of an override's key."""
    return re.split(r"[.=@]", override.lstrip("+~"))[0]


def _job_key(job: tuple[str, ...]) -> str:
    """Name of a cell that has no config to be named after."""
    return hashlib.sha256(_named(job).encode()).hexdigest()


def _named(overrides: Sequence[str] | None) -> str:
    """Overrides to print or keep: without those that may hold a password."""
    private = ("storage", "tracking", "hydra", "position")
    return " ".join(o for o in overrides or () if not o.lstrip("+~").startswith(private))


def _unregister(plugin: type[Sweeper]) -> None:
    registry = Plugins.instance()
    registry.class_name_to_class.pop(f"{plugin.__module__}.{plugin.__name__}", None)
    registry.plugin_type_to_subclass_list[Sweeper].remove(plugin)


def _input_error(error: Exception) -> InputError:
    """Hydra's message as one line that says what there is instead."""
    text = str(error)
    missing = re.search(r"Could not find '([^']+)/([^'/]+)'", text)
    if missing:
        group, name = missing.groups()
        listed = re.search(r"Available options in '[^']+':\n((?:\t\S+\n?)+)", text)
        names = ", ".join(listed.group(1).split()) if listed else "a config in that group"
        return InputError(group, found=repr(name), wanted=f"one of {names}")
    unknown = re.search(r"Could not override '([^']+)'", text)
    if unknown:
        return InputError(
            unknown.group(1),
            found="no such option",
            wanted="one that segbench run --cfg job lists, or +NAME=VALUE to add one",
        )
    if "Ambiguous value" in text:
        found = text.split("'")[1]
        return InputError("segbench run", found=f"several values in {found}", wanted="one, or -m")
    if "token recognition error" in text or "LexerNoViableAlt" in text:
        found = text.removeprefix("LexerNoViableAltException: ").splitlines()[0]
        return InputError("segbench run", found=found, wanted="quotes around names with other "
                          "characters than ASCII: 'NAME=[\"Größe\"]'")  # fmt: skip
    lines = [line for line in text.splitlines() if line and "https://" not in line]
    return InputError("segbench run", found="; ".join(lines), wanted="overrides NAME=VALUE "
                      "and components that are well-formed yaml")  # fmt: skip
