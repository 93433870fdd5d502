"""Kinds of job: what a feature writes to have long work done in the background.

A kind is a name and a function from a job's context and its request to its result, both JSON objects. A feature makes
its kind in a function that takes what the work needs, and `service.job_kinds` lists it:

```python
def neural_train_kind(database: Database) -> JobKind:
    def train(context: JobContext, request: Json) -> Json:
        checkpoint = context.directory / "checkpoint.safetensors"  # is there when an interrupted job is taken up again
        for step in range(first_step(checkpoint), n_steps):
            context.report(step / n_steps, f"step {step} of {n_steps}")  # raises where the job has to end
            ...
        return {"n_steps": n_steps}

    return JobKind("neural-train", train, is_resumable=True)
```

A route queues a job and answers 202 with it:

```python
job = services.jobs.submit("neural-train", request.model_dump(mode="json"))  # the pydantic model that the kind reads
return JobResponse.from_domain(job)
```

What a function owes: it, or a loop below it that knows nothing of jobs, calls `context.report`, `context.check` or
`warmtune.vocabulary.work.check_wanted` several times a second, and lets what they raise through; it raises errors of
the family for what is wrong with its request; heavy packages are imported inside it, for the service starts without
them. Writes to the database are short transactions. A job may be run twice (its service was killed after the work and
before the note of it): writing the result twice must do no harm.

A job is interrupted if its service stops or ends unexpectedly. One of a resumable kind goes back into the queue and is
resumed with its directory (on another machine the directory is empty, and the job starts from the beginning); one of
another kind fails with that reason.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from learning.job_context import JobContext
from store.connections.database import Connection
from store.stored_job import Json
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,99}")


Work = Callable[[JobContext, Json], Json]
Judge = Callable[[Connection, Json], bool]


def never(connection: Connection, request: Json) -> bool:
    """No job of the kind is quick."""
    return False


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    Attributes:
        name: Lower-case letters, digits and hyphens.
        work: Does it.
        is_resumable: Whether an interrupted job is taken up again; else it fails.
        is_quick: Whether a job with this request takes seconds rather than minutes, by what the database knows: such
            a job need not wait for one that takes long.
    """

    name: str
    work: Work
    is_resumable: bool = False
    is_quick: Judge = never

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InvalidInputError: On a name that can't be one.
        """
        if not _NAME.fullmatch(self.name):
            raise InvalidInputError("a kind of job has lower-case letters and hyphens", field="kind", value=self.name)


class JobKinds:
    """All kinds that a service can do, by name; immutable."""

    def __init__(self, kinds: Iterable[JobKind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def get(self, name: str) -> JobKind:
        """The kind of this name.

        Raises:
            NotFoundError: If there is none.
        """
        if name not in self._kinds:
            raise NotFoundError("there is no such kind of job", field="kind", value=name)
        return self._kinds[name]
