"""Where a study keeps its trials: a file of its own, memory, or a database that workers share."""

from __future__ import annotations

import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, InMemoryStorage, RDBStorage

from segbench.errors import InputError
from segbench.lock import exclusive

TRIES = 3
HEARTBEAT, GRACE = 15, 60
"""Seconds: a worker of a shared study that is silent for longer than `GRACE` is dead."""


@contextmanager
def open_storage(url: str, file: Path, *, wait: bool = False) -> Iterator[BaseStorage]:
    """The storage of a study: `auto` is the SQLite `file`, `memory`, or any Optuna storage URL.

    Raises:
        Busy: another process holds the SQLite file.
        InputError: no storage answers at the URL.

    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url == "memory":
        yield InMemoryStorage()
    elif url == "auto":
        with exclusive(file.with_suffix(".lock"), wait=wait):
            try:
                storage = RDBStorage(f"sqlite:///{file}", {"creator": lambda: _connect(file)})
            except (sqlite3.DatabaseError, sqlalchemy.exc.SQLAlchemyError) as error:
                why = str(error).splitlines()[0]
                wanted = "an intact study; delete the file to begin it anew"
                raise InputError(file, found=why, wanted=wanted) from error
            try:
                yield storage
            finally:
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
    if url.startswith("redis"):  # Optuna has no heartbeats there: a killed worker would block all
        raise InputError("storage.url", found="a redis URL", wanted="a database with heartbeats")
    for attempt in range(TRIES):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                return RDBStorage(url, heartbeat_interval=HEARTBEAT, grace_period=GRACE)
        except (ImportError, ValueError, sqlalchemy.exc.SQLAlchemyError) as error:
            # Workers that meet in a new database trip over each other's tables, once.
            if isinstance(error, sqlalchemy.exc.DBAPIError) and attempt + 1 < TRIES:
                time.sleep(0.5 * (attempt + 1))
                continue
            raise InputError(
                "storage.url", found=_shown(url, error),
                wanted="auto, memory or a reachable Optuna storage URL",
            ) from None  # fmt: skip
    raise AssertionError


def _shown(url: str, error: Exception) -> str:
    """The URL without its password, and what went wrong with it."""
    try:
        shown = sqlalchemy.make_url(url).render_as_string(hide_password=True)
    except sqlalchemy.exc.ArgumentError:
        shown = "no URL"
    why = str(error).splitlines()[0]
    return f"{shown} ({type(error).__name__ if '@' in why else why})"
