"""Who is in a segment, in the units that the table came in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from segbench.contracts import Outcomes, Partition, Table

OWN = ("segment", "name", "size", "share", "revenue_share")


def profile(
    table: Table, partition: Partition, outcomes: Outcomes, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """One row per segment (and one for noise, segment -1, if there is any).

    Columns: segment; name where there are `names`; size, share; revenue_share where the table has
    revenue; the median of each numeric and the median level of each ordinal attribute, the mode of
    each categorical one; mean_future_spend and the mean of each numeric target, where there are
    any.
    """
    groups = pd.Series(partition.labels, name="segment")
    order = [*range(partition.k), *([-1] if partition.noise else [])]
    sizes = groups.value_counts().reindex(order, fill_value=0)
    out = pd.DataFrame({"segment": order, "size": sizes.to_numpy()})
    if names:
        out.insert(1, "name", [*names, *[""] * (len(order) - len(names))])
    out["share"] = out["size"] / max(len(table), 1)
    frame = table.frame.reset_index(drop=True)
    title = {column: _free(column) for column in frame.columns}
    if table.revenue:
        revenue = frame[table.revenue].groupby(groups).sum().reindex(order)
        total = float(revenue.sum())
        out["revenue_share"] = (revenue / total if total else revenue * 0).to_numpy()
    for column in frame.columns:
        by = frame[column].groupby(groups)
        if column in table.categorical:
            values = by.agg(_mode)
        elif column in table.ordinal:
            levels = table.levels[column]
            values = by.median().map(lambda code, levels=levels: _level(code, levels))
        else:
            values = by.median()
        out[title[column]] = values.reindex(order).to_numpy()
    if outcomes.future is not None:
        means = pd.Series(outcomes.future).groupby(groups).mean()
        out["mean_future_spend"] = means.reindex(order).to_numpy()
    for column in outcomes.targets.columns:
        numbers = pd.to_numeric(outcomes.targets[column], errors="coerce")
        if numbers.notna().any():
            out[f"mean_{column}"] = numbers.groupby(groups).mean().reindex(order).to_numpy()
    return out


def _free(column: str) -> str:
    """The name of an attribute's column: its own, unless the profile has one of that name."""
    own = column in OWN or column.startswith("mean_")
    return f"{column} (attribute)" if own else column


def _mode(values: pd.Series) -> str | None:
    counts = values.value_counts()
    return str(counts.index[0]) if len(counts) and counts.iloc[0] else None


def _level(code: float, levels: tuple[str, ...]) -> str | None:
    return None if pd.isna(code) else levels[int(code)]
