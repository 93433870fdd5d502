"""Which engine learned a snapshot, by a digest of its source: a changed engine never answers from an old snapshot."""

import hashlib
from pathlib import Path

import learning
import metamodel
import warmtune.vocabulary


def engine_digest() -> str:
    """Of all that a model follows from, besides what it is learned from: the engine's code and the vocabulary's.

    Two services of the same release have the same digest, whatever the machine.
    """
    digest = hashlib.sha256()
    for package in (learning, metamodel, warmtune.vocabulary):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{package.__name__}/{path.relative_to(folder).as_posix()}\n".encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
