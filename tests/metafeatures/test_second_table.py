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


@pytest.mark.parametrize(
    ("header", "above", "below"),
    [
        (
            "code,description,y",
            [f"00{k},text {k},{k}" for k in range(1, 9)],
            ["E01,fall,", "E02,fire,3", "V03,visit,4"],
        ),
        ("size,color,y", [f"{k},red,a" for k in range(5)], ["XL,blue,b", "M,red,a", "S,red,a"]),
        ("size,y", [f"{k},a" for k in range(5)], ["XL,b", "M,a", "S,a", "L,c"]),
        ("id,grade,comment", [f"{k},{k % 4},good" for k in range(8)], ["8,A,fine", "9,B,good", "10,C,good"]),
        ("zone,note,y", [f"{k},,{k % 3}" for k in range(9)], ["north,new,", "south,old,1", "west,odd,2"]),
        ("y,model", [f"{k / 2},{k + 100}" for k in range(9)], [",Golf", "1.5,Polo", "2.5,Uno"]),
    ],
)
def test_one_column_of_numbers_before_words_begins_none(
    header: str, above: list[str], below: list[str], tmp_path: Path
) -> None:
    content = "".join(f"{line}\n" for line in (header, *above, *below))
    target = "y" if "y" in header.split(",") else "comment"
    found = described(read(tmp_path, content), target)
    assert [column.name for column in found.columns] == header.split(",")
    assert of_frame(pd.read_csv(tmp_path / "table"), target).n_rows == found.n_rows > len(above)


@pytest.mark.parametrize("between", [[[None, None, None], ["Name", "Hue", "Kind"]], [["Size", "Color", "Z"]]])
def test_a_row_that_stands_apart_begins_one_where_one_column_changes(between: list[list[str | None]]) -> None:
    above = [[f"{k}", "red", "ab"[k % 2]] for k in range(8)]
    below = [["S", "blue", "b"], ["M", "red", "a"]]
    with pytest.raises(InvalidTableError, match="save each table in a file of its own"):
        of_frame(pd.DataFrame([*above, *between, *below], columns=["size", "color", "y"]))
