"""Margins: one mode, and everything else as it was."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from segbench.structure.margin import FAR, Margin, modes, single_mode

U = (np.arange(20_000) + 0.5) / 20_000


def samples(n: int = 600) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    which = rng.random(n) < 0.4
    return {
        "normal": rng.normal(size=n),
        "uniform": rng.random(n),
        "exponential": rng.exponential(size=n),
        "t with 3 degrees": rng.standard_t(3, size=n),
        "two groups": np.where(which, rng.normal(size=n), 6 + rng.normal(size=n)),
        "two groups of logarithms": np.exp(np.where(which, 0.0, 5.0) + rng.normal(size=n)),
    }


def histogram(margin: Margin) -> np.ndarray:
    """Of the smoothed distribution, as shares of its highest bar; two digits are not noise."""
    s = margin.scaled(margin.quantile(U))
    bars = np.histogram(s[np.abs(s) < FAR], 40)[0]  # who is far out stays there, no mode
    return np.round(bars / bars.max(), 2)


@pytest.mark.parametrize("name", samples())
def test_one_mode_is_left(name: str):
    assert modes(histogram(Margin.of(samples()[name]))) == 1


@pytest.mark.parametrize("name", samples())
def test_mean_and_spread_hardly_change_and_the_range_stays(name: str):
    values = samples()[name]
    margin = Margin.of(values)
    drawn = margin.quantile(U)
    before, after = margin.scaled(values), margin.scaled(drawn)
    assert after.mean() == pytest.approx(before.mean(), abs=0.15)
    assert 0.89 < after.std() / before.std() < 1.005, "what smoothing adds is taken back"
    assert values.min() <= drawn.min() and drawn.max() <= values.max()


@pytest.mark.parametrize("name", ["normal", "uniform", "exponential", "t with 3 degrees"])
def test_a_distribution_of_one_mode_is_hardly_changed(name: str):
    values = samples()[name]
    distance = stats.ks_2samp(values, Margin.of(values).quantile(U)).statistic
    assert distance < 0.05


def test_counts_keep_those_who_have_none():
    rng = np.random.default_rng(0)
    orders = np.where(rng.random(2000) < 0.45, 0, 4 + rng.poisson(8, size=2000)).astype(float)
    drawn = Margin.of(orders).quantile(U)
    assert (drawn == 0).mean() == pytest.approx((orders == 0).mean(), abs=0.01)
    assert ((drawn > 0) & (drawn < 3)).mean() < 0.02
    capped = np.minimum(rng.poisson(12, size=2000), 14.0)
    assert (Margin.of(capped).quantile(U) == 14).mean() == pytest.approx((capped == 14).mean(),
                                                                         abs=0.01)  # fmt: skip


def test_answers_at_both_ends_of_a_scale_are_modes():
    answers = np.repeat([1.0, 2, 3, 4, 5, 6, 7], [600, 50, 40, 30, 40, 50, 400])
    drawn = Margin.of(answers).quantile(U)
    assert modes(np.unique(drawn, return_counts=True)[1].round(-2).astype(float)) == 1


@pytest.mark.parametrize("name", ["two groups", "two groups of logarithms"])
def test_a_gap_is_filled(name: str):
    values = samples()[name]
    margin = Margin.of(values)
    before, after = margin.scaled(values), margin.scaled(margin.quantile(U))
    low, high = (-0.2, 0.2) if name == "two groups" else (-0.86, -0.3)
    gap, filled = (((s > low) & (s < high)).mean() for s in (before, after))
    assert filled > 2 * gap


def test_counts_stay_counts_with_their_shares():
    values = np.random.default_rng(0).geometric(0.5, size=2_000).astype(float)
    drawn = Margin.of(values).quantile(U)
    assert set(drawn) <= set(range(1, int(values.max()) + 1))
    for count in (1, 2, 3, 4):
        assert (drawn == count).mean() == pytest.approx((values == count).mean(), abs=0.02)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.93])
def test_two_values_keep_their_shares(share: float):
    values = (np.arange(1_000) < 1_000 * share).astype(float)
    drawn = Margin.of(values).quantile(U)
    assert set(drawn) == {0.0, 1.0} and drawn.mean() == pytest.approx(share, abs=0.005)


def test_ordinal_levels_at_both_ends_are_moved_to_the_middle():
    values = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], [300, 50, 20, 50, 280])
    shares = np.bincount(Margin.of(values).quantile(U).astype(int), minlength=5) / len(U)
    assert modes(np.round(shares, 3)) == 1 and shares[2] > 0.1


@pytest.mark.parametrize("values", [np.full(9, 3.5), np.array([])])
def test_a_constant_column_and_one_without_values(values: np.ndarray):
    margin = Margin.of(values)
    assert set(margin.quantile(U)) == set(margin.normal(U)) == {3.5 if len(values) else 0.0}
    assert not margin.scaled(np.array([1.0, 2.0])).any()


@pytest.mark.parametrize("column", [
    samples()["exponential"],
    np.minimum(np.random.default_rng(0).normal(size=500), 0.5) - np.arange(500) / 1e6,
], ids=["exponential", "cut off"])  # fmt: skip
@pytest.mark.parametrize("z, most", [
    (np.linspace(-9, 9, 1001), 0.01), (np.random.default_rng(1).normal(size=5000), 0.005)],
    ids=["far", "drawn"])  # fmt: skip
def test_a_normal_column_is_folded_into_the_range(column: np.ndarray, z: np.ndarray, most: float):
    margin = Margin.of(column)
    values = margin.normal(z)
    assert values.min() >= margin.low and values.max() <= margin.high
    # No customers pile up at the ends, as they would if values were cut off there.
    assert (values == margin.low).mean() < most and (values == margin.high).mean() < most


def shares_and_quantiles(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.9])


@pytest.mark.parametrize("kind", ["quantile", "normal"])
@pytest.mark.parametrize("rounded", [False, True])
def test_no_spend_at_all_is_no_mode(kind: str, rounded: bool):
    rng = np.random.default_rng(0)
    spend = np.where(rng.random(2_000) < 0.6, 0.0, np.exp(3 + rng.normal(size=2_000)))
    spend = np.round(spend, 2) if rounded else spend
    margin = Margin.of(spend)
    drawn = margin.quantile(U) if kind == "quantile" else margin.normal(stats.norm.ppf(U))
    assert (drawn == 0).mean() == pytest.approx((spend == 0).mean(), abs=0.002)
    assert shares_and_quantiles(drawn) == pytest.approx(shares_and_quantiles(spend), rel=0.1)
    if rounded:
        assert np.abs(100 * drawn - np.round(100 * drawn)).max() < 1e-6


@pytest.mark.parametrize("shift", [0.0, 2e3, -1e6])
@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_where_zero_is_and_the_unit_do_not_matter(shift: float, factor: float):
    values = samples()["exponential"]
    plain = Margin.of(values)
    other = Margin.of(factor * (values + shift))
    np.testing.assert_allclose(other.quantile(U) / factor - shift, plain.quantile(U), atol=1e-3)
    np.testing.assert_allclose(other.scaled(factor * (values + shift)), plain.scaled(values),
                               atol=1e-3)  # fmt: skip


@pytest.mark.parametrize("far", [1e6, -1e12])
def test_one_customer_far_out_moves_nobody_else(far: float):
    values = samples()["normal"]
    values[5] = far
    drawn = Margin.of(values).quantile(U)
    assert shares_and_quantiles(drawn) == pytest.approx(shares_and_quantiles(values), abs=0.15)
    assert (drawn == far).mean() == pytest.approx(1 / 600, abs=2e-4)


def test_values_that_are_no_grid_stay_what_they_are():
    values = np.random.default_rng(0).choice([0.0, 1.0, 31.416], 300)
    drawn = Margin.of(values).quantile(U)
    for value in (0.0, 1.0, 31.416):
        assert (drawn == value).mean() == pytest.approx((values == value).mean(), abs=0.002)


def test_numbers_too_small_to_divide():
    drawn = Margin.of(np.array([0.0, 5e-324] * 50)).quantile(U)
    assert set(drawn) <= {0.0, 5e-324}


def test_the_flow_keeps_the_mass_and_stops_as_soon_as_there_is_one_mode():
    rng = np.random.default_rng(0)
    mass = np.histogram(rng.normal(size=500) + 5 * (rng.random(500) < 0.5), 64)[0] / 500
    widths = np.full(64, 0.1)
    smooth = single_mode(mass, widths)
    assert smooth.sum() == pytest.approx(1.0) and modes(smooth) == 1
    assert np.array_equal(single_mode(smooth, widths), smooth)
    # A little less would have left two.
    kernel = [0.25, 0.5, 0.25]
    less, steps = mass, 0
    while modes(less) > 1:
        less, steps = np.convolve(np.pad(less, 1, mode="edge"), kernel, "valid"), steps + 1
    again = mass
    for _ in range(steps):
        again = np.convolve(np.pad(again, 1, mode="edge"), kernel, "valid")
    assert np.abs(again - smooth).max() < 0.002
