"""Folders of tools that keep the whole history in one file of them: SMAC's output, Syne Tune's experiment."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from knowledge.importers.folders import opened_folder
from knowledge.importers.options import ImportOptions
from warmtune.vocabulary.errors import InvalidInputError

ONE_FILE_HISTORIES: Final = ("runhistory.json", "results.csv.zip")


def has_history(names: Iterable[str]) -> bool:
    """Whether a folder has such a file."""
    return bool(_found(names))


@contextmanager
def history_of_folder(path: Path, options: ImportOptions) -> Iterator[Path]:
    """That file of a folder which was sent as a zip, for as long as the context lasts.

    Raises:
        InvalidInputError: If there are several, of different runs.
        LimitExceededError: If it is larger than may be read.
    """
    with opened_folder(path, options.limits) as folder:
        found = _found(folder)
        if len(found) != 1:
            raise InvalidInputError(
                f"the folder has {len(found)} histories; import one at a time: {', '.join(found[:8])}",
                field="file",
                value=len(found),
                limit=1,
            )
        content = folder.read(found[0], max_bytes=options.limits.max_unpacked_bytes)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield Path(file.name)


def _found(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if PurePosixPath(name).name in ONE_FILE_HISTORIES)
