"""By which bytes, and which first lines, files that are no table are known."""

import re
from dataclasses import dataclass
from typing import Final

_SAVE: Final = "load it and save the table as CSV or Parquet"
_PICTURE: Final = "send the table itself, as CSV or .xlsx"
_PACKED: Final = "compress with gzip or zstd, or send it plain"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A kind of file that isn't read.

    Attributes:
        name: What it is, with its article.
        remedy: What to do instead, as a clause after a semicolon.
    """

    name: str
    remedy: str


PICKLE: Final = Foreign("a pickle", "nothing is unpickled here: save the frame with to_parquet or to_csv")
TORCH: Final = Foreign(
    "a PyTorch file (.pt)", "nothing is unpickled here: give the tensors to the SDK, or save as Parquet"
)
_R_OBJECT: Final = Foreign("an R object (.rds)", "save the data frame with write.csv")
_R_WORKSPACE: Final = Foreign("an R workspace (.RData)", "save the data frame with write.csv")
_RECORDING: Final = Foreign("a sound or a film", "send a table")
_STATA: Final = Foreign("a Stata file", "save it as CSV (pandas.read_stata)")
_SPSS: Final = Foreign("an SPSS file", "save it as CSV (pandas.read_spss)")

MAGICS: Final[tuple[tuple[int, bytes, Foreign], ...]] = (
    (0, b"\x89HDF\r\n\x1a\n", Foreign("an HDF5 file", "send one of its tables as CSV or Parquet (pandas.read_hdf)")),
    (0, b"SQLite format 3\x00", Foreign("an SQLite database", "send one of its tables, or a query's result, as CSV")),
    (0, b"%PDF-", Foreign("a PDF document", "send the table itself as CSV")),
    (0, b"%!PS", Foreign("a PostScript document", "send the table itself as CSV")),
    (0, b"{\\rtf", Foreign("an RTF document", "send the table itself as CSV")),
    (0, b"\x93NUMPY", Foreign("a NumPy array (.npy)", "give the array to the SDK, or save it with numpy.savetxt")),
    (0, b"Obj\x01", Foreign("an Avro file", "save it as Parquet or CSV")),
    (0, b"<stata_dta>", _STATA),
    (0, b"$FL2@(#)", _SPSS),
    (0, b"$FL3@(#)", _SPSS),
    (0, b"\x00" * 12 + b"\xc2\xea\x81\x60", Foreign("a SAS file", "save it as CSV (pandas.read_sas)")),
    (0, b"HEADER RECORD*******LIBRARY", Foreign("a SAS transport file", "save it as CSV (pandas.read_sas)")),
    (0, b"ASCII SPSS PORT FILE", Foreign("an SPSS portable file", "save it as CSV")),
    (0, b"MATLAB 7.3", Foreign("a MATLAB file", "save the table as CSV (writetable)")),
    (0, b"CDF\x01", Foreign("a NetCDF file", _SAVE)),
    (0, b"CDF\x02", Foreign("a NetCDF file", _SAVE)),
    (0, b"CDF\x05", Foreign("a NetCDF file", _SAVE)),
    (0, b"SIMPLE  =", Foreign("a FITS file", _SAVE)),
    (4, b"Standard Jet DB", Foreign("an Access database", "export one of its tables as CSV")),
    (4, b"Standard ACE DB", Foreign("an Access database", "export one of its tables as CSV")),
    (0, b"PGDMP\x01", Foreign("a PostgreSQL dump", "restore it and send a table as CSV (COPY ... WITH CSV HEADER)")),
    (0, b"MATLAB 5.0", Foreign("a MATLAB file", "save the table as CSV (writetable)")),
    (0, b"RDX2\n", _R_WORKSPACE),
    (0, b"RDX3\n", _R_WORKSPACE),
    (0, b"RDA2\n", _R_WORKSPACE),
    (0, b"RDA3\n", _R_WORKSPACE),
    (0, b"B\n\x02\x00\x00\x00", _R_OBJECT),
    (0, b"B\n\x03\x00\x00\x00", _R_OBJECT),
    (0, b"\x0b\x0e\x0a\x0c", Foreign("an R object (.qs)", "save the data frame with write.csv")),
    (0, b"X\n\x00\x00\x00", _R_OBJECT),
    (257, b"ustar", Foreign("a tar archive", "send one of its files")),
    (0, b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", "send one of its files, plain or in a zip")),
    (0, b"Rar!\x1a\x07", Foreign("a RAR archive", "send one of its files, plain or in a zip")),
    (0, b"\x04\x22\x4d\x18", Foreign("an LZ4 file", _PACKED)),
    (0, b"\xff\x06\x00\x00sNaPpY", Foreign("a snappy file", _PACKED)),
    (0, b"\x1f\x9d", Foreign("a .Z file", _PACKED)),
    (0, b"\x89PNG", Foreign("a PNG picture", _PICTURE)),
    (0, b"\xff\xd8\xff", Foreign("a JPEG picture", _PICTURE)),
    (0, b"II*\x00", Foreign("a TIFF picture", _PICTURE)),
    (0, b"MM\x00*", Foreign("a TIFF picture", _PICTURE)),
    (4, b"ftypheic", Foreign("a HEIC picture", _PICTURE)),
    (4, b"ftypavif", Foreign("an AVIF picture", _PICTURE)),
    (0, b"\x00\x00\x01\x00", Foreign("an icon", _PICTURE)),
    (0, b"\x1aE\xdf\xa3", _RECORDING),
    (0, b"OggS\x00", _RECORDING),
    (0, b"fLaC\x00", _RECORDING),
    (0, b"\x7fELF", Foreign("a program", "send a table")),
    (0, b"MZ\x90", Foreign("a program", "send a table")),
)
_NAME: Final = rb"[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n"
PATTERNS: Final[tuple[tuple[re.Pattern[bytes], Foreign], ...]] = (
    (re.compile(rb"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"), TORCH),
    (re.compile(rb"\x80[\x02-\x05]"), PICKLE),
    # protocol 0 is ASCII, protocol 1 nearly: the first opcodes of containers and objects, with their memo
    (re.compile(rb"\([ldt]p\d+\n|c" + _NAME + rb"(p\d+\n|q.|\(|X)|[\]})(]q[\x00-\x08]", re.S), PICKLE),
    (re.compile(rb"A\n[23]\n\d{5,7}\n\d{5,7}\n"), _R_OBJECT),
    (re.compile(rb"[\x69-\x73][\x01\x02]\x01\x00"), _STATA),
    (re.compile(rb".{8}DUCK.\x00{7}", re.S), Foreign("a DuckDB database", "write a table with COPY t TO 't.parquet'")),
    (re.compile(rb"ORC[\x00-\x1f\x80-\xff]"), Foreign("an ORC file", "save it as Parquet (pandas.read_orc)")),
    (
        re.compile(rb"FEA1\x00"),
        Foreign(
            "a Feather file of version 1",
            "read it with pandas.read_feather, or R's arrow::read_feather, and write it anew: that is version 2",
        ),
    ),
    (re.compile(rb"RIFF.{4}WEBP", re.S), Foreign("a WebP picture", _PICTURE)),
    (re.compile(rb"GIF8[79]a"), Foreign("a GIF picture", _PICTURE)),
    (
        re.compile(rb"RIFF.{4}(WAVE|AVI )|ID3[\x02-\x04]|\x00{3}.ftyp", re.S),
        _RECORDING,
    ),
    (re.compile(rb"GRIB.{3}[\x01\x02]", re.S), Foreign("a GRIB file", _SAVE)),
    (re.compile(rb"BM.{4}\x00{4}", re.S), Foreign("a BMP picture", _PICTURE)),
    (
        re.compile(rb"[\x03\x30\x83\x8b\xf5][\x00-\xff][\x01-\x0c][\x01-\x1f].{8}\x00{16}", re.S),
        Foreign("a dBase file (.dbf)", "save it as CSV"),
    ),
)
TEXTS: Final[tuple[tuple[re.Pattern[bytes], Foreign], ...]] = (
    (
        re.compile(rb"\s*<table\b|\s*(<!--.*?-->\s*)*<(!doctype html|html)\b[^\0]*?<(table|tr)\b", re.I),
        Foreign(
            "an HTML page with a table",
            "download the raw file if it is a page about one; else save the table as CSV (pandas.read_html), or as"
            " .xlsx from a spreadsheet program",
        ),
    ),
    (
        re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|title|meta|script|div|table)\b", re.I | re.S),
        Foreign("an HTML page", "download the raw file: links to a page about a file give the page"),
    ),
    (
        re.compile(
            rb"\s*(<!--.*?-->\s*)*<(p|span|h[1-6]|a|ul|ol|section|article|main|nav|iframe|style|link|form)[ >]",
            re.I | re.S,
        ),
        Foreign("an HTML page", "download the raw file: links to a page about a file give the page"),
    ),
    (
        re.compile(rb"\s*<\?xml[^>]*\?>\s*<(!doctype html|html)\b", re.I),
        Foreign("an HTML page", "download the raw file: links to a page about a file give the page"),
    ),
    (
        re.compile(rb"\s*<\?xml[^>]*\?>\s*(<\?mso-application progid=.Excel|<(\w+:)?Workbook\b)|\s*<Workbook\b"),
        Foreign("an XML workbook of Excel 2003", "save it as .xlsx or CSV"),
    ),
    (
        re.compile(rb"\s*(<\?xml[^>]*\?>\s*)?<office:document\b"),
        Foreign("a flat OpenDocument file (.fods)", "save it as .ods, .xlsx or CSV"),
    ),
    (re.compile(rb"\s*<\?xml|\s*<(rss|svg|Error)\b"), Foreign("an XML document", "save the table as CSV")),
    (
        re.compile(rb"version https://git-lfs\.github\.com/"),
        Foreign("a Git LFS pointer, not the file itself", "fetch the file with git lfs pull"),
    ),
    (re.compile(rb"outs:\s*\n\s*- (md5|hash|path)"), Foreign("a DVC pointer", "fetch the file with dvc pull")),
    (
        re.compile(
            rb"\s*(--[^\n]*\n\s*|/\*.*?\*/;?\s*|\\\w+ [^\n]*\n\s*)*"
            rb"(CREATE (TABLE|DATABASE|TEMP\w*|SCHEMA) [\w\"`\[]|INSERT INTO|DROP TABLE|PRAGMA \w"
            rb"|(BEGIN|START)( TRANSACTION)?;\s*\n|SET ([@\w. ]+(=|TO)|NAMES )[^\n]*;\s*\n|USE [`\"\w\[\]]+;\s*\n"
            rb"|LOCK TABLES [\w`]|SELECT [^\n]*\bFROM\b|SELECT pg_catalog"
            rb"|COPY [^\n(]+(\([^)]*\) )?FROM stdin)",
            re.I | re.S,
        ),
        Foreign("an SQL script", "load it into its database and send a table as CSV"),
    ),
    (
        re.compile(rb"([-+]?[\d.]+(e[-+]?\d+)?( +qid:\d+)?( +\d+:[-+]?[\d.]+(e[-+]?\d+)?)+ *\r?\n){2}", re.I),
        Foreign("a LIBSVM file", "load it with sklearn.datasets.load_svmlight_file and give X and y to the SDK"),
    ),
    (
        re.compile(rb"\s*((//|#)[^\n]*\n\s*)+[\[{]\s*[{\"][^\n]*[\]}],?\s*(\n|$)"),
        Foreign("JSON with comments", "remove the lines that begin with // or #"),
    ),
    (
        re.compile(rb"\s*(%[^\n]*\n\s*)*\\(documentclass|usepackage|begin\{|hline|toprule|resizebox)"),
        Foreign("a LaTeX document", "save the table as CSV"),
    ),
    (
        re.compile(rb"([^\n&]*&[^\n]*\\\\[ \t]*(\[[^\]]*\]|\\hline)?[ \t]*\r?\n\s*(\\\w+(\{[^}]*\})?\s*)*){2}"),
        Foreign("the body of a LaTeX table", "save the table as CSV"),
    ),
    (
        re.compile(rb"(---[ \t]*\r?\n)?- [\w \"'-]+: [^\n]*\n(  [\w \"'-]+: |- [\w \"'-]+: )"),
        Foreign("a YAML document", "save its records as JSON or CSV"),
    ),
    (re.compile(rb"\[[\w. -]+\][ \t]*\r?\n[\w.-]+ *= *"), Foreign("a file of settings (TOML or INI)", "send a table")),
    (
        re.compile(rb"(import [\w.]+( as \w+)?|from [\w.]+ import [\w, *()]+)[ \t]*\r?\n"),
        Foreign("a script", "send a table"),
    ),
    (
        re.compile(rb"(From|Return-Path|Received|Delivered-To|MIME-Version): [^\n]*\n([\w-]+: |[ \t])"),
        Foreign("an e-mail", "send the table itself as CSV"),
    ),
    (
        re.compile(rb"\*{5,} *1\. row *\*{5,}|-\[ RECORD 1 \]"),
        Foreign("a print of rows one below the other", r"write the query's result to a CSV file, without \G or \x"),
    ),
    (
        re.compile(rb"\s*(shape: \([\d_,]+, \d+\)\s*)?(" + "┌|┏|╔|╭".encode() + rb")"),
        Foreign("a table drawn with lines, which may leave rows out", "write it to a file (write_csv, COPY ... TO)"),
    ),
    (
        re.compile(rb"\s*\+-+\+\s*\n\s*\|[^\n]*\|\s*\n\s*\|-+\|\s*\n\s*1\. \|"),
        Foreign("a listing as Stata prints it", "save the data with export delimited"),
    ),
    (
        re.compile(
            rb"\s*(\d+"
            + "×".encode()
            + rb"\d+ (DataFrame|SubDataFrame|Matrix|TypedTables)|"
            + "(│ )?Row │ ".encode()
            + rb")"
        ),
        Foreign("a table as Julia prints it, which may leave rows out", "save it with CSV.write"),
    ),
    (re.compile(rb"# A tibble: "), Foreign("a printed tibble, which leaves rows out", "save it with write.csv")),
    (
        re.compile(rb"\s*\[?\s*\{\s*'[^'\n]*': |\s*\[\(['\d]|array\(\["),
        Foreign("a print of Python's data", "write records with json.dump, a frame with to_csv"),
    ),
    (
        re.compile(rb"\s*\x1e\s*\{"),
        Foreign("a JSON text sequence", "write one object a line, without the sign before it"),
    ),
    (
        re.compile(rb"(\w+)=\S*( \w+=\S*)+[ \t]*\r?\n\1="),
        Foreign("a text of key=value pairs", "write the names once, in a header, and the values below"),
    ),
    (
        re.compile(rb"LabVIEW Measurement[ \t]*\r?\n"),
        Foreign("a LabVIEW measurement", "remove its lines down to the second ***End_of_Header***"),
    ),
    (
        re.compile(rb"\S+ \S+ \S+ \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \""),
        Foreign("the log of a web server", "send its fields as CSV, below a header"),
    ),
    (
        re.compile(
            rb"(?:/\*.*?\*/\s*)?"
            rb"(\)\]\}'[ \t]*,?\s*|(var|let|const) [\w$]+ *= *|[\w$.]+ *= *|[\w$.]+\()[\[{]\s*[\[{\"\]]"
        ),
        Foreign("JSON inside a script", "save only what stands between its outermost brackets"),
    ),
    (
        re.compile(rb"\s*(\[\s*)?\{\s*[A-Za-z_$][\w$]*\s*:\s"),
        Foreign("JSON whose names have no quotes (JSON5, a script)", "put names and texts into double quotes"),
    ),
    (
        re.compile(rb"%%MatrixMarket "),
        Foreign("a Matrix Market file", "load it with scipy.io.mmread and give the matrix to the SDK"),
    ),
    (re.compile(rb"ID;P[^\n]*\n([A-Z];|[A-Z]+\d*;)"), Foreign("a SYLK file", "save it as .xlsx or CSV")),
    (re.compile(rb"TABLE\r?\n0,1\r?\n"), Foreign("a DIF file", "save it as .xlsx or CSV")),
    (
        re.compile(rb"# Created by Octave|(# name: \S+\r?\n# type: )"),
        Foreign("a file of Octave's save", "save the table with csvwrite, below a header"),
    ),
    (
        re.compile(rb"\s*([\w.]+ *<- *)?(structure|data\.frame|list)\(\s*(list\(|[\w.]+ *= *c\()"),
        Foreign("an R expression (dput)", "save the data frame with write.csv"),
    ),
    (
        re.compile(rb"([-+]?[\d.]+( [\d.]+)*( '?[\w-]*)? ?\|[\w-]* [^\n|]*:[^\n]*\n){2}"),
        Foreign("a Vowpal Wabbit file", "write its features as columns of a CSV file"),
    ),
    (
        re.compile(rb"\s*\[{1,2} *[-+]?\d[\d.e+-]*( +[-+]?\d[\d.e+-]*)+ *\.{0,3}\]?\s*(\n|$)", re.I),
        Foreign("a print of a NumPy array", "save it with numpy.savetxt, or give the array to the SDK"),
    ),
    (
        re.compile(rb"\s*\{\|[^\n|]*\n\s*[|!]"),
        Foreign("a table of MediaWiki", "save the table as CSV (pandas.read_html)"),
    ),
    (
        re.compile(rb"!(Type|Account|Option):\w+[^\n,;\t]*\r?\n", re.I),
        Foreign("a QIF file of bank movements", "export the movements as CSV"),
    ),
    (
        re.compile(rb"OFXHEADER:\d|\s*<OFX>"),
        Foreign("an OFX file of bank movements", "export the movements as CSV"),
    ),
    (
        re.compile(rb"(\{1:[^\n]*\s*)?:20:[^\n]*\s*(:\d\d[A-Z]?:[^\n]*\s*){2}"),
        Foreign("a bank statement in MT940", "export the movements as CSV"),
    ),
    (re.compile(rb"BEGIN:V(CARD|CALENDAR)"), Foreign("an address book or a calendar", "send a table")),
    (re.compile(rb">[^\n]*\n[ACGTUNacgtun]{20,}\s"), Foreign("a FASTA file", "send a table")),
    (re.compile(rb"diff --git |@\w+\{[\w:-]+,\s"), Foreign("a patch or a bibliography", "send a table")),
    (re.compile(rb"-----BEGIN "), Foreign("a key or certificate", "send a table")),
    (re.compile(rb"#!"), Foreign("a script", "send a table")),
)
