"""What an embedded service leaves for those who want to join it: a file that its user alone can read."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from warmtune.vocabulary.data_directory import data_directory


@dataclass(frozen=True, slots=True)
class Registration:
    """Where an embedded service is.

    Attributes:
        url: Its address on this machine.
        join_port: Who holds a connection to this port counts as a user.
        token: The API key, and the pass for joining; new for each start.
        process_id: The service's process.
    """

    url: str
    join_port: int
    token: str
    process_id: int

    def __repr__(self) -> str:
        return f"Registration({self.url!r}, process_id={self.process_id})"

    def write(self, path: Path) -> None:
        """Put it there at once, for its user alone."""
        draft = path.with_name(f"{path.name}.{self.process_id}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file)
        draft.replace(path)


def read_registration(path: Path) -> Registration | None:
    """What stands there, or None where that is nothing of use."""
    try:
        return TypeAdapter(Registration).validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def folder_of_user() -> Path:
    """The folder of the embedded service for the user's database: one for each database."""
    database = os.environ.get("WARMTUNE_DATABASE_URL", "").strip()
    return data_directory() / "embedded" / hashlib.sha256(database.encode()).hexdigest()[:16]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file against other processes, which wait; it is let go of when this one dies."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        _lock(file.fileno())
        yield


def _lock(descriptor: int) -> None:
    try:
        import fcntl  # noqa: PLC0415  # not on Windows
    except ModuleNotFoundError:
        import msvcrt  # noqa: PLC0415  # on Windows only

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
