"""Results -> boards of ranked rows, statistics over seeds and data sets, and what to pick."""

from segbench.leaderboard.across import Across, Standing, across
from segbench.leaderboard.boards import Board, boards_of, meetings
from segbench.leaderboard.lines import Line
from segbench.leaderboard.plain import flat
from segbench.leaderboard.rows import EQUIVALENT, build, rank

__all__ = ["EQUIVALENT", "Across", "Board", "Line", "Standing", "across", "boards_of", "build",
           "flat", "meetings", "rank"]  # fmt: skip
