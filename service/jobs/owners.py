"""Who runs a job, or answers a request: a name that tells whether its process can still be alive."""

import os
import secrets
import socket
from datetime import datetime, timedelta

from store.jobs import StoredJob


def new_owner() -> str:
    """A name for this start of this process: ``host/process id/random``."""
    return f"{socket.gethostname()[:100]}/{os.getpid()}/{secrets.token_hex(8)}"


def is_gone(owner: str, *, by: str) -> bool:
    """Whether a process is known not to run any more: one of this machine can be looked for.

    Args:
        owner: Its name.
        by: The name of who asks.
    """
    host, _, rest = owner.partition("/")
    process_id = rest.partition("/")[0]
    own_host, own_process_id, _ = by.split("/", 2)
    if owner == by or host != own_host or not process_id.isdecimal():
        return False
    # our own id under another name: a container, where every start has the same
    return process_id == own_process_id or not _is_alive(int(process_id))


def is_abandoned(job: StoredJob, *, by: str, lease: timedelta, now: datetime) -> bool:
    """Whether a running job's owner is gone: its process, if it was on this machine, or its sign of life.

    Args:
        job: Running.
        by: The owner that asks; a job of its own that it isn't at any more is abandoned when the lease is over.
        lease: A job whose owner has said nothing for so long is.
        now: By the database's clock, as the sign of life.
    """
    if is_gone(job.owner or "", by=by):
        return True
    return job.seen_alive_at is None or now - job.seen_alive_at > lease


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
