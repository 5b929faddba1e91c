"""Every algorithm of conf/algorithm keeps every promise of `checks`, or says why it does not."""

from __future__ import annotations

import checks
import pytest

ALGORITHMS = {algorithm.name: algorithm for algorithm in checks.algorithms()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_promise(name, check):
    reason = checks.run(ALGORITHMS[name], check)
    if reason:
        pytest.skip(reason)
