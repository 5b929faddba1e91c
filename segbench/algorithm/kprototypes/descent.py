"""From first prototypes to a partition: nearest prototypes, then single moves."""

from __future__ import annotations

import numpy as np
from numba import njit

from segbench.algorithm.kprototypes.kernels import (
    KERNEL,
    LEAST,
    centres,
    nearest,
    rank_levels,
    weigh,
    weighted_sum,
)


@njit(**KERNEL)
def shift(columns, counts, i, s, sign):  # type: ignore[no-untyped-def]
    """Add a row to a segment's counts, or take it out."""
    w = sign * columns.weights[i]
    counts.rows[s] += sign
    for j in range(len(columns.numbers)):
        x = columns.numbers[j, i]
        if x == x:
            counts.sums[s, j] += w * x
            counts.mass[s, j] += w
    for j in range(len(columns.codes)):
        code = columns.codes[j, i]
        if code >= 0:
            counts.often[s, columns.start[j] + code] += w
            counts.known[s, j] += w
            rank_levels(columns, counts, s, j)


@njit(**KERNEL)
def leaving(columns, counts, i, s):  # type: ignore[no-untyped-def]
    """By how much the cost of segment `s` falls when row `i` leaves it."""
    w, gain = columns.weights[i], 0.0
    for j in range(len(columns.numbers)):
        x, mass = columns.numbers[j, i], counts.mass[s, j]
        if x == x and mass > w:
            away = x - counts.sums[s, j] / mass
            gain += w * mass / (mass - w) * away * away
    for j in range(len(columns.codes)):
        code = columns.codes[j, i]
        if code >= 0:
            here, most = counts.often[s, columns.start[j] + code], counts.most[s, j]
            after = most if here < most else max(here - w, counts.next[s, j])
            gain += columns.gamma * (w - (most - after))
    return gain


@njit(**KERNEL)
def joining(columns, counts, i, s, limit):  # type: ignore[no-untyped-def]
    """By how much the cost of segment `s` grows with row `i`; whatever is beyond the limit."""
    w, cost = columns.weights[i], 0.0
    for j in range(len(columns.numbers)):
        x, mass = columns.numbers[j, i], counts.mass[s, j]
        if x == x and mass > 0.0:
            away = x - counts.sums[s, j] / mass
            cost += w * mass / (mass + w) * away * away
    if cost > limit:
        return cost
    for j in range(len(columns.codes)):
        code = columns.codes[j, i]
        if code >= 0:
            here, most = counts.often[s, columns.start[j] + code], counts.most[s, j]
            cost += columns.gamma * (w - max(here + w - most, 0.0))
    return cost


@njit(**KERNEL)
def alike(columns, counts, i, s, own):  # type: ignore[no-untyped-def]
    """The share of a segment that has the categories of row `i`, summed over the columns."""
    w, total = columns.weights[i] if own else 0.0, 0.0
    for j in range(len(columns.codes)):
        code = columns.codes[j, i]
        if code >= 0:
            mass = counts.known[s, j]
            if mass > w:
                total += (counts.often[s, columns.start[j] + code] - w) / (mass - w)
    return total


@njit(**KERNEL)
def exchange(columns, counts, labels, floor):  # type: ignore[no-untyped-def]
    """Move each row to where the cost falls most, one after the other; how many moved.

    Hartigan (1975): means and modes follow at once, so that a row counts without its own weight. A
    partition that no such move improves is one that nearest prototypes do not improve either. Among
    categories many moves cost nothing: a row then goes to where more are like it. An empty segment
    costs nothing to join, so that none stays empty while a row costs anything where it is.

    Args:
        columns, counts, labels: the table and a partition of it, which is changed.
        floor: gain of a row of weight 1 that may be rounding.

    """
    k, moved = len(counts.rows), 0
    for i in range(len(labels)):
        own = labels[i]
        if columns.weights[i] == 0.0 or counts.rows[own] < 2:
            continue
        gain = leaving(columns, counts, i, own)
        least = max(LEAST * gain, floor * columns.weights[i])
        best, where, like = gain, own, -1.0
        for s in range(k):
            if s == own:
                continue
            cost = joining(columns, counts, i, s, best + least)
            if cost < best - least:
                best, where, like = cost, s, -1.0
            elif cost <= best + least:
                if like < 0.0:
                    like = alike(columns, counts, i, where, where == own)
                other = alike(columns, counts, i, s, False)
                if other > like * (1.0 + LEAST):
                    where, like = s, other
        if where != own:
            shift(columns, counts, i, own, -1)
            shift(columns, counts, i, where, 1)
            labels[i] = where
            moved += 1
    return moved


@njit(**KERNEL)
def descend(columns, prototypes, max_iter, floor):  # type: ignore[no-untyped-def]
    """From prototypes to labels, costs and the number of passes; the prototypes are moved.

    Nearest prototypes until they settle (Lloyd), then single moves; labels are in the end those of
    the nearest prototype, so that `predict` gives them again.
    """
    n, k = columns.weights.size, len(prototypes.means)
    labels, costs = np.full(n, -1, np.int32), np.empty(n)
    nearest(columns, prototypes, labels, costs)
    total, passes, settled = weighted_sum(costs, columns.weights), 0, False
    floor_of_all = floor * columns.weights.sum()
    while passes < max_iter:
        passes += 1
        counts = weigh(columns, labels, k)
        while settled and exchange(columns, counts, labels, floor) > 0 and passes < max_iter:
            passes += 1
        centres(columns, counts, prototypes)
        moved = nearest(columns, prototypes, labels, costs)
        now = weighted_sum(costs, columns.weights)
        # Ties can go round for ever: what does not lower the cost has settled.
        lower = now < total - max(LEAST * total, floor_of_all)
        if settled and not lower:
            break
        settled = moved == 0 or not lower
        total = min(now, total)
    return labels, costs, passes
