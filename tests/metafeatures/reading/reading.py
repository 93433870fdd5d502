"""Bytes as a file that is read."""

from pathlib import Path

import pytest

from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.reading import FileTable, read_file
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, LimitExceededError


def read_bytes(
    tmp_path: Path,
    content: bytes,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: TableLimits = DEFAULT_LIMITS,
) -> FileTable:
    """Read a file of these bytes."""
    path = tmp_path / "upload"
    path.write_bytes(content)
    return read_file(path, sheet=sheet, encoding=encoding, delimiter=delimiter, limits=limits)


def columns(found: FileTable) -> dict[str, list[object]]:
    """The cells by column."""
    return {name: found.table.column(name).to_pylist() for name in found.table.column_names}


def codes(found: FileTable) -> list[str]:
    """Of the notices."""
    return [notice.code for notice in found.reading.notices]


def refusal(
    tmp_path: Path, content: bytes, *, sheet: str | None = None, limits: TableLimits = DEFAULT_LIMITS
) -> InvalidInputError:
    """The error of a file that is refused."""
    with pytest.raises(InvalidInputError) as caught:
        read_bytes(tmp_path, content, sheet=sheet, limits=limits)
    assert isinstance(caught.value, (InvalidTableError, LimitExceededError)) or caught.value.field == "sheet"
    return caught.value
