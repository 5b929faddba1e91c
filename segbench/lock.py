"""A lock between processes, held by the operating system: it goes with its holder, even on kill."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segbench.errors import Busy


@contextmanager
def exclusive(file: Path, *, wait: bool) -> Iterator[None]:
    """Hold `file` (created if need be, and left there) against every other process.

    Raises:
        Busy: another process holds it, and `wait` is False.

    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Busy(f"another process is running this study ({file})") from None
        yield
