"""Formulas of a workbook that have no saved value, because no spreadsheet program computed them."""

import re
import zipfile
from pathlib import Path
from typing import Final

from metafeatures.reading.office_files import opened_zip
from warmtune.vocabulary.notice import Notice

_UNCOMPUTED: Final = re.compile(
    rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION: Final = re.compile(r"<Relationship\b[^>]*>")
_ATTRIBUTE: Final = re.compile(r'([\w:]+)="([^"]*)"')
_LETTERS: Final = 26

Cell = tuple[int, int]


def uncomputed_formulas(path: Path, place: int) -> list[Cell]:
    """Cells of a sheet that hold a formula without a value: row and column, from 1, in the order of the file.

    Args:
        path: The workbook.
        place: Of the sheet among all, from 0.
    """
    with opened_zip(path) as archive:
        member = _member(archive, place)
        if member is None:
            return []
        content = archive.read(member)
    if b"<f" not in content and b":f" not in content:
        return []
    return [(int(row), _column(letters)) for letters, row in _UNCOMPUTED.findall(content)]


def formula_notices(cells: list[Cell], *, rows: list[int], names: dict[int, str]) -> list[Notice]:
    """A notice of each column that has such cells.

    Args:
        cells: As `uncomputed_formulas` gives them.
        rows: Numbers of the table's rows in the sheet, the header's left out.
        names: Of the table's columns, by their number in the sheet.
    """
    known = set(rows)
    by_column: dict[int, list[Cell]] = {}
    for row, column in cells:
        if row in known and column in names:
            by_column.setdefault(column, []).append((row, column))
    return [_notice(names[column], inside, n_rows=len(rows)) for column, inside in sorted(by_column.items())]


def _notice(name: str, cells: list[Cell], *, n_rows: int) -> Notice:
    hold = "cell holds a formula" if len(cells) == 1 else "cells hold formulas"
    words = (
        f"{len(cells)} of {n_rows} {hold} without a saved value in column {name!r}, first {_address(*cells[0])}: taken"
        " as missing; open the workbook in Excel or LibreOffice and save it, so that they are computed"
    )
    return Notice("uncomputed_formulas", words, column=name, count=len(cells))


def _member(archive: zipfile.ZipFile, place: int) -> str | None:
    """The file of a sheet; None where the workbook doesn't say it as Excel does."""
    try:
        sheets = [
            _attributes(tag) for tag in _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace"))
        ]
        relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return None
    key = next((value for name, value in sheets[place].items() if name.endswith(":id")), None)
    target = next((tag["Target"] for tag in map(_attributes, _RELATION.findall(relations)) if tag.get("Id") == key), "")
    member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return member if member in archive.namelist() else None


def _attributes(tag: str) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(tag))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number


def _address(row: int, column: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"
