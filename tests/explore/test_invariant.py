"""What must hold in the end, as a text or a function."""

import pytest

from sm_emulator.errors import ConfigurationError
from sm_emulator.explore.invariant import invariant

STATE = {
    "Endpoint(churn)": {
        "EndpointName": "churn",
        "EndpointConfigName": "cfg",
        "EndpointStatus": "Failed",
    },
    "Model(m)": {"ModelName": "m"},
}


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("endpoint churn is Failed", ""),
        ("endpoint churn is InService", "it is Failed"),
        ("endpoint other is InService", "it does not exist"),
        ("endpoint churn uses cfg", ""),
        ("endpoint churn uses cfg2", "it uses cfg"),
        ("model m is InService", "it is nothing of the kind"),
        ("model m exists", ""),
        ("model n exists", "it does not exist"),
        ("model n vanishes", ""),
        ("model m vanishes", "it exists"),
    ],
)
def test_a_text_says_what_is_wrong_in_the_end(text, broken):
    assert invariant(text).broken(STATE) == broken


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" ", "is empty; write one like endpoint churn is InService"),
        ("endpiont churn exists", "'endpiont', word 1, is not a type of resource"),
        ("endpoint", "a name is missing after 'endpoint'"),
        ("endpoint churn", "a verb is missing after 'churn'; allowed: exists, vanishes, is, uses"),
        ("endpoint churn was InService", "'was', word 3, is not a verb"),
        ("endpoint churn is", "one word is expected after 'is'"),
        ("endpoint churn exists now", "nothing is expected after 'exists'"),
    ],
)
def test_an_invalid_text_is_refused_by_the_word(text, message):
    with pytest.raises(ConfigurationError) as refused:
        invariant(text)
    assert message in str(refused.value)


def test_a_function_returns_false_or_fails_an_assertion():
    def has_model(state):
        return "Model(m)" in state

    def one_resource(state):  # raised here, since pytest rewrites the text of `assert`
        raise AssertionError(f"{len(state)} resources")

    def bare(_state):
        raise AssertionError

    assert invariant(has_model).text == "has_model"
    assert [invariant(each).broken(STATE) for each in (has_model, one_resource, bare)] == [
        "",
        "2 resources",
        "an assertion failed",
    ]
    assert invariant(has_model).broken({}) == "it returned False"
