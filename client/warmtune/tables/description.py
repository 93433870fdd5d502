"""From what users hold in their hands to what the service takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from warmtune.tables.alignment import warn_of_other_order
from warmtune.tables.csv_table import csv_content
from warmtune.tables.paths import check_no_folder, is_meant_as_path
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.dataset import (
    NO_HINTS,
    TableHints,
    TableUpload,
    TaskDescription,
    check_file,
    column_names,
    target_name,
)
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.flags import checked_flag
from warmtune.vocabulary.metrics import check_metric
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.text_files import codec_name, one_character
from warmtune.wire.bodies import kind_of

_EXTRA = frozenset(
    {
        "pyarrow",
        "numba",
        "sklearn",
        "scipy",
        "pandas",
        "joblib",
        "python_calamine",
        "charset_normalizer",
        "threadpoolctl",
        "metafeatures",
    }
)


def describe_task(  # noqa: PLR0913  # flat keywords instead of an options object
    X: object,
    y: object,
    *,
    kind: TaskKind | str | None = None,
    metric: str | None = None,
    nominal: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    deadline_ms: float | None = None,
    name: str | None = None,
) -> TaskDescription:
    """Compute a dataset's meta-features on this machine: no row leaves it.

    Args:
        X: The features: a frame of pandas or polars, an array, an Arrow table or record batch, a sparse matrix, a
            dictionary of columns, a list of records or rows, or the `Path` of a file.
        y: The target: a column of its own, or the name of one in `X`.
        kind: What is predicted; by default inferred from the target.
        metric: What models will be judged by: where no kind is given, a known one (`rmse`, `roc_auc`, scikit-learn's
            scorers) says whether the target is numbers or classes.
        nominal: Columns whose numbers are category codes.
        ignore: Columns to leave out.
        sheet: Of a workbook; by default the first one.
        encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
        delimiter: Between the cells of a file of text, where detection fails.
        deadline_ms: Milliseconds after which no further group of meta-features is begun; the costliest come last, and
            what is missing is a gap with its reason.
        name: For people.

    Raises:
        InvalidInputError: On a kind that there isn't, a metric of the other kind of task, or a negative deadline.
        InvalidTableError: If the table is no task, naming what is wrong.
        LimitExceededError: If it is larger than the documented limits.
        MissingExtraError: If ``warmtune[local]`` is not installed.
    """
    if isinstance(X, Path):
        check_no_folder(X, "file")
        check_file(X)
        target_name(y)
    _check_of_file(X, sheet=sheet, encoding=encoding, delimiter=delimiter)
    hints = table_hints(
        kind=kind, metric=metric, nominal=nominal, ignore=ignore, sheet=sheet, encoding=encoding, delimiter=delimiter
    )
    warn_of_other_order(X, y)
    with _needing_extra("or send the table to the service instead (upload=True, on the command line --upload)"):
        from warmtune.tables.local import describe_locally  # noqa: PLC0415  # an extra, and heavy: only when it is used
    return describe_locally(X, y, hints=hints, deadline_ms=deadline_ms, name=name)


def pack_table(  # noqa: PLR0913  # flat keywords instead of an options object
    X: object,
    y: object,
    *,
    kind: TaskKind | str | None = None,
    metric: str | None = None,
    nominal: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    keep: bool = False,
    name: str | None = None,
) -> TableUpload:
    """Make a dataset ready to be sent to the service, which describes it and keeps no row.

    A file is sent as it is. Data in memory travels as an Arrow file, or as CSV where pyarrow is not installed (CSV
    knows no types: categories that are numbers become numbers).

    Args:
        X: As for `describe_task`; without pyarrow data frames and two-dimensional arrays only.
        y: As for `describe_task`.
        kind: As for `describe_task`; so are `metric`, `nominal`, `ignore`, `sheet`,
            `encoding` and `delimiter`.
        metric: What models will be judged by.
        nominal: Columns whose numbers are category codes.
        ignore: Columns to leave out.
        sheet: Of a workbook.
        encoding: Of a file of text.
        delimiter: Of a file of text.
        keep: Whether a recommendation for the table keeps its task, so that studies can follow.
        name: For people.

    Raises:
        InvalidInputError: If `X` and `y` don't make a table.
    """
    _check_of_file(X, sheet=sheet, encoding=encoding, delimiter=delimiter)
    said = table_hints(
        kind=kind, metric=metric, nominal=nominal, ignore=ignore, sheet=sheet, encoding=encoding, delimiter=delimiter
    )
    if isinstance(X, Path):
        return _upload(X, target_name(y), None, said, keep=keep, name=name)
    warn_of_other_order(X, y)
    try:
        from warmtune.tables.local import arrow_content  # noqa: PLC0415  # an extra, and heavy: only when it is used
    except ModuleNotFoundError as error:
        if not _is_extra(error):
            raise
        content, target, filename = *csv_content(X, y), "table.csv"
    else:
        content, target, filename = *arrow_content(X, y, said), "table.arrow"
    return _upload(content, target, filename, said, keep=keep, name=name)


def _check_of_file(data: object, **said: str | None) -> None:
    """Refuse a sheet, an encoding or a delimiter of what is no file.

    Raises:
        InvalidInputError: Saying what has one.
    """
    if isinstance(data, Path):
        return
    for field, value in said.items():
        if value is not None:
            raise InvalidInputError(
                f"{field} was passed, but doesn't apply to {with_article(type(data).__name__)}",
                field=field,
                value=value,
                limit=f"the Path of {'a workbook' if field == 'sheet' else 'a file of text'} as X",
            )


def table_hints(
    *,
    kind: TaskKind | str | None = None,
    metric: str | None = None,
    nominal: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> TableHints:
    """What a caller says of a table, checked.

    Raises:
        InvalidInputError: On a kind that there isn't, a metric of the other kind of task, or one string for names.
    """
    known = kind_of(kind)
    if metric is not None and not isinstance(metric, str):
        raise InvalidInputError(
            f"metric is {with_article(type(metric).__name__)}", field="metric", value=metric, limit="a string"
        )
    if known is not None and metric is not None:
        check_metric(metric, known)
    return TableHints(
        kind=known,
        metric=metric,
        nominal=column_names(nominal, "nominal"),
        ignore=column_names(ignore, "ignore"),
        sheet=sheet,
        encoding=codec_name(encoding),
        delimiter=one_character(delimiter),
    )


def task_from_data(
    X: object, y: object, *, upload: bool, hints: TableHints = NO_HINTS
) -> str | TaskDescription | TableUpload:
    """What `Client.warm_start` was given, as something that the service takes.

    Raises:
        InvalidInputError: On a target, or anything said of a table, beside what already has it, the path of a file as
            a string, or `upload` that is neither True nor False.
    """
    checked_flag(upload, "upload")
    if isinstance(X, str) and y is None and is_meant_as_path(X):
        raise InvalidInputError(
            "a string is a stored task's id; for a file, pass a pathlib.Path, and the name of its target as y",
            field="X",
            value=X,
            limit=f"pathlib.Path({X!r})",
        )
    if isinstance(X, (str, TaskDescription, TableUpload)):
        if y is not None:
            hint = "; for a file, give a pathlib.Path" if isinstance(X, str) else ""
            raise InvalidInputError(f"{with_article(type(X).__name__)} comes without y{hint}", field="y", value=y)
        for field in ("kind", "nominal", "ignore", "sheet", "encoding", "delimiter"):
            if getattr(hints, field):
                raise InvalidInputError(
                    f"{field} applies to a table; {with_article(type(X).__name__)} already has it",
                    field=field,
                    value=getattr(hints, field),
                )
        return X
    if y is None:
        raise InvalidInputError("y must be the target: a column, or the name of one in X", field="y")
    said = {f.name: getattr(hints, f.name) for f in fields(hints)}
    return pack_table(X, y, **said) if upload else describe_task(X, y, **said)


def _upload(
    content: bytes | Path, target: str, filename: str | None, said: TableHints, *, keep: bool, name: str | None
) -> TableUpload:
    if isinstance(content, Path):
        check_no_folder(content, "file")
    return TableUpload(
        content=content,
        target=target,
        filename=filename,
        kind=said.kind,
        name=name,
        keep=keep,
        metric=said.metric,
        nominal=said.nominal,
        ignore=said.ignore,
        sheet=said.sheet,
        encoding=said.encoding,
        delimiter=said.delimiter,
    )


@contextmanager
def _needing_extra(otherwise: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if not _is_extra(error):
            raise
        raise MissingExtraError(
            f'describing tables on this machine needs {error.name}: pip install "warmtune[local]", {otherwise}'
        ) from error


def _is_extra(error: ModuleNotFoundError) -> bool:
    return (error.name or "").partition(".")[0] in _EXTRA
