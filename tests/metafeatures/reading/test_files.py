import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metafeatures.limits import TableLimits
from metafeatures.reading import read_file, read_table
from metafeatures.reading.formats import TableFormat
from tests.metafeatures.tables import mixed_table
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, LimitExceededError

FORMATS = [TableFormat.CSV, TableFormat.PARQUET, TableFormat.ARROW_FILE, TableFormat.ARROW_STREAM]


def as_bytes(table: pa.Table, form: TableFormat) -> bytes:
    sink = io.BytesIO()
    if form is TableFormat.PARQUET:
        pq.write_table(table, sink)
    elif form is TableFormat.ARROW_FILE:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    elif form is TableFormat.ARROW_STREAM:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        sink.write(table.to_pandas().to_csv(index=False).encode())
    return sink.getvalue()


Pack = Callable[[bytes], bytes]


def read(tmp_path: Path, content: bytes, **options: Any) -> pa.Table:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return read_table(path, **options)


def refused(tmp_path: Path, content: bytes, **options: Any) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        read(tmp_path, content, **options)
    assert isinstance(caught.value, (InvalidTableError, LimitExceededError))
    return caught.value


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda b: pa.compress(b, codec="zstd", asbytes=True)])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_and_compression_gives_the_same_table(form: TableFormat, pack: Pack, tmp_path: Path) -> None:
    table = mixed_table(50).drop_columns(["day"])
    found = read(tmp_path, pack(as_bytes(table, form)))
    pd.testing.assert_frame_equal(found.to_pandas(), table.to_pandas(), check_dtype=False, check_categorical=False)
    assert read(tmp_path, pack(as_bytes(table, form)), format=form).num_rows == 50


@pytest.mark.parametrize("form", [TableFormat.PARQUET, TableFormat.ARROW_FILE, TableFormat.ARROW_STREAM])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.99])
def test_files_that_are_cut_off_are_refused(form: TableFormat, share: float, tmp_path: Path) -> None:
    content = as_bytes(mixed_table(2_000), form)
    assert refused(tmp_path, content[: int(share * len(content))]).field == "file"


@pytest.mark.parametrize("form", [TableFormat.PARQUET, TableFormat.ARROW_FILE, TableFormat.ARROW_STREAM])
@pytest.mark.slow
def test_damaged_files_never_crash(form: TableFormat, tmp_path: Path) -> None:
    content = bytearray(as_bytes(mixed_table(200), form))
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(8, len(content), 6):
            damaged[place] = rng.integers(0, 256)
        try:
            read(tmp_path, bytes(damaged))
        except InvalidInputError as error:
            assert error.field is not None


@pytest.mark.parametrize("pack", [gzip.compress, lambda b: pa.compress(b, codec="zstd", asbytes=True)])
@pytest.mark.slow
def test_decompression_bombs_are_refused_while_streaming(pack: Pack, tmp_path: Path) -> None:
    bomb = pack(b"a,y\n" + b"0" * 60_000_000)
    assert len(bomb) < 200_000
    error = refused(tmp_path, bomb, limits=TableLimits(max_bytes=1_000_000))
    assert (error.field, error.limit) == ("file", "max_bytes = 1000000 bytes")
    assert "1,000,000 bytes once unpacked" in error.message
    assert "MAX_TABLE_BYTES" in error.message
    assert int(error.value or 0) < 5_000_000
    assert refused(tmp_path, bomb[: len(bomb) // 2]).field == "file"


@pytest.mark.slow
def test_parquet_footers_are_checked_before_the_data(tmp_path: Path) -> None:
    wide_cells = as_bytes(pa.table({"a": np.zeros(3_000_000, np.int8)}), TableFormat.PARQUET)
    assert len(wide_cells) < 20_000
    error = refused(tmp_path, wide_cells, limits=TableLimits(max_cells=2_000_000))
    assert (error.value, error.limit) == ("3000000", "2000000 cells")
    long_words = as_bytes(pa.table({"a": ["x" * 1_000_000] * 100}), TableFormat.PARQUET)
    assert read(tmp_path, long_words).nbytes < 10_000_000


@pytest.mark.parametrize(
    ("content", "field", "part"),
    [
        (b"", "file", "empty"),
        (b"\n\n", "file", "no header"),
        (b"a,y\n", "file", "no row"),
        (b"a,b,y\n1,2,3\n4,5,6\n7,8,9,10\n", "file", "row 3 "),
        (b"a,b,y\n1,2,3,\n4,5,6,\n7,8,9,10\n", "file", "row 3 "),
        (bytes(range(1, 256)) * 40, "file", "binary"),
        (b'a,"b\n1,2\n3,4\n', "file", "never closed"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "file", "row 2 "),
    ],
)
def test_unsound_csv_is_refused_with_what_is_wrong(content: bytes, field: str, part: str, tmp_path: Path) -> None:
    error = refused(tmp_path, content)
    assert error.field == field
    assert part in error.message


@pytest.mark.slow
def test_another_encoding_deep_in_the_file_is_found_and_its_place_reported(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,word\n" * 1_500_000 + "2,größe\n".encode("latin-1")
    path = tmp_path / "upload"
    path.write_bytes(content)
    found = read_file(path)
    assert found.table["b"][1_500_000].as_py() == "größe"
    (notice,) = found.reading.notices
    assert (found.reading.encoding, notice.code, notice.row, notice.column) == ("cp1252", "encoding", 1_500_001, "b")


def test_fifty_thousand_csv_columns_are_refused_by_the_header(tmp_path: Path) -> None:
    header = ",".join(f"c{i}" for i in range(50_000)).encode()
    for content in (header + b"\n1\n", header.replace(b"c7,", b'"c7",') + b"\n1\n"):
        error = refused(tmp_path, content)
        assert (error.field, error.value, error.limit) == ("file", "50000", "10000 columns")
    endless = refused(tmp_path, b"x" * 9_000_000)
    assert "first line" in endless.message


def test_csv_rows_are_counted_before_parsing(tmp_path: Path) -> None:
    error = refused(tmp_path, b"a,b\n" + b",\n" * 10_000, limits=TableLimits(max_cells=10_000))
    assert error.limit == "10000 cells"


@pytest.mark.slow
def test_a_column_that_turns_to_text_late_is_text_and_the_others_keep_their_type(tmp_path: Path) -> None:
    n = 1_600_000
    lines = "\n".join(f"{i},{i % 2}" for i in range(n))
    table = read(tmp_path, f"a,b\n{lines}\nlate,1\n".encode())
    assert (table.num_rows, table["a"].type, table["b"].type) == (n + 1, pa.string(), pa.int64())


def test_long_rows_and_late_surprises_are_read(tmp_path: Path) -> None:
    """A row of three megabytes, and a column that turns out to hold fractions, then words, megabytes later."""
    rows = [f"{i},{i},{'z' * (3_000_000 if i == 5 else 900)},{i % 2}" for i in range(3_000)]
    rows += ["7.5,q,z,1"]
    table = read(tmp_path, ("a,b,text,y\n" + "\n".join(rows) + "\n").encode())
    assert [str(column.type) for column in table.columns] == ["double", "string", "string", "int64"]
    assert (table.num_rows, table["a"][2_999].as_py(), table["b"][2_999].as_py()) == (3_001, 2_999.0, "2999")
    assert len(table["text"][5].as_py()) == 3_000_000


def test_quoted_fields_may_hold_newlines_and_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    table = read(tmp_path, b'\xef\xbb\xbf"na\nme",y\n"a\nb",1\n"c,d",2\n')
    assert table.column_names == ["na\nme", "y"]
    assert table.column(0).to_pylist() == ["a\nb", "c,d"]


def test_an_index_that_pandas_kept_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "y": [3, 4]}, index=[7, 9])
    assert read(tmp_path, as_bytes(pa.Table.from_pandas(frame), TableFormat.PARQUET)).column_names == ["a", "y"]
