"""From a file with a table to a tuned model in a folder, and predictions from it (extra ``warmtune[tune]``)."""

from collections.abc import Iterator
from contextlib import contextmanager

from warmtune.vocabulary.errors import MissingExtraError

_OURS = ("warmtune", "metafeatures")


@contextmanager
def needing_extra() -> Iterator[None]:
    """A block that imports what the extra brings.

    Raises:
        MissingExtraError: If something of it is not installed; the message says what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        raise MissingExtraError(
            f"tuning on this machine needs {error.name}, which is not installed: pip install 'warmtune[tune]'",
            field="tune",
            value=str(error.name),
        ) from error
