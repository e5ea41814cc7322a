"""Distributions of lag: each is checked against its own distribution function."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_emulator.store.lag import (
    Constant,
    Empirical,
    Exponential,
    Lognormal,
    Mixture,
    Pareto,
    Uniform,
    Wars,
    longest,
)

U = st.floats(0, 1, exclude_min=True, exclude_max=True)
SSD = Mixture(((0.9122, Pareto(0.000235, 10)), (0.0878, Exponential(1 / 1660))))
HRD = Empirical(((0.98, 0.1), (0.99, 0.3), (0.995, 2.0), (1.0, 240.0)))


@given(U)
def test_a_quantile_is_where_its_distribution_function_reaches_it(u):
    assert Constant(2).sample(u) == 2
    assert (Uniform(1, 3).sample(u) - 1) / 2 == pytest.approx(u)
    assert 1 - math.exp(-Exponential(4).sample(u) / 4) == pytest.approx(u)
    assert 1 - (0.5 / Pareto(0.5, 3).sample(u)) ** 3 == pytest.approx(u, abs=1e-9)
    assert NormalDist().cdf(math.log(Lognormal(0.01, 1.5).sample(u) / 0.01) / 1.5) == pytest.approx(u)


def test_the_median_of_a_lognormal_is_its_median():
    assert Lognormal(0.01, 1).sample(0.5) == pytest.approx(0.01)


@pytest.mark.parametrize("t", [0.00024, 0.0003, 0.001, 0.004])
def test_a_mixture_has_the_weighted_distribution_function(t):
    share = sum(SSD.sample((i + 0.5) / 10_000) <= t for i in range(10_000)) / 10_000
    pareto = 1 - (0.000235 / t) ** 10 if t > 0.000235 else 0
    assert share == pytest.approx(0.9122 * pareto + 0.0878 * (1 - math.exp(-1660 * t)), abs=0.001)


@pytest.mark.parametrize(
    ("u", "delay"), [(0.5, 0.1), (0.98, 0.1), (0.985, 0.3), (0.993, 2), (0.999, 240)]
)
def test_an_observed_table_gives_its_classes(u, delay):
    assert HRD.sample(u) == delay


def test_a_tail_that_no_double_can_hold_ends_where_doubles_do():
    assert Pareto(1.0, 1e-9).sample(0.999999) == Lognormal(1.0, 1e6).sample(0.999999) > 1e300


@pytest.mark.parametrize(
    ("lag", "most"),
    [
        (Constant(2.0), 2.0),
        (Uniform(1.0, 3.0), 3.0),
        (Empirical(((0.5, 0.1), (1.0, 7.0))), 7.0),
        (Mixture(((0.9, Constant(9.0)), (0.1, Constant(1.0)))), 9.0),
        (Wars(*[Constant(0.0)] * 4), math.inf),
    ],
)
def test_no_draw_is_longer_than_the_longest(lag, most):
    assert longest(lag) == pytest.approx(most)
