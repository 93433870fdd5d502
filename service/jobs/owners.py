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
LIVING_LEASES: Final = 10
"""So many leases may a process be silent that is known to run."""
_STATE_FIELD: Final = 0  # of /proc/PID/stat, counted after the command's name: field 3 of proc(5)
_ENDED: Final = "ZX"  # a process that nobody has waited for is still in the table
_START_FIELD: Final = 19  # of /proc/PID/stat, counted after the command's name: field 22 of proc(5)


@dataclass(frozen=True, slots=True)
class Owner:
    """One start of one process.

    Attributes:
        place: Where process ids mean what they mean here: a machine since its last boot, and a container on it.
        process_id: There.
        started: When the process began, as its kernel counts; `0` where it doesn't say.
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
    pair = _neighbours(owner, by)
    if pair is None:
        return False
    other, own = pair
    if other.process_id == own.process_id:  # our own id: an earlier process had it, or this one started twice
        return other.started != own.started or other.started == _UNKNOWN
    return not _is_alive(other)


def is_known_alive(owner: str, *, by: str) -> bool:
    """Whether another process is known to run: one of the same place can be looked for.

    Args:
        owner: Its name.
        by: The name of who asks.
    """
    return _neighbours(owner, by) is not None and not is_gone(owner, by=by)


def _neighbours(owner: str, by: str) -> tuple[Owner, Owner] | None:
    """Two owners of one place, where the one can look for the other; None for any others, and for one and itself."""
    other, own = Owner.read(owner), Owner.read(by)
    if other is None or own is None or owner == by or other.place != own.place:
        return None
    return other, own


def is_silent(job: StoredJob, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Whether a running job's owner has said nothing for longer than it may.

    A process that is known to run gets more time: it is starved of processor, or its machine's database is, and would
    do the job beside whoever takes it up. It may also hang for good, so its time has an end, too.

    Args:
        job: Running.
        by: The owner that asks; a job of its own that it isn't at any more is silent when the lease is over.
        lease: How long an owner may be silent.
        now: By the database's clock, as the sign of life.
    """
    if job.seen_alive_at is None:
        return True
    patience = lease * LIVING_LEASES if is_known_alive(job.owner or "", by=by) else lease
    return now - job.seen_alive_at > patience


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
    fields = _status(process_id)
    return _UNKNOWN if fields is None else fields[_START_FIELD]


def _status(process_id: int) -> list[str] | None:
    """What the kernel says of a process, without its id and the command's name; None where it doesn't say."""
    try:
        status = (_PROC / str(process_id) / "stat").read_text()
    except OSError:
        return None
    return status.rpartition(")")[2].split()  # a command's name may hold spaces and brackets


def _is_alive(owner: Owner) -> bool:
    try:
        os.kill(owner.process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    fields = _status(owner.process_id)
    if fields is None:
        return True
    if fields[_STATE_FIELD] in _ENDED:
        return False
    started = fields[_START_FIELD]
    return _UNKNOWN in (started, owner.started) or started == owner.started  # else its id is another's by now
