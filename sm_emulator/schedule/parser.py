"""From the text of a schedule to its causes, and what is wrong with a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, NoReturn
from urllib.parse import unquote

from sm_emulator.catalog import document, implemented_operations
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.resources import RESOURCES
from sm_emulator.schedule.causes import (
    ALL,
    FAULT_KINDS,
    SLOW,
    Cause,
    Crash,
    Fault,
    Label,
    Late,
    Outcome,
    resource_text,
)
from sm_emulator.values import did_you_mean, printable
from sm_emulator.wire.call import type_of

_EXAMPLE = "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3"
_LABEL = re.compile(r"([^()#]*)\(([^()#]*)\)#(.*)", re.DOTALL)
_SUBJECT = re.compile(r"([^()#]*)\(([^()#]+)\)", re.DOTALL)
_MOST, _LONGEST = 1_000_000, 100_000
_QUOTED = 60


class ScheduleError(ConfigurationError):
    """A text that is not a schedule. The message names the place and what is allowed."""


class Word(NamedTuple):
    """A word of the text, and the number of its first character, from 1."""

    text: str
    at: int


class _Words:
    """The words of one cause, taken one after the other."""

    def __init__(self, words: list[Word], end: int) -> None:
        self._words, self._end = words, end

    def take(self, expected: str) -> Word:
        """Take the next word. Raises ScheduleError where there is none."""
        if not self._words:
            refuse(Word("", self._end), f"{expected} is missing")
        return self._words.pop(0)

    def take_if(self, prefix: str) -> Word | None:
        """Take the next word if it begins like this."""
        return self._words.pop(0) if self._words and self._words[0].text.startswith(prefix) else None

    def finish(self) -> None:
        """Refuse what is left."""
        if self._words:
            refuse(self._words[0], "nothing is expected here but ';'")


def parse(text: str) -> tuple[Cause, ...]:
    """Return the causes that a text describes. Raises ScheduleError."""
    if len(text) > _LONGEST:
        raise ScheduleError(Problem("schedule", f"is longer than {_LONGEST} characters"))
    if not text.strip():
        return ()
    causes: dict[object, Cause] = {}
    for words, first in _split(text):
        cause = _cause(words)
        place = _place(cause)
        if place in causes:
            refuse(first, f"{causes[place]} is already there")
        causes[place] = cause
    return tuple(causes.values())


def refuse(word: Word, message: str, name: str = "", allowed: Iterable[str] = ()) -> NoReturn:
    """Raise ScheduleError for a word; with the names that are `allowed` instead of `name`."""
    shown = printable(word.text if len(word.text) <= _QUOTED else f"{word.text[:_QUOTED]}…")
    hint = did_you_mean(name, allowed) if name else ""
    listed = f"; allowed: {', '.join(allowed)}" if allowed else ""
    quoted = f"{shown!r}{' ' if message.startswith('is ') else ': '}" if shown else ""
    raise ScheduleError(Problem("schedule", f"character {word.at}: {quoted}{message}{hint}{listed}"))


def _split(text: str) -> Iterator[tuple[_Words, Word]]:
    """Yield the words of each cause, and its first word."""
    start = 0
    for part in text.split(";"):
        words = [Word(m[0], start + m.start() + 1) for m in re.finditer(r"\S+", part)]
        start += len(part) + 1
        if not words:
            place = ("after the last", "") if start > len(text) else ("before it", ";")
            refuse(Word(place[1], start), f"there is no cause {place[0]}; write one like {_EXAMPLE}")
        yield _Words(words, start), words[0]


def _place(cause: Cause) -> object:
    """Return what two causes of one schedule cannot share."""
    match cause:
        case Crash():
            return cause
        case Late(label, subject):
            return label, subject
        case _:
            return label_kind(cause)


def label_kind(cause: Fault | Outcome) -> tuple[Label, type]:
    """Return a request and whether it fails, or what it begins."""
    return cause.label, type(cause)


def _cause(words: _Words) -> Cause:
    first = words.take("a cause")
    if first.text == "crash":
        second = words.take("'after' and a number")
        if second.text != "after":
            refuse(second, "'after' is expected here")
        after = words.take("the number of a write")
        crash = Crash(_number(after, after.text))
        words.finish()
        return crash
    cause = _of_label(_label(first), words)
    words.finish()
    return cause


def _label(word: Word) -> Label:
    parts = _LABEL.fullmatch(word.text)
    if parts is None:
        refuse(
            word, f"a request is expected here, like CreateEndpoint(ep)#1; or a whole cause: {_EXAMPLE}"
        )
    operation, resource, number = parts.groups()
    if operation not in (known := implemented_operations()):
        refuse(word, f"{printable(operation)!r} is not an operation", operation, known)
    if not number:
        refuse(word, "the number of the request is missing after #")
    return Label(operation, _name(type_of(operation), resource), _number(word, number))


def _of_label(label: Label, words: _Words) -> Cause:
    word = words.take("what happens to the request")
    if word.text == "late":
        subject = _subject(words.take("what is seen late, like EndpointConfig(cfg),"))
        versions = _number(word, words.take("the number of versions").text) if words.take_if("by") else 1
        return Late(label, subject, _count(words, None), versions)
    if word.text == "fails":
        return _failure(label, words.take("the name of a failure"))
    if word.text == SLOW:
        return _outcome(label, word, SLOW)
    if word.text not in FAULT_KINDS:
        kinds = ["late", *FAULT_KINDS, "fails", SLOW]
        refuse(word, "is not a kind of cause", word.text, kinds)
    return Fault(label, word.text, _count(words, 1))


def _subject(word: Word) -> str:
    parts = _SUBJECT.fullmatch(word.text)
    if parts is None:
        refuse(word, "a resource is expected here, like EndpointConfig(cfg)")
    type_, name = parts.groups()
    if type_ not in (types := [resource.type for resource in RESOURCES]):
        refuse(word, f"{printable(type_)!r} is not a type of resource", type_, types)
    return resource_text(type_, _name(type_, name))


def _name(type_: str, quoted: str) -> str:
    """Return the name that a text has, in the form in which it is unique; an alias stays."""
    name = unquote(quoted, errors="surrogatepass")
    identity = next((r.identity for r in RESOURCES if r.type == type_), str)
    return name if "~" in name else identity(name)


def _failure(label: Label, word: Word) -> Outcome:
    failures = document("config.schema")["$defs"]["life"]["properties"]["failure"]["enum"]
    if word.text not in failures:
        refuse(word, "is not a failure", word.text, failures)
    if label.operation.startswith("Delete"):
        refuse(word, f"{label.operation} cannot fail later; it can be {SLOW}")
    return _outcome(label, word, word.text)


def _outcome(label: Label, word: Word, name: str) -> Outcome:
    match = document("config.schema")["$defs"]["life"]["properties"]["match"]["properties"]
    if label.operation not in (lasting := match["operations"]["items"]["enum"]):
        refuse(word, f"{label.operation} takes no time", "", lasting)
    return Outcome(label, name)


def _count(words: _Words, default: int | None) -> int | None:
    word = words.take_if("x")
    if word is None:
        return default
    return None if word.text == f"x{ALL}" else _number(word, word.text[1:], f", or {ALL}")


def _number(word: Word, digits: str, other: str = "") -> int:
    if not re.fullmatch("[0-9]{1,7}", digits, re.ASCII) or not 1 <= int(digits) <= _MOST:
        refuse(word, f"a whole number from 1 to {_MOST} is expected{other}")
    return int(digits)
