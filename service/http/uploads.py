"""Multipart forms, parsed while they stream in: the file goes to a spool file, the rest stays in memory.

Parsing, hashing and writing are done in threads, block by block: a slow or busy disk delays no other request.
"""

import contextlib
import hashlib
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import IO, Final

import anyio
from anyio.to_thread import run_sync
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from service.file_failures import file_failures_named
from service.http.problems import MalformedRequestError
from warmtune.vocabulary.errors import LimitExceededError

_SPARE_PARTS = 14
_MAX_HEADER_BYTES = 8_192
_BLOCK: Final = 256 * 2**10
"""Bytes that are collected before a thread takes them; so much of each upload is in memory."""


class ReceivedForm:
    """A form with at most one file; the receiver closes it, which deletes the spool file.

    A thread that still writes when its request is cancelled continues for a moment: what it does after the close, or at
    the same time, leaves no file behind.

    Attributes:
        fields: The other fields' bytes by name.
        file: Where the file's bytes are, or None without one.
        filename: As the client called it, without directories.
    """

    def __init__(self, directory: Path, *, is_digested: bool) -> None:
        self.fields: dict[str, bytes] = {}
        self.file: Path | None = None
        self.filename: str | None = None
        self._directory = directory
        self._spool: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._digest = hashlib.sha256() if is_digested else None

    @property
    def digest(self) -> bytes:
        """Hash of the content, whatever the boundary between the parts was; empty unless asked for."""
        return b"" if self._digest is None else self._digest.digest()

    def open_file(self, filename: str) -> None:
        """Start the file.

        Raises:
            MalformedRequestError: On a second one.
        """
        if self._spool is not None:
            raise MalformedRequestError("a form carries one file", field="file")
        with self._lock, file_failures_named("the file", field="file"):
            if self._is_closed:
                return
            self._spool = tempfile.NamedTemporaryFile(dir=self._directory, prefix="upload-", delete=False)  # noqa: SIM115
            self.file = Path(self._spool.name)
        self.filename = filename.replace("\\", "/").rsplit("/", 1)[-1]

    def write(self, data: bytes) -> None:
        """Append to the file."""
        with self._lock, file_failures_named("the file", field="file"):
            if self._spool is not None and not self._is_closed:
                self._spool.write(data)

    def note(self, data: bytes) -> None:
        """Let the digest know."""
        if self._digest is not None:
            self._digest.update(data)

    def finish(self) -> None:
        """Close the file: all parts have been received.

        Raises:
            StorageFullError: If there is no room for the rest of the file.
        """
        if self._spool is not None:
            with file_failures_named("the file", field="file"):
                self._spool.close()

    def close(self) -> None:
        """Delete the spool file and create none from now on."""
        with self._lock:
            self._is_closed = True
            if self._spool is not None:
                with contextlib.suppress(OSError):  # what is left of a file without room
                    self._spool.close()
            if self.file is not None:
                self.file.unlink(missing_ok=True)


async def receive_form(
    chunks: AsyncIterator[bytes],
    content_type: str,
    *,
    directory: Path,
    max_field_bytes: int,
    is_digested: bool,
    hold: Callable[[int], None],
    writers: anyio.CapacityLimiter,
    fields: Collection[str] = ("request",),
) -> ReceivedForm:
    """Read a whole multipart form; hashing it takes longer than all the rest, so it is done where asked for.

    Args:
        chunks: The body.
        content_type: With the boundary.
        directory: For the file.
        max_field_bytes: Of one field.
        is_digested: Whether its hash is asked for.
        hold: Receives of bytes that are held in memory, and may refuse them.
        writers: How many threads may write at the same time.
        fields: Names that parts may have besides ``file``.

    Raises:
        MalformedRequestError: If the bytes are no such form, or it ends early.
        LimitExceededError: On too many parts or too large a field.
        StorageFullError: If there is no room for the file.
        UnavailableError: If so much is held in memory already.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise MalformedRequestError("a multipart body needs a boundary", field="header.content-type")
    form = ReceivedForm(directory, is_digested=is_digested)
    reader = _PartReader(form, max_field_bytes=max_field_bytes, fields=fields)
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]  # a TypedDict of callables
        async for block in _blocks(chunks):
            await run_sync(parser.write, block, limiter=writers)
            hold(reader.taken_field_bytes())
        if not reader.is_complete:
            raise MalformedRequestError("the multipart body ends early", field="body")
        await run_sync(form.finish, limiter=writers)
    except BaseException as error:  # whatever ends the upload, a broken connection included, the spool file goes
        with anyio.CancelScope(shield=True):
            await run_sync(form.close, limiter=writers)
        if isinstance(error, FormParserError):
            raise MalformedRequestError(f"the body is not a multipart form: {error}", field="body") from error
        raise
    return form


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in fewer pieces: a thread switch for each network packet would cost more than the work."""
    waiting: list[bytes] = []
    n_waiting = 0
    async for chunk in chunks:
        waiting.append(chunk)
        n_waiting += len(chunk)
        if n_waiting >= _BLOCK:
            yield b"".join(waiting)
            waiting.clear()
            n_waiting = 0
    if waiting:
        yield b"".join(waiting)


class _PartReader:
    """The callbacks of the parser: where each part's headers and bytes go."""

    def __init__(self, form: ReceivedForm, *, max_field_bytes: int, fields: Collection[str]) -> None:
        self.is_complete = False
        self._form = form
        self._max_field_bytes = max_field_bytes
        self._n_field_bytes = 0
        self._names = ("file", *fields)
        self._n_parts = 0
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._is_file = False
        self._field = bytearray()

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def taken_field_bytes(self) -> int:
        """Bytes of fields, which stay in memory, since it was asked last."""
        taken, self._n_field_bytes = self._n_field_bytes, 0
        return taken

    def _begin(self) -> None:
        self._n_parts += 1
        most = len(self._names) + _SPARE_PARTS
        if self._n_parts > most:
            raise LimitExceededError("the form has too many parts", field="body", limit=f"{most} parts")
        self._headers = {}
        self._field = bytearray()

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._check_header()

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header_name) + len(self._header_value) > _MAX_HEADER_BYTES:
            raise LimitExceededError("a part's header is too long", field="body", limit=f"{_MAX_HEADER_BYTES} bytes")

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers(self) -> None:
        options = parse_options_header(self._headers.get(b"content-disposition"))[1]
        if b"name" not in options:
            raise MalformedRequestError("a part of the form has no name", field="body")
        self._name = options[b"name"].decode("utf-8", errors="replace")
        self._is_file = self._name == "file"
        if self._name not in self._names:
            named = " and ".join(repr(name) for name in self._names)
            raise MalformedRequestError(
                f"the form has the parts {named} only", field=self._name, limit=", ".join(self._names)
            )
        if self._name in self._form.fields:
            raise MalformedRequestError(f"the part {self._name!r} comes twice", field=self._name)
        self._form.note(self._name.encode() + b"\0")
        if self._is_file:
            self._form.open_file(options.get(b"filename", b"").decode("utf-8", errors="replace"))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        chunk = data[start:end]
        self._form.note(chunk)
        if self._is_file:
            self._form.write(chunk)
            return
        self._n_field_bytes += len(chunk)
        self._field += chunk
        if len(self._field) > self._max_field_bytes:
            raise LimitExceededError(
                f"the field {self._name!r} is too large", field=self._name, limit=f"{self._max_field_bytes} bytes"
            )

    def _on_part_end(self) -> None:
        self._form.note(b"\0")
        if not self._is_file:
            self._form.fields[self._name] = bytes(self._field)

    def _on_end(self) -> None:
        self.is_complete = True
