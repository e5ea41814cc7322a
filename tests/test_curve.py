"""Presets do what their sources measured: the share of fresh reads at an age."""

import pytest

from sm_emulator.consistency.build import build
from sm_emulator.consistency.curve import curve, fresh


def measured(preset: str, age: float, *args: str, n: int = 2000, **options: str) -> float:
    return fresh(build({"preset": preset}), age, *args, n=n, **options)


@pytest.mark.parametrize(
    ("preset", "age", "share"),
    [
        ("strong", 0, 1),
        ("dynamodb", 0, 0.336),
        ("dynamodb", 0.010, 0.668),
        ("dynamodb", 0.050, 0.968),
        ("dynamodb", 1, 1),
        ("dynamodb-documented", 0.010, 0.668),
        ("adversarial", 0.999, 0),
        ("adversarial", 1, 1),
        ("dynamodb", 0.030, 0.9),
        ("simpledb-2011", 0.449, 0.334),
        ("simpledb-2011", 0.507, 1),
        ("gae-hrd", 0.099, 0),
        ("gae-hrd", 0.100, 0.98),
        ("gae-hrd", 0.300, 0.99),
        ("gae-hrd", 2, 0.995),
        ("gae-hrd", 240, 1),
        ("pbs-lnkd-ssd", 0, 0.974),
        ("pbs-lnkd-disk", 0, 0.439),
        ("pbs-lnkd-disk", 0.010, 0.925),
        ("pbs-ymmr", 0, 0.893),
        ("pbs-wan", 0, 0.33),
        ("iam-4s", 0, 0.336),
        ("iam-4s", 4, 1),
        ("read-after-create-miss-1", 100, 0),
    ],
)
def test_the_expected_share_of_first_reads_is_fresh(preset, age, share):
    tolerance = 0.04 if 0 < share < 1 else 0  # about four standard deviations of 2000 draws
    assert measured(preset, age) == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(
    ("preset", "kind", "stale"),
    [
        ("s3-2014", "create", 0.016),
        ("s3-2014", "update", 0.012),
        ("s3-2014", "delete", 0.008),
        ("swift-2014", "create", 0),
        ("swift-2014", "update", 0.003),
        ("swift-2014", "delete", 0.017),
    ],
)
def test_the_expected_share_of_writes_is_late_by_kind(preset, kind, stale):
    tolerance = 0.005 if stale else 0
    assert 1 - measured(preset, 0, "describe", kind, n=5000) == pytest.approx(stale, abs=tolerance)
    assert measured(preset, 2, "describe", kind, n=500) == 1


def test_s3a_delays_what_is_named_so():
    assert build({"preset": "s3a"}).rules[0].names == "*DELAY-LISTING-ME*"
    assert measured("s3a", 4.999) == 0
    assert measured("s3a", 5) == 1


@pytest.mark.parametrize(("age", "share"), [(0, 0), (0.03, 0.495), (0.1, 0.884), (0.3, 0.99), (5, 1)])
def test_lists_of_dynamodb_are_later_and_no_replica_has_them_immediately(age, share):
    tolerance = 0.04 if 0 < share < 1 else 0
    assert measured("dynamodb", age, "list") == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(
    ("preset", "kind", "stale"),
    [
        ("s3-2014", "create", 0.008),
        ("s3-2014", "update", 0),
        ("s3-2014", "delete", 0.003),
        ("swift-2014", "create", 0.03),
        ("swift-2014", "delete", 0.02),
    ],
)
def test_the_expected_share_of_writes_is_late_in_lists(preset, kind, stale):
    tolerance = 0.006 if stale else 0
    assert 1 - measured(preset, 0, "list", kind, n=5000) == pytest.approx(stale, abs=tolerance)


def test_a_curve_reaches_from_the_write_to_where_all_is_visible():
    points = curve(build({"preset": "iam-4s"}), n=200)
    ages = [point.age for point in points]
    assert ages == [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4]
    assert [point.fresh["list"] for point in points] == [1] * len(points)
    describes = [point.fresh["describe"] for point in points]
    assert describes == sorted(describes)
    assert describes[-1] == 1


def test_describe_lies_on_loads_alone():
    assert measured("describe-lies", 0, "describe") == 1
    assert measured("describe-lies", 0, "load") == 0


@pytest.mark.parametrize(("count", "share"), [(2, 0.575), (3, 0.439), (10, 0.211)])
def test_more_replicas_are_staler(count, share):
    consistency = build({"preset": "pbs-lnkd-disk", "replicas": {"count": count}})
    assert fresh(consistency, 0, n=2000) == pytest.approx(share, abs=0.04)


def test_wars_without_an_acknowledgement_counts_from_the_write():
    table = {"preset": "pbs-wan", "replicas": {"visible_at_ack": 0}}
    assert fresh(build(table), 0, n=2000) < 0.33
    assert fresh(build(table), 60, n=100) == 1


def test_a_list_of_many_late_writes_shows_none_of_them():
    assert fresh(build({"preset": "adversarial"}), 0.5, "list", n=1000) == 0
