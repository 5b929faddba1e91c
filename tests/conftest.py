"""Shared helpers: a composed config, a command line in a process of its own or in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from wandb_fixtures import _pool, _server, nobody, pool, server  # noqa: F401 (fixtures)

from segbench import cli
from segbench.paths import CONF
from segbench.sweep import plain_config

SMALL = ("dataset=blobs", "dataset.n=150", "study=quick", "study.n_trials=3", "study.replicates=2",
         "study.structureless.copies=0", "baselines=[]")  # fmt: skip
"""Overrides for a cell that takes about a second."""


def compose_config(*overrides: str) -> dict[str, Any]:
    """The resolved config that these overrides give, as `segbench run` would see it."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", list(overrides), return_hydra_config=True)
        HydraConfig.instance().set_config(config)
        return plain_config(config, config.hydra.runtime.choices)


class Quiet:
    """A progress that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.trials: list[tuple[int, int]] = []
        self.steps: list[str] = []

    def start(self) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def trial(self, done: int, planned: int, record: object) -> None:
        self.trials.append((done, planned))

    def step(self, text: str) -> None:
        self.steps.append(text)


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def segbench(tmp_path: Path) -> Run:
    """Run the command line in `tmp_path`, in a process of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "segbench.cli", *arguments],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run the command line in `tmp_path`, in this process: nothing is imported again."""
    monkeypatch.chdir(tmp_path)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # as the command does, but not for longer than the test

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        try:
            status = cli.main(arguments)
        except SystemExit as end:  # of argparse
            status = int(end.code or 0)
        return subprocess.CompletedProcess(arguments, status, *capfd.readouterr())

    return run
