"""Names that are nearly known ones."""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LIKENESS: Final = 0.8
_MOST_COMPARED: Final = 10_000
_LONGEST: Final = 100


def near_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like another one, whatever their case; None where none is like it."""
    by_case: dict[str, str] = {}
    for one in known:
        if len(by_case) >= _MOST_COMPARED:
            break
        by_case.setdefault(_plain(one), one)
    found = get_close_matches(_plain(name[:_LONGEST]), by_case, n=1, cutoff=_LIKENESS)
    return by_case[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What follows in a message about an unknown name: empty where no known one is like it."""
    near = near_name(name, known)
    return "" if near is None else f"; did you mean {near!r}?"


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip().replace("-", "_").replace(" ", "_")
