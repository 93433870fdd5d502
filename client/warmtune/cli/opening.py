"""A command's client, opened while the command does other things."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warmtune.vocabulary.errors import ServiceError

if TYPE_CHECKING:
    from warmtune.client import Client
    from warmtune.rest.own_service import StartAhead

LARGEST_SENT_BYTES: Final = 64 * 2**20


class Opening:
    """A client that is opened in a thread of its own; the service of this machine is started first of all.

    A command that fails meanwhile doesn't wait for it.
    """

    def __init__(self, url: str | None, api_key: str | None) -> None:
        """Begin.

        Args:
            url: As `Client` takes it.
            api_key: As `Client` takes it.
        """
        self._arguments = (url, api_key)
        self._client: Client | None = None
        self._error: BaseException | None = None
        self._was_running = False
        self._is_looked_for = threading.Event()
        self._thread = threading.Thread(target=self._open, name="warmtune-opening", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        url, api_key = self._arguments
        start: StartAhead | None = None
        try:
            if url is None and api_key is None and not os.environ.get("WARMTUNE_URL", "").strip():
                start = _begun()
                self._was_running = start.was_running
            self._is_looked_for.set()
            from warmtune.client import Client  # noqa: PLC0415  # half a second, in which the service starts

            self._client = Client(url, api_key=api_key)
        except BaseException as error:  # noqa: BLE001  # raised where the client is asked for
            self._error = error
        finally:
            self._is_looked_for.set()
            if start is not None:
                start.release()

    def client(self) -> "Client":
        """The client, as soon as it is there.

        Raises:
            WarmtuneError: What opening it raised.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        if self._client is None:
            raise ServiceError("the client was not opened")
        return self._client

    def reads(self, table: Path) -> bool:
        """Whether the service is the better one to read a table: on this machine, for its user, and running already.

        It has done all the imports that take most of the time for a table of usual size. One that has yet to start
        takes longer than describing the table here. The description is the same, and no row leaves this machine.
        """
        self._is_looked_for.wait()
        return self._was_running and _is_small(table)


def _begun() -> "StartAhead":
    from warmtune.rest.own_service import StartAhead  # noqa: PLC0415  # quick to import, unlike the client

    return StartAhead()


def _is_small(table: Path) -> bool:
    try:
        return table.stat().st_size <= LARGEST_SENT_BYTES
    except OSError:  # reading it says what is wrong
        return False
