"""The pages of the documentation, as tests read them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Block(NamedTuple):
    """A fenced block of code."""

    language: str
    title: str
    text: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, oldest first, those in tabs and lists without their indent."""
    found = re.findall(
        r'^( *)```(\w*)(?: title="([^"]*)")?\n(.*?)^\1```$', text, re.DOTALL | re.MULTILINE
    )
    return [
        Block(language, title, re.sub(rf"^{indent}", "", body, flags=re.MULTILINE))
        for indent, language, title, body in found
    ]


def sections(text: str) -> dict[str, str]:
    """Return the sections of a page by their titles, in order."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def anchor(title: str) -> str:
    """Return the anchor of a title, as GitHub and MkDocs make it of plain words."""
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
