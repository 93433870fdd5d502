"""Tables as pandas, Spark and R print them: where they are large, rows and columns are left out."""

import re
from typing import Final

from warmtune.vocabulary.errors import InvalidTableError

_DOTTED_ROW: Final = re.compile(rb"^[ \t]*\.{2,3}([ \t]+\.{2,3})+[ \t]*\r?$", re.MULTILINE)
_DOTTED_COLUMN: Final = re.compile(rb"^[^\r\n]*[ \t]\.\.\.[ \t]")
_CUT: Final = re.compile(
    rb"(?:^|[\r\n])[ \t]*(only showing top \d+ rows?|\[ reached [^\r\n]*-- omitted \d+ rows \]"
    rb"|(?:#|//) ?(?:\xe2\x80\xa6|\xe2\x84\xb9|\.\.\.)[^\r\n]*\d more rows?[^\r\n]*)\s*$"
)
_CONTINUED: Final = re.compile(rb"^[^\r\n]*[ \t]\\[ \t]*[\r\n]")


def check_end(tail: bytes) -> None:
    """Refuse a print whose last line says that it isn't the whole table, as Spark's `show` and R's `print` write it.

    Raises:
        InvalidTableError: Quoting the line.
    """
    if cut := _CUT.search(tail):
        words = cut[1].strip().decode("utf-8", errors="replace")[:200]
        raise InvalidTableError(
            f"this is a print of a table, and its last line says that rows are left out ({words!r}); write the whole"
            " table to a file",
            field="file",
            value=words,
            limit="every row and column",
        )


def check_print(text: bytes) -> None:
    """Refuse a print that isn't the whole frame.

    Args:
        text: From the header on, columns divided by blanks.

    Raises:
        InvalidTableError: Naming the row of dots, or the header that is continued below.
    """
    if row := _DOTTED_ROW.search(text):
        what, value = "a row of dots stands for rows that are left out", row[0]
    elif _DOTTED_COLUMN.match(text) or _CONTINUED.match(text):
        what, value = "its header says that columns are left out, or go on below", text.splitlines()[0]
    else:
        return
    raise InvalidTableError(
        f"this is a frame as pandas prints it, and {what}; save it with to_csv",
        field="file",
        value=value.strip().decode("utf-8", errors="replace")[:200],
        limit="every row and column",
    )
