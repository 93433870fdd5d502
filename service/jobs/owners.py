"""Who runs a job: a name that tells whether its process can still be alive."""

import os
import secrets
import socket
from datetime import UTC, datetime, timedelta

from store.jobs import StoredJob


def new_owner() -> str:
    """A name for this start of this process: ``host/process id/random``."""
    return f"{socket.gethostname()[:100]}/{os.getpid()}/{secrets.token_hex(8)}"


def is_abandoned(job: StoredJob, *, by: str, lease: timedelta) -> bool:
    """Whether a running job's owner is gone: its process, if it was on this machine, or its sign of life.

    Args:
        job: Running.
        by: The owner that asks; a job of its own that it isn't at any more is abandoned when the lease is over.
        lease: A job whose owner has said nothing for so long is.
    """
    host, process_id, _ = (job.owner or "//").split("/", 2)
    own_host, own_process_id, _ = by.split("/", 2)
    # our own id under another name: a container, where every start has the same
    if job.owner != by and host == own_host and (process_id == own_process_id or not _is_alive(int(process_id))):
        return True
    return job.seen_alive_at is None or datetime.now(UTC) - job.seen_alive_at > lease


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
