import builtins
import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import ipc

from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.tables.description import describe_task, pack_table, task_from_data
from warmtune.vocabulary.dataset import TableUpload
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, MissingExtraError, UnavailableError
from warmtune.vocabulary.task import TaskKind


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(90, 3)), columns=["a", "b", "c"])
    return frame.assign(y=np.where(frame["a"] + rng.normal(size=90) > 0, "yes", "no"))


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which pyarrow is not installed."""
    real: Callable[..., object] = builtins.__import__

    def refuse(name: str, *arguments: object, **more: object) -> object:
        if name.partition(".")[0] == "pyarrow" or name == "warmtune.tables.local":
            raise ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow")
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)


@pytest.mark.slow
def test_frames_arrays_tables_and_files_of_the_same_data_are_the_same_task(tmp_path: Path) -> None:
    frame = _frame()
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    expected = describe_task(frame, "y")
    assert expected.kind is TaskKind.BINARY
    assert expected.meta_features.values["n_rows"] == 90
    for X, y in (
        (frame.drop(columns="y"), frame["y"]),
        (pa.Table.from_pandas(frame), "y"),
        (path, "y"),
    ):
        assert describe_task(X, y).meta_features == expected.meta_features


def test_the_kind_and_nominal_columns_can_be_said() -> None:
    frame = _frame().assign(code=np.arange(90) % 7, y=np.arange(90) % 5)
    assert describe_task(frame, "y", kind=TaskKind.REGRESSION).kind is TaskKind.REGRESSION
    hurried = describe_task(frame, "y", deadline_ms=0.0)
    assert any("deadline" in reason for reason in hurried.meta_features.gaps.values())
    numeric = describe_task(frame, "y", name="codes")
    nominal = describe_task(frame, "y", nominal=["code"])
    assert numeric.name == "codes"
    assert numeric.meta_features != nominal.meta_features


def test_a_table_that_is_no_task_is_refused() -> None:
    with pytest.raises(InvalidTableError):
        describe_task(_frame().assign(y=1), "y")


def test_a_missing_extra_is_named_with_the_way_to_get_it(without_extra: None) -> None:
    with pytest.raises(MissingExtraError, match=r'pip install "warmtune\[local\]"'):
        describe_task(_frame(), "y")


def test_uploads_keep_their_types_where_pyarrow_is_there() -> None:
    frame = _frame().assign(code=pd.Categorical(np.arange(90) % 7))
    packed = pack_table(frame, "y", keep=True, name="mine")
    assert (packed.filename, packed.target, packed.keep, packed.name) == ("table.arrow", "y", True, "mine")
    table = ipc.open_file(packed.content).read_all()
    assert pa.types.is_dictionary(table.schema.field("code").type)
    assert table.num_rows == 90


def test_uploads_are_csv_without_it(without_extra: None) -> None:
    packed = pack_table(_frame(), "y")
    assert (packed.filename, packed.target) == ("table.csv", "y")
    assert isinstance(packed.content, bytes)
    lines = packed.content.decode().splitlines()
    assert (lines[0], len(lines)) == ("a,b,c,y", 91)


def test_a_file_is_sent_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(b"whatever")
    packed = pack_table(path, "y")
    assert (packed.content, packed.filename) == (path, "data.csv.gz")


@pytest.mark.parametrize("upload", [True, False])
def test_a_file_that_is_not_there_and_a_target_that_is_no_name_are_refused(tmp_path: Path, upload: bool) -> None:
    with pytest.raises(InvalidInputError) as caught:
        task_from_data(tmp_path / "none.csv", "y", upload=upload)
    assert caught.value.field == "file"
    path = tmp_path / "data.csv"
    path.write_text("a,y\n1,2\n")
    with pytest.raises(InvalidInputError) as caught:
        task_from_data(path, [1], upload=upload)
    assert caught.value.field == "y"


@pytest.mark.parametrize("way", [describe_task, pack_table])
def test_a_sheet_of_what_is_no_file_is_refused(way: Callable[..., object]) -> None:
    with pytest.raises(InvalidInputError, match="doesn't apply to a DataFrame") as caught:
        way(pd.DataFrame({"a": range(4)}), [0, 1, 0, 1], sheet="data")
    assert caught.value.field == "sheet"


def test_what_is_a_task_already_stays_as_it_is() -> None:
    packed = TableUpload(b"a,y\n1,2\n", "y", filename="t.csv")
    for task in ("task_1", packed):
        assert task_from_data(task, None, upload=False) is task
    with pytest.raises(InvalidInputError, match=r"pathlib\.Path"):
        task_from_data("data.csv", "y", upload=False)


@pytest.mark.parametrize(
    "way",
    [
        describe_task,
        lambda X, y, **said: WarmtuneSampler("http://127.0.0.1:1", X, y, **said),
        lambda X, y, **said: Client("http://127.0.0.1:1", timeout_s=1.0).warm_start(
            optuna.create_study(), X, y, search_space="random_forest", **said
        ),
        lambda X, y, **said: Client("http://127.0.0.1:1", timeout_s=1.0).report(optuna.create_study(), X, y, **said),
    ],
    ids=["describe_task", "sampler", "warm_start", "report"],
)
@pytest.mark.slow
def test_a_sheet_is_said_wherever_the_path_of_a_workbook_is(way: Callable[..., object], tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["none"]}).to_excel(book, sheet_name="notes", index=False)
        _frame().to_excel(book, sheet_name="data", index=False)
    with pytest.raises(InvalidTableError, match="no sheet 'other'") as caught:
        way(path, "y", sheet="other")
    assert caught.value.field == "sheet"
    with pytest.raises(InvalidTableError, match="no column 'y'"):
        way(path, "y")
    with contextlib.suppress(UnavailableError):  # none is there: the table was described before
        way(path, "y", sheet="data")
