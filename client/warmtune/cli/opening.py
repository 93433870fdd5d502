"""A command's client, whose service starts while the command does other things."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warmtune.rest.own_service import StartAhead

if TYPE_CHECKING:
    from warmtune.client import Client

LARGEST_SENT_BYTES: Final = 64 * 2**20


class Opening:
    """A client that is yet to be opened; where it needs the service of this machine, that is started first of all.

    A command that fails meanwhile doesn't wait for it. Only the start runs in a thread, which imports nothing: packages
    that two threads import at once may see each other half made.
    """

    def __init__(self, url: str | None, api_key: str | None) -> None:
        """Begin.

        Args:
            url: As `Client` takes it.
            api_key: As `Client` takes it.

        Raises:
            InvalidInputError: If an address or a key can't be used.
        """
        self._start: StartAhead | None = None
        self._client: Client | None = None
        if url is None and api_key is None and not os.environ.get("WARMTUNE_URL", "").strip():
            self._start = StartAhead()
        else:  # an address that can't be right is refused before the table is read
            self._client = _opened(url, api_key)

    def client(self) -> "Client":
        """The client, as soon as it is there.

        Raises:
            WarmtuneError: What opening it raises.
        """
        if self._client is not None:
            return self._client
        try:
            return _opened(None, None)
        finally:
            if self._start is not None:
                self._start.release()

    def reads(self, table: Path) -> bool:
        """Whether the service is the better one to read a table: on this machine, for its user, and running already.

        It has done all the imports that take most of the time for a table of usual size. One that has yet to start
        takes longer than describing the table here. The description is the same, and no row leaves this machine.
        """
        return self._start is not None and self._start.was_running and _is_small(table)


def _opened(url: str | None, api_key: str | None) -> "Client":
    from warmtune.client import Client  # noqa: PLC0415  # half a second, in which the service starts

    return Client(url, api_key=api_key)


def _is_small(table: Path) -> bool:
    try:
        return table.stat().st_size <= LARGEST_SENT_BYTES
    except OSError:  # reading it says what is wrong
        return False
