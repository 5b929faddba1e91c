"""Whether a table has segments at all: a pipeline's stability against copies without structure."""

from segbench.structure.compare import Structure, significance
from segbench.structure.copies import KINDS, Structureless

__all__ = ["KINDS", "Structure", "Structureless", "significance"]
