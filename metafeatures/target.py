"""The target: which kind of task it makes, and its values.

Where the kind isn't given it is inferred:

- strings, categories, booleans and what is listed as nominal are classes;
- integers are classes where at most `CLASS_VALUES` differ and each occurs `CLASS_ROWS` times on average;
- floats are classes where there are two values and both are whole (0.0 and 1.0, say);
- all else is regression.

Two classes make a binary task, more a multiclass one.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.arrow_arrays import Coded, to_codes, to_floats
from metafeatures.finite import finite_range
from metafeatures.kernels.columns import FloatArray, IntArray, count_codes
from metafeatures.limits import TableLimits
from metafeatures.roles import is_nominal, is_number, is_string
from metafeatures.row_numbers import ALL_ROWS, RowNumbers
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError
from warmtune.vocabulary.task import TaskKind

CLASS_VALUES = 20
CLASS_ROWS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """The target's values, one for each row that has one.

    Attributes:
        kind: What is predicted.
        reason: Why it is this kind, in words.
        classes: Codes and labels of a classification target, all labels used; else None.
        numbers: Values of a regression target, finite; else None.
    """

    kind: TaskKind
    reason: str
    classes: Coded | None
    numbers: FloatArray | None


def present_rows(table: pa.Table, target: str) -> tuple[pa.Table, RowNumbers]:
    """The rows that have a target value (a NaN is none), and their numbers in the table.

    Raises:
        InvalidTableError: If there is no such column, no row, or no value in it.
    """
    if target not in table.column_names:
        raise InvalidTableError(
            f"the table has no column {target!r}; its columns are {_listed(table.column_names)}",
            field="target",
            value=target,
            limit=f"one of {_listed(table.column_names)}",
        )
    if table.num_rows == 0:
        raise InvalidTableError("the table has no rows", field="file", value=0, limit="at least 2 rows")
    column = table.column(target)
    mask = pc.invert(pc.is_null(column, nan_is_null=pt.is_floating(column.type)))
    n_present = pc.sum(mask).as_py() or 0
    if n_present == 0:
        raise InvalidTableError(
            f"the target {target!r} has no value in any row",
            field=f"file.{target}",
            value=f"{table.num_rows} nulls",
            limit="at least 2 values",
        )
    if n_present == table.num_rows:
        return table, ALL_ROWS
    return table.filter(mask), RowNumbers(mask.to_numpy())


def read_target(
    column: pa.ChunkedArray,
    name: str,
    kind: TaskKind | None,
    *,
    listed: bool,
    limits: TableLimits,
    rows: RowNumbers,
) -> Target:
    """Read a target column without nulls; `listed` is whether it is to be nominal, `rows` number it for messages.

    Raises:
        InvalidTableError: On a type that is no target, one class or value only, infinities, or a `kind` that the
            values contradict.
        LimitExceededError: On more classes than allowed.
    """
    column_type = column.type
    if not (is_nominal(column_type) or is_number(column_type) or is_string(column_type)):
        raise InvalidTableError(
            f"the target {name!r} holds values of type {column_type}",
            field=f"file.{name}",
            value=str(column_type),
            limit="number, string, category or boolean",
        )
    if kind is None and listed:
        classification, reason = True, "the target is listed as nominal"
    elif kind is None:
        classification, reason = _infer(column)
    else:
        classification, reason = kind.is_classification, "the kind was given"
    if not classification:
        return Target(TaskKind.REGRESSION, reason, None, _numbers(column, name, rows))
    classes = _classes(column, name, limits, rows)
    n_classes = len(classes.labels)
    found = TaskKind.BINARY if n_classes == 2 else TaskKind.MULTICLASS
    if kind is not None and kind is not found:
        raise InvalidTableError(
            f"the target {name!r} has {n_classes} classes, so the task is {found}, not {kind}",
            field="kind",
            value=str(kind),
            limit=str(found),
        )
    return Target(found, reason, classes, None)


def _infer(column: pa.ChunkedArray) -> tuple[bool, str]:
    kind = column.type
    if is_nominal(kind) or is_string(kind):
        return True, "the target holds categories"
    n_distinct = pc.count_distinct(column, mode="only_valid").as_py()
    if pt.is_integer(kind):
        if n_distinct <= CLASS_VALUES and len(column) >= CLASS_ROWS * n_distinct:
            return True, f"the target is an integer with {n_distinct} values"
        return False, f"the target is an integer with {n_distinct} values in {len(column)} rows"
    if n_distinct == 2 and all(float(v).is_integer() for v in pc.unique(column).to_pylist()):
        return True, "the target has two values, both whole"
    return False, "the target is a number"


def _numbers(column: pa.ChunkedArray, name: str, rows: RowNumbers) -> FloatArray:
    if not is_number(column.type):
        raise InvalidTableError(
            f"a regression target must be numeric, {name!r} holds values of type {column.type}",
            field=f"file.{name}",
            value=str(column.type),
            limit="number",
        )
    values = to_floats(column)
    low, high = finite_range(values, name, rows)
    if low == high:
        raise InvalidTableError(
            f"the target {name!r} has the same value in every row",
            field=f"file.{name}",
            value=low,
            limit="at least 2 different values",
        )
    return values


def _classes(column: pa.ChunkedArray, name: str, limits: TableLimits, rows: RowNumbers) -> Coded:
    if pt.is_floating(column.type):
        finite_range(to_floats(column), name, rows)
    coded = to_codes(column)
    counts = count_codes(coded.codes, len(coded.labels))
    used = np.flatnonzero(counts)
    if len(used) > limits.max_classes:
        raise LimitExceededError(
            f"the target {name!r} has {len(used):,} classes, {limits.max_classes:,} are allowed",
            field=f"file.{name}",
            value=len(used),
            limit=f"{limits.max_classes} classes",
        )
    if len(used) < 2:
        label = coded.labels[int(used[0])].as_py() if len(used) else None
        raise InvalidTableError(
            f"the target {name!r} has one class only",
            field=f"file.{name}",
            value=label,
            limit="at least 2 classes",
        )
    renumbered: IntArray = np.full(len(coded.labels), -1, dtype=np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    codes = renumbered[coded.codes]
    codes.flags.writeable = False
    return Coded(codes, coded.labels.take(pa.array(used)))


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(n) for n in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
