"""See that the built site loads nothing from elsewhere: fonts, scripts, styles, pictures. No network.

make docs
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "site"
# What a browser fetches by itself; a link that a reader follows is not among it
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b[^>]*\shref=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|(?:url\(|@import\s)["']?((?:https?:)?//[^"')\s]+)"""
)


def main() -> int:
    """Print what would be fetched, by page; 1 if there is any."""
    pages = [path for path in sorted(SITE.rglob("*")) if path.suffix in {".html", ".css"}]
    found = [
        f"{page.relative_to(SITE)} loads {next(filter(None, match.groups()))}"
        for page in pages
        for match in FETCHED.finditer(page.read_text())
    ]
    print("\n".join(found) or f"{len(pages)} pages and styles load nothing from elsewhere")
    return bool(found or not pages)


if __name__ == "__main__":
    sys.exit(main())
