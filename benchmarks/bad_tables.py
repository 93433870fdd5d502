"""Bad input of every kind: files that are no table, tables that are broken, and tables that make no task."""

import gzip
import io
import json
import pickle
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import ipc
from pyarrow import parquet as pq

ROWS = [f"{k},{k * 37 % 101},{k % 2}" for k in range(40)]
PLAIN = "\n".join(["id,a,y", *ROWS]) + "\n"


def _with(row: int, text: str) -> bytes:
    """The plain table with another row."""
    return "\n".join(["id,a,y", *ROWS[: row - 1], text, *ROWS[row:]]).encode() + b"\n"


def _target(cell: Callable[[int], object]) -> bytes:
    return ("a,y\n" + "".join(f"{k * 37 % 101},{cell(k)}\n" for k in range(40))).encode()


def _zipped(**members: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return sink.getvalue()


def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "tables.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE t (a, y)")
        return path.read_bytes()


def _stata() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "table.dta"
        pd.DataFrame({"a": [1.0, 2.0], "y": [0, 1]}).to_stata(path)
        return path.read_bytes()


def _workbook() -> bytes:
    sink = io.BytesIO()
    pd.DataFrame({"note": ["none"]}).to_excel(sink, index=False)
    return sink.getvalue()


def _no_utf8() -> pa.Table:
    """A table whose strings Arrow takes for UTF-8, and are not."""
    cells = pa.array([b"red", b"\xff\xfe"] * 20, pa.binary())
    return pa.table({"a": pa.Array.from_buffers(pa.string(), 40, cells.buffers()), "b": range(40), "y": [0, 1] * 20})


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _arrow(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _nested(depth: int) -> bytes:
    """JSON records with objects in one another."""
    return json.dumps([{"m": json.loads('{"k":' * depth + "1" + "}" * depth), "y": k % 2} for k in range(9)]).encode()


BAD: dict[str, bytes] = {
    # no tables
    "an empty file": b"",
    "a header without rows": b"id,a,y\n",
    "an HTML page": b"<!DOCTYPE html><html><body>404</body></html>",
    "an XML document": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
    "a pickle, protocol 5": pickle.dumps({"a": [1], "y": [0]}, protocol=5),
    "a pickle, protocol 0": pickle.dumps({"a": [1], "y": [0]}, protocol=0),
    "a PyTorch file": _zipped(m_data_pkl=b"").replace(b"m.data.pkl", b"m/data.pkl"),
    "a NumPy array": b"\x93NUMPY\x01\x00" + b"\0" * 60,
    "an HDF5 file": b"\x89HDF\r\n\x1a\n" + b"\0" * 60,
    "an SQLite database": _sqlite(),
    "a Stata file": _stata(),
    "an SPSS file": b"$FL2@(#) SPSS DATA FILE" + b"\0" * 60,
    "an R object": gzip.compress(b"X\n\0\0\0\x03\0\x04\x01\x02"),
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 60,
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 60,
    "a script": b"import pandas as pd\nprint(1)\n",
    "a service's answer": b'{"message": "Not Found"}',
    "two lists of records": json.dumps({"data": [{"a": 1, "y": 0}] * 9, "more": [{"b": 1}] * 9}).encode(),
    "a database's dump": b"SET NAMES utf8;\nINSERT INTO t VALUES (1, 0);\n",
    "a listing of Stata": b"\n     +------+\n     | a  y |\n     |------|\n  1. | 1  0 |\n",
    "a page with a table": b"<table><tr><th>a</th><th>y</th></tr><tr><td>1</td><td>0</td></tr></table>",
    "objects among texts": json.dumps([{"a": {"b": k} if k % 2 else "x", "y": k % 2} for k in range(9)]).encode(),
    "a list of numbers": b"[1, 2, 3]",
    "binary noise": np.random.default_rng(0).bytes(2_000),
    # broken ones
    "an unclosed quote": _with(3, '2,"74,0'),
    "two stray quotes": _with(3, '2,"74,0').replace(b"9,30,1", b'9,30" x,1'),
    "a row too long": _with(3, "2,74,0,5"),
    "a gap among blanks": _with(3, "2,0").replace(b",", b" "),
    "JSON cut off": json.dumps([{"a": k, "y": k % 2} for k in range(9)])[:-9].encode(),
    "JSON Lines cut off": "\n".join(json.dumps({"a": k, "y": k % 2}) for k in range(9))[:-5].encode(),
    "ARFF with a bad cell": b"@relation r\n@attribute a numeric\n@attribute y {0,1}\n@data\n1,0\nx,1\n",
    "Parquet cut off": b"PAR1" + struct.pack("<q", 7) * 9,
    "gzip cut off": gzip.compress(PLAIN.encode())[:-20],
    "Parquet, bytes as strings": _parquet(_no_utf8()),
    "Arrow, bytes as strings": _arrow(_no_utf8()),
    "objects 51 deep": _nested(51),
    "a null among records": json.dumps([*({"a": k, "y": k % 2} for k in range(9)), None]).encode(),
    "a zip of two files": _zipped(a_csv=PLAIN.encode(), b_csv=PLAIN.encode()),
    "a workbook, other sheet": _workbook(),
    # no tasks
    "no such column": PLAIN.replace("y\n", "label\n", 1).encode(),
    "no header": "\n".join(ROWS).encode(),
    "a target of one class": _target(lambda k: "yes"),
    "one class, one called NA": _target(lambda k: ("yes", "NA")[k % 2]),
    "a target without a value": _target(lambda k: ""),
    "a target of dates": _target(lambda k: f"2020-01-{k % 28 + 1:02d}"),
    "an almost numeric target": _target(lambda k: "call" if k % 9 == 4 else k / 7),
    "a target of ranges": _target(lambda k: f"{k}-{k + 5}"),
    "a target in two units": _target(lambda k: f"{k} kg" if k % 3 else f"{k}00 g"),
    "a target beyond 2^53": _target(lambda k: 10**25 + k % 2),
    "an infinite cell": _with(3, "2,inf,0"),
    "a cell of 400 digits": _with(3, f"2,{'9' * 400},0"),
    "only constants": b"a,y\n" + b"".join(b"1,%d\n" % (k % 2) for k in range(40)),
    "only the target": b"y\n0\n1\n0\n1\n",
    "lists in cells": json.dumps([{"a": [k, 1], "y": k % 2} for k in range(9)]).encode(),
    "10,001 columns": (",".join(f"c{k}" for k in range(10_000)) + ",y\n").encode() + b"1," * 10_000 + b"0\n",
}
"""By what it is. The target is ``y``."""
