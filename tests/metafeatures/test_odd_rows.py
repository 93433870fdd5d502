"""Rows that are none: comments, totals, the second line of a header; the same in files and frames."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from warmtune.vocabulary.task import TaskKind

N = 40
A = [round(0.37 * k % 5, 3) for k in range(N)]
PLAIN = [f"{k},{a},{k % 2}" for k, a in enumerate(A)]


def both(tmp_path: Path, content: str, target: str = "y") -> tuple[Description, Description]:
    """The description of a CSV file, and of the frame that pandas reads."""
    path = tmp_path / "table.csv"
    path.write_text(content)
    frame = pd.read_csv(io.StringIO(content), low_memory=False)
    by_file = describe(read_file(path).table, target, deadline_ms=0.0)
    by_frame = describe(*as_table(frame, target=target), deadline_ms=0.0)
    assert by_file.content_hash == by_frame.content_hash
    assert by_file.meta_features == by_frame.meta_features
    return by_file, by_frame


def codes(found: Description) -> list[str]:
    return [notice.code for notice in found.notices]


def lines(*rows: str, header: str = "id,a,y") -> str:
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize("comment", ["# a remark", "% a remark", "// a remark", "# a, b", "# a, b, c"])
def test_comments_among_the_rows_are_left_out_and_reported(comment: str, tmp_path: Path) -> None:
    plain, _ = both(tmp_path, lines(*PLAIN))
    found, _ = both(tmp_path, lines(*PLAIN[:10], comment, *PLAIN[10:30], comment, *PLAIN[30:]))
    assert found.content_hash == plain.content_hash
    assert [(n.code, n.row, n.count) for n in found.notices] == [("comment_rows", 11, 2)]
    assert found.dropped_rows == 2


def test_a_comment_with_more_commas_than_a_row_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(lines(*PLAIN[:10], "# a, b, c, d, e", *PLAIN[10:]))
    found = describe(read_file(path).table, "y", deadline_ms=0.0)
    assert codes(found) == ["comment_rows"]


def test_values_that_begin_with_the_sign_of_comments_are_values(tmp_path: Path) -> None:
    found, _ = both(tmp_path, lines(*(f"#t{k % 3},{a},{k % 2}" for k, a in enumerate(A))))
    assert (found.n_rows, codes(found)) == (N, [])


@pytest.mark.parametrize("word", ["Total", "Grand total:", "SUM", "Summe", "Итого"])
@pytest.mark.parametrize("is_number", [True, False])
@pytest.mark.slow
def test_a_total_below_a_target_of_numbers_is_left_out_and_reported(word: str, is_number: bool, tmp_path: Path) -> None:
    rows = [f"{k if is_number else f'r{k}'},{a},{1.5 * k}" for k, a in enumerate(A)]
    found, _ = both(tmp_path, lines(*rows, f"{word},{sum(A)},{1.5 * sum(range(N))}"))
    assert (found.kind, found.n_rows, found.dropped_rows) == (TaskKind.REGRESSION, N, 1)
    assert [(n.code, n.row) for n in found.notices] == [("summary_row", N + 1)]


def test_totals_are_found_by_what_they_hold_wherever_they_stand(tmp_path: Path) -> None:
    rows = [f"r{k},{a},{1.5 * k}" for k, a in enumerate(A)]
    total, mean = f"Total,{sum(A)},{1.5 * sum(range(N))}", f"Mean,{np.mean(A)},{1.5 * (N - 1) / 2}"
    last, _ = both(tmp_path, lines(*rows, total, mean))
    amid, _ = both(tmp_path, lines(total, *rows[:7], mean, *rows[7:]))
    assert last.content_hash == amid.content_hash
    assert (last.n_rows, amid.n_rows) == (N, N)


def test_a_total_of_classes_is_no_class(tmp_path: Path) -> None:
    rows = [f"r{k},{a},{k % 2}" for k, a in enumerate(A)]
    found, _ = both(tmp_path, lines(*rows, f"Total,{sum(A)},{N // 2}"))
    assert (found.kind, found.n_rows) == (TaskKind.BINARY, N)


def test_rows_that_are_only_named_like_a_total_stay_and_are_reported(tmp_path: Path) -> None:
    rows = [f"r{k},{k % 7},{k % 5 + 0.5}" for k in range(N)]
    found, _ = both(tmp_path, lines(*rows, "Total,3,2.5"))
    assert (found.n_rows, codes(found)) == (N + 1, ["summary_row"])
    assert "kept" in found.notices[0].text
    level, _ = both(tmp_path, lines(*(f"{'Total' if k % 2 else 'Part'},{a},{1.5 * k}" for k, a in enumerate(A))))
    assert (level.n_rows, codes(level)) == (N, [])


def levels() -> pd.DataFrame:
    return pd.DataFrame({("x", "p"): A, ("x", "q"): A[::-1], ("y", ""): [k % 2 for k in range(N)]})


@pytest.mark.parametrize("index", [True, False])
def test_a_header_of_two_lines_is_joined(index: bool, tmp_path: Path) -> None:
    content = levels().to_csv(index=index)
    found, _ = both(tmp_path, content)
    roles = {use.name: use.role for use in found.columns}
    assert {name: role for name, role in roles.items() if role == "numeric"} == {"x_p": "numeric", "x_q": "numeric"}
    assert "joined_names" in codes(found)
    frames = [levels(), pd.read_csv(io.StringIO(content), header=[0, 1], index_col=0 if index else None)]
    for frame in frames:
        other = describe(*as_table(frame, target="y"), deadline_ms=0.0)
        assert (other.content_hash, codes(other)) == (found.content_hash, ["joined_names"])


def test_levels_in_parquet_are_those_of_its_frame(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    levels().to_parquet(path)
    expected = describe(*as_table(levels(), target=("y", "")), deadline_ms=0.0)
    found = describe(read_file(path).table, "y", deadline_ms=0.0)
    assert (found.content_hash, codes(found)) == (expected.content_hash, ["joined_names"])


def test_merged_cells_above_names_are_a_level(tmp_path: Path) -> None:
    rows = [f"{a},{k},{k % 2}" for k, a in enumerate(A)]
    found, _ = both(tmp_path, lines("p,q,", *rows, header="x,,y"))
    assert [use.name for use in found.columns] == ["x_p", "x_q", "y"]


def test_repeated_names_above_words_are_only_that(tmp_path: Path) -> None:
    found, _ = both(tmp_path, lines(*(f"{'uvw'[k % 3]},{'pq'[k % 2]},{k % 2}" for k in range(N)), header="a,a,y"))
    assert [use.name for use in found.columns] == ["a", "a.1", "y"]
