"""Columns that can't be described: refused in the same words by every way, and no matter where they are ignored."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from warmtune.tables.description import describe_task
from warmtune.tables.local import arrow_content
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import InvalidTableError

N = 12
CAST = "cast it to Int64, or to Float64"


def refusal(describing: Callable[[], object]) -> str:
    with pytest.raises(InvalidTableError) as caught:
        describing()
    return caught.value.message


def frame(cells: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"a": range(N), "y": ["u", "v"] * (N // 2)}).with_columns(cells.alias("x"))


def by_file(path: Path, write: Callable[[Path], object]) -> object:
    write(path)
    return describe(read_file(path).table, "y")


@pytest.mark.parametrize(
    "cells",
    [
        pl.Series([[1.5]] * N),
        pl.Series([["u"]] * N),
        pl.Series([[[1]]] * N),
        pl.Series([[1, 2]] * N, dtype=pl.Array(pl.Int64, 2)),
        pl.Series([[]] * N, dtype=pl.List(pl.Int64)),
    ],
)
def test_lists_are_refused_in_the_same_words_by_every_way(cells: pl.Series, tmp_path: Path) -> None:
    table = frame(cells)
    said = refusal(lambda: describe_task(table, "y"))
    assert said.startswith("column 'x' holds values of type list: ")
    for way in (
        lambda: describe_task(table.to_arrow(), "y"),
        lambda: describe_task(table.to_pandas(), "y"),
        lambda: by_file(tmp_path / "parquet", table.write_parquet),
        lambda: by_file(tmp_path / "arrow", table.write_ipc),
        lambda: by_file(tmp_path / "lines", table.write_ndjson),
    ):
        assert refusal(way) == said


@pytest.mark.parametrize("kind", [pl.Int128, pl.UInt128])
@pytest.mark.parametrize("as_target", [False, True])
def test_integers_that_no_file_can_hand_over_are_refused_in_memory_too(
    kind: type[pl.DataType], as_target: bool, tmp_path: Path
) -> None:
    table = frame(pl.Series(range(N), dtype=kind))
    if as_target:
        table = table.rename({"x": "y", "y": "x"})
    assert refusal(lambda: describe_task(table, "y")).endswith(CAST)
    assert refusal(lambda: by_file(tmp_path / "parquet", table.write_parquet)).endswith(CAST)
    assert refusal(lambda: by_file(tmp_path / "arrow", table.write_ipc)).endswith(CAST)


@pytest.mark.parametrize(
    "data",
    [
        frame(pl.Series([[1]] * N)),
        frame(pl.Series([1] * N, dtype=pl.Int128)),
        frame(pl.Series([[1]] * N)).to_arrow(),
        pd.DataFrame({"a": range(N), "y": ["u", "v"] * (N // 2), "x": [1j] * N}),
        {"a": list(range(N)), "y": ["u", "v"] * (N // 2), "x": [object()] * N},
    ],
)
def test_a_column_to_ignore_may_hold_anything(data: object) -> None:
    plain = describe_task(frame(pl.Series(["w"] * N)), "y", ignore=["x"])
    found = describe_task(data, "y", ignore=["x"])
    assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
    assert found.understanding is not None
    assert next(column.role for column in found.understanding.columns if column.name == "x") == "left_out"


def test_a_column_to_ignore_is_no_matter_in_an_upload(tmp_path: Path) -> None:
    content, target = arrow_content(frame(pl.Series([[1]] * N)), "y", TableHints(ignore=("x",)))
    path = tmp_path / "table.arrow"
    path.write_bytes(content)
    found = describe(read_file(path).table, target, ignore=["x"])
    assert [column.name for column in found.columns if column.role == "left_out"] == ["x"]


def test_a_column_to_ignore_keeps_its_length() -> None:
    data = {"a": [1, 2, 3], "y": ["u", "v", "u"], "x": [object()] * 2}
    with pytest.raises(InvalidTableError, match="column 'x' has 2 rows"):
        as_table(data, target="y", ignore=["x"])


def test_lists_are_also_refused_as_what_arrow_views(tmp_path: Path) -> None:
    table = pa.table({"x": pa.array([[1], [2]], pa.list_view(pa.int64())), "y": ["u", "v"]})
    assert "of type list" in refusal(lambda: describe(table, "y"))
