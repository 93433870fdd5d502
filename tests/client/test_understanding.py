"""What was understood of a table, as values and as text."""

import re
from dataclasses import replace
from pathlib import Path

from warmtune.tables.description import describe_task
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.understanding import ColumnUse, Reading, Understanding
from warmtune.wire.understanding import UnderstandingBody

READING = Reading("csv", 42, "gzip", "cp1252", ";", ",", '"', None, n_skipped_rows=2)
FOUND = Understanding(
    kind=TaskKind.BINARY,
    kind_reason="the target holds categories",
    columns=(
        ColumnUse("id", "left_out", "the index that pandas kept"),
        ColumnUse("a", "numeric", "its type is double"),
        ColumnUse("b", "numeric", "its type is int64"),
        ColumnUse("place", "nominal", "categories"),
        ColumnUse("y", "target", "the target holds categories"),
    ),
    n_rows=40,
    n_dropped_rows=2,
    reading=READING,
    notices=(Notice("encoding", "the file is not UTF-8", 3, "place", 1), Notice("short_rows", "1 row " + "x" * 90)),
)


def test_the_body_keeps_everything() -> None:
    body = UnderstandingBody.model_validate_json(UnderstandingBody.from_domain(FOUND).model_dump_json())
    assert body.to_domain() == FOUND


def test_the_text_is_short_and_narrow_and_says_what_is_odd() -> None:
    text = str(FOUND)
    assert max(map(len, text.splitlines())) <= 100  # a long word is not broken
    flat = " ".join(text.split())
    for part in (
        "read as CSV, divided by semicolons, with decimal commas, in cp1252, unpacked from gzip: 40 rows",
        "(2 more left out, 2 lines skipped), columns: 2 numeric, 1 nominal",
        "target 'y': binary, as the target holds categories",
        "left out: 'id', the index that pandas kept",
        "note: the file is not UTF-8",
    ):
        assert part in flat


def test_nothing_odd_is_two_lines() -> None:
    plain = replace(FOUND, reading=Reading("parquet", 40), n_dropped_rows=0, notices=(), columns=FOUND.columns[1:])
    assert str(plain).splitlines() == [
        "read as Parquet: 40 rows, columns: 2 numeric, 1 nominal",
        "target 'y': binary, as the target holds categories",
    ]
    assert str(replace(plain, reading=None)).startswith("40 rows, columns:")


def test_many_notes_are_counted() -> None:
    text = str(replace(FOUND, notices=(Notice("short_rows", "a note"),) * 30))
    assert text.count("note:") == 8
    assert text.endswith("and 22 more notes")


def test_a_description_made_here_says_how_its_file_was_read(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text("x y\n" + "".join(f"{i} {i % 2}\n" for i in range(40)))
    found = describe_task(path, "y").understanding
    assert found is not None
    assert found.reading is not None
    assert (found.reading.delimiter, found.target, found.n_rows) == ("spaces", "y", 40)


def test_every_notice_is_in_the_page_and_the_page_names_no_other() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [*(root / "metafeatures").rglob("*.py"), *(root / "client").rglob("*.py")]
    made = {code for path in sources for code in re.findall(r'Notice\(\s*"(\w+)"', path.read_text(encoding="utf-8"))}
    page = (root / "docs" / "tables.md").read_text(encoding="utf-8").partition("## Notices")[2].partition("\n## ")[0]
    listed = {
        code
        for line in page.splitlines()
        if line.startswith("| `")
        for code in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert made == listed
