"""Files that are no table that can be read: named for what they are, with what to send instead."""

import re
from dataclasses import dataclass
from typing import Final

from warmtune.vocabulary.errors import InvalidTableError

READABLE: Final = "CSV, Parquet, Arrow IPC or Feather, .xlsx, JSON Lines, JSON records, ARFF"
_SAVE: Final = "load it and save the table as CSV or Parquet"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A kind of file that isn't read.

    Attributes:
        name: What it is, with its article.
        remedy: What to do instead, as a clause after a semicolon.
    """

    name: str
    remedy: str


# (where, bytes, what): the first that matches names the file
_MAGICS: Final[tuple[tuple[int, bytes, Foreign], ...]] = (
    (0, b"\x89HDF\r\n\x1a\n", Foreign("an HDF5 file", "send one of its tables as CSV or Parquet (pandas.read_hdf)")),
    (0, b"SQLite format 3\x00", Foreign("an SQLite database", "send one of its tables, or a query's result, as CSV")),
    (8, b"DUCK", Foreign("a DuckDB database", "write a table with COPY t TO 't.parquet'")),
    (0, b"%PDF", Foreign("a PDF document", "send the table itself as CSV")),
    (0, b"%!PS", Foreign("a PostScript document", "send the table itself as CSV")),
    (0, b"{\\rtf", Foreign("an RTF document", "send the table itself as CSV")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign("an old Excel workbook (.xls)", "save it as .xlsx or CSV")),
    (0, b"\x93NUMPY", Foreign("a NumPy array (.npy)", "give the array to the SDK, or save it with numpy.savetxt")),
    (0, b"ORC", Foreign("an ORC file", "save it as Parquet (pandas.read_orc)")),
    (0, b"Obj\x01", Foreign("an Avro file", "save it as Parquet or CSV")),
    (0, b"FEA1", Foreign("a Feather file of version 1", "save it anew: version 2 is the default since 2020")),
    (0, b"<stata_dta>", Foreign("a Stata file", "save it as CSV (pandas.read_stata)")),
    (0, b"$FL2", Foreign("an SPSS file", "save it as CSV (pandas.read_spss)")),
    (0, b"$FL3", Foreign("an SPSS file", "save it as CSV (pandas.read_spss)")),
    (0, b"\x00" * 12 + b"\xc2\xea\x81\x60", Foreign("a SAS file", "save it as CSV (pandas.read_sas)")),
    (0, b"HEADER RECORD*******LIBRARY", Foreign("a SAS transport file", "save it as CSV (pandas.read_sas)")),
    (0, b"MATLAB 5.0", Foreign("a MATLAB file", "save the table as CSV (writetable)")),
    (0, b"RDX2\n", Foreign("an R workspace (.RData)", "save the data frame with write.csv")),
    (0, b"RDX3\n", Foreign("an R workspace (.RData)", "save the data frame with write.csv")),
    (0, b"X\n\x00\x00\x00", Foreign("an R object (.rds)", "save the data frame with write.csv")),
    (257, b"ustar", Foreign("a tar archive", "send one of its files")),
    (0, b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", "send one of its files, plain or in a zip")),
    (0, b"Rar!", Foreign("a RAR archive", "send one of its files, plain or in a zip")),
    (0, b"\x04\x22\x4d\x18", Foreign("an LZ4 file", "compress with gzip or zstd, or send it plain")),
    (0, b"\xff\x06\x00\x00sNaPpY", Foreign("a snappy file", "compress with gzip or zstd, or send it plain")),
    (0, b"\x1f\x9d", Foreign("a .Z file", "compress with gzip or zstd, or send it plain")),
    (0, b"\x89PNG", Foreign("a PNG picture", "send a table")),
    (0, b"\xff\xd8\xff", Foreign("a JPEG picture", "send a table")),
    (0, b"GIF8", Foreign("a GIF picture", "send a table")),
    (0, b"\x7fELF", Foreign("a program", "send a table")),
    (0, b"MZ\x90", Foreign("a program", "send a table")),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05](\x95|c|\}|\]|\()")
_TEXTS: Final[tuple[tuple[re.Pattern[bytes], Foreign], ...]] = (
    (
        re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|title|meta|script|div|table)\b", re.I | re.S),
        Foreign("an HTML page", "download the raw file: links to a page about a file give the page"),
    ),
    (re.compile(rb"\s*<\?xml|\s*<(rss|svg|Workbook|Error)\b"), Foreign("an XML document", "save the table as CSV")),
    (
        re.compile(rb"version https://git-lfs\.github\.com/"),
        Foreign("a Git LFS pointer, not the file itself", "fetch the file with git lfs pull"),
    ),
    (re.compile(rb"outs:\s*\n\s*- (md5|hash|path)"), Foreign("a DVC pointer", "fetch the file with dvc pull")),
    (
        re.compile(
            rb"\s*(--[^\n]*\n\s*|/\*.*?\*/;?\s*)*(CREATE TABLE|INSERT INTO|DROP TABLE|PRAGMA |BEGIN TRANSACTION)\b",
            re.I | re.S,
        ),
        Foreign("an SQL script", "load it into its database and send a table as CSV"),
    ),
    (
        re.compile(rb"([-+]?[\d.]+(e[-+]?\d+)?( +\d+:[-+]?[\d.]+(e[-+]?\d+)?)+ *\r?\n){2}", re.I),
        Foreign("a LIBSVM file", "load it with sklearn.datasets.load_svmlight_file and give X and y to the SDK"),
    ),
    (re.compile(rb"#!"), Foreign("a script", "send a table")),
)


def refuse_binary(head: bytes) -> None:
    """Refuse a file by its first bytes, if they are those of a known format that isn't read.

    Raises:
        InvalidTableError: Naming the format and the remedy.
    """
    for place, magic, foreign in _MAGICS:
        if head[place : place + len(magic)] == magic:
            raise refusal(foreign)
    if _PICKLE.match(head):
        raise refusal(Foreign("a pickle", "nothing is unpickled here: save the frame with to_parquet or to_csv"))


def refuse_text(head: bytes) -> None:
    """Refuse a text by its beginning, if it is known to be no table.

    Raises:
        InvalidTableError: Naming the format and the remedy.
    """
    for pattern, foreign in _TEXTS:
        if pattern.match(head):
            raise refusal(foreign)


def refusal(foreign: Foreign) -> InvalidTableError:
    """The error that says what a file is."""
    return InvalidTableError(
        f"this is {foreign.name}; {foreign.remedy}", field="file", value=foreign.name, limit=READABLE
    )
