"""Which results stand where in W&B, as far as this folder knows.

    results/<sweep>/.wandb/mirrored/<target>/<run id>.json

One small file a run, beside the result folders (which never change and are merged by copying), and
written when the server has said that it has everything. Without its mark a run is mirrored again,
which overwrites it: marks save time, nothing depends on them.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from segbench.errors import InputError
from segbench.results import dumps, write_text

NAME = re.compile(r"[^/\\#?%:\s][^/\\#?%:\r\n]{0,127}")
"""What W&B takes for the name of a project or a registry."""
LOCAL = "offline"
"""The URL of an offline log."""


def check_project(where: str, name: object) -> None:
    """Refuse what W&B would refuse, before a study has run for it.

    Raises:
        InputError: no name of a project.

    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError(where, found=repr(name),
                         wanted="at most 128 characters, none of them / \\ # ? % or :")  # fmt: skip


def digest(text: str) -> str:
    """A hash that tells whether something has changed since it was mirrored."""
    return hashlib.sha256(text.encode()).hexdigest()


def run_id(key: str, sweep: str) -> str:
    """W&B's id of a result in a sweep: mirroring twice overwrites."""
    return digest(f"{key} {sweep}")[:32]


def mark_of(folder: Path, key: str) -> tuple[str, str]:
    """What the mark of a result says when it is mirrored as it is: its run and its digest."""
    text = (folder / "result.json").read_text(encoding="utf-8", errors="replace")
    return run_id(key, folder.parent.name), digest(text)


def is_mirrored(folder: Path, project: str, entity: str | None) -> bool:
    """Whether a result is known to stand in a project, wherever its server is.

    Args:
        folder: of the result.
        project, entity: of W&B; no entity stands for the account's own, which is not known here.

    """
    run, content = mark_of(folder, folder.name)
    marks = map(_read, folder.parent.glob(f".wandb/mirrored/*/{run}.json"))
    return any(mark.get("base_url") != LOCAL and mark.get("project") == project
               and entity in (None, mark.get("entity")) and mark.get("digest") == content
               for mark in marks)  # fmt: skip


def not_mirrored(sweep: Path, project: str, entity: str | None) -> list[Path]:
    """Result folders of a sweep that are not known to stand in a project."""
    folders = (path.parent for path in sweep.glob("[!.]*/result.json"))
    return sorted(each for each in folders if not is_mirrored(each, project, entity))


def _read(file: Path) -> dict[str, object]:
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or a damaged one
        return {}
    return plain if isinstance(plain, dict) else {}


@dataclass(frozen=True)
class Target:
    """Where results are mirrored to."""

    base_url: str
    entity: str | None
    project: str

    @property
    def path(self) -> str:
        """As W&B writes it."""
        return f"{self.entity or ''}/{self.project}".lstrip("/")

    def _mark(self, sweep: Path, run: str) -> Path:
        name = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]
        return sweep / ".wandb" / "mirrored" / name / f"{run}.json"

    def has(self, sweep: Path, run: str, digest: str) -> bool:
        """Whether a run with this content was mirrored here."""
        return _read(self._mark(sweep, run)).get("digest") == digest

    def mark(self, sweep: Path, run: str, digest: str) -> None:
        """Remember that it was."""
        write_text(self._mark(sweep, run), dumps({**asdict(self), "run": run, "digest": digest}))
