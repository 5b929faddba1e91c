"""Recovery of segments against R's fpc::clusterboot, on the resamples that it drew."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segbench.stability.segment import recoveries, segment_jaccard

KNOWN = json.loads(Path(__file__).with_name("clusterboot.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["boot", "subset"])
def test_segment_jaccard_is_clusterboots(method: str):
    known = KNOWN[method]
    own = np.array(known["own"], dtype=np.int32)
    found = []
    for refit in known["refits"]:
        labels = np.array(refit["labels"], dtype=np.int32)
        found.append(segment_jaccard(own[refit["rows"]], labels, 4))
        np.testing.assert_allclose(found[-1], refit["jaccard"], rtol=1e-15)
    assert len(found) == 12
    counted = recoveries(np.array(found))
    assert [each.dissolved for each in counted] == known["dissolved"]
    # 0.75 itself counts as recovered here; clusterboot wants more.
    limit = (np.array(found) == 0.75).sum(axis=0)
    assert [each.recovered for each in counted] == (known["recovered"] + limit).tolist()
    assert sum(known["dissolved"]) > 3 and sum(known["recovered"]) > 10, "both occur"
