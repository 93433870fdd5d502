"""From a table to the description of a task: the one entry point of this package."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from metafeatures.catalogue import CATALOGUE
from metafeatures.content_hash import content_hash
from metafeatures.encoding import EncodedSample, encode
from metafeatures.entry import Entry
from metafeatures.facts import Facts, Gap, Values
from metafeatures.float_errors import own_float_errors
from metafeatures.groups import complexity, correlation, information, landmarking, model, statistical
from metafeatures.groups.autosklearn import autosklearn
from metafeatures.groups.simple import simple
from metafeatures.groups.statistical import moments
from metafeatures.groups.target import target as target_group
from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.row_hashes import RowHashes
from metafeatures.sample import Sample, draw_sample
from metafeatures.sampling import canonical_sample, stratified_prefix
from metafeatures.task_table import task_table
from metafeatures.uses import column_uses
from metafeatures.version import VERSION
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.understanding import ColumnUse

SAMPLE_ROWS = 10_000
FIT_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a task.

    Attributes:
        kind: What is predicted.
        kind_reason: Why it is taken to be of that kind, in words.
        meta_features: Finite values and gaps with their reasons; together they are the whole catalogue.
        content_hash: SHA-256 (hex) over kind and content. Names, order of rows and columns, file format, compression,
            integers stored as floats and categories stored as strings don't change it; a value, a row more or less,
            or a column's use as nominal or as the target do.
        n_rows: Rows that were described: those with a target value.
        n_columns: Feature columns.
        dropped_rows: Rows left out because their target is missing.
        columns: What each column of the table is used as, the target and those that were left out included.
        notices: What was odd about names and cells.
    """

    kind: TaskKind
    kind_reason: str
    meta_features: MetaFeatures
    content_hash: str
    n_rows: int
    n_columns: int
    dropped_rows: int
    columns: tuple[ColumnUse, ...]
    notices: tuple[Notice, ...]


def describe(  # noqa: PLR0913  # flat keywords instead of an options object
    table: pa.Table,
    target: str,
    *,
    kind: TaskKind | None = None,
    metric: str | None = None,
    nominal: Collection[str] | None = None,
    ignore: Collection[str] | None = None,
    decimal_mark: str | None = None,
    deadline_ms: float | None = None,
    limits: TableLimits = DEFAULT_LIMITS,
) -> Description:
    """Describe a task by its meta-features.

    Counts and moments are exact over all rows; quantiles, correlations and information come from at most 10,000
    rows, models from at most 1,000. Which rows is decided by the content: the same table gives the same values,
    whatever the order of its rows and columns, on any machine.

    Args:
        table: The dataset, at least one feature column beside the target. What its cells of text mean is found by
            `metafeatures.cells`.
        target: Name of the target column. Rows where it is missing are dropped.
        kind: What is predicted; inferred from the target where it is None (see `metafeatures.target`).
        metric: What models will be judged by: where no kind is given, a known one says whether the target is numbers
            or classes.
        nominal: Columns to be treated as nominal besides those of a nominal type.
        ignore: Columns to leave out.
        decimal_mark: ``"."`` or ``","``, where the file that the table was read from says it: for columns of text whose
            numbers can be read both ways. None where the table's other columns are to decide.
        deadline_ms: Milliseconds after which no further group is begun, or None: values that are missing for
            that reason are gaps that say so. The costliest groups come last.
        limits: Sizes above which a table is refused.

    Raises:
        InvalidInputError: If the deadline is negative, or the metric one of another kind of task than the given one.
        InvalidTableError: If the table is no task: no such target, no value in it, one class only, no feature that
            varies, infinities, duplicate column names, values that are no numbers, strings, categories or dates.
        LimitExceededError: On more rows, columns, cells or classes than allowed.
    """
    if deadline_ms is not None and not deadline_ms >= 0.0:
        raise InvalidInputError("the deadline is negative", field="deadline_ms", value=deadline_ms, limit=">= 0")
    clock = _Clock(deadline_ms)
    with own_float_errors():
        task = task_table(
            table,
            target,
            kind=kind,
            metric=metric,
            nominal=nominal,
            ignore=ignore,
            decimal_mark=decimal_mark,
            limits=limits,
        )
        facts = task.facts
        values = _compute(task.table, facts, task.hashes, clock)
    return Description(
        kind=facts.kind,
        kind_reason=facts.target.reason,
        meta_features=_meta_features(values, facts.kind),
        content_hash=content_hash(task.table, facts, task.hashes),
        n_rows=facts.n_rows,
        n_columns=len(facts.profiles),
        dropped_rows=task.n_dropped_rows,
        columns=column_uses(task.cells, facts),
        notices=task.cells.notices,
    )


class _Clock:
    """Time since a description began, against its deadline."""

    def __init__(self, deadline_ms: float | None) -> None:
        self._start = time.perf_counter()
        self._deadline_ms = deadline_ms

    def gap(self) -> Gap | None:
        """The reason to stop, if there is one."""
        if self._deadline_ms is None or 1e3 * (time.perf_counter() - self._start) < self._deadline_ms:
            return None
        return Gap(f"not begun within the deadline of {self._deadline_ms:g} ms")


def _compute(table: pa.Table, facts: Facts, hashes: RowHashes, clock: _Clock) -> Values:
    values: Values = simple(facts) | target_group(facts) | moments(facts) | autosklearn(facts)
    sample = draw_sample(table, facts.profiles, facts.target, canonical_sample(hashes.keys, SAMPLE_ROWS))
    encoded = encode(_small(sample))
    values |= _of_sample(sample, clock)
    del sample  # its memory is for the models
    return values | _of_encoded(encoded, clock)


def _of_sample(sample: Sample, clock: _Clock) -> Values:
    ordered = sample.ordered()
    return _staged(
        (statistical.QUANTILE_ENTRIES, lambda: statistical.quantiles(ordered)),
        (information.ENTRIES, lambda: information.information(sample, ordered)),
        (correlation.ENTRIES, lambda: correlation.correlations(sample)),
        clock=clock,
    )


def _of_encoded(encoded: EncodedSample, clock: _Clock) -> Values:
    return _staged(
        (complexity.ENTRIES, lambda: complexity.complexity(encoded)),
        (model.ENTRIES, lambda: model.model(encoded)),
        (landmarking.ENTRIES, lambda: landmarking.landmarking(encoded)),
        clock=clock,
    )


def _staged(*stages: tuple[tuple[Entry, ...], Callable[[], Values]], clock: _Clock) -> Values:
    """Values of one stage after the other, until the deadline."""
    values: Values = {}
    for entries, stage in stages:
        gap = clock.gap()
        values |= {entry.name: gap for entry in entries} if gap else _checked(entries, stage)
    return values


def _checked(entries: tuple[Entry, ...], stage: Callable[[], Values]) -> Values:
    """A stage's values; gaps where its linear algebra finds no answer."""
    try:
        return stage()
    except np.linalg.LinAlgError as error:
        gap = Gap(f"failed: {error}")
        return {entry.name: gap for entry in entries}


def _small(sample: Sample) -> Sample:
    if sample.classes is not None:
        return sample.head(stratified_prefix(sample.classes, FIT_ROWS))
    return sample.head(np.arange(min(sample.n, FIT_ROWS)))


def _meta_features(values: Values, kind: TaskKind) -> MetaFeatures:
    numbers: dict[str, float] = {}
    gaps: dict[str, str] = {}
    for entry in CATALOGUE:
        value = values.get(entry.name)
        if kind not in entry.kinds:
            gaps[entry.name] = f"does not apply to {kind} tasks"
        elif isinstance(value, Gap):
            gaps[entry.name] = value.reason
        elif value is None:
            gaps[entry.name] = "no column that it applies to"
        elif np.isfinite(value):
            numbers[entry.name] = float(value)
        else:
            gaps[entry.name] = f"the result is {value}, not a finite number"
    return MetaFeatures(numbers, gaps, VERSION)
