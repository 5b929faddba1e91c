"""Where a study keeps its trials: a file of its own, memory, or a database that workers share."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage

from segbench.errors import InputError
from segbench.lock import exclusive

HEARTBEAT, GRACE = 15, 60
"""Seconds: a worker of a shared study that is silent for longer than `GRACE` is dead."""


@contextmanager
def open_storage(url: str, file: Path) -> Iterator[BaseStorage]:
    """The storage of a study: `auto` is the SQLite `file`, `memory`, or any Optuna storage URL.

    Raises:
        Busy: another process holds the SQLite file.
        InputError: no storage answers at the URL.

    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url == "memory":
        yield InMemoryStorage()
    elif url == "auto":
        with exclusive(file.with_suffix(".lock"), wait=False):
            storage = RDBStorage(f"sqlite:///{file}", {"creator": lambda: _connect(file)})
            yield storage
            storage.engine.dispose()
    else:
        yield _shared(url)


def _connect(file: Path) -> sqlite3.Connection:
    """A connection that survives kill -9 without an fsync a statement."""
    connection = sqlite3.connect(file, timeout=60, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _shared(url: str) -> BaseStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            if url.startswith("redis"):
                return optuna.storages.get_storage(url)
            return RDBStorage(url, heartbeat_interval=HEARTBEAT, grace_period=GRACE)
        except (ImportError, ValueError, sqlalchemy.exc.SQLAlchemyError) as error:
            try:
                shown = sqlalchemy.make_url(url).render_as_string(hide_password=True)
            except sqlalchemy.exc.ArgumentError:
                shown = "no URL"
            why = str(error).splitlines()[0]
            raise InputError(
                "storage.url", found=f"{shown} ({type(error).__name__})" if "@" in why
                else f"{shown} ({why})", wanted="auto, memory or a reachable Optuna storage URL",
            ) from None  # fmt: skip
