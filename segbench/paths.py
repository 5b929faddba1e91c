"""Where the config folder lies."""

from __future__ import annotations

from pathlib import Path

_PACKAGED = Path(__file__).parent / "conf"
CONF = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "conf"
"""Inside the installed package, or beside it in a checkout."""
