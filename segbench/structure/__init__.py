"""Whether a table has segments at all: a pipeline's stability against copies without structure."""

from segbench.structure.compare import Structure, significance
from segbench.structure.copies import KINDS, Structureless
from segbench.structure.margin import Margin

__all__ = ["KINDS", "Margin", "Structure", "Structureless", "significance"]
