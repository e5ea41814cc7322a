"""Check that the built site loads nothing from other hosts: fonts, scripts, styles, pictures.

make docs
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "site"
# What a browser fetches by itself, unlike links that a reader follows
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b[^>]*\shref=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|(?:url\(|@import\s)["']?((?:https?:)?//[^"')\s]+)"""
)


def main() -> int:
    """Print what would be fetched, by page; return 1 if there is any."""
    pages = [path for path in sorted(SITE.rglob("*")) if path.suffix in {".html", ".css"}]
    found = [
        f"{page.relative_to(SITE)} loads {next(filter(None, match.groups()))}"
        for page in pages
        for match in FETCHED.finditer(page.read_text())
    ]
    print("\n".join(found) or f"{len(pages)} pages and styles load nothing from other hosts")
    return bool(found or not pages)


if __name__ == "__main__":
    sys.exit(main())
