"""The report as JUnit XML, as CI servers show it: a test case for each kind of finding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

# What XML 1.0 cannot hold, as a client may put it into a name
_UNSPEAKABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Mapping[str, Any]) -> str:
    """Write a report's document."""
    findings = report["findings"]
    failed = {finding["name"] for finding in findings}
    counts = {"tests": str(len(report["kinds"])), "failures": str(len(failed)), "errors": "0"}
    suites = Element("testsuites", counts)
    suite = SubElement(
        suites, "testsuite", {"name": "sm-emulator", **counts, "time": f"{report['duration']:.3f}"}
    )
    for kind in report["kinds"]:
        case = SubElement(suite, "testcase", {"classname": "sm-emulator.retries", "name": kind["name"]})
        found = [finding for finding in findings if finding["name"] == kind["name"]]
        if found:
            message = _speakable(found[0]["message"])
            failure = SubElement(case, "failure", {"type": kind["name"], "message": message})
            failure.text = _speakable(_text(found))
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _text(found: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for finding in found:
        lines = [
            f"+{attempt['offset']:.3f} s  {attempt['operation']}  attempt {attempt['attempt']}  "
            f"{attempt['outcome']}  {attempt['request_id']}"
            for attempt in finding["evidence"]
        ]
        parts.append("\n".join([finding["message"], *lines, f"What to do: {finding['advice']}"]))
    return "\n\n".join(parts)


def _speakable(text: str) -> str:
    return _UNSPEAKABLE.sub("\ufffd", text)
