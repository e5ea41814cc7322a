"""Links lead to an existing file and title, or to a valid https address.

MkDocs also checks the links within docs/; only these tests check README.md and the other pages at the top.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.documentation import ROOT, anchor

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def targets(page: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page.read_text()))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def titles(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {anchor(title) for title in found}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_of_a_page_is_valid(page: Path):
    for target in targets(page):
        address = urlsplit(target)
        if address.scheme:
            assert address.scheme == "https", target
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", address.netloc), target
            continue
        file = (page.parent / address.path).resolve() if address.path else page
        assert file.exists(), target
        assert not address.fragment or address.fragment in titles(file), target


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text()
    missing = [
        page
        for page in ROOT.glob("docs/**/*.md")
        if str(page.relative_to(ROOT / "docs")) not in navigation
    ]
    assert missing == []
