"""Columns of every type that people hold in memory, and tables of them, for property tests."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sps
from hypothesis import strategies as st

Make = Callable[[np.random.Generator, int], object]


def _picked(values: list[object]) -> Make:
    def make(rng: np.random.Generator, n: int) -> object:
        column = np.empty(n, dtype=object)
        for row, place in enumerate(rng.integers(0, len(values), n)):
            column[row] = values[place]
        return pd.Series(column, dtype=object)

    return make


def _category(values: list[object]) -> Make:
    def make(rng: np.random.Generator, n: int) -> object:
        index = pd.Index(np.array([*values, None], dtype=object)[:-1], dtype=object, tupleize_cols=False)
        return pd.Series(pd.Categorical.from_codes(rng.integers(-1, len(values), n), categories=index))

    return make


def _arrow(make: Callable[[np.random.Generator, int], pa.Array]) -> Make:
    return lambda rng, n: pd.Series(make(rng, n).to_pylist(), dtype=pd.ArrowDtype(make(rng, 1).type))


NUMBERS: dict[str, Make] = {
    "float64": lambda rng, n: rng.normal(size=n),
    "float32 with gaps": lambda rng, n: np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)).astype("f4"),
    "float16": lambda rng, n: rng.normal(size=n).astype(np.float16),
    "long double": lambda rng, n: rng.normal(size=n).astype(np.longdouble),
    "big-endian float": lambda rng, n: rng.normal(size=n).astype(">f8"),
    "big-endian integer": lambda rng, n: rng.integers(0, 50, n).astype(">i4"),
    "uint8": lambda rng, n: rng.integers(0, 255, n).astype(np.uint8),
    "nullable integer": lambda rng, n: pd.array([None if v < 2 else v for v in rng.integers(0, 9, n)], dtype="Int64"),
    "nullable float": lambda rng, n: pd.array(rng.normal(size=n), dtype="Float64"),
    "huge integers": _picked([2**70, 2**71, -(2**80)]),
    "decimals": _picked([Decimal("1.50"), Decimal(2), None, Decimal("-0.125")]),
    "infinite decimals": _picked([Decimal("1.5"), Decimal("Infinity"), Decimal("NaN")]),
    "arrow decimal": lambda rng, n: pa.array([Decimal(int(v)) / 4 for v in rng.integers(0, 9, n)]),
    "infinity": lambda rng, n: np.where(np.arange(n) == 0, np.inf, rng.normal(size=n)),
    "sparse": lambda rng, n: pd.arrays.SparseArray(rng.integers(0, 2, n).astype(float)),
    "masked": lambda rng, n: np.ma.masked_array(rng.normal(size=n), mask=rng.random(n) < 0.3),
    "complex": lambda rng, n: rng.normal(size=n).astype(complex),
    "list of integers": lambda rng, n: rng.integers(0, 9, n).tolist(),
    "mixed numbers": _picked([1, 2.5, np.float32(3), True]),
}
LABELS: dict[str, Make] = {
    "booleans": lambda rng, n: rng.random(n) < 0.5,
    "nullable booleans": lambda rng, n: pd.array([None, *(rng.random(n - 1) < 0.5)], dtype="boolean"),
    "strings": _picked(["u", "v", "w"]),
    "strings with words for missing": _picked(["u", "NA", "None", "?", " v ", ""]),
    "pandas strings": lambda rng, n: pd.array(rng.choice(["u", "v"], n), dtype="string"),
    "numpy strings": lambda rng, n: rng.choice(["u", "v"], n),
    "numpy bytes": lambda rng, n: rng.choice([b"u", b"v"], n).astype("S3"),
    "bytes": _picked([b"u", b"v"]),
    "bytes that are no text": _picked([b"\xff\xfe", b"v"]),
    "mixed": _picked([1, "x", 2.5, None]),
    "uuids": _picked([uuid.UUID(int=i) for i in range(4)]),
    "half characters": _picked(["\ud800", "x"]),
    "numbers as text": _picked(["1,234", "2,345.5", "-", "12"]),
    "money": _picked(["$1", "$2.50", "($3)"]),
    "percent": _picked(["1%", "2.5%", "n/a"]),
    "string view": lambda rng, n: pa.array(rng.choice(["u", "v"], n).tolist(), pa.string_view()),
    "binary view": lambda rng, n: pa.array([b"u", b"v"] * n, pa.binary_view())[:n],
    "run-end encoded": lambda rng, n: pa.RunEndEncodedArray.from_arrays([1, n], ["u", "v"]),
    "dictionary of bytes": lambda rng, n: pa.array([b"\xff", b"b"] * n).dictionary_encode()[:n],
    "category": _category(["u", "v", "w"]),
    "category of integers": _category([1, 2, 3]),
    "category of floats": _category([1.5, np.inf, 3.0]),
    "category of tuples": _category([(1, 2), (3, 4)]),
    "category of anything": _category([1, "a", 2.5, (1,)]),
    "category of half characters": _category(["\ud800", "x"]),
    "category of times": lambda rng, n: pd.Series(
        pd.Categorical(pd.to_datetime(rng.choice(["2020-01-01", "2021-05-06"], n)))
    ),
    "intervals by cut": lambda rng, n: pd.Series(pd.cut(rng.normal(size=n), 3)),
    "intervals": lambda rng, n: pd.Series(pd.arrays.IntervalArray.from_breaks(np.arange(n + 1) / 2)),
    "arrow dictionary": lambda rng, n: pa.array(rng.choice(["u", "v"], n).tolist()).dictionary_encode(),
    "polars categorical": lambda rng, n: pl.Series(rng.choice(["u", "v"], n).tolist(), dtype=pl.Categorical),
    "polars enum": lambda rng, n: pl.Series(rng.choice(["u", "v"], n).tolist(), dtype=pl.Enum(["u", "v"])),
    "polars objects": lambda rng, n: pl.Series([object() for _ in range(n)]),
    "polars wide integers": lambda rng, n: pl.Series(rng.integers(0, 9, n).tolist(), dtype=pl.Int128),
}
TIMES: dict[str, Make] = {
    "moments": lambda rng, n: pd.Series(pd.date_range("2020", periods=n, freq="h")),
    "moments with a zone": lambda rng, n: pd.Series(pd.date_range("2020", periods=n, tz="Europe/Berlin")),
    "numpy moments": lambda rng, n: np.datetime64("2020-01-01") + np.arange(n),
    "durations": lambda rng, n: pd.Series(pd.to_timedelta(rng.integers(0, 99, n), unit="s")),
    "periods": lambda rng, n: pd.Series(pd.period_range("2020", periods=n, freq="M")),
    "periods with gaps": lambda rng, n: pd.Series(pd.PeriodIndex(["2020Q1", None, "2021Q3"] * n, freq="Q")[:n]),
    "dates": _picked([dt.date(2020, 1, 1), dt.date(2021, 2, 3), None]),
    "times of day": _picked([dt.time(1, 2), dt.time(3, 4, 5)]),
    "ISO dates": _picked(["2020-01-01", "2021-02-03", "NA"]),
    "ISO moments": _picked(["2020-01-01T10:00:00Z", "2021-02-03 11:30", "2021-02-03T11:30:00.25+02:00"]),
    "month intervals": lambda rng, n: pa.array([(1, 2, 3)] * n, pa.month_day_nano_interval()),
}
NESTED: dict[str, Make] = {
    "lists": _picked([[1, 2], [3]]),
    "tuples": _picked([(1, 2), (3, 4)]),
    "dictionaries": _picked([{"a": 1}, {"a": 2}]),
    "sets": _picked([{1}, {2}]),
    "arrow lists": lambda rng, n: pa.array([[1]] * n),
    "arrow structs": lambda rng, n: pa.array([{"a": 1}] * n),
    "frames": _picked([pd.DataFrame({"a": [1]})]),
    "nothing": lambda rng, n: pd.Series([None] * n, dtype=object),
    "arrow nulls": lambda rng, n: pa.nulls(n),
}
COLUMNS = {**NUMBERS, **LABELS, **TIMES, **NESTED}
NAMES = ("a", " a ", 0, 1, "1", ("x", "y"), None, "grün", "a\nb", "Unnamed: 0", "", "y" * 300)


def _as_frame(columns: dict[object, object]) -> object:
    plain = [c.to_list() if isinstance(c, pl.Series) else c for c in columns.values()]
    plain = [c.to_pandas() if isinstance(c, pa.Array) else c for c in plain]
    frame = pd.concat([pd.Series(c).to_frame() for c in plain], axis=1)
    frame.columns = pd.Index(list(columns), dtype=object, tupleize_cols=False)
    return frame


def _as_records(columns: dict[object, object]) -> object:
    listed = [list(c) for c in columns.values() if isinstance(c, Iterable)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*listed, strict=True)]


CONTAINERS: dict[str, Callable[[dict[object, object]], object]] = {
    "dictionary": dict,
    "pandas": _as_frame,
    "records": _as_records,
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[object, object, list[str]]:
    """A table of one to four columns of any type in any container, a target, and what was drawn."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, 40))
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=len(kinds), max_size=len(kinds), unique=True))
    target = draw(st.sampled_from(sorted(COLUMNS)))
    container = draw(st.sampled_from(sorted(CONTAINERS)))
    columns: dict[object, object] = {name: COLUMNS[kind](rng, n) for name, kind in zip(names, kinds, strict=True)}
    y = COLUMNS[target](rng, n)
    return CONTAINERS[container](columns), y, [*kinds, target, container]


@st.composite
def matrices(draw: st.DrawFn) -> object:
    """The same numbers as an array, a sparse matrix, a frame of polars or pandas, an Arrow table or batch."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = np.where(rng.random((draw(st.integers(2, 40)), draw(st.integers(1, 5)))) < 0.4, 0.0, 1.0) * rng.integers(1, 9)
    return X + np.arange(len(X))[:, None] % 2


FORMS: dict[str, Callable[[np.ndarray], object]] = {
    "array": lambda X: X,
    "fortran array": np.asfortranarray,
    "big-endian array": lambda X: X.astype(">f8"),
    "integers": lambda X: X.astype(np.int64),
    "list of rows": lambda X: X.tolist(),
    "csr matrix": sps.csr_matrix,
    "csc array": sps.csc_array,
    "coo array": sps.coo_array,
    "polars": lambda X: pl.DataFrame(X, schema=[f"x{j}" for j in range(X.shape[1])]),
    "lazy polars": lambda X: pl.LazyFrame(X, schema=[f"x{j}" for j in range(X.shape[1])]),
    "pandas": lambda X: pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]),
    "arrow": lambda X: pa.table({f"x{j}": X[:, j] for j in range(X.shape[1])}),
    "batch": lambda X: pa.RecordBatch.from_pydict({f"x{j}": X[:, j] for j in range(X.shape[1])}),
    "structured": lambda X: np.array([tuple(r) for r in X], dtype=[(f"x{j}", "f8") for j in range(X.shape[1])]),
    "strings": lambda X: pd.DataFrame({f"x{j}": [str(v) for v in X[:, j]] for j in range(X.shape[1])}),
}
