"""What a caller means by a text or a path in the place of a table or of a stored task."""

from os import PathLike
from pathlib import Path
from typing import Final

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.paths import readable

_SUFFIXES: Final = frozenset(
    {".csv", ".tsv", ".tab", ".txt", ".dat", ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".json", ".jsonl"}
    | {".ndjson", ".arff", ".xlsx", ".xls", ".ods", ".gz", ".bz2", ".xz", ".zst", ".zip"}
)


def is_meant_as_path(text: str) -> bool:
    """Whether a text is meant as the path of a file: no identifier has such characters or endings."""
    return any(c in text for c in "/\\") or Path(text).suffix.lower() in _SUFFIXES


def check_no_path(task_id: str, field: str) -> None:
    """Refuse the path of a file where a stored task's id is due.

    Args:
        task_id: What was given.
        field: The argument that gave it, for a message.

    Raises:
        InvalidInputError: If it is meant as a path; it says how a file is described.
    """
    if not is_meant_as_path(task_id):
        return
    described = f"warmtune.describe_task(pathlib.Path({task_id!r}), 'TARGET')"
    remedy = f"pass {described} instead" if field == "task" else f"store it: client.create_task({described}).task_id"
    raise InvalidInputError(
        f"{field} is a stored task's id, not the path of a file: {remedy}",
        field=field,
        value=task_id,
        limit="a stored task's id",
    )


def check_no_folder(path: Path, field: str) -> None:
    """Refuse a folder where a file is due.

    Args:
        path: What was given.
        field: The argument that gave it, for a message.

    Raises:
        InvalidInputError: If it is a folder, or can't be looked for.
    """
    with readable(path, field):
        is_folder = path.is_dir()
    if is_folder:
        raise InvalidInputError(
            f"{path} is a folder, and a file is due", field=field, value=str(path), limit="the path of one table's file"
        )


def check_in_memory(X: object, y: object, *, remedy: str) -> None:
    """Refuse a path in the place of features and the name of a column in that of a target.

    Args:
        X: The features.
        y: The target.
        remedy: What else to do with a file.

    Raises:
        InvalidInputError: If one of them is a text, bytes or a path.
    """
    for field, given in (("X", X), ("y", y)):
        if isinstance(given, (str, bytes, PathLike)):
            column = f"pass the column, as in X.drop(columns={given!r}), X[{given!r}]"
            raise InvalidInputError(
                f"{field} is one {type(given).__name__}: {remedy if field == 'X' else column}",
                field=field,
                value=given,
                limit="a table in memory" if field == "X" else "a value for each row",
            )
