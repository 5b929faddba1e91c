"""Results mirrored to Weights & Biases. The results folder is the record; W&B is a mirror.

    content     what the W&B run of a result holds; overview: that of a sweep, and its report
    writing     how such a run is written: into a local log, or to a server that is asked again
    worker      the process that does so; client: the other side of its pipe
    study       what a study tells of its results while it goes on
    mirror      segbench sync; remote: the leaderboard from W&B, segbench promote
    marks       what was mirrored where

W&B is imported in `worker`'s process; only local logs are written in a study's own. So a slow or
dead server costs a study nothing, and what is not mirrored when it ends is mirrored later, from
the results folder.
"""

from __future__ import annotations

from segbench.tracking.study import NoTracking, Offline, Online, make_tracker

__all__ = ["NoTracking", "Offline", "Online", "make_tracker"]
