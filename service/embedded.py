"""The service as a user's own: on a free port of this machine, until its last user has gone.

Users hold a connection to a second port: it breaks when they end, however they do.
"""

import os
import secrets
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import structlog
from pydantic import SecretStr

from service.database_start import open_database
from service.garbage_collection import pause_collection
from service.logs import set_up_logs
from service.settings import Settings
from warmtune.rest.mutual_proof import is_user, welcome
from warmtune.rest.registration import Registration, read_registration
from warmtune.vocabulary.errors import WarmtuneError

FIRST_GRACE_S = 60.0
"""For the first user to come: the one who has started the service."""
PASS_TIMEOUT_S = 5.0


class HolderCount:
    """Counts who holds a connection. Threads share it."""

    def __init__(self, token: str, *, grace_s: float) -> None:
        self._token = token
        self._grace_s = grace_s
        self._changed = threading.Condition()
        self._n_users = 0
        self._is_open = True
        self.listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """The port at which clients register."""
        return int(self.listener.getsockname()[1])

    def welcome(self) -> None:
        """Accept registrations until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._stay, args=(connection,), daemon=True).start()

    def wait_for_the_last(self) -> None:
        """Return once no client has been connected for the grace period; from then on connections are refused."""
        grace_s = FIRST_GRACE_S
        with self._changed:
            while self._n_users or self._changed.wait(grace_s):
                while self._n_users:
                    self._changed.wait()
                grace_s = self._grace_s
            self._is_open = False

    def _stay(self, connection: socket.socket) -> None:
        """Serve one registration, from its proof to the end of the connection."""
        with connection:
            connection.settimeout(PASS_TIMEOUT_S)
            try:
                is_known = is_user(connection, self._token)
            except OSError:
                return
            if not is_known or not self._count(1):
                return
            try:
                welcome(connection)
                connection.settimeout(None)
                while connection.recv(64):
                    pass
            except OSError:
                pass  # gone without a word
            finally:
                self._count(-1)

    def _count(self, change: int) -> bool:
        with self._changed:
            if not self._is_open:
                return False
            self._n_users += change
            self._changed.notify_all()
            return True


def settings_of_user(token: str) -> Settings:
    """The settings of the environment, adjusted to a single user who mostly uses one search space.

    Models of all the others are not fitted ahead, unless ``WARMTUNE_WARM_UP`` says so: that takes half a minute of a
    processor, on the machine on which the user's own models are being fitted. A process that describes tables is
    started at once: it takes two seconds, which the next command need not wait for then.
    """
    settings = Settings()
    given = settings.model_fields_set
    own = {
        "api_keys": SecretStr(token),
        "warm_up": settings.warm_up if "warm_up" in given else False,
        "warm_describer": settings.warm_describer if "warm_describer" in given else True,
    }
    return settings.model_copy(update=own)


@contextmanager
def filled_meanwhile(settings: Settings) -> Iterator[None]:
    """A new SQLite database is filled by a forked process during the block, which imports the service.

    Both take seconds, on the day on which somebody tries Warmtune. Should the other process fail, the service itself
    does its work, or says why it can't be done.
    """
    place = settings.database_url.removeprefix("sqlite:///")
    if place == settings.database_url or Path(place).expanduser().exists() or sys.platform != "linux":
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the threads of numpy's BLAS, which the child lets be
        process_id = os.fork()
    if not process_id:
        _fill(settings)
    try:
        yield
    finally:
        os.waitpid(process_id, 0)


def _fill(settings: Settings) -> NoReturn:
    """All that the forked process does; it ends without its parent's clean-up."""
    try:
        set_up_logs(settings.log_level)
        open_database(settings).close()
    except (WarmtuneError, OSError) as error:  # the service comes to it next, and says what to do
        structlog.get_logger().warning("database_not_filled_ahead", detail=str(error))
    finally:
        os._exit(0)


def main(folder: Path) -> None:
    """Serve for the user who owns the folder."""
    pause_collection()
    token = secrets.token_urlsafe(32)
    settings = settings_of_user(token)
    with filled_meanwhile(settings):
        import_module("learning.snapshots.models")  # what the first answer needs
        from service.server import serve  # noqa: PLC0415

    users = HolderCount(token, grace_s=settings.embedded_grace_s)
    file = folder / "service.json"

    def listening(url: str) -> None:
        Registration(url, users.port, token, os.getpid()).write(file)
        threading.Thread(target=users.welcome, daemon=True).start()
        threading.Thread(target=end_with_the_last, daemon=True).start()

    def end_with_the_last() -> None:
        users.wait_for_the_last()
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        serve("127.0.0.1", 0, settings=settings, announce=listening)
    finally:
        users.listener.close()
        left = read_registration(file)
        if left is not None and left.process_id == os.getpid():
            file.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
