"""What is no table is refused by its name, with what to do."""

import io
import pickle
import sqlite3
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from metafeatures.reading.foreign import refuse_binary
from tests.metafeatures.reading.reading import read_bytes, refusal
from warmtune.vocabulary.errors import InvalidTableError

HTML = b"<!DOCTYPE html>\n<html><head><title>data.csv</title></head><body>1,2</body></html>\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def sqlite(tmp_path: Path) -> bytes:
    path = tmp_path / "tables.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a, y)")
    return path.read_bytes()


def npy() -> bytes:
    sink = io.BytesIO()
    np.save(sink, np.zeros((3, 2)))
    return sink.getvalue()


def npz() -> bytes:
    sink = io.BytesIO()
    np.savez(sink, X=np.zeros((3, 2)))
    return sink.getvalue()


def zipped(*names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, b"a,y\n1,0\n2,1\n")
    return sink.getvalue()


def tarred() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = 8
        archive.addfile(info, io.BytesIO(b"a,y\n1,0\n"))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "remedy"),
    [
        (HTML, "an HTML page", "raw file"),
        (
            b"*************************** 1. row ***\n  a: 1\n  y: 0\n".replace(b"***\n", b"*****\n"),
            "a print of rows",
            "CSV",
        ),
        (b"-[ RECORD 1 ]\na | 1\ny | 0\n", "a print of rows", "CSV"),
        ("shape: (2, 2)\n┌─────┬─────┐\n│ a   ┆ y   │\n".encode(), "a table drawn with lines", "write_csv"),
        ("┏━━━┳━━━┓\n┃ a ┃ y ┃\n".encode(), "a table drawn with lines", "write_csv"),
        ("# A tibble: 2 × 2\n      a y\n  <dbl> <chr>\n1   1.2 p\n".encode(), "a printed tibble", "write.csv"),
        (b"[{'a': 1, 'y': 0}, {'a': 2, 'y': 1}]", "a print of Python's data", "to_csv"),
        (b"{'a': 1, 'y': 0}\n{'a': 2, 'y': 1}\n", "a print of Python's data", "to_csv"),
        (b"[('a', 1), ('b', 2)]\n", "a print of Python's data", "to_csv"),
        (b'\x1e{"a": 1}\n\x1e{"a": 2}\n', "a JSON text sequence", "one object a line"),
        (b"a=1 b=2 y=0\na=3 b=4 y=1\n", "a text of key=value pairs", "header"),
        (b"LabVIEW Measurement\t\nWriter_Version\t2\n", "a LabVIEW measurement", "End_of_Header"),
        (b'1.2.3.4 - - [10/Oct/2020:13:55:36 -0700] "GET / HTTP/1.0" 200 1\n', "the log of a web server", "header"),
        (b"%%MatrixMarket matrix coordinate real general\n3 2 1\n1 1 0.5\n", "a Matrix Market file", "mmread"),
        (b'ID;PWXL;N;E\nC;Y1;X1;K"a"\nE\n', "a SYLK file", "xlsx"),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\n', "a DIF file", "xlsx"),
        (b"# Created by Octave 6.4\n# name: x\n# type: matrix\n 1 2\n", "a file of Octave's save", "csvwrite"),
        (b'structure(list(a = c(1, 2), y = c("p", "q")), class = "data.frame")\n', "an R expression", "write.csv"),
        (b"1 |f a:0.5 b:2\n-1 |f a:0.7\n", "a Vowpal Wabbit file", "CSV"),
        (b"[[ 1.0  2.5]\n [ 3.0  4.5]]\n", "a print of a NumPy array", "savetxt"),
        (b"[1. 2. 3.]\n", "a print of a NumPy array", "savetxt"),
        (b"\n  <html>\n<body>no such file</body></html>", "an HTML page", "raw file"),
        (b"<!-- saved -->\n<!doctype HTML><html></html>", "an HTML page", "raw file"),
        (HTML.decode().encode("utf-16"), "an HTML page", "raw file"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document", "CSV"),
        (LFS, "a Git LFS pointer", "git lfs pull"),
        (b"outs:\n- md5: 22a1a2931c8370d3aeedd7183606fd7f\n  path: data.csv\n", "a DVC pointer", "dvc pull"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 90, "an HDF5 file", "read_hdf"),
        (pickle.dumps({"a": [1, 2]}, protocol=4), "a pickle", "nothing is unpickled"),
        (pickle.dumps([1, 2], protocol=2), "a pickle", "to_parquet"),
        (b"%PDF-1.7\n%\xe2\xe3\n", "a PDF document", "CSV"),
        (b"ORC\n\x0e\n", "an ORC file", "Parquet"),
        (b"Obj\x01\x04\x14avro.codec", "an Avro file", "Parquet"),
        (b"FEA1" + b"\0" * 40, "a Feather file of version 1", "version 2"),
        (b"RDX3\nX\n\0\0\0", "an R workspace", "write.csv"),
        (b"X\n\x00\x00\x00\x03\x00\x04", "an R object", "write.csv"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive", "zip"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture", "table"),
        (b"-- a dump\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n", "an SQL script", "CSV"),
        (b"--\n-- a dump\n--\n\nSET statement_timeout = 0;\nCOPY t (a) FROM stdin;\n1\n", "an SQL script", "CSV"),
        (b"SET NAMES utf8;\nINSERT INTO t VALUES (1);\n", "an SQL script", "CSV"),
        (b"USE `shop`;\nINSERT INTO t VALUES (1);\n", "an SQL script", "CSV"),
        (b"a & y \\\\\n1 & 0 \\\\ \\hline\n2 & 1 \\\\\n", "the body of a LaTeX table", "CSV"),
        (b"\n     +------+\n     | a  y |\n     |------|\n  1. | 1  0 |\n", "a listing as Stata prints it", "export"),
        ("2×2 DataFrame\n Row │ a  y\n".encode(), "a table as Julia prints it", "CSV.write"),
        ("│ Row │ a │ y │\n".encode(), "a table as Julia prints it", "CSV.write"),
        (b"<table><tr><th>a</th></tr></table>", "an HTML page with a table", "read_html"),
        (b"<html xmlns:o='office'><body><table>", "an HTML page with a table", "read_html"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook/>', "an XML workbook", ".xlsx"),
        (b'<?xml version="1.0"?>\n<office:document xmlns:office="x"/>', "a flat OpenDocument file", ".ods"),
        (b'var rows = [{"a": 1, "y": 0}];\n', "JSON inside a script", "brackets"),
        (b'callback([{"a": 1, "y": 0}]);\n', "JSON inside a script", "brackets"),
        (b"[{a: 1, y: 0}, {a: 2, y: 1}]\n", "JSON whose names have no quotes", "double quotes"),
        (b"1 1:0.5 3:2\n-1 2:0.25 3:1.5\n", "a LIBSVM file", "load_svmlight_file"),
        (b'{"a": 1, "y": 0}', "a JSON object", "orient"),
        (b'{\n "message": "Not Found"\n}\n', "a JSON object that says 'Not Found'", "fetch the file again"),
        (b'{"rows": [{"a": 1, "y": 0}, {"a": 2, "y": 1}], "more": [{"b": 1}]}', "under 'rows' and 'more'", "alone"),
        (b'{"error": {"code": 372, "message": "No results"}}', "a JSON object", "orient"),
        (b'{"type": "Feature", "properties": {"a": 1}}', "a GeoJSON or TopoJSON document", "properties"),
        (b'{"cells": [], "metadata": {}, "nbformat": 4}', "a notebook", "to_csv"),
        (b"[1, 2, 3]", "a JSON list of numbers", "orient"),
        (b'[null, {"a": 1, "y": 0}]', "row 1 is a null", "unlike the others"),
        (b'[{"a": 1, "y": 0}, null]', "row 2 is not an object with names", "a null"),
        (b'"a"', "a JSON file of one text", "orient"),
        (pickle.dumps([1, 2], protocol=0), "a pickle", "to_parquet"),
        (pickle.dumps({"a": [1, 2]}, protocol=0), "a pickle", "to_parquet"),
        (pickle.dumps(np.zeros(3), protocol=0), "a pickle", "to_parquet"),
        (pickle.dumps([1, 2], protocol=1), "a pickle", "to_parquet"),
        (pickle.dumps(np.zeros(3), protocol=1), "a pickle", "to_parquet"),
        (zlib.compress(pickle.dumps([1, 2])), "a pickle", "to_parquet"),
        (zlib.compress(b"a,y\n1,0\n"), "a zlib stream", "gzip"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file", "tensors"),
        (b"A\n3\n262656\n197888\n5\nUTF-8\n", "an R object", "write.csv"),
        (b"RDA3\nA\n3\n", "an R workspace", "write.csv"),
        (b"\x72\x02\x01\x00\x02\x00" + b"\0" * 90, "a Stata file", "read_stata"),
        (b"$FL2@(#) SPSS DATA FILE" + b"\0" * 90, "an SPSS file", "read_spss"),
        (b"ASCII SPSS PORT FILE" + b" " * 90, "an SPSS portable file", "CSV"),
        (b"CDF\x01" + b"\0" * 40, "a NetCDF file", "Parquet"),
        (b"\0\1\0\0Standard Jet DB\0", "an Access database", "CSV"),
        (b"\x03\x7a\x01\x01\x05\0\0\0\x61\0\x20\0" + b"\0" * 20 + b"NAME", "a dBase file", "CSV"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a WebP picture", "table"),
        (b"II*\0" + b"\0" * 20, "a TIFF picture", "table"),
        (b"BM\x36\0\x0c\0\0\0\0\0", "a BMP picture", "table"),
        (b"\0\0\0\x18ftypmp42", "a sound or a film", "table"),
        (b"<p>No such file</p>", "an HTML page", "raw file"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html><html></html>', "an HTML page", "raw file"),
        (b"\\begin{tabular}{lr}\na & y \\\\\n", "a LaTeX document", "CSV"),
        (b"- a: 1\n  y: 0\n- a: 2\n  y: 1\n", "a YAML document", "CSV"),
        (b"[tool]\nname = 1\n", "a file of settings", "table"),
        (b"import pandas as pd\nprint(1)\n", "a script", "table"),
        (b"From: a@b.example\nTo: c@d.example\n\nhi\n", "an e-mail", "CSV"),
    ],
)
def test_a_foreign_file_is_named_with_the_remedy(content: bytes, name: str, remedy: str, tmp_path: Path) -> None:
    error = refusal(tmp_path, content)
    assert name in error.message
    assert remedy in error.message
    assert error.field == "file"


def test_files_of_other_programs_are_named(tmp_path: Path) -> None:
    assert "an SQLite database" in refusal(tmp_path, sqlite(tmp_path)).message
    assert "a NumPy array" in refusal(tmp_path, npy()).message
    assert "NumPy arrays" in refusal(tmp_path, npz()).message
    assert "a tar archive" in refusal(tmp_path, tarred()).message
    assert "a PyTorch file" in refusal(tmp_path, zipped("m/data.pkl", "m/version", "m/data/0")).message
    assert "a Word document" in refusal(tmp_path, zipped("[Content_Types].xml", "word/document.xml")).message
    assert "an OpenDocument file" in refusal(tmp_path, zipped("mimetype", "content.xml")).message


@pytest.mark.parametrize(
    "header",
    ["ORC,y", "FEA1,y", "GRIB,y", "ID3,y", "id1,ftyp,y", "species,DUCK,y", "id,name1,WAVE,y", "0,y"],
)
def test_a_header_that_begins_like_a_magic_number_is_a_header(header: str, tmp_path: Path) -> None:
    n = header.count(",")
    found = read_bytes(tmp_path, f"{header}\n{'1,' * n}0\n{'2,' * n}1\n".encode())
    assert found.table.column_names == header.split(",")


def test_archives_hold_one_table(tmp_path: Path) -> None:
    several = refusal(tmp_path, zipped("a.csv", "b.csv"))
    assert "2 files ('a.csv', 'b.csv')" in several.message
    assert "no file" in refusal(tmp_path, zipped()).message
    assert "cut off" in refusal(tmp_path, zipped("a.csv")[:-30]).message


@pytest.mark.parametrize(
    "content",
    [
        b"begin;end;y\n1;2;0\n2;3;1\n",
        b"use case;n;y\na;2;0\nb;3;1\n",
        b"set a;b;y\n1;2;0\n2;3;1\n",
        b"select date;b;y\n1;2;0\n2;3;1\n",
        b"create database;b;y\n1;2;0\n2;3;1\n",
        b"a & b;y\n1 & 2;0\n2 & 3;1\n",
        b"row,f([1]),y\n1,2,0\n2,3,1\n",
    ],
)
def test_a_header_that_begins_like_another_file_is_a_header(content: bytes, tmp_path: Path) -> None:
    assert read_bytes(tmp_path, content).table.column_names[-1] == "y"


def test_a_refusal_names_every_kind_of_workbook_that_is_read() -> None:
    with pytest.raises(InvalidTableError) as caught:
        refuse_binary(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    assert all(ending in str(caught.value.limit) for ending in (".xlsx", ".xls", ".xlsb", ".ods", "Parquet", "ARFF"))
