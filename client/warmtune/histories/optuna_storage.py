"""Optuna storages behind an address: copied by Optuna's public API into a journal file that can be sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from warmtune.rest.addresses import shown_address
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.history import HistoryUpload

CHECK: Final = "check its address, and whether the database is running and may be read with this user"
LIMIT: Final = "sqlite:///studies.db, or postgresql://user@host/name and its like, as Optuna takes it"


def copy_storage(url: str, target: Path) -> HistoryUpload:
    """Copy all studies of a storage into a journal file.

    Args:
        url: Of a database, as Optuna takes it.
        target: Where to write.

    Raises:
        InvalidInputError: If there is no such storage, or it can't be read.
        MissingExtraError: If the database's driver is not installed.
    """
    shown = without_password(url)
    storage = JournalStorage(JournalFileBackend(str(target)))
    try:
        names = optuna.get_all_study_names(url)
        with quiet_optuna():
            for name in names:
                optuna.copy_study(from_study_name=name, from_storage=url, to_storage=storage)
    except ImportError as error:
        raise missing_driver(shown, error, "source") from error
    except Exception as error:  # Optuna lets through whatever SQLAlchemy and a driver raise
        raise InvalidInputError(
            f"the storage {shown} can't be read ({type(error).__name__}): {CHECK}",
            field="source",
            value=shown,
            limit=LIMIT,
        ) from error
    if not names:
        raise InvalidInputError(f"the storage {shown} has no study", field="source", value=shown)
    return HistoryUpload(target, f"{urlsplit(url).path.strip('/') or 'storage'}.log")


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Within, Optuna doesn't log each study that it creates in a copy: to a reader it looks like one of theirs."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def missing_driver(shown: str, error: ImportError, field: str) -> MissingExtraError:
    """The error for a database whose driver is not installed.

    Args:
        shown: Its address, without a password.
        error: What the import said.
        field: The argument that gave it.
    """
    return MissingExtraError(
        f"{shown} needs {error.name or 'the driver of its database'}: install it by pip", field=field, value=shown
    )


def without_password(url: str) -> str:
    """The address of a storage for messages."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # brackets without an end, a port that is none
        return shown_address(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=f"{parts.username}:***@{parts.hostname}{port}").geturl()
