"""An embedded service: started on this machine for its user if no address is given."""

import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from warmtune.rest.mutual_proof import join_as_user
from warmtune.rest.registration import folder_of_user, held, read_registration
from warmtune.vocabulary.errors import MissingExtraError, ServiceError, UnavailableError, WarmtuneError

SERVICE = "service.embedded"
START_TIMEOUT_S = 60.0
JOIN_TIMEOUT_S = 5.0
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Lease:
    """A use of the embedded service, which runs as long as anyone holds one.

    A forked process holds its parent's too. It ends with `release`, with the object, or with the process.
    """

    url: str
    token: str
    process_id: int
    _connection: socket.socket

    def __repr__(self) -> str:
        return f"Lease({self.url!r})"

    @property
    def is_over(self) -> bool:
        """Whether the service has ended: what listens at its address now may be anybody."""
        try:
            readable, _, _ = select.select([self._connection], [], [], 0.0)
            return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):  # broken, or released
            return True

    def release(self) -> None:
        """End this use."""
        self._connection.close()


def join() -> Lease:
    """Join the user's embedded service; start it if it isn't there.

    Raises:
        MissingExtraError: If the service isn't installed here.
        ServiceError: If it doesn't start; the message has the end of its log.
        UnavailableError: If its folder can't be written.
    """
    folder = folder_of_user()
    lease = _joined(folder)
    if lease is not None:
        return lease
    _check_installed()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(folder / "start.lock"):
            return _joined(folder) or _started(folder)
    except OSError as error:
        raise UnavailableError(
            f"no service can be started for you in {folder}: {error}", field="url", limit="an address, or WARMTUNE_URL"
        ) from error


class StartAhead:
    """The user's embedded service is joined, or started in a thread; whoever joins it next hears what went wrong.

    Attributes:
        was_running: Whether it ran already.
    """

    def __init__(self) -> None:
        """Begin."""
        self._lease = _joined(folder_of_user())
        self.was_running = self._lease is not None
        self._thread = threading.Thread(target=self._join, name="warmtune-starting", daemon=True)
        if not self.was_running:
            self._thread.start()

    def _join(self) -> None:
        with suppress(WarmtuneError):
            self._lease = join()

    def release(self) -> None:
        """End this use, once somebody else has joined the service."""
        if not self.was_running:
            self._thread.join()
        if self._lease is not None:
            self._lease.release()


def _joined(folder: Path) -> Lease | None:
    """A lease of the service that runs for this folder, or None where none does."""
    registration = read_registration(folder / "service.json")
    if registration is None:
        return None
    try:
        connection = socket.create_connection(("127.0.0.1", registration.join_port), timeout=JOIN_TIMEOUT_S)
    except OSError:
        return None
    try:
        join_as_user(connection, registration.token)
        connection.settimeout(None)
    except OSError:  # gone, about to go, or another one at its port
        connection.close()
        return None
    return Lease(registration.url, registration.token, registration.process_id, connection)


def _started(folder: Path) -> Lease:
    (folder / "service.json").unlink(missing_ok=True)
    log = folder / "service.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", SERVICE, str(folder)],  # nothing of the folder that its user works in
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [_place(), os.environ.get("PYTHONPATH")]))},
            start_new_session=True,  # an interrupt at the keyboard is for this process only
        )
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        lease = _joined(folder)
        if lease is not None:
            # it may outlive this process; if it doesn't, somebody has to take note of its end
            threading.Thread(target=process.wait, name="warmtune-embedded", daemon=True).start()
            return lease
        if process.poll() is not None:
            break
        time.sleep(POLL_S)
    process.kill()
    process.wait()
    said = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise ServiceError(f"the embedded service did not start; {log} ends with: {' / '.join(said) or 'nothing'}")


def _check_installed() -> None:
    if _place() is None:
        raise MissingExtraError(
            "the service's address is not known, and the service is not installed here: pass the address, set "
            'WARMTUNE_URL, or install the service: pip install "warmtune[server]"'
        )


def _place() -> str | None:
    """Where the service is imported from, for a process that has only the environment to know it by.

    Its user may have modules of the same names, of which nothing is imported. None where it isn't installed.
    """
    package, _, module = SERVICE.partition(".")
    for entry in sys.path:
        spec = PathFinder.find_spec(package, [entry])
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if places and PathFinder.find_spec(module, places) is not None:
            return str(Path(places[0]).parent)
    return None
