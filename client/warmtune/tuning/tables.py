"""Files with tables as frames to learn from and to predict, read as the service reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from metafeatures.cells.numbers import Decimal
from metafeatures.cells.table import CellOptions, read_cells
from metafeatures.reading import read_file
from metafeatures.task_table import task_table
from metafeatures.understanding import described_with
from metafeatures.uses import column_uses
from warmtune.pipelines.arrow_frames import frame_of
from warmtune.pipelines.table import ColumnRole
from warmtune.sklearn.kinds import checked_target
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.paths import readable
from warmtune.vocabulary.spelling import near_name
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.understanding import Understanding

_ROLES: Mapping[str, ColumnRole] = {
    "numeric": ColumnRole.NUMBER,
    "date": ColumnRole.DATE,
    "nominal": ColumnRole.CATEGORY,
    "text": ColumnRole.TEXT,
    "empty": ColumnRole.NUMBER,
}


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """A table to learn from.

    Attributes:
        X: The features, a row for each one that has a target value.
        y: The target: numbers for regression, else class labels.
        kind: What is predicted.
        target: The target's name.
        roles: What each column of `X` is read as.
        decimal_mark: ``"."`` or ``","`` where the file says it, else None.
        understanding: How the file was understood.
    """

    X: pd.DataFrame
    y: pd.Series
    kind: TaskKind
    target: str
    roles: tuple[str, ...]
    decimal_mark: str | None
    understanding: Understanding

    @property
    def nominal(self) -> list[str]:
        """Columns whose values are names, whatever they are stored as."""
        return [str(c) for c, role in zip(self.X.columns, self.roles, strict=True) if role == ColumnRole.CATEGORY]


def read_training_table(path: Path, target: str, hints: TableHints) -> TrainingTable:
    """Read a file and determine what its columns and its target are.

    Raises:
        InvalidTableError: On a file that can't be read, or a table that is no task.
        LimitExceededError: On more than the limits of tables allow.
    """
    _check_file(path)
    file = read_file(path, sheet=hints.sheet, encoding=hints.encoding, delimiter=hints.delimiter)
    with described_with(file.reading):
        task = task_table(
            file.table,
            target,
            kind=hints.kind,
            metric=hints.metric,
            nominal=hints.nominal,
            ignore=hints.ignore,
            decimal_mark=file.decimal_mark,
        )
    facts, cells = task.facts, task.cells
    uses = column_uses(cells, facts)
    roles = {use.name: use.role for use in uses}
    names = [name for name in task.table.column_names if name != cells.target]
    X = frame_of(task.table.select(names), ignore_metadata=True)
    return TrainingTable(
        X=pd.DataFrame({name: _plain(X[name]) for name in names}),
        y=_target(frame_of(task.table.select([cells.target]))[cells.target], facts.kind),
        kind=facts.kind,
        target=cells.target,
        roles=tuple(str(_ROLES[roles[name]]) for name in names),
        decimal_mark=file.decimal_mark,
        understanding=Understanding(
            kind=facts.kind,
            kind_reason=facts.target.reason,
            columns=(*file.reading.left_out, *uses),
            n_rows=facts.n_rows,
            n_dropped_rows=task.n_dropped_rows,
            reading=file.reading,
            notices=(*file.reading.notices, *cells.notices),
        ),
    )


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows to predict.

    Attributes:
        X: The columns that the model was trained on.
        notices: What was odd about the file and its cells.
    """

    X: pd.DataFrame
    notices: tuple[Notice, ...]


def read_new_rows(
    path: Path,
    columns: Sequence[str],
    *,
    target: str,
    nominal: Sequence[str],
    decimal_mark: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> NewRows:
    """The columns that a model was trained on, from another file.

    Args:
        path: The file; the target and columns that the model doesn't know may be in it.
        columns: The model's.
        target: The target's name.
        nominal: Columns whose values are names.
        decimal_mark: Of the file that was learned from; the new file's own goes before it.
        sheet: Of a workbook; by default the first one.
        encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
        delimiter: Between the cells of a file of text, where detection fails.

    Raises:
        InvalidTableError: On a file that can't be read, or that lacks a column.
    """
    _check_file(path)
    file = read_file(path, sheet=sheet, encoding=encoding, delimiter=delimiter)
    table = file.table.drop_columns([target]) if target in file.table.column_names else file.table
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise InvalidTableError(
            missing_columns(missing, table.column_names, "file"), field=missing[0], limit=", ".join(columns)
        )
    # the model's own columns only: an odd one that it doesn't know can't stand in the way
    asked = table.select(list(columns)).append_column(target, pa.array(np.zeros(table.num_rows)))
    mark = file.decimal_mark or decimal_mark
    options = CellOptions(
        target=target,
        nominal=[name for name in nominal if name in columns],
        classes=False,
        decimal=None if mark is None else Decimal(mark),
    )
    cells = read_cells(asked, options)
    read = frame_of(cells.table, ignore_metadata=True)
    plain = frame_of(table.select(list(columns)), ignore_metadata=True)
    X = pd.DataFrame({name: _plain(read[name] if name in read else plain[name]) for name in columns})
    return NewRows(X, (*file.reading.notices, *cells.notices))


def missing_columns(missing: Sequence[str], given: Sequence[str], where: str) -> str:
    """What is wrong with a table that lacks columns of the model, with the name that comes nearest to the first one."""
    near = near_name(missing[0], (name for name in given if name not in missing))
    return (
        f"the model was trained on a column {missing[0]!r} that this {where} doesn't have"
        + ("" if near is None else f", but it has {near!r}")
        + (f"; {len(missing)} of the model's columns are missing in all" if len(missing) > 1 else "")
    )


def _check_file(path: Path) -> None:
    with readable(path, "data"):
        is_file, is_folder = path.is_file(), path.is_dir()
    if is_folder:
        raise InvalidTableError(
            f"{path} is a folder, and a file is due",
            field="data",
            value=str(path),
            limit="the path of one table's file",
        )
    if not is_file:
        raise InvalidTableError(f"there is no file {path}", field="data", value=str(path), limit="a file with a table")


def _plain(column: pd.Series) -> pd.Series:
    """Categories as the strings or numbers that they stand for."""
    return column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column


def _target(column: pd.Series, kind: TaskKind) -> pd.Series:
    values = _plain(column)
    if kind is TaskKind.REGRESSION:
        return pd.Series(values.to_numpy(dtype=np.float64), name=None)
    if values.dtype == object:  # decimals are
        values = pd.Series(checked_target(values.to_numpy()))
    numbers = pd.api.types.is_float_dtype(values.dtype) and (values == np.floor(values)).all()
    return pd.Series(values.astype(np.int64) if numbers else values).reset_index(drop=True)
