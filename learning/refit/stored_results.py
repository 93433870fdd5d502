"""What a refit has found so far, in its job's directory: a refit that was interrupted goes on from there."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from learning.snapshots.engine import engine_digest
from maml.training.whole_files import replace_file


@dataclass(frozen=True, slots=True)
class StoredResults:
    """Results by name, for one engine and one way of suggesting; what another one found is not taken for theirs.

    Attributes:
        directory: Of the job, which is there until the job has ended.
        made_by: What was measured: the engine's prior, or a surrogate with its role.
        found: Names of results that an earlier try had kept, and that were used.
    """

    directory: Path
    made_by: str
    found: set[str]

    @classmethod
    def of(cls, directory: Path) -> "StoredResults":
        """Those of the engine's prior."""
        return cls(directory, "prior", set())

    def by(self, made_by: str) -> "StoredResults":
        """Those of something else, in the same directory and the same count."""
        return StoredResults(self.directory, made_by, self.found)

    def find(self, name: str) -> bytes | None:
        """What an earlier try kept under a name, if it can be read."""
        path = self._path(name)
        content = _whole_json(path)
        if content is not None:
            self.found.add(path.name)
        return content

    def keep(self, name: str, content: bytes) -> None:
        """Keep it, whole or not at all."""
        replace_file(self._path(name), content)

    def figure(self, name: str, measure: Callable[[], float]) -> float:
        """A number that was kept under a name; else it is measured, and kept."""
        content = self.find(name)
        if content is not None:
            return float(json.loads(content))
        measured = measure()
        self.keep(name, json.dumps(measured).encode())
        return measured

    def _path(self, name: str) -> Path:
        digest = hashlib.sha256(f"{engine_digest()}|{self.made_by}|{name}".encode()).hexdigest()
        return self.directory / f"kept-{digest[:32]}.json"


def pinned_sources(directory: Path) -> dict[str, int] | None:
    """The revisions that the job's first try learned from; None if this is the first, or they can't be read."""
    content = _whole_json(_sources_path(directory))
    return None if content is None else json.loads(content)


def pin_sources(directory: Path, sources: Mapping[str, int]) -> None:
    """Keep what the job learns from, in this order: trials that come in later are the next refit's."""
    replace_file(_sources_path(directory), json.dumps(dict(sources)).encode())


def _sources_path(directory: Path) -> Path:
    return directory / "sources.json"


def _whole_json(path: Path) -> bytes | None:
    """A file of JSON; None where there is none, or a power cut has left a part of it."""
    try:
        content = path.read_bytes()
        json.loads(content)
    except (FileNotFoundError, ValueError):
        return None
    return content
