"""Tables as consoles print them: names of the index, padded headers, a last line that counts the rows."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from tests.metafeatures.reading.reading import columns, read_bytes

N = 12
FRAME = pd.DataFrame({"v": [k + 0.5 for k in range(N)], "c": ["red", "blue", "green"] * 4, "y": ["ja", "nein"] * 6})


def same(found: dict[str, list[object]]) -> bool:
    return found == {name: FRAME[name].tolist() for name in FRAME.columns}


@pytest.mark.parametrize("index", [range(N), range(7, 7 + N), [0, 0, 1, *range(9)], [f"r{k}" for k in range(N)]])
def test_an_index_with_a_name_is_left_out_of_a_printed_frame(index: Sequence[int | str], tmp_path: Path) -> None:
    frame = FRAME.set_axis(pd.Index(list(index), name="id"))
    found = read_bytes(tmp_path, frame.to_string().encode())
    assert same(columns(found))
    assert found.reading.n_rows == N
    assert [(use.name, use.role) for use in found.reading.left_out] == [("id", "left_out")]


def test_columns_with_a_name_are_too(tmp_path: Path) -> None:
    frame = FRAME.rename_axis(index="id", columns="column")
    assert same(columns(read_bytes(tmp_path, frame.to_string().encode())))


def test_names_of_several_levels_are_too(tmp_path: Path) -> None:
    frame = FRAME.set_index([pd.Index(["a"] * N, name="g"), pd.Index(range(N), name="k")])
    assert same(columns(read_bytes(tmp_path, frame.to_string().encode())))


def test_a_first_row_of_one_cell_is_a_row(tmp_path: Path) -> None:
    lines = FRAME.to_string(index=False).splitlines()
    text = "\n".join([f"name {lines[0]}", "x", *(f"y{k:03} {line}" for k, line in enumerate(lines[1:]))])
    assert columns(read_bytes(tmp_path, text.encode()))["name"][0] == "x"


@pytest.mark.parametrize(
    "footer",
    ["(12 rows affected)", "12 rows selected.", "(12 rows)", "12 rows in set (0.00 sec)", "1,200 rows returned"],
)
@pytest.mark.parametrize("space", ["", "\n"])
def test_the_count_of_rows_is_no_row(footer: str, space: str, tmp_path: Path) -> None:
    lines = FRAME.to_string(index=False).splitlines()
    ruled = [lines[0], " ".join("-" * len(name) for name in ("v   ", "c    ", "y   ")), *lines[1:]]
    found = read_bytes(tmp_path, ("\n".join(ruled) + f"\n{space}{footer}\n").encode())
    kept = {name: cells[:N] for name, cells in columns(found).items()}
    assert same(kept)
    assert all(cell is None for cells in columns(found).values() for cell in cells[N:] if cell != footer)


def test_blanks_behind_a_header_are_no_column(tmp_path: Path) -> None:
    rows = [FRAME.columns.tolist(), ["-" * 5] * 3, *FRAME.to_numpy().tolist()]
    text = "".join("  ".join(f"{cell!s:<6}" for cell in row) + "\n" for row in rows)
    assert same(columns(read_bytes(tmp_path, text.encode())))
