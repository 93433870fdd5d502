"""A file and the frame that pandas reads of it are one task, or are refused alike, whatever is in them."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.table_ways import read_frame
from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from metafeatures.understanding import described_with
from tests.metafeatures.written_tables import write, written_tables
from warmtune.vocabulary.errors import WarmtuneError

MANY = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def by_file(path: Path) -> Description | str:
    try:
        file = read_file(path)
        with described_with(file.reading):
            return describe(file.table, "y", decimal_mark=file.decimal_mark, deadline_ms=0.0)
    except WarmtuneError as error:
        return error.code


def by_frame(frame: pd.DataFrame) -> Description | str:
    try:
        return describe(*as_table(frame, target="y"), deadline_ms=0.0)
    except WarmtuneError as error:
        return error.code


def all_lines_are_comments(path: Path) -> bool:
    return all(line[:1] in b"#%" for line in path.read_bytes().splitlines() if line.strip())


@pytest.mark.slow
@given(written_tables())
@MANY
def test_a_file_and_its_frame_are_one_task(tmp_path: Path, drawn: tuple[pd.DataFrame, str, list[str]]) -> None:
    written, form, extra = drawn
    path = tmp_path / f"table.{form}"
    write(written, form, extra, path)
    if form == "csv" and all_lines_are_comments(path):
        return  # a header and rows that all begin with the sign of comments: pandas is given none
    frame = read_frame(path)
    found = by_file(path)
    if frame is None or "y" not in frame.columns:
        return
    expected = by_frame(frame)
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected
        return
    assert found.content_hash == expected.content_hash
    assert found.meta_features == expected.meta_features
    assert [(use.name, use.role) for use in found.columns] == [(use.name, use.role) for use in expected.columns]
