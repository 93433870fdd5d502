"""Numbers with unquoted commas in a file that commas divide, and indices that only look like it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.metafeatures.reading.reading import read_bytes, refusal

N = 40


def _rows(row: Callable[[int], str], header: str = "price,n,y") -> bytes:
    return "\n".join([header, *(row(k) for k in range(N))]).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (_rows(lambda k: f"{k * 37 % 101},{k % 100:02d},{k % 7},{k % 2}"), "price"),
        (_rows(lambda k: f"{k * 37 % 101 - 50},{k * 3 % 100:02d},{k % 7},{k % 2}"), "price"),
        (_rows(lambda k: f"{k * 37 % 101},{k % 7},{k * 31 % 1000:03d},{k % 2}", "n,price,y"), "price"),
    ],
)
def test_halves_of_numbers_are_refused(content: bytes, name: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, content).message
    assert f"column {name!r}" in message
    assert "into quotes" in message


@pytest.mark.parametrize(
    "row",
    [
        lambda k: f"{k + 1},{k % 100:02d},{k % 7},{k % 2}",  # numbers of the rows
        lambda k: f"{3 * k},{k * 31 % 1000:05d},{k % 7},{k % 2}",  # of some of them
        lambda k: f"car {k},{k % 100:02d},{k % 7},{k % 2}",
        lambda k: f"{k * 37 % 101},{k % 100},{k % 7},{k % 2}",
        lambda k: f"{k * 37 % 101},{k % 90 + 10},{k % 7},{k % 2}",
    ],
)
def test_names_of_rows_are_left_out(row: Callable[[int], str], tmp_path: Path) -> None:
    found = read_bytes(tmp_path, _rows(row))
    assert (found.table.column_names, found.table.num_rows) == (["price", "n", "y"], N)
    assert [use.name for use in found.reading.left_out] == ["Unnamed: 0"]
