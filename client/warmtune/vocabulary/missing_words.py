"""The words that stand for a missing cell: one list, for files, frames and the command alike."""

from typing import Final

MISSING_WORDS: Final = (
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
    "?",
)
"""Missing in every column of text. pandas' own list, which has taken effect before anybody sees a frame, and ``?``."""

MISSING_AMONG_NUMBERS: Final = (
    *MISSING_WORDS,
    "-",
    "--",
    "---",
    ".",
    "..",
    "...",
    "*",
    "–",  # an en dash, as spreadsheets write it
    "—",
    "…",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "<null>",
    "missing",
    "n.a.",
    "na",
    "nd",
    "n.d.",
    "nil",
    "none",
    "not available",
    "nr",
    "unk",
    "unknown",
)
"""Missing where the other cells are numbers or dates, in capitals or not: elsewhere they may be categories."""


def is_missing_word(text: str, *, among_numbers: bool = False) -> bool:
    """Whether a cell's text stands for no value; blanks around it don't count."""
    word = text.strip()
    return word in MISSING_WORDS or (among_numbers and word.lower() in _AMONG_NUMBERS)


_AMONG_NUMBERS: Final = frozenset(word.lower() for word in MISSING_AMONG_NUMBERS)
