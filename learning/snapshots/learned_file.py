"""The file of models that were learned before anybody asked: one package for a knowledge base and an engine.

A zip with ``index.json`` and one block a model (`learning.snapshots.block`); nothing in it is executed.
"""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.pack.pack_file import SHIPPED
from store.model_keys import KindGroup, ModelKey
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction

LEARNED: Final = SHIPPED.with_name("learned.zip")
"""Of what ships."""
FORMAT: Final = 1
INDEX: Final = "index.json"


@dataclass(frozen=True, slots=True)
class LearnedEntry:
    """A model of the file, without its content.

    Attributes:
        key: What it answers.
        member: Its name in the file.
        sha256: Of its content.
        n_bytes: Of its content.
        sources: Content keys of the search spaces that it was learned from.
        studies: Digest of the identifiers of the studies over each of them; see `store.model_snapshots.StudySet`.
        looked_around: Whether search spaces that resemble the key's were looked for.
        grounds: Digest of what else it depends on; see `learning.snapshots.grounds`.
    """

    key: ModelKey
    member: str
    sha256: str
    n_bytes: int
    sources: tuple[str, ...]
    studies: dict[str, str]
    looked_around: bool
    grounds: str


@dataclass(frozen=True, slots=True)
class LearnedIndex:
    """What the file holds.

    Attributes:
        knowledge: Version of the knowledge base that was learned from.
        engine: Digest of the engine that learned; see `learning.snapshots.engine`.
        entries: The models.
    """

    knowledge: str
    engine: str
    entries: tuple[LearnedEntry, ...]

    def find(self, key: ModelKey) -> LearnedEntry | None:
        """The entry of a key, or None."""
        return next((entry for entry in self.entries if entry.key == key), None)


def write_learned(path: Path, index: LearnedIndex, contents: Sequence[bytes]) -> None:
    """Write the file whole or not at all; equal content gives an equal file.

    Args:
        path: Where to.
        index: What it holds.
        contents: Of each entry.
    """
    body = {
        "format": FORMAT,
        "knowledge": index.knowledge,
        "engine": index.engine,
        "models": [_to_json(entry) for entry in index.entries],
    }
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_LZMA) as archive:
        _add(archive, INDEX, json.dumps(body, indent=1).encode())
        for entry, content in zip(index.entries, contents, strict=True):
            _add(archive, entry.member, content)
    partial.replace(path)


def read_index(path: Path) -> LearnedIndex | None:
    """What a file holds; None where there is no file.

    Raises:
        InvalidInputError: If it is of another format, or damaged.
    """
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            body = json.loads(archive.read(INDEX))
        if body["format"] != FORMAT:
            raise InvalidInputError(f"{path.name} has format {body['format']}, not {FORMAT}", field="file")
        return LearnedIndex(body["knowledge"], body["engine"], tuple(_from_json(one) for one in body["models"]))
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{path.name} is no file of learned models: {error}", field="file") from error


def read_content(path: Path, entry: LearnedEntry) -> bytes:
    """The bytes of a model.

    Raises:
        InvalidInputError: If they are not those that were written.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry.member) as member:
            content = member.read(entry.n_bytes + 1)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise InvalidInputError(f"{path.name} can't be read: {error}", field="file") from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise InvalidInputError(
            f"{entry.member} is damaged: its checksum is another one", field="file", value=entry.member
        )
    return content


def _to_json(entry: LearnedEntry) -> dict[str, object]:
    return {
        "key": entry.key.columns(),
        "member": entry.member,
        "sha256": entry.sha256,
        "n_bytes": entry.n_bytes,
        "sources": list(entry.sources),
        "studies": entry.studies,
        "looked_around": entry.looked_around,
        "grounds": entry.grounds,
    }


def _from_json(body: dict[str, object]) -> LearnedEntry:
    match body:
        case {
            "key": {
                "content_key": str(content_key),
                "kind_group": str(group),
                "metric": str(metric),
                "direction": str(way),
            },
            "member": str(member),
            "sha256": str(sha256),
            "n_bytes": int(n_bytes),
            "sources": list(sources),
            "studies": dict(studies),
            "looked_around": bool(looked_around),
            "grounds": str(grounds),
        }:
            key = ModelKey(content_key, KindGroup(group), metric, Direction(way))
            return LearnedEntry(key, member, sha256, n_bytes, tuple(sources), studies, looked_around, grounds)
    raise InvalidInputError("an entry of the learned models has other fields than expected", field="file")


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))  # equal content gives an equal file
    info.compress_type = zipfile.ZIP_LZMA  # an eighth smaller than deflate, and unpacked in a tenth of a second
    archive.writestr(info, content)
