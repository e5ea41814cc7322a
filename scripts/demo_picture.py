"""Draw docs/demo.svg, the picture on the front page, from what `sm-emulator demo` prints.

make picture

Long lines are folded, nothing else is changed. `--check` only compares.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "demo.svg"
COLUMNS = 110
CHARACTER, LINE, MARGIN = 8.4, 20, 24
HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" \
font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#d7dde5">
<title>What make demo prints</title>
<rect width="100%" height="100%" rx="10" fill="#14191f"/>
<style>text {{ white-space: pre }}</style>
"""
# Colours, by a pattern of the plain text
COLOURS = (
    ("#ffffff", r"^\$ .*|^sm-emulator demo|^\d  .*", " font-weight='bold'"),
    ("#ff8f7a", r"^ {26}\S.*|(?<=  )400|→ failed.*", ""),
    ("#7ddc8b", r"●|(?<=  )200|→ deployed|→ all .*", ""),
    ("#ffcf5c", r"○|STALE", ""),
    ("#8c98a6", r"… wait .*", ""),
)


def printed() -> str:
    """Run the demo, as a reader would."""
    command = [sys.executable, "-X", "utf8", "-m", "sm_emulator", "demo"]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()  # noqa: S603


def draw(text: str) -> str:
    """Return the text as SVG."""
    lines = [folded for line in text.splitlines() for folded in _fold(line)]
    size = {"width": COLUMNS * CHARACTER + 2 * MARGIN, "height": len(lines) * LINE + 2 * MARGIN - 4}
    rows = (
        f'<text x="{MARGIN}" y="{MARGIN + 12 + number * LINE}">{_coloured(line)}</text>\n'
        for number, line in enumerate(lines)
        if line
    )
    return HEAD.format(**size) + "".join(rows) + "</svg>\n"


def _fold(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return wrap(line, COLUMNS, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _coloured(line: str) -> str:
    patterns = "|".join(f"({pattern})" for _, pattern, _ in COLOURS)
    return re.sub(patterns, _part, escape(line, quote=False))


def _part(match: re.Match[str]) -> str:
    colour, _, more = COLOURS[(match.lastindex or 1) - 1]
    return f"<tspan fill='{colour}'{more}>{match[0]}</tspan>"


def main() -> int:
    picture = draw("$ make demo\n" + printed())
    if "--check" not in sys.argv:
        PICTURE.write_text(picture)
    elif PICTURE.read_text() != picture:
        print("docs/demo.svg is not current: make picture")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
