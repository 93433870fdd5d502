"""Dates of ARFF attributes, in the notation that the attribute declares: Java's SimpleDateFormat."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError

DEFAULT: Final = "yyyy-MM-dd'T'HH:mm:ss"
_TOKEN: Final = re.compile(r"'((?:[^']|'')*)'|(y+|M+|d+|H+|h+|m+|s+|S+|a+|Z+|X+|z+|E+)|(.)", re.DOTALL)
_FIELDS: Final = (
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("M", "%m"),
    ("d", "%d"),
    ("H", "%H"),
    ("h", "%I"),
    ("m", "%M"),
    ("s", "%S"),
    ("S", "%f"),
    ("a", "%p"),
    ("Z", "%z"),
    ("X", "%z"),
    ("EEEE", "%A"),
    ("E", "%a"),
)


def moments(cells: Sequence[str | None], form: str, name: str) -> pa.Array:
    """Cells as timestamps, in UTC where they say a zone.

    Raises:
        InvalidTableError: On a letter of the format that isn't known, or the first cell that isn't written so.
    """
    plain = _strptime(form, name)
    found: list[dt.datetime | None] = []
    for row, cell in enumerate(cells, start=1):
        if cell is None:
            found.append(None)
            continue
        try:
            moment = dt.datetime.strptime(cell.strip(), plain)  # the format says whether there is a zone
        except ValueError as error:
            raise InvalidTableError(
                f"row {row} ({COUNTED}) of the date attribute {name!r} holds {cell!r}, which isn't written as {form!r}",
                field=f"file.{name}",
                value=cell,
                limit=form,
            ) from error
        found.append(moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None))
    return pa.array(found, pa.timestamp("us"))


def _strptime(form: str, name: str) -> str:
    """A format of Java's in Python's words."""
    parts = []
    for token in _TOKEN.finditer(form):
        quoted, letters, other = token[1], token[2], token[3]
        if quoted is not None:
            parts.append((quoted.replace("''", "'") or "'").replace("%", "%%"))
        elif letters is None and not other.isalpha():
            parts.append("%%" if other == "%" else other)
        else:
            parts.append(_field(letters or other, form, name))
    return "".join(parts)


def _field(letters: str, form: str, name: str) -> str:
    if letters[0] == "y":
        return "%y" if letters == "yy" else "%Y"
    for known, field in _FIELDS:
        if letters == known or (len(known) == 1 and letters[0] == known and not (known == "M" and len(letters) > 2)):
            return field
    raise InvalidTableError(
        f"the date attribute {name!r} has the format {form!r}, whose {letters!r} is not read",
        field=f"file.{name}",
        value=form,
        limit="letters y, M, d, H, h, m, s, S, a, Z, X, E",
    )
