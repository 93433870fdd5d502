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
