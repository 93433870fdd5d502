"""One table in all the ways that programs write tables is one task, bit by bit."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.table_writers import WAYS, TextTable, as_text
from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file


@pytest.fixture(scope="module")
def table() -> TextTable:
    rng = np.random.default_rng(7)
    n = 120
    missing, unknown = rng.random((2, n)) < 0.1
    return as_text(
        pa.table(
            {
                "measure, in m": np.round(rng.normal(size=n), 4),
                "count": rng.integers(0, 250_000, n),
                "gaps": pa.array(np.round(rng.normal(50, 9, n), 2), mask=missing),
                "place": pa.array(rng.choice(["Ulm", "Bad Tölz", 'the "Inn"', "a, b; c|d"], n), mask=unknown),
                "label": rng.choice(["lo", "hi", "mid"], n),
            }
        )
    )


def described(path: Path) -> Description:
    return describe(read_file(path).table, "label")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.slow
def test_every_way_gives_the_same_description(way: str, table: TextTable, tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_bytes(WAYS[way](table))
    found = described(path)
    expected = describe(*as_table(table.frame, target="label"))
    assert found.content_hash == expected.content_hash
    assert found.meta_features == expected.meta_features
    roles = {column.name: column.role for column in found.columns if column.role != "left_out"}
    assert roles == {column.name: column.role for column in expected.columns}
