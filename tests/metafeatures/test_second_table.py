"""Two tables in one file, or one frame."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.workbook_writer import workbook
from tests.metafeatures.test_exports import of_frame
from tests.metafeatures.test_neighbours import N, described, read
from warmtune.vocabulary.errors import InvalidTableError

ROWS = [(f"{1 + 0.37 * i:.2f}", ["red", "blue", "green"][i % 3], ["low", "high"][i % 2]) for i in range(N)]
TABLE = "a,b,y\n" + "".join(",".join(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    "second",
    [
        "\n\nName,Value,Unit\nfoo,1,kg\nbar,2,g\n",
        "Name,Value,Unit\nfoo,1,kg\n",
        "\nTable 2\nName,Value,Unit\nfoo,1,kg\nbar,2,g\n",
        "\nName,Value\nfoo,1\nbar,2\n",
        "\np,q,r\n1,2,x\n3,4,y\n",
    ],
)
def test_two_tables_are_refused_with_the_row_of_the_second_ones_names(second: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTableError, match=rf"row {N + 1 + ('Table' in second)} .* second table's columns"):
        described(read(tmp_path, TABLE + second))
    with pytest.raises(InvalidTableError, match="save each table in a file of its own"):
        of_frame(pd.read_csv(tmp_path / "table"))


def test_so_are_those_in_a_sheet(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ("a", "b", "y"),
        *((float(a), b, y) for a, b, y in ROWS),
        (),
        ("p", "q", "r"),
        (1, 2, "x"),
        (3, 4, "z"),
    ]
    with pytest.raises(InvalidTableError, match="second table's columns"):
        described(read(tmp_path, workbook([list(row) for row in rows])))


@pytest.mark.parametrize(
    "more",
    [
        "n/k,purple,low\n5,purple,low\n",  # a word for missing
        "call,purple,medium\n5,orange,large\n",  # an odd cell, and numbers again
        "call,purple,low\nask,orange,high\n",  # the class stands elsewhere too
        "1.5,Total,\n",
    ],
)
def test_odd_cells_begin_no_second_table(more: str, tmp_path: Path) -> None:
    assert described(read(tmp_path, TABLE + more)).n_rows >= N


def test_numbers_before_words_in_a_sorted_column_begin_none() -> None:
    sizes = [*map(str, range(N // 2)), *(f"size {k}" for k in range(N // 2))]
    frame = pd.DataFrame({"a": sizes, "b": [f"name {k}" for k in range(N)], "y": ["low", "high"] * (N // 2)})
    assert of_frame(frame).n_rows == N
