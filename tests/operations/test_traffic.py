"""Which variant answers: by weights, by turns, by name; and what shadow variants get."""

import math
from collections import Counter

import pytest

from tests.support.local_gateway import VARIANT, Local


def split(weights: dict[str, float], seed: int = 0, **settings) -> Local:
    local = Local(seed=seed, **settings)
    local.model()
    local.endpoint(variants={n: {"InitialVariantWeight": w} for n, w in weights.items()})
    return local


def variants_of(local: Local, times: int) -> list[str]:
    return [local.invoke()["InvokedProductionVariant"] for _ in range(times)]


@pytest.mark.slow
def test_two_to_one_gives_two_thirds_and_one_third():
    n = 3000
    counts = Counter(variants_of(split({"a": 2.0, "b": 1.0}), n))
    half_width = 3.29 * math.sqrt(2 / 9 / n)  # 99.9 %, and the seed is fixed
    assert abs(counts["a"] / n - 2 / 3) < half_width
    assert counts["a"] + counts["b"] == n


def test_a_seed_reproduces_which_call_got_which_variant():
    once, again = (variants_of(split({"a": 2.0, "b": 1.0}, seed=7), 50) for _ in range(2))
    assert once == again
    assert once != variants_of(split({"a": 2.0, "b": 1.0}, seed=8), 50)


def test_calls_of_another_endpoint_change_nothing():
    alone = split({"a": 1.0, "b": 1.0})
    among = split({"a": 1.0, "b": 1.0})
    among.endpoint("other", variants={"x": {}, "y": {}})
    seen = []
    for _ in range(30):
        among.invoke(to="other")
        seen += variants_of(among, 1)
    assert seen == variants_of(alone, 30)


@pytest.mark.parametrize("exact", [True, False])
def test_a_variant_of_no_weight_gets_nothing(exact):
    local = split({"a": 0.0, "b": 1.0, "c": 0.0}, runtime={"exact": exact})
    assert set(variants_of(local, 200)) == {"b"}


def test_an_exact_split_is_exact_at_any_time():
    seen = variants_of(split({"a": 2.0, "b": 1.0}, runtime={"exact": True}), 300)
    assert seen[:6] == ["a", "b", "a"] * 2
    for n in range(1, 301):
        assert abs(seen[:n].count("a") - 2 / 3 * n) < 1


@pytest.mark.parametrize("exact", [True, False])
def test_new_weights_act(exact):
    local = split({"a": 1.0, "b": 0.0}, runtime={"exact": exact})
    assert set(variants_of(local, 20)) == {"a"}
    desired = [{"VariantName": "a", "DesiredWeight": 0.0}, {"VariantName": "b", "DesiredWeight": 1.0}]
    local.ok(
        "UpdateEndpointWeightsAndCapacities",
        {"EndpointName": "e", "DesiredWeightsAndCapacities": desired},
    )
    assert set(variants_of(local, 20)) == {"b"}


def test_without_any_weight_it_is_refused():
    answer = split({"a": 0.0, "b": 0.0}).infer()
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert "no production variant with a weight above 0" in answer.body["Message"]


def test_a_target_variant_overrides_the_weights():
    local = split({"a": 1.0, "b": 0.0})
    assert local.invoke(target_variant="b")["InvokedProductionVariant"] == "b"


def test_a_target_variant_that_is_not_there_is_refused():
    answer = split({"a": 1.0}).infer(target_variant="nope")
    assert (answer.code, answer.body["Message"]) == (
        "ValidationError",
        "Endpoint e has no production variant nope.",
    )


def test_an_endpoint_starts_from_nothing_after_one_of_its_name_was_deleted():
    models = [{"match": {"endpoints": "e"}, "echo": True, "not_ready": 1}]
    local = split({"a": 2.0, "b": 1.0}, runtime={"exact": True}, models=models)
    local.endpoint("other")

    def statuses():
        return [local.infer(session_id="NEW_SESSION").status for _ in range(4)]

    first = statuses()
    traffic = local.scenario.traffic
    assert (first, len(traffic._sessions)) == ([429, 429, 200, 200], 2)
    local.invoke(to="other", session_id="NEW_SESSION")
    local.ok("DeleteEndpoint", {"EndpointName": "e"})
    assert [key.name for key in (*traffic._invocations, *traffic._turns)] == ["other", "other"]
    assert {key.name for key, *_ in (*traffic._starting, *traffic._sessions)} == {"other"}
    local.ok("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "e-config"})
    assert statuses() == first


def shadowed(shadow_weight: float) -> Local:
    local = Local(
        models=[{"match": {"variants": "shadow"}, "python": "tests.support.python_models:keep"}]
    )
    local.model()
    shadow = {**VARIANT, "VariantName": "shadow", "InitialVariantWeight": shadow_weight}
    local.endpoint(ShadowProductionVariants=[shadow])
    return local


def test_a_shadow_variant_gets_copies_and_no_one_hears_of_its_answers(kept):
    local = shadowed(1.0)
    assert {
        local.invoke(b"x", content_type="text/csv")["InvokedProductionVariant"] for _ in range(5)
    } == {"AllTraffic"}
    assert [(each.variant, each.body, each.content_type) for each in kept] == [
        ("shadow", b"x", "text/csv")
    ] * 5


def test_a_copy_for_a_shadow_is_dropped_while_others_hold_too_much_memory(kept, caplog):
    local = shadowed(1.0)
    local.scenario.bounds.background_bytes = 10_000
    assert local.infer(b"x").status == 200
    assert kept == []
    assert local.scenario.evicted == {"background jobs": 1}
    assert "evicted background jobs" in caplog.text


def test_a_shadow_of_half_the_weight_gets_half_of_the_copies(kept):
    variants_of(shadowed(0.5), 1000)
    assert 430 < len(kept) < 570


def test_a_shadow_of_no_weight_gets_no_copies(kept):
    variants_of(shadowed(0.0), 20)
    assert kept == []
