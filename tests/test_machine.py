"""Threads: what the libraries below may use."""

from __future__ import annotations

import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from segbench.machine import mapping


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_libraries_have_one_thread_in_each(threads: int):
    before = _openmp_effective_n_threads()
    with mapping(threads) as apply:
        found = list(apply(lambda _: _openmp_effective_n_threads(), range(12)))
    assert found == [1] * 12
    assert _openmp_effective_n_threads() == before
