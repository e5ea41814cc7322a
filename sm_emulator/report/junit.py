"""The report as JUnit XML, as CI servers show it: a test case for each type of finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

# Characters that XML 1.0 cannot hold, or that a terminal may obey; a client may put them into a name
CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Mapping[str, Any]) -> str:
    """Return a report's document as XML."""
    types, findings = report["finding_types"], report["findings"]
    failed = {finding["name"] for finding in findings}
    counts = {"tests": str(len(types)), "failures": str(len(failed)), "errors": "0"}
    suites = Element("testsuites", counts)
    suite = SubElement(
        suites, "testsuite", {"name": "sm-emulator", **counts, "time": f"{report['duration']:.3f}"}
    )
    for kind in types:
        case = SubElement(suite, "testcase", {"classname": "sm-emulator.retries", "name": kind["name"]})
        found = [finding for finding in findings if finding["name"] == kind["name"]]
        if found:
            message = CONTROL.sub("\ufffd", found[0]["message"])
            failure = SubElement(case, "failure", {"type": kind["name"], "message": message})
            failure.text = CONTROL.sub("\ufffd", "\n\n".join(map(_text, found)))
    indent(suites)
    return tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _text(finding: Mapping[str, Any]) -> str:
    lines = [
        f"+{attempt['offset']:.3f} s  {attempt['operation']}  attempt {attempt['attempt']}  "
        f"{attempt['outcome']}  {attempt['request_id']}"
        for attempt in finding["evidence"]
    ]
    return "\n".join([finding["message"], *lines, f"What to do: {finding['advice']}"])
