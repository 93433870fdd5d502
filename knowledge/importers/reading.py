"""One entrance for all sources: what a file is, and the reader that takes it."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from knowledge.importers.options import ImportOptions
from knowledge.importers.optuna_journal import read_journal
from knowledge.importers.optuna_sqlite import is_sqlite, read_sqlite
from knowledge.importers.sources import Source
from knowledge.importers.unpacking import unpacked
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError

_HEAD_BYTES = 65_536


Reader = Callable[[Path, ImportOptions], ForeignHistory]

_READERS: MappingProxyType[Source, Reader] = MappingProxyType(
    {
        Source.OPTUNA_SQLITE: read_sqlite,
        Source.OPTUNA_JOURNAL: read_journal,
    }
)


def read_history(path: Path, options: ImportOptions, *, source: Source | None = None) -> ForeignHistory:
    """Read a history.

    Args:
        path: A file, plain or compressed by gzip or zstd.
        options: What its sender says about it.
        source: What it is; by default its content tells.

    Raises:
        InvalidInputError: If it is none of the sources, or damaged.
        LimitExceededError: If it holds more than may be read.
    """
    with unpacked(path, options.limits) as plain:
        return _READERS[source or source_of(plain)](plain, options)


def source_of(path: Path) -> Source:
    """What a file is, by its content.

    Raises:
        InvalidInputError: If it is none of the sources; pickles are named as what they are.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise InvalidInputError("the file is empty", field="file", limit="at least 1 byte")
    if is_sqlite(head):
        return Source.OPTUNA_SQLITE
    if _is_pickle(head):
        raise InvalidInputError(
            "the file is a pickle, and reading one runs whatever it says: it is never read. Export the history as JSON "
            "or CSV, or copy the studies into an SQLite file (optuna.copy_study)",
            field="file",
        )
    if b'"op_code"' in head.split(b"\n", 1)[0]:
        return Source.OPTUNA_JOURNAL
    raise InvalidInputError(
        "the file is none of the sources that can be imported; say which one it is, if it is one",
        field="source",
        limit=", ".join(Source),
    )


def _is_pickle(head: bytes) -> bool:
    """Protocols 2 to 5 begin with their number; zipped ones (joblib, torch) with a zip that has a pickle in it."""
    return (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or (head[:2] == b"PK" and b"data.pkl" in head)
