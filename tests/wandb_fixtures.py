"""One server and one worker process for all tests here: starting W&B takes seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from wandb_server import WandbServer

from segbench.tracking import mirror, remote
from segbench.tracking.client import Client
from segbench.tracking.marks import Target

KEY = "0123456789" * 4


class Lasting(Client):
    """A worker that stays for the next test, unless it has ended."""

    def ask(self, **job: str) -> dict[str, Any]:
        answer = super().ask(**job)
        if "error" in answer and not answer.get("local"):
            self._process.wait(10)  # so that the pool sees that it ends
        return answer

    def greet(self) -> Target:
        return self.target or super().greet()

    def kill(self, really: bool = False) -> None:
        if really or self._process.poll() is not None:
            super().kill()


class Pool:
    """Hands out the same worker as long as it lives."""

    def __init__(self) -> None:
        self.client: Lasting | None = None
        self.started = 0

    def __call__(self, project: str, entity: str | None, timeout: float, *_: int) -> Client:
        if self.client is None or self.client._process.poll() is not None:
            self.started += 1
            self.client = Lasting(project, entity, timeout)
        assert self.client.timeout == timeout
        return self.client


@pytest.fixture(scope="session")
def _server() -> Iterator[WandbServer]:
    with WandbServer() as server:
        yield server


@pytest.fixture(scope="session")
def _pool() -> Iterator[Pool]:
    pool = Pool()
    yield pool
    if pool.client is not None:
        pool.client.kill(really=True)


@pytest.fixture
def server(_server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> WandbServer:
    """A server that nobody has sent anything, and the way to it in the environment."""
    monkeypatch.setenv("WANDB_BASE_URL", _server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    _server.forget()
    return _server


@pytest.fixture
def pool(server: WandbServer, _pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Commands that run in this process share one worker."""
    for module in (mirror, remote):
        monkeypatch.setattr(module, "Client", _pool)
    return _pool


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """An account without an API key, in the environment or in a file."""
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", os.devnull)
