"""Names of processes that run jobs or answer requests, by which other services see whether they are alive."""

import hashlib
import os
import secrets
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from store.stored_job import StoredJob

_PROC: Final = Path("/proc")
_UNKNOWN: Final = "0"
_START_FIELD: Final = 19  # of /proc/PID/stat, counted after the command's name: field 22 of proc(5)


@dataclass(frozen=True, slots=True)
class Owner:
    """One start of one process.

    Attributes:
        place: Where process ids mean what they mean here: a machine since its last boot, and a container on it.
        process_id: There.
        started: When the process began, as its kernel counts; `0` where it doesn't tell.
        mark: Random: no other start has it.
    """

    place: str
    process_id: int
    started: str
    mark: str

    def __str__(self) -> str:
        return f"{self.place}/{self.process_id}/{self.started}/{self.mark}"

    @classmethod
    def read(cls, name: str) -> "Owner | None":
        """The owner of a name, or None: another version of Warmtune named it."""
        parts = name.split("/")
        if len(parts) != 4 or not parts[1].isdecimal():
            return None
        return cls(parts[0], int(parts[1]), parts[2], parts[3])


def new_owner() -> str:
    """A name for this start of this process; see `Owner`."""
    return str(Owner(_place(), os.getpid(), _started(os.getpid()), secrets.token_hex(8)))


def is_gone(owner: str, *, by: str) -> bool:
    """Whether a process is known not to run any more: one of the same place can be looked for.

    Args:
        owner: Its name.
        by: The name of who asks.
    """
    other, own = Owner.read(owner), Owner.read(by)
    if other is None or own is None or owner == by or other.place != own.place:
        return False
    if other.process_id == own.process_id:  # our own id: an earlier process had it, or this one started twice
        return other.started != own.started or other.started == _UNKNOWN
    return not _is_alive(other)


def is_abandoned(job: StoredJob, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Whether a running job's owner is gone: its process, if it was in this place, or its sign of life.

    Args:
        job: Running.
        by: The owner that asks; a job of its own that it isn't at any more is abandoned when the lease is over.
        lease: A job whose owner has said nothing for so long is.
        now: By the database's clock, as the sign of life.
    """
    if is_gone(job.owner or "", by=by):
        return True
    return job.seen_alive_at is None or now - job.seen_alive_at > lease


def _place() -> str:
    """The machine since its boot and the container: two of those may share host name and process id."""
    host = socket.gethostname()
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = str((_PROC / "self/ns/pid").readlink())
    except OSError:  # no Linux
        boot, space = f"{uuid.getnode():x}", ""
    digest = hashlib.sha256("\n".join((host, boot, space)).encode()).hexdigest()
    return f"{host[:60].replace('/', '_')}:{digest[:16]}"


def _started(process_id: int) -> str:
    try:
        status = (_PROC / str(process_id) / "stat").read_text()
    except OSError:
        return _UNKNOWN
    return status.rpartition(")")[2].split()[_START_FIELD]  # a command's name may hold spaces and brackets


def _is_alive(owner: Owner) -> bool:
    try:
        os.kill(owner.process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    started = _started(owner.process_id)
    return _UNKNOWN in (started, owner.started) or started == owner.started  # else its id is another's by now
