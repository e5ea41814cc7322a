"""Check that retired words stay out of code, help and documentation; print the standard term for each.

    make lint, or: python scripts/check_words.py [FILE …]

A word matches whole, in any case, also as a part of a snake_case name. `docs/glossary.md` defines the
standard terms.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    *("sm_emulator/**/*.py", "sm_emulator/**/*.html", "examples/**/*.py", "scripts/*.py"),
    *("siege/**/*.py", "conformance/**/*.py", "benchmarks/*.py", "fuzz/*.py"),
    *("docs/**/*.md", "*.md", "mkdocs.yml", "Makefile"),
    *("schemas/config.schema.json", "schemas/*.toml", "tests/fidelity/differences.toml"),
)
# This list itself, and the list of renamed names
SKIPPED = {"scripts/check_words.py", "CHANGELOG.md"}

# A regular expression between word boundaries, and what to write instead
RETIRED = {
    r"told": "reported, returned, given or known",
    r"(?<!cannot )tells?": "report, return or show",
    r"telling": "debug headers, reporting",
    r"met|meets?|meeting": "see, encounter, match or observe",
    r"noes": "rejections",
    r"(in[ _])?vain": "unreachable, has no effect",
    r"door": "origin policy",
    r"elsewhere": "backend, other services",
    r"neighbours?": "other services",
    r"aside": "background",
    r"errands?": "operation",
    r"occasions?": "fault context",
    r"strikes?": "apply",
    r"damages?": "mutation",
    r"foretells?|foretold": "would_apply, predict",
    r"hopeless": "non-retryable",
    r"undecided": "indeterminate",
    r"speaks?|spoken(_at)?": "use, protocol",
    r"worlds?": "scenario",
    r"beside": "in addition to, next to",
    r"nobody": "no one, nothing; or rephrase",
    r"owed": "misses left",
    r"thrice|hardly|hence|lest|whereof|thereof": "a plain word",
    r"anew": "again",
    r"at once(?! (more|again))": "immediately, at the same time",
    r"mends?|mended|mending": "fix",
    r"forgets?|forgot|forgotten": "discard, remove",
    r"lets?[ _]go|letting go": "drop, release",
    r"rooms?": "package",
    r"mood": "load",
    r"glad": "a plain word",
    r"so many(th)?|so often": "the given number of, N",
    r"go(es)? with": "requires, belongs to",
    r"of use only with": "requires",
    r"tak(e|es|en|ing)[ _]on[ _]trust": "does not verify",
    r"(?<!there )(?<!if )is no(?= (?!longer|more|less|later|way|need|reason)[a-z])": "is not a",
    r"whole li(fe|ves)": "lifecycle run",
    r"becomes? of|became of": "the result of, happens to",
    r"of (ours|yours)": "our, your",
    r"way (of a request|itself)|go(es)? a way|follows? (a|the) way": "steps, request lifecycle",
    r"what (came|is held|it met|stands)": "a noun: requests, pending writes, reads",
    r"by being there": "is discovered in its package",
    r"take_on_trust|is_about_another|known_as|fresh_scenario": "the new name",
    r"whom": "a plain sentence",
    r"ask(s|ing)?(?! (for|this|to))|asked": "request, call, query or read",
    r"stands?(?! (for|in for|alone)|-in|_in)": "is",
}
# A docstring begins with a verb of PEP 257
OPENERS = re.compile(r'"""(Tell|Give|Say)\b')

WORDS = [
    (re.compile(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])", re.IGNORECASE), instead)
    for pattern, instead in RETIRED.items()
]


def hits(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, retired word and standard term, in order of lines."""
    for number, line in enumerate(text.splitlines(), 1):
        if opener := OPENERS.search(line):
            yield number, opener[0], "Return …, or another imperative verb"
        for pattern, instead in WORDS:
            for match in pattern.finditer(line):
                yield number, match[0], instead


def files(arguments: list[str]) -> list[Path]:
    """Return the files to check: those given, else every place of the list."""
    if arguments:
        return [Path(argument).resolve() for argument in arguments]
    found = {path for place in PLACES for path in ROOT.glob(place)}
    return sorted(path for path in found if str(path.relative_to(ROOT)) not in SKIPPED)


def main() -> int:
    """Print every hit as `file:line: word: standard term`; return 1 if there is one."""
    count = 0
    for path in files(sys.argv[1:]):
        for number, word, instead in hits(path.read_text(encoding="utf-8")):
            count += 1
            print(f"{path.relative_to(ROOT)}:{number}: {word!r}: {instead}")
    if count:
        print(f"{count} retired words; see docs/glossary.md", file=sys.stderr)
    return bool(count)


if __name__ == "__main__":
    sys.exit(main())
