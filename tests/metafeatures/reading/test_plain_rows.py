"""Rows that are read by a pass of our own are those that pyarrow reads."""

import random
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metafeatures.reading import read_file, row_parser
from metafeatures.reading.plain_rows import PlainFields, plain_table
from tests.metafeatures.reading.reading import read_bytes
from warmtune.vocabulary.errors import WarmtuneError

FLOATS = PlainFields(["x", "y"], {"x": pa.float64(), "y": pa.string()}, ",", ".")
CELLS = (
    *("1", "-2", "0", "007", "-0", "1.5", "5.", ".5", "-.5", "1e5", "1E-3", "+5", "1e400", "1e-310", "nan", "NA", ""),
    *(" 3", "4 ", "1_0", "0x1f", "--", "-", "inf", "9007199254740993", "123456789012345678901", "1.2.3", "true"),
    *(
        "18446744073709551615",
        "0.1234567890123456789",
        "NULL",
        "(null)",
        " ",
        "1e",
        "u",
        "v v",
        "None",
        "?",
        "ä",
        "x\0",
    ),
)


def of_plain(body: str, fields: PlainFields = FLOATS) -> pa.Table | None:
    return plain_table(np.frombuffer(body.encode(), np.uint8), fields)


@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False, min_value=-1e150, max_value=1e150).map(repr),
            st.tuples(st.integers(0, 2**70), st.integers(-60, 60)).map(lambda pair: f"{pair[0]}e{pair[1]}"),
            st.integers(2**51, 2**53).map(lambda whole: f"{whole}.5"),
            st.from_regex(r"-?[0-9]{1,25}\.[0-9]{1,25}", fullmatch=True),
        ),
        min_size=1,
        max_size=50,
    )
)
@settings(deadline=None)
def test_numbers_are_the_nearest_doubles(texts: list[str]) -> None:
    padding = "p" * 1_100  # few numbers of many digits are read so
    table = of_plain("".join(f"{text},{padding}\n" for text in texts))
    if table is None:  # some exponent is unusual
        assert any(abs(float(text)) < 1e-150 for text in texts)
        return
    found = table.column("x").to_pylist()
    assert [struct.pack("d", value) for value in found] == [struct.pack("d", float(text)) for text in texts]


@pytest.mark.parametrize("seed", range(60))
def test_files_are_read_as_by_pyarrow(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    n_fields, n_rows = rng.randrange(2, 5), rng.randrange(1, 30)
    pools = [rng.sample(CELLS, rng.randrange(1, 4)) + ["1.25", "7"] * rng.randrange(2) for _ in range(n_fields)]
    rows = [[rng.choice(pool) for pool in pools] for _ in range(n_rows)]
    if seed % 10 == 0:
        rows[-1].pop()
    delimiter, end = rng.choice(",;\t|"), rng.choice(("\n", "\r\n", "\r"))
    lines = [delimiter.join(row) for row in ([f"c{k}" for k in range(n_fields)], *rows)]
    path = tmp_path / "table"
    path.write_bytes((end.join(lines) + end * (seed % 3)).encode())
    outcomes = []
    for _ in range(2):
        try:
            file = read_file(path)
        except WarmtuneError as error:
            outcomes.append(repr(error))
        else:
            cells = [[repr(cell) for cell in column.to_pylist()] for column in file.table.columns]
            outcomes.append(repr((file.table.schema, cells, file.reading)))
        monkeypatch.setattr(row_parser, "_plainly", lambda rows, types: None)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("body", ["1,u\n2\n", "1,u,v\n", "x,u\n", "1e,u\n", "+1,u\n", "1 2,u\n", " ,u\n", "1.5\n"])
def test_what_is_not_plain_is_left_to_others(body: str) -> None:
    assert of_plain(body) is None


def test_gaps_blank_lines_and_a_last_line_without_end() -> None:
    table = of_plain("1,u\r\n\r\n,NA\n2.5,\nNULL,v w")
    assert table is not None
    assert table.to_pydict() == {"x": [1.0, None, 2.5, None], "y": ["u", None, None, "v w"]}


def test_numbers_of_many_digits_far_below_are_exact(tmp_path: Path) -> None:
    rows = "".join(f"{k / 4},{k}\n" for k in range(20_000)) + "0.12345678901234568,1\n123456789012345678901.5,2\n"
    table = read_bytes(tmp_path, f"a,b\n{rows}".encode()).table
    assert table.column("a")[-2:].to_pylist() == [0.12345678901234568, 123456789012345678901.5]
