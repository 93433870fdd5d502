"""Datasets on their way to the service: as a description, or as the table itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.collections import several
from warmtune.vocabulary.errors import InvalidInputError, shown
from warmtune.vocabulary.finite import is_integer
from warmtune.vocabulary.paths import readable
from warmtune.vocabulary.task import MetaFeatures, TaskKind, check_name
from warmtune.vocabulary.understanding import Understanding

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """A task by its meta-features only: no row of the data is needed.

    Attributes:
        kind: What is predicted.
        meta_features: Computed anywhere; `warmtune.describe_task` does it on this machine.
        name: For people; not unique.
        content_hash: SHA-256 of the described table in hex: the same table uploaded is then the same task. None
            where only the meta-features are known.
        understanding: How the table was understood, where it was described on this machine; it stays here.
    """

    kind: TaskKind
    meta_features: MetaFeatures
    name: str | None = None
    content_hash: str | None = None
    understanding: Understanding | None = None

    def __post_init__(self) -> None:
        """Check the name and the hash.

        Raises:
            InvalidInputError: On a name that is empty, too long or not printable, or on a malformed hash.
        """
        if self.name is not None:
            check_name(self.name, field="name")
        if self.content_hash is not None and not _SHA256.fullmatch(self.content_hash):
            raise InvalidInputError(
                "a content hash is a SHA-256 in hex",
                field="content_hash",
                value=self.content_hash,
                limit="64 digits 0-9, a-f",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHints:
    """What is said of a table besides its target's name.

    Attributes:
        kind: What is predicted; by default inferred from the target.
        metric: What models will be judged by: where no kind is given, a known one says whether the target is numbers
            or classes.
        nominal: Columns whose numbers are category codes.
        ignore: Columns to leave out.
        sheet: Of a workbook; by default the first one.
        encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
        delimiter: Between the cells of a file of text, where detection fails.
    """

    kind: TaskKind | None = None
    metric: str | None = None
    nominal: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None


NO_HINTS = TableHints()

_NAMES = "a sequence of column names"


def column_names(names: Sequence[str] | None, field: str) -> tuple[str, ...]:
    """Names of columns, none for None.

    Raises:
        InvalidInputError: On a single string, whose letters would be taken for names, or on what is no string. The
            message says what to write.
    """
    if isinstance(names, str):
        raise InvalidInputError(
            f"{field} is one text: write {field}=[{shown(names)}]", field=field, value=names, limit=_NAMES
        )
    listed: list[str] = []
    given = [names] if is_integer(names) else names
    for name in () if given is None else several(given, field, _NAMES):
        if not isinstance(name, str):
            raise InvalidInputError(
                f"{field} holds {with_article(type(name).__name__)}{_name_instead_of(name)}",
                field=field,
                value=name,
                limit="strings",
            )
        listed.append(name)
    return tuple(listed)


def _name_instead_of(label: object) -> str:
    """What to write instead of a column's position, or of a label of several levels."""
    if isinstance(label, tuple):
        return f": columns are given by name; one of several levels is called {'_'.join(map(str, label))!r}"
    if not is_integer(label) or label < 0:
        return ": columns are given by name, not by position"
    return (
        f": columns are given by name, not by position; one of an array is called 'x{label}', one of a frame whose "
        f"label is a number '{label}'"
    )


@dataclass(frozen=True, slots=True)
class TableUpload:
    """A table with a target, to be sent to the service and described there.

    Attributes:
        content: The bytes of a file that holds a table (CSV and its kin, Parquet, Arrow IPC, .xlsx, JSON, ARFF), or
            where such a file lies.
        target: Name of the target column.
        filename: Its ending names the format; by default the path's own name.
        kind: What is predicted; by default inferred from the target.
        name: For people; by default the service's choice.
        keep: Whether the service stores the task's meta-features, so that studies can follow. Rows are never stored.
        metric: What models will be judged by, for `create_task`; it may say the kind. A recommendation has its own.
        nominal: Columns whose numbers are category codes.
        ignore: Columns to leave out.
        sheet: Of a workbook; by default the first one.
        encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
        delimiter: Between the cells of a file of text, where detection fails.
    """

    content: bytes | Path
    target: str
    filename: str | None = None
    kind: TaskKind | None = None
    name: str | None = None
    keep: bool = False
    metric: str | None = None
    nominal: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without reading.

        Raises:
            InvalidInputError: On no content, a path that is no file, or bytes without a file name.
        """
        if isinstance(self.content, Path):
            check_file(self.content)
            object.__setattr__(self, "filename", self.filename or self.content.name)
        elif not self.content:
            raise InvalidInputError("the table has no bytes", field="file", limit="at least 1 byte")
        if self.filename is None:
            raise InvalidInputError("bytes need a file name", field="filename")
        if self.name is not None:
            check_name(self.name, field="name")
        object.__setattr__(self, "nominal", column_names(self.nominal, "nominal"))
        object.__setattr__(self, "ignore", column_names(self.ignore, "ignore"))


def check_file(path: Path) -> None:
    """Check that there is a file.

    Raises:
        InvalidInputError: If there is none, or it can't be looked for.
    """
    with readable(path, "file"):
        is_file = path.is_file()
    if not is_file:
        raise InvalidInputError(f"there is no file {path}", field="file", value=str(path))


def target_name(y: object) -> str:
    """The name of a target column.

    Raises:
        InvalidInputError: If `y` is no name, so that nobody knows which column of the file is meant.
    """
    if not isinstance(y, str) or not y:
        raise InvalidInputError("with a file, y must be the name of the target column", field="y", value=y)
    return y
