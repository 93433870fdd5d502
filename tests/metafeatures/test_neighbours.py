"""Small odd inputs, each a neighbour of one that somebody posted: roles, rows and notices."""

import io
from pathlib import Path

import pandas as pd
import pytest

from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from metafeatures.reading import FileTable, read_file
from warmtune.vocabulary.errors import InvalidTableError

N = 24
LABELS = ["yes", "no"]
ROWS = [f"{1 + 0.37 * i:.2f},{i % 3},{LABELS[i % 2]}" for i in range(N)]
PLAIN = "a,x,y\n" + "\n".join(ROWS) + "\n"


def read(tmp_path: Path, content: str | bytes) -> FileTable:
    path = tmp_path / "table"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(path)


def described(file: FileTable, target: str = "y") -> Description:
    return describe(file.table, target, decimal_mark=file.decimal_mark, deadline_ms=0.0)


def codes(file: FileTable, found: Description | None = None) -> list[str]:
    notices = (*file.reading.notices, *(found.notices if found is not None else ()))
    return [notice.code for notice in notices]


def with_cells(cells: list[str]) -> str:
    return "a,x,y\n" + "".join(f'{1 + 0.37 * i:.2f},"{cells[i % len(cells)]}",{LABELS[i % 2]}\n' for i in range(N))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PLAIN.replace("\n", "\n#").removesuffix("#").join(["#", ""]), "commented_lines"),
        ("".join(f"# {line}\n" for line in PLAIN.splitlines()), "commented_lines"),
        ("".join(f"%{line}\n" for line in PLAIN.splitlines()), "commented_lines"),
        (f"Report of 2020\nBy: me, you\nPrinted\n{PLAIN}", "skipped_lines"),
        (f"Report of 2020,,\n,,\n{PLAIN}", "skipped_lines"),
        (f"Station:,Berlin,\nHeight:,34,\n{PLAIN}", "skipped_lines"),
        (PLAIN.replace("\n", "\nkg,cm,-\n", 1), "units_row"),
        (PLAIN.replace("\n", "\n[kg],[cm],[-]\n", 1), "units_row"),
        (PLAIN.replace("\n", "\nkg,,\n", 1), "units_row"),
        (PLAIN + "\x1a", None),
        (PLAIN.encode() + b"\0" * 100_000, None),
        (PLAIN.replace(",", "\x1f"), None),
        (PLAIN.replace(",", ":"), None),
    ],
)
@pytest.mark.slow
def test_the_same_table_is_seen_behind_it(content: str | bytes, code: str | None, tmp_path: Path) -> None:
    plain = described(read(tmp_path, PLAIN))
    file = read(tmp_path, content)
    found = described(file)
    assert (found.content_hash, found.n_rows) == (plain.content_hash, N)
    assert codes(file, found) == ([] if code is None else [code])


def test_borders_of_a_printed_table_are_no_rows(tmp_path: Path) -> None:
    border = "+------+---+-----+\n"
    rows = "".join(f"| {row.replace(',', ' | ')} |\n" for row in ROWS)
    file = read(tmp_path, f"{border}| a | x | y |\n{border}{rows}{border}")
    found = described(file)
    assert (found.content_hash, found.n_rows, found.dropped_rows) == (
        described(read(tmp_path, PLAIN)).content_hash,
        N,
        0,
    )


@pytest.mark.parametrize("title", ["name,city,,", "Report,,x", ",x,y", "a,b"])
def test_a_header_that_lacks_names_is_no_title(title: str, tmp_path: Path) -> None:
    n_columns = title.count(",") + 1
    rows = "".join(",".join(f"w{i * j % 5}" for j in range(1, n_columns + 1)) + "\n" for i in range(N))
    assert read(tmp_path, f"{title}\n{rows}").reading.n_rows == N


def test_a_first_row_of_words_that_come_again_is_no_row_of_units(tmp_path: Path) -> None:
    content = PLAIN.replace("\n", "\nmany,few,yes\n", 1)
    file = read(tmp_path, content)
    assert "units_row" not in codes(file, described(file))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["01234", "04109", "80331"], "leading_zeros"),
        (["007", "7", "12"], "leading_zeros"),
        (["1", "1.0", "2"], "one_number"),
        ([str(2**60 + i * 7) for i in range(N)], "long_integers"),
        ([str(2**60 + i * 7) if i % 5 else "" for i in range(N)], "long_integers"),
        (["0" * 6_000 + str(i % 7) for i in range(N)], "leading_zeros"),
        (["1." + "0" * 6_000, "1.0", "2"], "one_number"),
    ],
)
def test_numbers_whose_spelling_may_mean_more_are_reported(cells: list[str], code: str, tmp_path: Path) -> None:
    content = with_cells(cells).replace('"', "")
    file = read(tmp_path, content)
    found = described(file)
    assert codes(file, found) == [code]
    frame = pd.read_csv(io.StringIO(content))
    assert describe(*as_table(frame, target="y"), deadline_ms=0.0).content_hash == found.content_hash


@pytest.mark.parametrize("sign", ["", "-"])
def test_numbers_of_any_length_are_read_or_refused(sign: str, tmp_path: Path) -> None:
    cells = [f"{sign}{i % 9 + 1}{'7' * 6_000}" if i == 5 else str(i % 7) for i in range(N)]
    file = read(tmp_path, with_cells(cells).replace('"', ""))
    with pytest.raises(InvalidTableError, match="must be finite"):
        described(file)
    long = [f"{'0' * 6_000}{2**60 + i * 7}" if i else str(2**60) for i in range(N)]
    for notice in read(tmp_path, with_cells(long).replace('"', "")).reading.notices:
        assert len(notice.text) < 500


def test_classes_that_only_zeros_tell_apart_are_reported_as_one(tmp_path: Path) -> None:
    content = "a,y\n" + "".join(f"{i * 37 % 11},{['01', '1', '2'][i % 3]}\n" for i in range(N))
    (notice,) = read(tmp_path, content).reading.notices
    assert "'01' and '1' are one value" in notice.text
    frame = pd.read_csv(io.StringIO(content), dtype={"a": str})
    frame["a"] = "0" + frame["a"]
    assert "leading_zeros" in [n.code for n in describe(*as_table(frame, target="y"), deadline_ms=0.0).notices]


@pytest.mark.parametrize(
    ("cells", "role", "code"),
    [
        ([f"<{i + 1}" if i % 6 == 0 else str(i + 1) for i in range(N)], "nominal", "almost_numbers"),
        ([f"{i}.5" if i % 2 else "mixed" for i in range(N)], "nominal", "almost_numbers"),
        (["0", "1", "2", "3+"], "nominal", None),
        (["info", "infra", "infant"], "nominal", None),
        (["INFO", "WARN"], "nominal", None),
        (["".join(chr(0xFF10 + int(c)) for c in str(100 + i)) for i in range(N)], "numeric", "numbers_as_text"),
        (["".join(chr(0x660 + int(c)) for c in str(100 + i)) for i in range(N)], "numeric", "numbers_as_text"),
    ],
)
def test_cells_that_are_nearly_numbers(cells: list[str], role: str, code: str | None, tmp_path: Path) -> None:
    content = with_cells(cells)
    file = read(tmp_path, content)
    found = described(file)
    assert {column.name: str(column.role) for column in found.columns}["x"] == role
    assert codes(file, found) == ([] if code is None else [code])
    frame = describe(*as_table(pd.read_csv(io.StringIO(content)), target="y"), deadline_ms=0.0)
    assert (frame.content_hash, frame.notices) == (found.content_hash, found.notices)


@pytest.mark.parametrize(
    ("header", "target"), [("g,g,y\na,x,y", "y"), ("g,,kind\na,x,label", "kind"), ("g,,kind\na,x,label", "label")]
)
def test_either_name_of_two_levels_will_do(header: str, target: str, tmp_path: Path) -> None:
    found = described(read(tmp_path, f"{header}\n" + "\n".join(ROWS) + "\n"), target)
    assert [str(column.role) for column in found.columns] == ["numeric", "numeric", "target"]


@pytest.mark.parametrize("sign", ["//", "#"])
def test_json_lines_below_a_comment_are_not_taken_for_csv(sign: str, tmp_path: Path) -> None:
    rows = "".join(f'{{"a": {i}, "y": "{LABELS[i % 2]}"}}\n' for i in range(N))
    with pytest.raises(ValueError, match="JSON with comments"):
        read(tmp_path, f"{sign} made by a program\n{rows}")


def test_ranking_files_of_libsvm_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="LIBSVM"):
        read(tmp_path, "".join(f"{i % 2} qid:1 1:{i} 2:{i % 3}\n" for i in range(N)))
