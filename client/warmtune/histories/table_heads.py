"""Which tables of a folder may be datasets: these stay on this machine, as rows of data always do."""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from warmtune.vocabulary.trial_columns import are_of_trials

MAYBE_DATASET: Final = "perhaps a dataset: it was not sent; import it by itself if it is a table of trials"
_UNSEEN: Final = "a table that can't be looked into here, perhaps a dataset: it was not sent; import it by itself"
_HEAD_BYTES: Final = 65_536
_ROWS: Final = 20
_TEXTS: Final = (".csv", ".tsv", ".tab", ".dat", ".data", ".psv")
_OPENERS: Final[Mapping[str, Callable[[Path], io.BufferedIOBase]]] = {
    ".gz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_COLUMNAR: Final = (".parquet", ".feather", ".arrow", ".ipc")
_RECORDS: Final = (".json", ".jsonl", ".ndjson")
_WORKBOOKS: Final = (".xlsx", ".xlsm")
_CLOSED: Final = (
    ".xls",
    ".xlsb",
    ".ods",
    ".arff",
    ".dta",
    ".sav",
    ".sas7bdat",
    ".rds",
    ".rdata",
    ".hdf",
    ".orc",
    ".avro",
)
_OF_TOOLS: Final = frozenset(
    [
        *("progress.csv", "result.json", "results.json", "configs.json", "params.json", "trial.json", "oracle.json"),
        *(
            "trials.parquet",
            "metafeatures.parquet",
            "space.json",
            "runhistory.json",
            "scenario.json",
            "configspace.json",
        ),
    ]
)
"""Files that readers of histories know by name; what they hold isn't judged by its columns."""
_WORD: Final = re.compile(rb"<t(?:\s[^>]*)?>([^<]{1,200})</t>")


def why_kept_back(path: Path) -> str | None:
    """Why a table stays here, by its columns and first rows; None of a table of trials, and of what is no table.

    Args:
        path: A file of the folder.
    """
    name = path.name.lower()
    if name in _OF_TOOLS:
        return None
    ending = Path(name).suffix
    inner = Path(Path(name).stem).suffix if ending in (*_OPENERS, ".zst") else ending
    if inner in _CLOSED or (ending == ".zst" and inner in (*_TEXTS, *_COLUMNAR, *_RECORDS, *_WORKBOOKS)):
        return _UNSEEN
    try:
        if inner in _TEXTS:
            return _why_text(_head(path))
        if inner in _RECORDS:
            return _why_records(_head(path))
        if inner in _WORKBOOKS:
            return None if are_of_trials(_words_of_workbook(path), ()) else MAYBE_DATASET
        return _why_columnar(path) if inner in _COLUMNAR else None
    except (OSError, EOFError, ValueError, lzma.LZMAError, zipfile.BadZipFile, csv.Error, RecursionError):
        return _UNSEEN


def _head(path: Path) -> str:
    """The first lines, whole ones if the file has more; UTF-16 by its mark, else bytes that are no text by others."""
    opener = _OPENERS.get(path.suffix.lower())
    with opener(path) if opener else path.open("rb") as file:
        content = file.read(_HEAD_BYTES)
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = content.decode(encoding, "replace")
    return text.rsplit("\n", 1)[0] if len(content) == _HEAD_BYTES else text


def _why_text(text: str) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    sign = max(",;\t|", key=lines[0].count)
    rows = list(islice(csv.reader(lines, delimiter=sign), _ROWS + 1))
    names = [name.strip() for name in rows[0]]
    return None if are_of_trials(names, [dict(zip(names, row, strict=False)) for row in rows[1:]]) else MAYBE_DATASET


def _why_records(text: str) -> str | None:
    """Flat records with the same names are a table; anything else is a document, or a history by lines."""
    rows = list(islice(_records(text), _ROWS))
    if not rows or any(isinstance(value, (dict, list)) for row in rows for value in row.values()):
        return None
    names = list(dict.fromkeys(name for row in rows for name in row))
    is_table = len(rows) > 1 and all(row.keys() == rows[0].keys() for row in rows)
    return MAYBE_DATASET if is_table and not are_of_trials(names, rows) else None


def _records(text: str) -> Iterator[dict[str, object]]:
    """The objects of a list, or one after the other, as far as the text goes."""
    decoder = json.JSONDecoder()
    place = len(text) - len(text.lstrip("[ \r\n\t"))
    while place < len(text) and text[place] == "{":
        try:
            row, place = decoder.raw_decode(text, place)
        except ValueError:
            return
        yield row
        place += len(text[place:]) - len(text[place:].lstrip(", \r\n\t"))


def _words_of_workbook(path: Path) -> list[str]:
    """The texts of a workbook's first cells: its columns' names are among them."""
    words: list[str] = []
    with zipfile.ZipFile(path) as book:
        for name in ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"):
            if name in book.namelist():
                with book.open(name) as file:
                    words += [word.decode("utf-8", "replace") for word in _WORD.findall(file.read(_HEAD_BYTES))]
    return words


def _why_columnar(path: Path) -> str | None:
    try:
        from pyarrow import ArrowInvalid, feather, parquet  # noqa: PLC0415  # an extra, and heavy
    except ImportError:
        return _UNSEEN
    try:
        if path.name.lower().endswith(".parquet"):
            names = parquet.read_schema(path).names
        else:
            names = feather.read_table(path, memory_map=True).column_names
    except ArrowInvalid:
        return _UNSEEN
    return None if are_of_trials(names, ()) else MAYBE_DATASET
