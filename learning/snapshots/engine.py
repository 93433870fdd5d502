"""Which engine learned a snapshot, by a digest of its source: a changed engine never answers from an old snapshot."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import learning
import metamodel
import warmtune.vocabulary

_DOCSTRING: Final = re.compile(rb'^([ \t]*)"""(?:[^\\]|\\.)*?"""[ \t]*$', re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(rb"^[ \t]*#[^\n]*\n|  # [^\n\"']*$", re.MULTILINE)


def engine_digest() -> str:
    """Of all that a model follows from, besides what it is learned from: the engine's code and the vocabulary's.

    Two services of the same release have the same digest, whatever the machine.
    """
    packages = (learning, metamodel, warmtune.vocabulary)
    return source_digest({package.__name__: Path(package.__path__[0]) for package in packages})


def source_digest(folders: Mapping[str, Path]) -> str:
    """Of names and code of all Python files below some folders, by the name that each folder goes by.

    Docstrings and comments don't count: an edit of words outdates no model.
    """
    digest = hashlib.sha256()
    for name, folder in folders.items():
        for path in sorted(folder.rglob("*.py")):
            text = code_of(path.read_bytes().replace(b"\r\n", b"\n"))
            digest.update(f"{name}/{path.relative_to(folder).as_posix()} {len(text)}\n".encode())
            digest.update(text)
    return digest.hexdigest()


def code_of(text: bytes) -> bytes:
    """Python as `ruff format` writes it, with ``...`` for each docstring and without comments (most of them)."""
    return _COMMENT.sub(b"", _DOCSTRING.sub(rb"\1...", text))
