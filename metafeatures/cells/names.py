"""Names of columns as they are known by: without blanks around, distinct, never empty."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from metafeatures.cells.marks import INVISIBLE, TYPOGRAPHIC_QUOTES
from warmtune.vocabulary.notice import Notice

LEVELS: Final = b"warmtune:levels"
"""Key in a table's metadata that says that its names were joined from several levels."""

_NO_LEVEL = re.compile(r"|nan|Unnamed: \d+_level_\d+")
_UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)*(_level_\d+)?")


def bare_name(name: str) -> str:
    """A name without what is around it: blanks, marks without width, typographic quotes."""
    bare = name.strip().strip(INVISIBLE).strip()
    for opening, closing in TYPOGRAPHIC_QUOTES:
        if len(bare) >= len(opening + closing) and bare.startswith(opening) and bare.endswith(closing):
            return bare[len(opening) : -len(closing)].strip()
    return bare


def tidy_names(names: Sequence[str]) -> tuple[list[str], tuple[Notice, ...]]:
    """Names without blanks around; empty and repeated ones are numbered as pandas does: ``Unnamed: 3``, ``a.1``."""
    found: list[str] = []
    seen: set[str] = set()
    repeated: list[str] = []
    for place, given in enumerate(names):
        base = bare_name(given) or f"Unnamed: {place}"
        name, number = base, 0
        while name in seen:
            number += 1
            name = f"{base}.{number}"
        if number:
            repeated.append(name)
        seen.add(name)
        found.append(name)
    if not repeated:
        return found, ()
    return found, (
        Notice(
            "repeated_names",
            f"{len(repeated)} column names occur more than once and got numbers: {', '.join(map(repr, repeated[:5]))}",
            column=repeated[0],
            count=len(repeated),
        ),
    )


def is_unnamed(name: str) -> bool:
    """Whether a name is one that a column without any gets."""
    return _UNNAMED.fullmatch(name) is not None


def joined_levels(levels: Iterable[object]) -> str:
    """A name of several levels as one: ``x_p`` of ``("x", "p")``, those that are empty left out."""
    return "_".join(part for level in levels if not _NO_LEVEL.fullmatch(part := str(level).strip()))
