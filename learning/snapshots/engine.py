"""Which engine learned a snapshot, by a digest of its source: a changed engine never answers from an old snapshot."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import learning
import metamodel
import warmtune.vocabulary


def engine_digest() -> str:
    """Of all that a model follows from, besides what it is learned from: the engine's code and the vocabulary's.

    Two services of the same release have the same digest, whatever the machine.
    """
    packages = (learning, metamodel, warmtune.vocabulary)
    return source_digest({package.__name__: Path(package.__path__[0]) for package in packages})


def source_digest(folders: Mapping[str, Path]) -> str:
    """Of names and text of all Python files below some folders, by the name that each folder goes by."""
    digest = hashlib.sha256()
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*.py")):
            text = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name}/{path.relative_to(folder).as_posix()} {len(text)}\n".encode())
            digest.update(text)
    return digest.hexdigest()
