"""The target: which kind of task it makes, and its values.

Where neither a kind nor a metric says it, it is inferred by one rule, whatever the values are stored as:

- strings, categories, booleans and what is listed as nominal are classes;
- two different values are always classes;
- whole numbers are classes where at most `CLASS_VALUES` differ and each occurs `CLASS_ROWS` times on average;
- all else is regression.

Two classes make a binary task, more a multiclass one.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.arrow_arrays import CodedColumn, to_codes, to_floats
from metafeatures.cells.target import CLASS_VALUES
from metafeatures.finite import finite_range
from metafeatures.kernels.columns import count_codes
from metafeatures.limits import TableLimits
from metafeatures.roles import is_nominal, is_number
from metafeatures.row_numbers import ALL_ROWS, RowNumbers
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError
from warmtune.vocabulary.metrics import KNOWN_METRICS, REGRESSION_METRICS, check_metric, judges_numbers
from warmtune.vocabulary.task import TaskKind

CLASS_ROWS = 5
_EXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class Target:
    """The target's values, one for each row that has one.

    Attributes:
        kind: What is predicted.
        reason: Why it is this kind, in words.
        classes: Codes, shape ``(n_rows,)``, and labels of a classification target, all labels used; else None.
        numbers: Values of a regression target, finite, shape ``(n_rows,)``; else None.
    """

    kind: TaskKind
    reason: str
    classes: CodedColumn | None
    numbers: FloatArray | None


def present_rows(table: pa.Table, target: str) -> tuple[pa.Table, RowNumbers]:
    """The rows that have a target value (a NaN is none), and their numbers in the table.

    Raises:
        InvalidTableError: If there is no row, or no value in it.
    """
    if table.num_rows == 0:
        raise InvalidTableError("the table has no rows", field="file", value=0, limit="at least 2 rows")
    column = table.column(target)
    values = column.cast(pa.float32()) if pt.is_float16(column.type) else column  # Arrow 19 sees no NaN among halves
    mask = pc.invert(pc.is_null(values, nan_is_null=pt.is_floating(values.type)))
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


@dataclass(frozen=True, slots=True)
class RequestedKind:
    """What the caller says of the kind of task.

    Attributes:
        kind: What is predicted, or None.
        metric: What models will be judged by, or None; a known one says whether the target is numbers.
        is_listed: Whether the target is listed as nominal.
    """

    kind: TaskKind | None = None
    metric: str | None = None
    is_listed: bool = False

    def __post_init__(self) -> None:
        """Check that the two agree.

        Raises:
            InvalidInputError: If the metric is one of the other kind of task.
        """
        if self.kind is not None and self.metric is not None:
            check_metric(self.metric, self.kind)

    @property
    def classes(self) -> bool | None:
        """Whether it is classes; None where that is to be inferred."""
        if self.kind is not None:
            return self.kind.is_classification
        if self.is_listed:
            return True
        numbers = judges_numbers(self.metric)
        return None if numbers is None else not numbers

    @property
    def reason(self) -> str:
        """Why, in words."""
        if self.kind is not None:
            return "the kind was given"
        if self.is_listed:
            return "the target is listed as nominal"
        return f"the metric {self.metric!r} is one of {'numbers' if judges_numbers(self.metric) else 'classes'}"

    @property
    def is_by_metric(self) -> bool:
        """Whether only the metric says it."""
        return self.kind is None and not self.is_listed and judges_numbers(self.metric) is not None


def read_target(
    column: pa.ChunkedArray, name: str, wanted: RequestedKind, *, limits: TableLimits, rows: RowNumbers
) -> Target:
    """Read a target column without nulls; `rows` number it for messages.

    Raises:
        InvalidTableError: On a type that is no target, one class or value only, infinities, or a kind or metric that
            the values contradict.
        LimitExceededError: On more classes than allowed.
    """
    column_type = column.type
    if not (is_nominal(column_type) or is_number(column_type)):
        raise InvalidTableError(
            f"the target {name!r} holds dates or times: convert it to a number of seconds or days, or to classes",
            field=f"file.{name}",
            value=str(column_type),
            limit="number, string, category or boolean",
        )
    classification, reason = wanted.classes, wanted.reason
    if classification is None:
        classification, reason = _infer(column)
    elif wanted.is_by_metric:
        _check_by_metric(column, name, wanted, classification=classification)
    if not classification:
        return Target(TaskKind.REGRESSION, reason, None, _numbers(column, name, rows))
    classes = _classes(column, name, limits, rows)
    n_classes = len(classes.labels)
    found = TaskKind.of_classes(n_classes)
    if wanted.kind is not None and wanted.kind is not found:
        raise InvalidTableError(
            f"the target {name!r} has {n_classes} classes, so the task is {found}, not {wanted.kind}",
            field="kind",
            value=str(wanted.kind),
            limit=str(found),
        )
    return Target(found, reason, classes, None)


def _infer(column: pa.ChunkedArray) -> tuple[bool, str]:
    if is_nominal(column.type):
        return True, "the target holds categories"
    n_distinct, are_whole = _distinct(column)
    if n_distinct == 2:
        return True, "the target has two different values"
    said = f"{n_distinct} different values in {len(column)} rows"
    if are_whole and n_distinct <= CLASS_VALUES and len(column) >= CLASS_ROWS * n_distinct:
        return True, f"the target has {said}, all whole"
    return False, f"the target is a number with {said}"


def _distinct(column: pa.ChunkedArray) -> tuple[int, bool]:
    """How many values differ, and whether all are whole; whole numbers are distinguished beyond 2**53 too."""
    if pt.is_integer(column.type):
        return int(pc.count_distinct(column).as_py()), True
    values = to_floats(column)
    return len(np.unique(values)), bool((values == np.floor(values)).all())


def _check_by_metric(column: pa.ChunkedArray, name: str, wanted: RequestedKind, *, classification: bool) -> None:
    """Refuse a metric that the values contradict.

    Raises:
        InvalidTableError: Saying both ways out.
    """
    if not classification and is_nominal(column.type):
        fitting = ", ".join(m for m in KNOWN_METRICS if m not in REGRESSION_METRICS)
        raise InvalidTableError(
            f"the metric {wanted.metric!r} is a regression metric, but the target {name!r} holds categories:"
            f" use a classification metric ({fitting}), or pass the target as numbers",
            field="metric",
            value=wanted.metric,
            limit=fitting,
        )
    if not classification or is_nominal(column.type):
        return
    n_distinct, are_whole = _distinct(column)
    if not are_whole and n_distinct > CLASS_VALUES:
        fitting = ", ".join(m for m in KNOWN_METRICS if m in REGRESSION_METRICS)
        raise InvalidTableError(
            f"the metric {wanted.metric!r} is a classification metric, but the target {name!r} holds {n_distinct}"
            f" different numbers that aren't whole: use a regression metric ({fitting}), or pass kind='multiclass' if"
            " each number is a class",
            field="metric",
            value=wanted.metric,
            limit=fitting,
        )


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
        _refuse_blurred(name, low)
        raise InvalidTableError(
            f"the target {name!r} has the same value in every row, {low:g}: predict another column, or add rows",
            field=f"file.{name}",
            value=low,
            limit="at least 2 different values",
        )
    return values


def _classes(column: pa.ChunkedArray, name: str, limits: TableLimits, rows: RowNumbers) -> CodedColumn:
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
        if not is_nominal(column.type):
            _refuse_blurred(name, to_floats(column)[0])
        n_others = len(rows.others())
        others = (
            f"; {n_others} rows have none, be it that the cell is empty or a word for missing such as NA or None: if it"
            " is a class, write another word"
        )
        raise InvalidTableError(
            f"the target {name!r} has only one class, {label!r}: predict another column, or add rows of other classes"
            + (others if n_others else ""),
            field=f"file.{name}",
            value=label,
            limit="at least 2 classes",
        )
    renumbered: CodeArray = np.full(len(coded.labels), -1, dtype=np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    codes = renumbered[coded.codes]
    codes.flags.writeable = False
    return CodedColumn(codes, coded.labels.take(pa.array(used)))


def _refuse_blurred(name: str, value: float) -> None:
    """Refuse values that may differ, but not as floating-point numbers.

    Raises:
        InvalidTableError: If `value` is beyond the whole numbers that are distinguished.
    """
    if abs(value) < _EXACT:
        return
    raise InvalidTableError(
        f"the values of the target {name!r} are beyond 2**53, where floating-point numbers can't represent them all: if"
        " they are classes, write a letter before each; if they are numbers, subtract the smallest one",
        field=f"file.{name}",
        value=float(value),
        limit="whole numbers up to 2**53",
    )
