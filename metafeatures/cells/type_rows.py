"""Rows below the header that describe the columns: types, as databases write them, and texts of questionnaires.

Read as rows they are a class of their own, and a word among the numbers of every column.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from warmtune.vocabulary.notice import Notice

Words = Sequence[str | None]
"""The texts of a row: "" for an empty cell, None for a number."""

MOST_ROWS: Final = 2
"""Rows below a header that may describe it: types and roles, or questions and their keys."""

_TYPE: Final = re.compile(
    r"<?(?i:xsd?:|(?:nullable|lowcardinality)\()*"
    r"(?i:u?int(?:eger)?\d*|[iuf](?:8|16|32|64)|bigint|smallint|tinyint|long|float\d*|double(?: precision)?|dbl|real"
    r"|num|number|numeric|numerical|quantitative|decimal|bool(?:ean)?|logical|lgl|str(?:ing)?|text|chr|varchar2"
    r"|(?:n?var|bp)?char(?:acter)?(?: varying)?|object|category|categorical|qualitative|factor|fct|nominal|ordinal"
    r"|continuous|discrete|date(?:time)?(?:32|64)?|dttm|time(?:stamp)?(?:tz)?|uuid|enum\d*|basic)"
    r"(?:\([^()]*\))?\)*>?"
    r"|\d{1,3}[snd]"  # width and type, as the U.S. Geological Survey writes them
    r"|(?i:open-ended response|response|other \(please specify\))"
)
_ONLY_A_TYPE: Final = re.compile(
    r"\d{1,3}[snd]|.*[()].*|<.*>|(?i:xsd?:.*|u?int\d+|[iuf]\d+|float\d+|dbl|chr|fct|lgl|dttm|date(?:time)?(?:32|64)"
    r"|enum\d+|bigint|smallint|tinyint|n?varchar2?|bpchar|double precision|character varying|timestamptz|timetz"
    r"|open-ended response)|Response"
)
_OF_NUMBERS: Final = re.compile(
    r"(?i:u?int(?:eger)?|long|float|double|real|num|number|numeric|numerical|decimal|continuous|quantitative)"
)  # such as are also words
_OF_DATES: Final = re.compile(r"(?i:date(?:time)?|time(?:stamp)?)")
_LETTER: Final = re.compile("[CDSTMcdstm]")  # Orange's types; a letter may also be a category
_ROLE: Final = re.compile("(?i:class|meta|ignore|weight|[cmiw])")
_STATISTIC: Final = re.compile("Smp|Avg|Tot|Max|Min|Std|Med|Mom|Cov|Hst|Spl|FFT|CCt|ETsz|RSo|W?Vec|WVc|TMx|TMn")
_SHOWN: Final = 40
_KEY: Final = re.compile(r'\{"ImportId":.*\}', re.DOTALL)  # Qualtrics'


@dataclass(frozen=True, slots=True)
class DescribingRows:
    """The first rows of a table that look as if they described its columns.

    Attributes:
        n_rows: How many.
        is_certain: Whether no row of a table looks so. Else the first row's words stand in no other row, if it is one.
        needs_numbers: Whether a word of the first row must stand above numbers: single letters may be categories.
        must_agree: Whether all its words may also be categories, as "text" and "number" are: see `calls_for`. If none
            calls for anything, one must stand above several columns.
    """

    n_rows: int
    is_certain: bool = False
    needs_numbers: bool = True
    must_agree: bool = False


def describing_rows(rows: Sequence[Words]) -> DescribingRows | None:
    """Which of the first rows look as if they described the columns; None where the first one doesn't.

    Args:
        rows: Texts of the first rows, at most `MOST_ROWS`, each of ``n_columns``.
    """
    for k, row in enumerate(rows):
        if all(word is not None and _KEY.fullmatch(word) for word in row):
            return DescribingRows(k + 1, is_certain=True)
    if len(rows) > 1 and None not in rows[0] and _is_of_statistics(rows[1]):
        return DescribingRows(2, is_certain=True)
    filled = [word for word in rows[0] if word]
    if not filled or None in rows[0] or not all(_TYPE.fullmatch(word) or _LETTER.fullmatch(word) for word in filled):
        return None
    has_letters = any(_LETTER.fullmatch(word) for word in filled)
    if has_letters and len(filled) < len(rows[0]):
        return None
    has_roles = len(rows) > 1 and _is_of_roles(rows[1])
    return DescribingRows(
        1 + has_roles,
        needs_numbers=has_letters or 2 * len(filled) <= len(rows[0]) or len(filled) == 1,
        must_agree=not (has_letters or (has_roles and "" in rows[1]) or any(map(_ONLY_A_TYPE.fullmatch, filled))),
    )


def calls_for(word: str) -> Literal["numbers", "dates"] | None:
    """What a word says that the cells below it are; None where they may be any text."""
    if _OF_NUMBERS.fullmatch(word):
        return "numbers"
    return "dates" if _OF_DATES.fullmatch(word) else None


def are_types(words: Sequence[str]) -> bool:
    """Whether words are types, and no names, as one of them is only a type or stands above several columns."""
    return all(map(_TYPE.fullmatch, words)) and (
        len(set(words)) < len(words) or any(map(_ONLY_A_TYPE.fullmatch, words))
    )


def notice_of(n_rows: int, first: Words) -> Notice:
    """What is reported of such rows."""
    shown = ", ".join(repr(word if len(word) <= _SHOWN else f"{word[: _SHOWN - 1]}…") for word in first[:3] if word)
    where = "the row below the header describes" if n_rows == 1 else f"{n_rows} rows below the header describe"
    return Notice("units_row", f"{where} the columns ({shown}): left out", row=1, count=n_rows)


def _is_of_statistics(row: Words) -> bool:
    """Whether a row below units says how each column was computed of samples, as in files of Campbell's loggers."""
    return any(row) and all(word is not None and (not word or _STATISTIC.fullmatch(word)) for word in row)


def _is_of_roles(row: Words) -> bool:
    """Whether a row below types says which column is the class, as in Orange's files."""
    return any(row) and all(word is not None and (not word or _ROLE.fullmatch(word)) for word in row)
