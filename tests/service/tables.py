"""Tables as files, sound and unsound."""

import gzip
import io

import numpy as np
import pyarrow as pa
from pyarrow import csv
from pyarrow import parquet as pq
from sklearn.datasets import load_iris


def iris_csv() -> bytes:
    """A real data set that everyone has."""
    frame = load_iris(as_frame=True).frame
    return bytes(frame.to_csv(index=False).encode())


def csv_of(n_rows: int, n_columns: int, *, seed: int = 0) -> bytes:
    """Numbers, with a binary target `y`."""
    values = np.random.default_rng(seed).normal(size=(n_rows, n_columns)).round(5)
    columns = {f"x{i}": values[:, i] for i in range(n_columns)}
    sink = io.BytesIO()
    csv.write_csv(pa.table({**columns, "y": (values[:, 0] > 0).astype(int)}), sink)
    return sink.getvalue()


def parquet_of(table: pa.Table) -> bytes:
    """Plain Parquet."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def iris_parquet() -> bytes:
    """The same as Parquet."""
    return parquet_of(pa.Table.from_pandas(load_iris(as_frame=True).frame, preserve_index=False))


def bomb() -> bytes:
    """Three gigabytes of zeros in three megabytes of gzip."""
    chunk = gzip.compress(b"0,0\n" * (16 * 2**20), 9)
    return gzip.compress(b"x,y\n") + chunk * 48
