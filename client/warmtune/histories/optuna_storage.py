"""Optuna storages behind an address: copied by Optuna's public API into a journal file that can be sent."""

from pathlib import Path
from urllib.parse import urlsplit

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from warmtune.rest.addresses import shown_address
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError
from warmtune.vocabulary.history import HistoryUpload


def copy_storage(url: str, target: Path) -> HistoryUpload:
    """Copy all studies of a storage into a journal file.

    Args:
        url: Of a database, as Optuna takes it.
        target: Where to write.

    Raises:
        InvalidInputError: If there is no such storage, or it can't be read.
        MissingExtraError: If the database's driver is not installed.
    """
    shown = _without_password(url)
    storage = JournalStorage(JournalFileBackend(str(target)))
    try:
        names = optuna.get_all_study_names(url)
        for name in names:
            optuna.copy_study(from_study_name=name, from_storage=url, to_storage=storage)
    except ImportError as error:
        raise MissingExtraError(f"reading {shown} needs {error.name}, the driver of its database") from error
    except Exception as error:  # Optuna lets through whatever SQLAlchemy and a driver raise
        raise InvalidInputError(
            f"the storage {shown} can't be read: {type(error).__name__}", field="source", value=shown
        ) from error
    if not names:
        raise InvalidInputError(f"the storage {shown} has no study", field="source", value=shown)
    return HistoryUpload(target, f"{urlsplit(url).path.strip('/') or 'storage'}.log")


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # brackets without an end, a port that is none
        return shown_address(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=f"{parts.username}:***@{parts.hostname}{port}").geturl()
