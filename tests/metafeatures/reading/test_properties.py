"""Whatever is written in whatever dialect comes back: no cell and no row is lost or changed."""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.table_writers import Style, TextTable, write_delimited
from metafeatures.reading import FileTable, read_file
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

LETTERS = "abcdefgxyzABC_"
SIGNS = LETTERS + " ,;|\t\"'\n#%äß–€\\"
SEEDS = st.integers(0, 2**32 - 1)  # drawing each cell by itself takes longer than all the reading


def table_of(chance: random.Random) -> TextTable:
    """Distinct names, a column of numbers, columns of words with every sign that can be misread."""
    n_columns = chance.randint(3, 6)
    names = list(dict.fromkeys("".join(chance.choices(LETTERS, k=chance.randint(1, 6))) for _ in range(60)))[:n_columns]
    rows = [
        (str(chance.randint(0, 999)), *(word_of(chance) for _ in range(n_columns - 1)))
        for _ in range(chance.randint(4, 25))
    ]
    return TextTable(tuple(names), tuple(rows), (True, *[False] * (n_columns - 1)))


def word_of(chance: random.Random) -> str:
    return chance.choice(LETTERS) + "".join(chance.choices(SIGNS, k=chance.randint(0, 9)))


def style_of(chance: random.Random) -> Style:
    return Style(
        delimiter=chance.choice(",;\t|"),
        encoding=chance.choice(["utf-8", "utf-8", "utf-16-le", "cp1252"]),
        line_end=chance.choice(["\n", "\r\n"]),
        quotes_all=chance.random() < 0.5,
        before=chance.choice(["", "\n", "\n\n", "# a comment\n"]),
        index=chance.choice([None, None, "short"]),
    )


def read(content: bytes) -> FileTable:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return read_file(Path(file.name))


@settings(max_examples=500, deadline=None, derandomize=True)
@given(SEEDS)
@pytest.mark.slow
def test_every_cell_comes_back(seed: int) -> None:
    chance = random.Random(seed)
    table, style = table_of(chance), style_of(chance)
    found = read(write_delimited(table, style))
    expected = [[(cell or "").replace("\n", style.line_end) for cell in row] for row in table.rows]
    columns = [[str(cell) for cell in found.table.column(name).to_pylist()] for name in table.names]
    assert [list(row) for row in zip(*columns, strict=True)] == expected
    assert found.reading.delimiter == style.delimiter


@settings(max_examples=500, deadline=None, derandomize=True)
@given(SEEDS)
@pytest.mark.slow
def test_what_is_cut_off_and_damaged_is_a_table_or_a_typed_error(seed: int) -> None:
    chance = random.Random(seed)
    content = write_delimited(table_of(chance), style_of(chance))
    cut = content[: chance.randint(0, len(content))]
    place = chance.randint(0, len(cut))
    try:
        found = read(cut[:place] + chance.randbytes(chance.randint(0, 3)) + cut[place:])
    except (InvalidTableError, LimitExceededError) as error:
        assert error.field
        return
    assert found.table.num_rows == found.reading.n_rows
