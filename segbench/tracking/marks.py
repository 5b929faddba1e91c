"""Which results stand where in W&B, as far as this folder knows.

    results/<sweep>/.wandb/mirrored/<target>/<run id>.json

One small file a run, beside the result folders (which never change and are merged by copying), and
written when the server has said that it has everything. Without its mark a run is mirrored again,
which overwrites it: marks save time, nothing depends on them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from segbench.results import dumps, write_text


@dataclass(frozen=True)
class Target:
    """Where results are mirrored to; an offline log has the URL "offline"."""

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
        try:
            plain = json.loads(self._mark(sweep, run).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none, or a damaged one
            return False
        return isinstance(plain, dict) and plain.get("digest") == digest

    def mark(self, sweep: Path, run: str, digest: str) -> None:
        """Remember that it was."""
        write_text(self._mark(sweep, run), dumps({**asdict(self), "run": run, "digest": digest}))
