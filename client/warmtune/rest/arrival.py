"""An answer as it arrives, with limits on its size and time; it never repeats the key."""

import time
from typing import Final

import httpx
from pydantic import SecretStr

from warmtune.vocabulary.errors import ServiceError

MAX_BYTES: Final = 256 * 2**20
"""Of an unpacked answer; the largest that a service gives, a network's weights, has a quarter of it at most."""
MIN_BYTES_PER_S: Final = 1_000.0
"""Once the time for the beginning is over, an answer that comes more slowly counts as none."""
_SHORTEST_SECRET: Final = 8
"""Shorter keys could be part of any answer."""
UNREAD_PACKING: Final = "warmtune_unread_packing"
"""Among the extensions of an answer: the encodings that it claims and this Python can't unpack, such as ``br``."""
_PACKING: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class Arrival:
    """The body of one answer, piece by piece."""

    def __init__(self, response: httpx.Response, *, timeout_s: float | None, key: SecretStr | None) -> None:
        """Begin.

        Args:
            response: Its head.
            timeout_s: Longest silence, or None for no limit: then its pace has none either.
            key: What must not be repeated: messages quote answers.
        """
        self._response = response
        self._timeout_s = timeout_s
        secret = "" if key is None else key.get_secret_value()
        self._key = SecretStr(secret) if len(secret) >= _SHORTEST_SECRET else None
        self._started = time.monotonic()
        self._pieces: list[bytes] = []
        self._n_bytes = 0

    def add(self, piece: bytes) -> None:
        """Take what has come.

        Raises:
            ServiceError: If it is too much.
            httpx.ReadTimeout: If it comes too slowly.
        """
        self._pieces.append(piece)
        self._n_bytes += len(piece)
        if self._n_bytes > MAX_BYTES:
            raise ServiceError(
                "the service's answer is larger than any of Warmtune's",
                field="answer",
                value=f"more than {self._n_bytes:,} bytes",
                limit=f"{MAX_BYTES:,} bytes",
                code="answer_too_large",
            )
        if self._timeout_s is None:
            return
        seconds = time.monotonic() - self._started
        n_sent = self._response.num_bytes_downloaded
        if seconds > self._timeout_s + n_sent / MIN_BYTES_PER_S:
            raise httpx.ReadTimeout(f"only {n_sent:,} bytes of the answer came within {seconds:.0f} s")

    def whole(self) -> httpx.Response:
        """The answer, unpacked."""
        body = b"".join(self._pieces)
        # as bytes: as text, those of another charset could not be written down again
        headers = [(name, value) for name, value in self._response.headers.raw if name.lower() not in _PACKING]
        if self._key is not None:
            secret = self._key.get_secret_value().encode()
            body = body.replace(secret, b"***")
            headers = [(name, value.replace(secret, b"***")) for name, value in headers]
        extensions = dict(self._response.extensions) | {UNREAD_PACKING: self._unread_packing()}
        return httpx.Response(self._response.status_code, headers=headers, content=body, extensions=extensions)

    def _unread_packing(self) -> str:
        """Encodings that the request didn't accept: a proxy that packs all the same leaves bytes that nobody reads."""
        accepted = _coded(self._response.request.headers.get("Accept-Encoding", ""))
        claimed = _coded(self._response.headers.get("Content-Encoding", ""))
        return ", ".join(name for name in claimed if name not in {*accepted, "identity"})


def _coded(header: str) -> list[str]:
    names = (part.partition(";")[0].strip().lower() for part in header.split(","))
    return [name for name in names if name]
