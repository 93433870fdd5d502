"""Columns of any type: described, or refused with column and remedy, alike in memory and by upload."""

import io
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from pyarrow import ipc

from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from tests.metafeatures.frames import COLUMNS, FORMS, matrices, tables
from warmtune.tables.local import arrow_content, describe_locally
from warmtune.vocabulary.errors import InvalidTableError, WarmtuneError

MANY = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Outcome = tuple[object, ...]


def outcome(describing: Callable[[], Outcome]) -> Outcome:
    """What came of it; an error of another family is none."""
    try:
        return describing()
    except InvalidTableError as error:
        return (type(error).__name__, error.code, error.field, error.message, error.value, error.limit)


def in_memory(X: object, y: object) -> Outcome:
    found = describe(*as_table(X, y), deadline_ms=0.0)
    return (found.kind, found.content_hash, found.columns, found.notices, dict(found.meta_features.values))


def task_of(X: object, y: object) -> Outcome:
    return in_memory(X, y)[:2]


def by_upload(X: object, y: object, folder: Path) -> Outcome:
    content, target = arrow_content(X, y)
    path = folder / "table.arrow"
    path.write_bytes(content)
    found = describe(read_file(path).table, target, deadline_ms=0.0)
    return (found.kind, found.content_hash, found.columns, found.notices, dict(found.meta_features.values))


@pytest.mark.slow
@given(tables())
@MANY
def test_upload_and_memory_agree_or_refuse_alike(tmp_path: Path, drawn: tuple[object, object, list[str]]) -> None:
    X, y, _ = drawn
    assert outcome(lambda: in_memory(X, y)) == outcome(lambda: by_upload(X, y, tmp_path))


@pytest.mark.slow
@given(matrices())
@MANY
def test_whatever_holds_the_numbers_the_task_is_the_same(X: np.ndarray) -> None:
    y = np.arange(len(X)) % 2
    found = {form: outcome(partial(task_of, make(X), y)) for form, make in FORMS.items()}
    assert len(set(found.values())) == 1, found


@pytest.mark.parametrize("scale", [0, 2, 4, 9])
@pytest.mark.parametrize("make", [pa.decimal128, pa.decimal256])
def test_decimals_are_the_numbers_that_a_csv_writes(
    tmp_path: Path, scale: int, make: Callable[[int, int], pa.DataType]
) -> None:
    """Arrow's own cast gives another float for one of eight such numbers."""
    rng = np.random.default_rng(scale)
    price = [Decimal(int(v)).scaleb(-scale) for v in rng.integers(-(10**7), 10**7, 400)]
    y = rng.integers(0, 2, 400)
    (tmp_path / "table.csv").write_text("price,y\n" + "".join(f"{p},{c}\n" for p, c in zip(price, y, strict=True)))
    from_csv = describe(read_file(tmp_path / "table.csv").table, "y", deadline_ms=0.0)
    found = in_memory(pa.table({"price": pa.array(price, make(25, scale))}), pd.Series(y, name="y"))
    assert found[1] == from_csv.content_hash
    assert found[4] == dict(from_csv.meta_features.values)


REFUSED = {
    "complex": "real and imaginary",
    "infinite decimals": "inf in row",
    "infinity": "inf in row 1",
    "bytes that are no text": "not UTF-8",
    "dictionary of bytes": "not UTF-8",
    "half characters": "half a character",
    "category of half characters": "half a character",
    "polars objects": "leave it out",
    "polars wide integers": "cast it to Int64",
    "month intervals": "number of seconds",
    "lists": "column of its own",
    "tuples": "column of its own",
    "sets": "column of its own",
    "arrow lists": "column of its own",
    "frames": "column of its own",
}

SPREAD = ("dictionaries", "arrow structs")
"""Objects, whose parts are columns of their own."""


@pytest.mark.parametrize("kind", sorted(COLUMNS))
@pytest.mark.slow
def test_every_type_is_described_or_refused_with_column_and_remedy(kind: str) -> None:
    rng = np.random.default_rng(3)
    X = {"odd": COLUMNS[kind](rng, 60), "plain": np.arange(60.0)}
    if kind not in REFUSED:
        name = "odd.a" if kind in SPREAD else "odd"
        assert name in {use.name for use in describe(*as_table(X, [0, 1] * 30), deadline_ms=0.0).columns}
        return
    with pytest.raises(InvalidTableError, match=REFUSED[kind]) as caught:
        describe(*as_table(X, [0, 1] * 30), deadline_ms=0.0)
    assert caught.value.field == "file.odd"
    assert "'odd'" in caught.value.message


def test_intervals_and_periods_have_one_role_in_memory_and_in_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "y": [0, 1] * 20})
    frame["period"] = pd.period_range("2020", periods=40, freq="M")
    frame["interval"] = pd.arrays.IntervalArray.from_breaks(np.arange(41) // 4 * 1.5)
    frame.to_parquet(tmp_path / "t.parquet")
    here = describe(*as_table(frame, target="y"))
    there = describe(read_file(tmp_path / "t.parquet").table, "y")
    assert {use.name: use.role for use in here.columns}["period"] == "date"
    assert {use.name: use.role for use in here.columns}["interval"] == "nominal"
    assert here.content_hash == there.content_hash


def test_extension_types_that_nobody_registered_are_known_by_their_fields_metadata() -> None:
    ordinals = pa.array(range(600, 640), pa.int64())
    metadata = {b"ARROW:extension:name": b"pandas.period", b"ARROW:extension:metadata": b'{"freq": "M"}'}
    schema = pa.schema([pa.field("p", pa.int64(), metadata=metadata), pa.field("y", pa.int64())])
    unknown = pa.Table.from_arrays([ordinals, pa.array([0, 1] * 20)], schema=schema)
    known = pd.DataFrame({"p": pd.period_range("2020-01", periods=40, freq="M"), "y": [0, 1] * 20})
    assert describe(unknown, "y").content_hash == describe(*as_table(known, target="y")).content_hash


def test_a_target_can_be_a_column_of_any_library() -> None:
    X = np.arange(40.0)[:, None]
    labels = ["u", "v"] * 20
    forms = [labels, tuple(labels), np.array(labels), pd.Series(labels), pa.array(labels), iter(labels)]
    polars = pytest.importorskip("polars")
    forms += [
        polars.Series(labels),
        pa.chunked_array([labels]),
        np.array(labels)[:, None],
        pd.DataFrame({"target": labels}),
    ]
    assert len({describe(*as_table(X, form, target="target")).content_hash for form in forms}) == 1


def test_columns_named_by_numbers_are_known_by_them() -> None:
    frame = pd.DataFrame(np.arange(80.0).reshape(40, 2)).assign(**{"2": [0, 1] * 20})
    assert describe_locally(frame, 2).content_hash == describe_locally(frame, "2").content_hash


def test_an_arrow_file_of_polars_is_described(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": range(40), "k": ["u", "v"] * 20, "y": [0, 1, 1, 0] * 10})
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    (tmp_path / "t.arrow").write_bytes(buffer.getvalue())
    found = describe(read_file(tmp_path / "t.arrow").table, "y")
    assert found.content_hash == describe_locally(frame, "y").content_hash
    assert {use.name: use.role for use in found.columns} == {"a": "numeric", "k": "nominal", "y": "target"}


def test_views_in_an_arrow_file_are_read(tmp_path: Path) -> None:
    table = pa.table({"k": pa.array(["u", "v"] * 20, pa.string_view()), "x": range(40), "y": [0, 1] * 20})
    with ipc.new_file(tmp_path / "t.arrow", table.schema) as writer:
        writer.write_table(table)
    assert describe(read_file(tmp_path / "t.arrow").table, "y").meta_features.values["n_nominal"] == 1


def test_only_errors_of_the_family_come_of_odd_containers() -> None:
    for X in (object(), 3, None, "text", [], {}, [1, 2], {"a": 3}, np.array(5), [[1], [2, 3]], [{"a": 1}, 2]):
        with pytest.raises(WarmtuneError):
            describe(*as_table(X, [0, 1]))


FAR = (1 << 63) - 1
SECONDS = [day * 86_400 for day in range(40)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([FAR, *range(39)], pa.timestamp("us")),
        pa.array([FAR, *range(39)], pa.timestamp("us")).dictionary_encode(),
        pa.array([3_000_000, *range(39)], pa.date32()),
        pa.array([1 << 62, *range(39)], pa.duration("s")),
        *(pa.array(SECONDS, pa.timestamp("s", tz=zone)) for zone in ("Z", "UTC+01:00", "GMT+5", "Mars/Base")),
        pa.array([None, *SECONDS[1:]], pa.timestamp("s", tz="Z")),
        pa.array([[FAR], *([n] for n in range(39))], pa.list_(pa.timestamp("us"))),
    ],
    ids=lambda column: str(column.type),
)
def test_moments_that_python_cannot_make_in_the_first_row(column: pa.Array, tmp_path: Path) -> None:
    X, y = pa.table({"c": column, "x": list(range(40))}), pa.array(["a", "b"] * 20)
    taken = outcome(lambda: in_memory(X, y))
    assert taken == outcome(lambda: by_upload(X, y, tmp_path))
    assert taken[0] == ("InvalidTableError" if pa.types.is_list(column.type) else "binary")


@pytest.mark.parametrize(
    "y",
    [
        [0.0, -0.0, 1.0] * 10,
        ["0", "-0", "1"] * 10,
        np.array([0.0, -0.0, 1.0] * 10, np.float32),
        pa.array([0.0, -0.0, 1.0] * 10, pa.float16()),
    ],
    ids=["floats", "texts", "float32", "float16"],
)
def test_a_negative_zero_is_the_same_class(y: object) -> None:
    X = pd.DataFrame({"a": np.arange(30.0)})
    assert task_of(X, y) == task_of(X, [0, 0, 1] * 10)


def test_a_negative_zero_is_the_same_category() -> None:
    y = ["u", "v", "v"] * 10
    signed, plain = (
        describe(*as_table(pd.DataFrame({"a": np.arange(30.0), "t": t}), y), nominal=["t"], deadline_ms=0.0)
        for t in ([0.0, -0.0, 1.0] * 10, [0.0, 0.0, 1.0] * 10)
    )
    assert (signed.content_hash, signed.meta_features) == (plain.content_hash, plain.meta_features)
