"""Tables that an agent names or sends: files of one folder, or a small CSV as text."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warmtune.vocabulary.errors import ForbiddenError, InvalidInputError, LimitExceededError

MAX_CSV_CHARACTERS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class TableFiles:
    """Where tables may be read.

    Attributes:
        folder: Files in it, and below, may be named; None where no file may.
    """

    folder: Path | None

    @contextmanager
    def opened(self, path: str | None, csv: str | None) -> Iterator[Path]:
        """The file that is meant, for as long as the context lasts.

        Args:
            path: Of a file within the folder: absolute, or from there.
            csv: The table itself, with a header.

        Raises:
            InvalidInputError: Unless one of both is given.
            ForbiddenError: If the file is outside the folder, or no file may be read.
            LimitExceededError: If the text is too long.
        """
        if (path is None) == (csv is None):
            raise InvalidInputError("give either a file's path or the table as CSV", field="path", value=path)
        if path is not None:
            yield self._within(path)
            return
        text = csv or ""
        if len(text) > MAX_CSV_CHARACTERS:
            raise LimitExceededError(
                "the text is too long; write it to a file and pass its path",
                field="csv",
                value=len(text),
                limit=MAX_CSV_CHARACTERS,
            )
        with tempfile.TemporaryDirectory(prefix="warmtune-") as folder:
            file = Path(folder) / "table.csv"
            file.write_text(text, encoding="utf-8", errors="surrogatepass")
            yield file

    def _within(self, path: str) -> Path:
        if self.folder is None:
            raise ForbiddenError("files of this machine can't be read here; send the table as csv", field="path")
        try:
            file = (self.folder / path).resolve()
        except (OSError, ValueError) as error:
            raise InvalidInputError(f"can't be a path: {error}", field="path", value=path) from error
        if not file.is_relative_to(self.folder.resolve()):
            raise ForbiddenError(
                "the file is outside the folder that may be read", field="path", value=path, limit=str(self.folder)
            )
        return file
