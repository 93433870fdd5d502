"""UTF-8 that was read as a codepage of one byte, and written as UTF-8 once more: ``Ã©`` for ``é``."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow.compute as pc

from metafeatures.cells.text import Labels
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.notice import Notice

_CONTINUES: Final = (  # the bytes 0x80 to 0xBF in latin-1 and in cp1252
    r"\x{80}-\x{bf}\x{152}\x{153}\x{160}\x{161}\x{178}\x{17d}\x{17e}\x{192}\x{2c6}\x{2dc}\x{2013}\x{2014}"
    r"\x{2018}-\x{201a}\x{201c}-\x{201e}\x{2020}-\x{2022}\x{2026}\x{2030}\x{2039}\x{203a}\x{20ac}\x{2122}"
)
_SUSPECT: Final = rf"[\x{{c2}}-\x{{df}}][{_CONTINUES}]|[\x{{e0}}-\x{{ef}}][{_CONTINUES}]{{2}}"
_SURE: Final = ("Ã", "Â", "â")  # what most letters of Western Europe, signs and typographic quotes begin with
_LEAST_PAIRS: Final = 2  # where it is none of these: a capital and a quote behind it look alike
_LOOKED_AT: Final = 1_000  # suspect labels of a column


def once(text: str) -> str | None:
    """The text that was encoded twice; None where it doesn't look so."""
    try:
        raw = b"".join(c.encode("latin-1" if ord(c) <= 0xFF else "cp1252") for c in text)
        mended = raw.decode("utf-8")
    except UnicodeError:
        return None
    n_pairs = sum(not c.isascii() for c in mended)
    is_sure = any(sign in text for sign in _SURE)
    return mended if is_sure or n_pairs >= _LEAST_PAIRS else None


def double_encodings(names: Sequence[str], labels: Mapping[str, Labels]) -> tuple[Notice, ...]:
    """A notice of the names and cells that were encoded twice; what they hold is kept as it is."""
    odd_names = [name for name in names if not name.isascii() and _is_twice(name)]
    found = [(name, label) for name, one in labels.items() if (label := _first(one)) is not None]
    if not odd_names and not found:
        return ()
    if found:
        name, label = found[0]
        text, row = labels[name].texts[label].as_py(), labels[name].first_row(label) + 1
        where = f"first {text!r} in column {name!r}, row {row} ({COUNTED})"
    else:
        name, text, row = odd_names[0], odd_names[0], None
        where = f"first the name of column {name!r}"
    columns = [*odd_names, *(n for n, _ in found if n not in odd_names)]
    words = (
        f"{len(columns)} column{' holds' if len(columns) == 1 else 's hold'} text that was encoded as UTF-8 twice,"
        f" {where}, which was {once(text)!r}: kept as it is; where other tables have it right, its labels differ"
    )
    return (Notice("double_encoded", words, row=row, column=name, count=len(columns)),)


def _is_twice(text: str) -> bool:
    return once(text) is not None


def _first(labels: Labels) -> int | None:
    """The label of the first rows that looks encoded twice."""
    if pc.all(pc.string_is_ascii(labels.texts)).as_py() is not False:
        return None
    suspect = pc.match_substring_regex(labels.texts, _SUSPECT).to_numpy(zero_copy_only=False)
    places = np.flatnonzero(suspect & (labels.counts > 0))[:_LOOKED_AT]
    odd = [place for place in places.tolist() if _is_twice(labels.texts[place].as_py())]
    return min(odd, key=labels.first_row) if odd else None
