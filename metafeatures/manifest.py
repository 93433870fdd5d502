"""A folder's ``manifest.json``: a list of objects that name its tables."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from warmtune.vocabulary.errors import InvalidInputError

MANIFEST = "manifest.json"
_FORM = "a JSON list of {file, target, name, task}"

T = TypeVar("T")


def has_manifest(folder: Path) -> bool:
    """Whether there is one."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path, read: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """The entries of a folder's manifest, in its order.

    Args:
        folder: Path of the folder.
        read: Makes something of an entry; a `KeyError`, `TypeError` or `ValueError` says that the entry is wrong.

    Raises:
        InvalidInputError: Without a manifest, on one that is no such list, or on a wrong entry, by its position.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InvalidInputError(f"{folder} has no {MANIFEST}", field="folder", value=str(folder))
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"can't read {path}: {error}", field="manifest", limit=_FORM) from error
    if not isinstance(entries, list):
        raise InvalidInputError(f"{path} is not a list", field="manifest", value=type(entries).__name__, limit=_FORM)
    found = []
    for index, entry in enumerate(entries):
        try:
            if not isinstance(entry, dict):
                raise TypeError(f"{type(entry).__name__} is not an object")
            found.append(read(entry))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(
                f"entry {index} of the manifest: {error!r}", field=f"manifest.{index}", value=entry, limit=_FORM
            ) from error
    return found
