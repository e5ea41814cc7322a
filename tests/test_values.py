"""Durations, globs and suggestions."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sm_emulator.values import MAX_GLOB, did_you_mean, is_glob, matches_glob

TEXTS = st.text("ab-]![*?\n", max_size=12)


@given(text=TEXTS, glob=TEXTS)
@example(text="]", glob="[]]")
@example(text="a", glob="[!]]")
@example(text="[b", glob="[*")
def test_globs_have_the_semantics_of_fnmatch(text, glob):
    assert matches_glob(text, glob) == fnmatchcase(text, glob)


@pytest.mark.parametrize("glob", ["", "a", "[a]", "[]]", "[!]]", "]", "[[]", "[!a]b[c]"])
def test_a_glob_whose_brackets_are_closed_is_valid(glob):
    assert is_glob(glob)


@pytest.mark.parametrize("glob", ["[", "[]", "[!]", "[!", "a[b", "[a][", "[]]" * 340 + "["])
def test_a_glob_with_an_unclosed_bracket_is_invalid(glob):
    assert not is_glob(glob)


@pytest.mark.parametrize("glob", ["*a" * 512, "*a?" * 341, "*[ab]" * 204, "[ab]*" * 204])
def test_hostile_globs_end(glob):
    """Exponential matching would not end."""
    assert not matches_glob("a" * 200 + "c", glob)
    assert matches_glob("a" * 2000, glob)


def test_a_glob_has_a_greatest_length():
    assert matches_glob("a", "*" * MAX_GLOB)
    with pytest.raises(ValueError, match="a glob of 1025 characters; allowed: at most 1024"):
        matches_glob("a", "*" * (MAX_GLOB + 1))


def test_a_suggestion_is_the_nearest_name():
    assert did_you_mean("dynamo", ["dynamodb", "strong"]) == "; did you mean 'dynamodb'?"
    assert did_you_mean("x", ["dynamodb"]) == ""
    assert did_you_mean("dynamodb" * 1_000_000, ["dynamodb" * 1_000_000]) == ""
