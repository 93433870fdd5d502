from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from metafeatures import inputs
from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.limits import TableLimits
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError


def test_pandas_numpy_and_arrow_give_the_same_task() -> None:
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = np.array(["u", "v"] * 20)
    frame = pd.DataFrame(X, columns=["x0", "x1", "x2"])
    arrow = pa.table({f"x{j}": X[:, j] for j in range(3)})
    forms = [
        as_table(X, y),
        as_table(frame, pd.Series(y, name="target")),
        as_table(frame.assign(target=y), target="target"),
        as_table(arrow, pa.array(y)),
        as_table(arrow, list(y), target="target"),
        as_table(frame, y[:, None]),
        as_table(frame, pd.DataFrame({"target": y})),
    ]
    assert {describe(*form).content_hash for form in forms} == {describe(*forms[0]).content_hash}


def test_pandas_types_keep_their_meaning() -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical([1, 2] * 20),
            "day": pd.date_range("2020-01-01", periods=40),
            "nullable": pd.array([1, None] * 20, dtype="Int64"),
            "text": ["u", None] * 20,
            "mixed": [1, "x", 2.5, None] * 10,
            "sparse": pd.arrays.SparseArray([0.0, 1.0] * 20),
            3: [True, False] * 20,
        }
    )
    description = describe(*as_table(frame, range(40), target="y"))
    values = description.meta_features.values
    assert (values["n_nominal"], values["n_date"], values["n_numeric"]) == (4, 1, 2)
    assert values["share_missing_columns"] == pytest.approx(3 / 7)


def test_the_targets_name_is_the_one_given_else_the_series_own_else_target() -> None:
    X = pd.DataFrame({"target": [1.0, 2.0]})
    assert as_table(X, pd.Series([0, 1], name="label"), target="goal")[1] == "goal"
    assert as_table(X, pd.Series([0, 1], name="label"))[1] == "label"
    assert as_table(X, [0, 1])[1] == "target_"


@pytest.mark.parametrize(
    ("arguments", "options", "field"),
    [
        ((pd.DataFrame({"a": [1, 2]}),), {}, "target"),
        ((pd.DataFrame({"a": [1, 2]}), [1, 2, 3]), {}, "y"),
        ((pd.DataFrame({"a": [1, 2]}), [[1, 2], [3, 4]]), {}, "y"),
        ((pd.DataFrame({"a": [1, 2]}), [1, 2]), {"target": "a"}, "target"),
        ((np.zeros((2, 2, 2)), [0, 1]), {}, "X"),
        ((np.zeros((2, 2), dtype=complex), [0, 1]), {}, "file.x0"),
        (("d.csv", [0]), {}, "X"),
        (([[1, 2], [3]], [0, 1]), {}, "X"),
        (({"a": [1, 2], "b": [1]}, [0, 1]), {}, "file.b"),
    ],
)
def test_what_is_no_table_is_refused(arguments: tuple[Any, ...], options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTableError) as caught:
        as_table(*arguments, **options)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("data", "y", "remedy"),
    [
        (3, [0, 1], "X is an int; give a data frame"),
        (None, [0, 1], "X is None; give a data frame"),
        ({"a": 1, "b": 2}, [0], "column 'a' is an int; give a list or an array of its values"),
        ({"a": np.ones((2, 2))}, [0, 1], r"column 'a' has shape \(2, 2\); give each of its columns a name of its own"),
        ({"a": [1, 2]}, np.eye(2), r"y has shape \(2, 2\).* give y\.argmax\(axis=1\)"),
    ],
)
def test_what_is_refused_is_refused_with_a_remedy(data: object, y: object, remedy: str) -> None:
    with pytest.raises(InvalidTableError, match=remedy):
        as_table(data, y)


def test_objects_without_a_text_of_their_own_are_refused() -> None:
    cells = pd.Series([object() for _ in range(40)])
    with pytest.raises(InvalidTableError, match="column 'v' holds values of type object"):
        as_table(pd.DataFrame({"v": cells}), [0, 1] * 20)


def test_uuids_are_the_texts_that_a_file_has() -> None:
    cells = [UUID(int=k) for k in range(40)]
    frames = [pd.DataFrame({"v": column, "x": range(40)}) for column in (cells, [str(cell) for cell in cells])]
    found = [describe(*as_table(frame, [0, 1] * 20)) for frame in frames]
    assert found[0].content_hash == found[1].content_hash


def test_any_sparse_matrix_is_one() -> None:
    matrix = sparse.random(40, 3, density=0.4, format="csr", random_state=0)
    forms = [describe(*as_table(matrix.asformat(form), [0, 1] * 20)) for form in ("csr", "csc", "coo", "dok", "lil")]
    assert {form.content_hash for form in forms} == {forms[0].content_hash}


def test_limits_hold_for_arrays() -> None:
    with pytest.raises(LimitExceededError) as caught:
        as_table(np.zeros((3, 20_000)), [0, 1, 0])
    assert (caught.value.field, caught.value.limit) == ("X", "10000 columns")
    with pytest.raises(LimitExceededError):
        as_table(pd.DataFrame({"a": range(20)}), range(20), limits=TableLimits(max_rows=10))


class _Row(NamedTuple):
    a: float
    y: int


@dataclass
class _Record:
    a: float
    y: int


def test_rows_with_names_are_records() -> None:
    rows = [(float(k % 7), k % 2) for k in range(40)]
    expected = describe(*as_table([{"a": a, "y": y} for a, y in rows], target="y"))
    for made in ([_Row(*row) for row in rows], [_Record(*row) for row in rows]):
        assert describe(*as_table(made, target="y")).content_hash == expected.content_hash


def test_matrices_and_fractions_are_numbers_and_a_path_is_asked_for() -> None:
    X = np.arange(80.0).reshape(40, 2) % 7
    y = np.arange(40) % 2
    expected = describe(*as_table(X, y)).content_hash
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.asmatrix(X)
    assert describe(*as_table(matrix, y)).content_hash == expected
    exact = {"x0": [Fraction(v) for v in X[:, 0]], "x1": [Fraction(v) for v in X[:, 1]]}
    assert describe(*as_table(exact, y)).content_hash == expected
    with pytest.raises(InvalidTableError, match=r"pathlib\.Path\('data\.csv'\)"):
        as_table("data.csv", target="y")


class _Unreadable:
    """An object of the user's own that raises whatever it likes."""

    def __str__(self) -> str:
        raise RuntimeError("not today")

    __repr__ = __str__


class _NoArray:
    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise OSError("the file is gone")


@pytest.mark.parametrize(
    "data", [[_Unreadable()] * 4, _NoArray(), pd.DataFrame({"a": pd.Series([_Unreadable()] * 4, dtype=object)})]
)
def test_objects_that_can_not_be_read_are_an_error_of_the_family(data: object) -> None:
    with pytest.raises(InvalidTableError, match=r"RuntimeError: not today|OSError: the file is gone") as caught:
        as_table(data, [0, 1, 0, 1])
    assert caught.value.field == "X"


class _Raises:
    """A cell whose text raises a given error, in code that isn't Warmtune's."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __str__(self) -> str:
        raise self._error

    __repr__ = __str__


@pytest.mark.parametrize("error", [AttributeError("a"), TypeError("b"), KeyError("c"), AssertionError("d")])
def test_whatever_the_users_objects_raise_is_an_error_of_the_family(error: Exception) -> None:
    with pytest.raises(InvalidTableError, match=type(error).__name__) as caught:
        as_table([_Raises(error)] * 4, [0, 1, 0, 1])
    assert caught.value.__cause__ is error


class _Lies(dict[str, object]):
    """A dictionary whose columns are none."""

    def items(self) -> Any:
        return 7


def test_objects_that_lie_about_themselves_are_an_error_of_the_family() -> None:
    with pytest.raises(InvalidTableError, match="'int' object is not iterable"):
        as_table(_Lies(a=[1.0, 2.0]), [0, 1])


@pytest.mark.parametrize("name", ["tidy_names", "feature_column", "_labels"])
def test_a_fault_of_the_code_is_not_taken_for_one_of_the_data(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(inputs, name)
    with pytest.raises(NameError, match=name):
        as_table({"a": [1.0, 2.0]}, [0, 1])


def test_half_characters_in_names_are_replaced() -> None:
    frame = pd.DataFrame([[1.0, 2.0, 0], [3.0, 4.0, 1]], columns=pd.Index(["\ud800", "b\udcff", "y"], dtype=object))
    table, target = as_table(frame, target="y")
    assert table.column_names == ["?", "b?", "y"]
    assert target == "y"


def test_polars_names_may_hold_a_nul() -> None:
    frames = [library.DataFrame({"a\0": [1, 2, 3], "y": ["u", "v", "u"]}) for library in (pl, pd)]
    of_polars, of_pandas = (describe(*as_table(frame, target="y")) for frame in frames)
    assert of_polars.content_hash == of_pandas.content_hash
