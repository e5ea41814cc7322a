"""Keyed chance."""

from statistics import fmean, pvariance

import pytest

from sm_emulator.store.lag import uniform


def test_a_draw_is_the_same_on_every_machine_for_ever():
    assert uniform(0, "lag", "k", 1, "load", 2) == 0.44409943794226836
    assert uniform(7, "lag", "k", 1, "load", 2) == 0.011161289844697442


def test_seed_purpose_and_each_part_of_the_key_matter():
    draws = {
        uniform(seed, purpose, *key)
        for seed in (0, 1, 2**63 - 1)
        for purpose in ("lag", "late")
        for key in (("a", 1), ("a", 2), ("b", 1), ("a1",), ("a", 1, 1))
    }
    assert len(draws) == 30


def test_draws_are_even_and_inside_the_open_interval():
    draws = [uniform(0, "even", i) for i in range(20_000)]
    assert 0 < min(draws) < 0.001
    assert 0.999 < max(draws) < 1
    assert fmean(draws) == pytest.approx(0.5, abs=0.01)
    assert pvariance(draws) == pytest.approx(1 / 12, abs=0.002)
    assert all(sum(k / 10 <= d < (k + 1) / 10 for d in draws) in range(1850, 2150) for k in range(10))
