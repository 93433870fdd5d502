"""From what users hold in their hands to what the service takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from warmtune.tables.csv_table import csv_content
from warmtune.vocabulary.dataset import TableUpload, TaskDescription, check_file, target_name
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import kind_of

_EXTRA = frozenset(
    {"pyarrow", "numba", "sklearn", "scipy", "pandas", "joblib", "python_calamine", "threadpoolctl", "metafeatures"}
)


def describe_task(
    X: object,
    y: object,
    *,
    kind: TaskKind | str | None = None,
    nominal: Sequence[str] | None = None,
    deadline_ms: float | None = None,
    name: str | None = None,
) -> TaskDescription:
    """Compute a dataset's meta-features on this machine: no row leaves it.

    Args:
        X: The features: a data frame, an array, an Arrow table, or the `Path` of a CSV, Parquet or Arrow IPC file.
        y: The target: a column of its own, or the name of one in `X`.
        kind: What is predicted; by default inferred from the target.
        nominal: Columns whose numbers are names, e.g. codes.
        deadline_ms: Milliseconds after which no further group of meta-features is begun; the costliest come last, and
            what is missing is a gap that says so.
        name: For people.

    Raises:
        InvalidInputError: On a kind that there isn't, or a negative deadline.
        InvalidTableError: If the table is no task, naming what is wrong.
        LimitExceededError: If it is larger than the documented limits.
        MissingExtraError: If ``warmtune[local]`` is not installed.
    """
    if isinstance(X, Path):
        check_file(X)
        target_name(y)
    with _needing_extra("or send the table to the service instead (upload=True, on the command line --upload)"):
        from warmtune.tables.local import describe_locally  # noqa: PLC0415  # an extra, and heavy: only when it is used
    return describe_locally(X, y, kind=kind_of(kind), nominal=nominal, deadline_ms=deadline_ms, name=name)


def pack_table(X: object, y: object, *, keep: bool = False, name: str | None = None) -> TableUpload:
    """Make a dataset ready to be sent to the service, which describes it and keeps no row.

    A file is sent as it is. Data in memory travels as an Arrow file, or as CSV where pyarrow is not installed (CSV
    knows no types: categories that are numbers become numbers).

    Args:
        X: As for `describe_task`; without pyarrow data frames and two-dimensional arrays only.
        y: As for `describe_task`.
        keep: Whether a recommendation for the table keeps its task, so that studies can follow.
        name: For people.

    Raises:
        InvalidInputError: If `X` and `y` don't make a table.
    """
    if isinstance(X, Path):
        return TableUpload(content=X, target=target_name(y), keep=keep, name=name)
    try:
        from warmtune.tables.local import arrow_content  # noqa: PLC0415  # an extra, and heavy: only when it is used
    except ModuleNotFoundError as error:
        if not _is_extra(error):
            raise
        content, target, filename = *csv_content(X, y), "table.csv"
    else:
        content, target, filename = *arrow_content(X, y), "table.arrow"
    return TableUpload(content=content, target=target, filename=filename, keep=keep, name=name)


def task_from_data(X: object, y: object, *, upload: bool) -> str | TaskDescription | TableUpload:
    """What `Client.warm_start` was given, as something that the service takes.

    Raises:
        InvalidInputError: On a target beside what already has one.
    """
    if isinstance(X, (str, TaskDescription, TableUpload)):
        if y is not None:
            hint = "; for a file, give a pathlib.Path" if isinstance(X, str) else ""
            raise InvalidInputError(f"a {type(X).__name__} comes without y{hint}", field="y", value=y)
        return X
    if y is None:
        raise InvalidInputError("y is the target: a column, or the name of one in X", field="y")
    return pack_table(X, y) if upload else describe_task(X, y)


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
