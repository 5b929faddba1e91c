"""The few errors that segbench raises on purpose, each printed as one line."""

from __future__ import annotations

from pathlib import Path


class SegbenchError(Exception):
    """Base of every error that is meant for the user."""


class InputError(SegbenchError):
    """Something the user gave is not what segbench needs.

    The message names the file (or option), the row (line in the file, header = 1), the column,
    what was found and what was wanted, as far as each is known.
    """

    def __init__(
        self,
        file: str | Path,
        *,
        found: object,
        wanted: str,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        self.file, self.row, self.column = str(file), row, column
        self.found, self.wanted = str(found), wanted
        place = [f"row {row}"] if row is not None else []
        place += [f"column {column!r}"] if column is not None else []
        where = f"{file}: {', '.join(place)}" if place else str(file)
        super().__init__(" ".join(f"{where}: found {_short(self.found)}, wanted {wanted}".split()))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.file, self.found, self.wanted, self.row, self.column)


class NotApplicable(SegbenchError):
    """A combination that makes no sense for this table; it becomes a `skipped` row."""


class Undefined(SegbenchError):
    """A score has no value for this partition; it becomes `status: undefined`."""


class Busy(SegbenchError):
    """Another process holds this study."""


def one_line(error: BaseException) -> str:
    """What an error says, without line breaks and not too long."""
    return " ".join(str(error).split())[:300]


def _rebuild(file: str, found: str, wanted: str, row: int | None, column: str | None) -> InputError:
    return InputError(file, found=found, wanted=wanted, row=row, column=column)


def _short(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
