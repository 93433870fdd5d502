"""Long work, from its own side: what it knows of its job, and what ends it before its time."""

from pathlib import Path
from typing import Protocol

from store.connections.scope import Workspace
from warmtune.vocabulary.errors import WarmtuneError


class JobCancelledError(WarmtuneError):
    """Somebody has cancelled the job; its function lets this through."""

    code = "job_cancelled"


class JobInterruptedError(WarmtuneError):
    """The service stops; the job's function lets this through and may go on after the next start."""

    code = "job_interrupted"


class JobContext(Protocol):
    """What a job's function knows of its job; threads of the function may share it."""

    @property
    def job_id(self) -> str:
        """The job's identifier."""
        ...

    @property
    def workspace(self) -> Workspace:
        """Whose job it is: what it reads and writes is that one's."""
        ...

    @property
    def attempt(self) -> int:
        """1 at first, more where it was interrupted before."""
        ...

    @property
    def directory(self) -> Path:
        """A directory of the job's own, there until it has ended, beyond interruptions."""
        ...

    def report(self, progress: float, message: str = "") -> None:
        """Say how far it is, from 0 to 1, and what it is doing; as often as you like, it is written twice a second.

        Raises:
            JobCancelledError: As `check`.
            JobInterruptedError: As `check`.
            LimitExceededError: As `check`.
        """
        ...

    def check(self) -> None:
        """Return if the work is wanted still.

        Raises:
            JobCancelledError: If it was cancelled.
            JobInterruptedError: If the service stops.
            LimitExceededError: If it has been at work for longer than the setting `job_timeout_s` allows.
        """
        ...
