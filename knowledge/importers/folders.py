"""A folder that was sent as a zip: its files, read one by one under limits; nothing is unpacked onto the disk."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from knowledge.importers.options import ImportLimits
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError

_BLOCK: Final = 2**20
_DAMAGE: Final = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error)


class Folder:
    """Files by their relative path; whatever a path claims, it is a key only."""

    def __init__(self, archive: zipfile.ZipFile, limits: ImportLimits) -> None:
        self._archive = archive
        self._limits = limits
        self._members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        if len(self._members) > limits.max_files:
            raise LimitExceededError(
                f"the folder has {len(self._members):,} files, {limits.max_files:,} are read",
                field="file",
                value=len(self._members),
                limit=limits.max_files,
            )
        claimed = sum(info.file_size for info in self._members.values())
        if claimed > limits.max_unpacked_bytes:
            raise LimitExceededError(
                f"the folder is {claimed:,} bytes once unpacked, {limits.max_unpacked_bytes:,} are allowed",
                field="file",
                value=claimed,
                limit=f"{limits.max_unpacked_bytes} bytes",
            )
        self._trees: dict[str, list[str]] = {}
        for name in self._members:
            folder = name.rpartition("/")[0]
            while folder:  # as texts: a million paths as objects take minutes
                self._trees.setdefault(folder, []).append(name)
                folder = folder.rpartition("/")[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file, by its path, once unpacked."""
        return {name: info.file_size for name, info in self._members.items()}

    @property
    def kept_back(self) -> dict[str, str]:
        """Files whose content their sender kept, with what it says of them: empty ones with a comment."""
        return {
            name: info.comment.decode("utf-8", "replace")
            for name, info in self._members.items()
            if info.comment and not info.file_size
        }

    def copy(self, name: str, target: Path) -> None:
        """A file's content, of any size, into a new file.

        Raises:
            InvalidInputError: If it is damaged.
        """
        with target.open("wb") as file:
            for block in self._blocks(name):
                file.write(block)

    def digest(self, name: str) -> str:
        """A hash of a file's content.

        Raises:
            InvalidInputError: If it is damaged.
        """
        found = hashlib.sha256()
        for block in self._blocks(name):
            found.update(block)
        return found.hexdigest()

    def _blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as file:
                while block := file.read(_BLOCK):
                    yield block
        except _DAMAGE as error:
            raise InvalidInputError(f"{name} is damaged: {error}", field="file", value=name) from error

    def tree(self, folder: str) -> list[str]:
        """Files in a folder and below it, by their whole path."""
        return self._trees.get(folder, [])

    def read(self, name: str, *, max_bytes: int | None = None) -> bytes:
        """A file's content.

        Raises:
            InvalidInputError: If it is damaged.
            LimitExceededError: If it is larger than may be read at once.
        """
        limit = max_bytes or self._limits.max_text_bytes
        try:
            with self._archive.open(name) as file:
                content = file.read(limit + 1)
        except _DAMAGE as error:
            raise InvalidInputError(f"{name} is damaged: {error}", field="file", value=name) from error
        if len(content) > limit:
            raise LimitExceededError(
                f"{name} has more than {limit:,} bytes", field="file", value=name, limit=f"{limit} bytes"
            )
        return content

    def text(self, name: str) -> str:
        """A file's text, with what isn't UTF-8 replaced."""
        return self.read(name).decode("utf-8", "replace")


@contextmanager
def opened_folder(path: Path, limits: ImportLimits) -> Iterator[Folder]:
    """The folder in a zip.

    Raises:
        InvalidInputError: If it is no zip.
        LimitExceededError: If it holds more than may be read.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise InvalidInputError(f"the zip is damaged: {error}", field="file") from error
    with archive:
        yield Folder(archive, limits)
