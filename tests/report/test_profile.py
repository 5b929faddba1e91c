"""Profiles against pandas' own group-by, in original units."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
from conftest import compose_config

from segbench.contracts import Outcomes, Partition
from segbench.dataset import load
from segbench.report.profile import profile


def loaded(name: str):
    table, outcomes = load(compose_config(f"dataset={name}")["dataset"])
    rng = np.random.default_rng(0)
    partition = Partition.from_labels(rng.integers(-1, 3, size=len(table)))
    return table, outcomes, partition


def test_sizes_shares_medians_and_revenue():
    table, outcomes, partition = loaded("cdnow")
    found = profile(table, partition, outcomes).set_index("segment")
    frame = table.frame.assign(segment=partition.labels, future=outcomes.future)
    groups = frame.groupby("segment")
    assert list(found.index) == [0, 1, 2, -1]
    assert found["size"].to_dict() == groups.size().to_dict()
    assert found["share"].sum() == found["revenue_share"].sum() == 1.0
    for column in table.numeric:
        assert found[column].to_dict() == groups[column].median().to_dict()
    revenue = groups["monetary"].sum() / frame["monetary"].sum()
    assert np.allclose(found["revenue_share"].sort_index(), revenue)
    assert np.allclose(found["mean_future_spend"].sort_index(), groups["future"].mean())


def test_modes_and_levels_in_their_own_words():
    table, outcomes, partition = loaded("loanapp")
    found = profile(table, partition, outcomes).set_index("segment")
    first = table.frame[partition.labels == 0]
    assert found.loc[0, "married"] == first["married"].mode()[0]
    assert found.loc[0, "cons"] == table.levels["cons"][int(first["cons"].median())]
    rejected = pd.to_numeric(outcomes.targets["reject"])[partition.labels == 0]
    assert np.isclose(found.loc[0, "mean_reject"], rejected.mean())


def test_attributes_named_like_our_columns_are_kept_apart():
    table, _, partition = loaded("blobs")
    frame = table.frame.rename(columns={"age": "size", "recency": "share"})
    numeric = ("share", "frequency", "monetary", "size")
    named = dataclasses.replace(table, frame=frame, numeric=numeric)
    found = profile(named, partition, Outcomes())
    assert found["size"].sum() == len(table) and np.isclose(found["share"].sum(), 1)
    assert found["size (attribute)"].iloc[0] == frame["size"][partition.labels == 0].median()


def test_no_noise_no_row():
    table, _, _ = loaded("blobs")
    partition = Partition.from_labels(np.arange(len(table)) % 2)
    assert profile(table, partition, Outcomes())["segment"].tolist() == [0, 1]
