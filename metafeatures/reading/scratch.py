"""Temporary files of one reading, gone when it ends."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import BinaryIO, cast


class Scratch:
    """Hands out temporary files and removes them all at the end of its ``with`` block; for one thread."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> "Scratch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def file(self) -> tuple[BinaryIO, Path]:
        """A new file, open for writing, and its path; flush it before the path is read."""
        out = self._stack.enter_context(NamedTemporaryFile(prefix="warmtune-", suffix=".table"))  # noqa: SIM115  # closed by the stack
        return cast(BinaryIO, out), Path(out.name)
