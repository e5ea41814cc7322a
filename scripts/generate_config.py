"""Write what follows from the lists of faults, presets, settings and routes; `--check` only compares.

- schemas/config.schema.json: the settings of each fault, the names of consistency presets. The rest of
  that file is written by hand.
- schemas/openapi.json: the description of the admin API.
- the tables in docs/faults.md, docs/configuration.md and docs/admin-api.md, between `<!-- NAME -->`
  and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openapi import describe

from sm_emulator.admin.routes import ROUTES
from sm_emulator.config.settings import table
from sm_emulator.consistency.build import FAULT_PRESETS, PRESETS
from sm_emulator.faults.registry import FAULTS

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 110


def schema(text: str) -> str:
    """Return config.schema.json with its generated parts brought up to date."""
    whole = json.loads(text)
    definitions = whole["$defs"]
    definitions["effect"] = effect_schema()
    names = "|".join(preset.name.replace("-N", "-[1-9][0-9]{0,5}") for preset in PRESETS)
    definitions["consistency"]["properties"]["preset"]["pattern"] = f"^({names})$"
    return "".join(layout(whole, "")) + "\n"


def effect_schema() -> dict[str, Any]:
    """Return the JSON Schema of the `effect` of a rule: one branch for each fault."""
    return {
        "description": "What goes wrong, and its settings.",
        "type": "object",
        "required": ["fault"],
        "properties": {"fault": {"enum": list(FAULTS)}},
        "allOf": [
            {
                "if": {"required": ["fault"], "properties": {"fault": {"const": name}}},
                "then": {
                    "additionalProperties": False,
                    "required": list(kind.required),
                    "properties": {"fault": True, **kind.settings},
                },
            }
            for name, kind in FAULTS.items()
        ],
    }


def openapi(_: str) -> str:
    """Return openapi.json, with the definitions of config.schema.json as they are to be."""
    definitions = json.loads(schema((ROOT / "schemas/config.schema.json").read_text()))["$defs"]
    return "".join(layout(describe(definitions), "")) + "\n"


def layout(value: Any, indent: str) -> Iterator[str]:
    """Yield JSON in which what fits on a line is one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + len(line) <= WIDTH:
        yield line
        return
    inner = f"{indent}  "
    items = (
        [f"{json.dumps(key)}: {''.join(layout(item, inner))}" for key, item in value.items()]
        if isinstance(value, dict)
        else ["".join(layout(item, inner)) for item in value]
    )
    left, right = "{}" if isinstance(value, dict) else "[]"
    yield f"{left}\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}{right}"


def faults_table() -> Iterator[str]:
    yield "| fault | phase | settings | effect |\n|---|---|---|---|"
    for name, kind in FAULTS.items():
        settings = ", ".join(
            setting_cell(setting, part, required=setting in kind.required)
            for setting, part in kind.settings.items()
        )
        summary = str(kind.make.__doc__).splitlines()[0].removesuffix(".")
        yield f"| `{name}` | {', '.join(kind.phases)} | {settings} | {summary} |"


def setting_cell(name: str, part: Mapping[str, Any], *, required: bool) -> str:
    default = f" ({part['default']})" if "default" in part else ""
    return f"`{name}`{' (required)' if required else default}"


def presets_table() -> Iterator[str]:
    yield "| preset | effect | consistency | basis |\n|---|---|---|---|"
    for preset in FAULT_PRESETS.values():
        yield f"| `{preset.name}` | {preset.summary} | {preset.consistency['preset']} | {preset.basis} |"


def settings_table() -> Iterator[str]:
    yield "| key | default | meaning |\n|---|---|---|"
    for setting in table():
        default = setting.default if isinstance(setting.default, str) else json.dumps(setting.default)
        yield f"| `{setting.key}` | {default} | {setting.help.removesuffix('.')} |"


def routes_table() -> Iterator[str]:
    yield "| request | body | result |\n|---|---|---|"
    for route in ROUTES:
        path = route.path.replace("/scenarios/{id}", "…/{id}", 1)
        request = path if path != route.path else f"/_emulator{path}"
        if path == "…/{id}":
            request = "/_emulator/scenarios/{id}"
        query = "".join(f"; `?{query.name}=` {query.description}" for query in route.query)
        yield f"| `{route.verb.upper()} {request}` | {route.example} | {route.summary[:-1]}{query} |"


TABLES = {
    "faults": faults_table,
    "fault presets": presets_table,
    "settings": settings_table,
    "routes": routes_table,
}


def page(text: str) -> str:
    """Return a page with its tables brought up to date."""
    for name, rows in TABLES.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        rendered = "\n" + "\n".join(rows()) + "\n\n"
        text = re.sub(pattern, lambda m, r=rendered: m[1] + r + m[2], text, flags=re.DOTALL)
    return text


PAGES = ("docs/faults.md", "docs/configuration.md", "docs/admin-api.md")
FILES = {
    "schemas/config.schema.json": schema,
    "schemas/openapi.json": openapi,
    **dict.fromkeys(PAGES, page),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = {}
    for name, render in FILES.items():
        text = (ROOT / name).read_text()
        if (current := render(text)) != text:
            stale[name] = current
    if check:
        print("\n".join(f"{name} is out of date: run make schemas" for name in stale) or "current")
        return bool(stale)
    for name, text in stale.items():
        (ROOT / name).write_text(text)
    print(f"wrote {len(stale)} changed files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
