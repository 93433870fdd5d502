"""Which formats a table may come in, and how they are recognised."""

import json
import re
from enum import StrEnum
from pathlib import Path

from warmtune.vocabulary.errors import InvalidTableError

_HEAD_BYTES = 4096


class TableFormat(StrEnum):
    """The format of a table, whatever it is compressed with."""

    CSV = "csv"
    PARQUET = "parquet"
    ARROW_FILE = "arrow_file"
    ARROW_STREAM = "arrow_stream"
    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    JSON_LINES = "json_lines"
    JSON = "json"
    ARFF = "arff"

    @property
    def is_text(self) -> bool:
        """Whether its content is text, in some encoding."""
        return self in (TableFormat.CSV, TableFormat.JSON_LINES, TableFormat.JSON, TableFormat.ARFF)

    @property
    def is_workbook(self) -> bool:
        """Whether it has sheets."""
        return self in (TableFormat.XLSX, TableFormat.XLSB, TableFormat.XLS, TableFormat.ODS)


_ARFF = re.compile(rb"(\s*(%[^\n]*)?\n)*\s*@relation\b", re.IGNORECASE)
_JSON_RECORDS = re.compile(rb"\s*\[\s*(\{|\[\s*([\"\[\d-]|null|true|false)|\]\s*$)")
_JSON_LISTS = re.compile(rb"\s*\[[^\n]*\]\s*\n\s*\[")
_JSON_OBJECT = re.compile(rb"\s*\{\s*(\"|\})")


def binary_format_of(head: bytes) -> TableFormat | None:
    """Recognise a binary format by the first bytes of the (decompressed) content; None where it may be text."""
    if head.startswith(b"PAR1"):
        return TableFormat.PARQUET
    if head.startswith(b"ARROW1"):
        return TableFormat.ARROW_FILE
    if head.startswith(b"\xff\xff\xff\xff"):
        return TableFormat.ARROW_STREAM
    if head.startswith(b"PK\x03\x04"):  # a zip that is unpacked as one looks like it no more
        return TableFormat.XLSX  # or another workbook, which its members name
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return TableFormat.XLS
    return None


def text_format_of(head: bytes) -> TableFormat:
    """Recognise a text format by the beginning of the text in UTF-8; what nothing else claims is CSV."""
    if _ARFF.match(head):
        return TableFormat.ARFF
    if _JSON_LISTS.match(head) and not _JSON_RECORDS.match(head):
        return TableFormat.JSON_LINES
    if _JSON_RECORDS.match(head) or (len(head) < _HEAD_BYTES and _is_json_list(head)):
        return TableFormat.JSON
    if _JSON_OBJECT.match(head):
        first, newline, rest = head.lstrip().partition(b"\n")
        is_line = first.rstrip().endswith(b"}") or (not newline and len(head) >= _HEAD_BYTES)
        return (
            TableFormat.JSON_LINES if is_line and (not rest.strip() or rest.lstrip()[:1] == b"{") else TableFormat.JSON
        )
    return TableFormat.CSV


def _is_json_list(head: bytes) -> bool:
    """Whether a whole short text is a list, or one value, in JSON; a table of text has a line more than that."""
    text = head.strip()
    if b"\n" in text and not text.startswith(b"["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def read_head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        InvalidTableError: If it is empty.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise InvalidTableError("the file is empty", field="file", value=0, limit="at least 1 byte")
    return head
