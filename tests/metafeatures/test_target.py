from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_table
from metafeatures.row_numbers import COUNTED
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError
from warmtune.vocabulary.task import TaskKind


def kind_of(y: object, **options: Any) -> TaskKind:
    column = pa.array(y)
    return describe(pa.table({"x": range(len(column)), "y": column}), "y", **options).kind


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["u", "v"] * 30, TaskKind.BINARY),
        (["u", "v", "w"] * 20, TaskKind.MULTICLASS),
        ([True, False] * 30, TaskKind.BINARY),
        ([0, 1] * 30, TaskKind.BINARY),
        (list(range(10)) * 6, TaskKind.MULTICLASS),
        (list(range(30)) * 2, TaskKind.REGRESSION),  # more than 20 values
        (list(range(10)) * 2, TaskKind.REGRESSION),  # too few rows each
        ([0.0, 1.0] * 30, TaskKind.BINARY),
        ([0.5, 1.5] * 30, TaskKind.BINARY),  # two values are always classes
        ([0, 1] * 4, TaskKind.BINARY),
        ([0.0, 1.0, 2.0] * 20, TaskKind.MULTICLASS),  # whole numbers, whatever stores them
        ([Decimal(0), Decimal(1), Decimal(2)] * 20, TaskKind.MULTICLASS),
        (["1", "2", "3"] * 20, TaskKind.MULTICLASS),
        ([f"${i},000" for i in range(1, 60)], TaskKind.REGRESSION),
        ([0.0, 1.0, 2.5] * 20, TaskKind.REGRESSION),
        (np.linspace(0, 1, 60), TaskKind.REGRESSION),
    ],
)
def test_the_kind_follows_the_documented_rule(y: object, kind: TaskKind) -> None:
    assert kind_of(y) is kind


def test_a_given_kind_wins() -> None:
    assert kind_of(list(range(30)) * 2, kind=TaskKind.MULTICLASS) is TaskKind.MULTICLASS
    assert kind_of([0, 1] * 30, kind=TaskKind.REGRESSION) is TaskKind.REGRESSION
    assert kind_of([0.5, 1.5] * 30, kind=TaskKind.BINARY) is TaskKind.BINARY
    assert kind_of([0.5, 1.5, 2.5] * 20, nominal=["y"]) is TaskKind.MULTICLASS


@pytest.mark.parametrize(
    ("y", "options", "field"),
    [
        ([None, None, None], {}, "file.y"),
        ([float("nan")] * 3, {}, "file.y"),
        (["u", "u", None], {}, "file.y"),
        ([3.5, 3.5, 3.5], {}, "file.y"),
        ([1.5, float("inf"), 2.0], {}, "file.y"),
        ([1.5, float("-inf"), 1.5], {"kind": TaskKind.BINARY}, "file.y"),
        (["u", "v", "w"], {"kind": TaskKind.BINARY}, "kind"),
        (["u", "v", "v"], {"kind": TaskKind.MULTICLASS}, "kind"),
        (["u", "v", "w"], {"kind": TaskKind.REGRESSION}, "file.y"),
        ([[1], [2], [3]], {}, "file.y"),
    ],
)
def test_targets_that_make_no_task_are_refused(y: list[object], options: dict[str, TaskKind], field: str) -> None:
    with pytest.raises(InvalidTableError) as caught:
        kind_of(y, **options)
    assert caught.value.field == field


def test_an_infinite_target_is_refused_with_its_row() -> None:
    with pytest.raises(InvalidTableError, match="row 2 "):
        kind_of([1.5, float("inf"), 2.0])


@pytest.mark.parametrize("y", [[f"c{i}" for i in range(10_001)], list(range(10_001))])
def test_ten_thousand_and_one_classes_are_too_many(y: list[object]) -> None:
    with pytest.raises(LimitExceededError) as caught:
        kind_of(y, kind=TaskKind.MULTICLASS)
    assert (caught.value.field, caught.value.value) == ("file.y", "10001")


@pytest.mark.slow
def test_ten_thousand_classes_are_described() -> None:
    assert kind_of([f"c{i}" for i in range(10_000)]) is TaskKind.MULTICLASS


def test_a_missing_column_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(InvalidTableError, match="'a', 'b'") as caught:
        describe(pa.table({"a": [1, 2], "b": [3, 4]}), "c")
    assert caught.value.field == "target"


def test_categories_that_no_row_uses_are_no_classes() -> None:
    y = pa.DictionaryArray.from_arrays(pa.array([0, 2] * 20), pa.array(["u", "unused", "w"]))
    assert kind_of(y) is TaskKind.BINARY


@pytest.mark.parametrize(
    "columns",
    [
        {"y": [0, 1] * 10},
        {"x": [7] * 20, "y": [0, 1] * 10},
        {"x": pa.nulls(20), "z": ["u"] * 20, "y": [0, 1] * 10},
        {"x": [float("nan")] * 20, "y": [0, 1] * 10},
    ],
)
def test_tables_without_a_feature_that_varies_are_refused(columns: dict[str, object]) -> None:
    with pytest.raises(InvalidTableError) as caught:
        describe(pa.table(columns), "y")
    assert caught.value.field == "file"


def test_infinite_features_are_refused_with_column_and_row() -> None:
    with pytest.raises(InvalidTableError, match=f"'x' holds -inf in row 4 .{COUNTED}.") as caught:
        describe(pa.table({"x": [1.0, None, 2.0, float("-inf")], "y": [0, 1, 0, 1]}), "y")
    assert caught.value.field == "file.x"


def test_rows_are_numbered_alike_whatever_is_wrong_with_them(tmp_path: Path) -> None:
    """The third row is the bad one, and the one above it has no target value."""
    messages = []
    for bad in ("3,1,5", "inf,1", "-1,inf"):
        path = tmp_path / "table.csv"
        path.write_text(f"x,y\n1,0.5\n2,\n{bad}\n4,2\n", encoding="utf-8")
        with pytest.raises(InvalidTableError) as caught:
            describe(read_table(path), "y", kind=TaskKind.REGRESSION)
        messages.append(caught.value.message)
    assert all(f"row 3 ({COUNTED})" in message for message in messages), messages


def test_nested_features_are_refused() -> None:
    with pytest.raises(InvalidTableError) as caught:
        describe(pa.table({"x": [[1], [2]], "y": [0, 1]}), "y")
    assert caught.value.field == "file.x"


@pytest.mark.parametrize("word", ["None", "NA", "null", ""])
def test_classes_that_are_words_for_missing_are_reported(word: str, tmp_path: Path) -> None:
    cells = [word, "low", "high"]
    text = "a,y\n" + "".join(f"{k},{cells[k % 3]}\n" for k in range(30)) + ",\n"
    (tmp_path / "table").write_text(text)
    tables = (read_table(tmp_path / "table"), as_table(pd.read_csv(tmp_path / "table"), target="y")[0])
    for found in (describe(table, "y") for table in tables):
        assert (found.kind, found.n_rows) == ("binary", 20)
        (notice,) = found.notices
        assert (notice.code, notice.row, notice.column, notice.count) == ("missing_classes", 1, "y", 10)


def test_a_single_class_beside_words_for_missing_is_refused_with_these(tmp_path: Path) -> None:
    (tmp_path / "table").write_text("a,y\n" + "".join(f"{k},{('NA', 'yes')[k % 2]}\n" for k in range(40)))
    with pytest.raises(InvalidTableError, match=r"only one class, 'yes': .*; 20 rows have none, .* such as NA or None"):
        describe(read_table(tmp_path / "table"), "y")


def test_words_that_are_reported_are_not_reported_as_missing_classes(tmp_path: Path) -> None:
    cells = ["?", "low", "high", "NA"]
    (tmp_path / "table").write_text("a,y\n" + "".join(f"{k},{cells[k % 4]}\n" for k in range(40)))
    found = describe(read_table(tmp_path / "table"), "y").notices
    assert [(one.code, one.count) for one in found] == [("missing_words", 10), ("missing_classes", 10)]


def test_numbers_that_are_missing_in_a_target_are_counted_only() -> None:
    found = describe(pa.table({"a": range(30), "y": [None, *(k / 7 for k in range(29))]}), "y")
    assert (found.dropped_rows, found.notices) == (1, ())


def test_classes_with_a_point_behind_are_reported_as_variants() -> None:
    table = pd.DataFrame({"a": range(8), "y": [">50K", "<=50K", ">50K.", "<=50K."] * 2})
    assert [(n.code, n.count) for n in describe(*as_table(table, target="y")).notices] == [("class_variants", 2)]
