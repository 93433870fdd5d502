"""What parent and child say to each other: one JSON object a line."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from metafeatures.limits import TableLimits
from warmtune.vocabulary.errors import (
    ConflictError,
    InvalidConfigurationError,
    InvalidInputError,
    InvalidSearchSpaceError,
    InvalidTableError,
    LimitExceededError,
    NotFoundError,
    ServiceError,
    WarmtuneError,
)
from warmtune.vocabulary.notice import Notice
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.understanding import ColumnUse, Reading, Understanding

_ERRORS: tuple[type[WarmtuneError], ...] = (
    InvalidTableError,
    InvalidSearchSpaceError,
    InvalidConfigurationError,
    LimitExceededError,
    InvalidInputError,
    NotFoundError,
    ConflictError,
    ServiceError,
)


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """A file to describe.

    Attributes:
        path: Where it is.
        target: The column to predict.
        kind: What is predicted, or None to infer it.
        timeout_s: After which the child ends itself, should the parent be gone.
        limits: Sizes above which the file is refused.
    """

    path: Path
    target: str
    kind: TaskKind | None
    timeout_s: float
    limits: TableLimits

    def to_line(self) -> bytes:
        """As sent."""
        kind = None if self.kind is None else self.kind.value
        return _line(asdict(self) | {"path": str(self.path), "kind": kind, "limits": asdict(self.limits)})

    @classmethod
    def from_line(cls, line: bytes) -> "DescribeRequest":
        """As received."""
        body = json.loads(line)
        kind = None if body["kind"] is None else TaskKind(body["kind"])
        limits = TableLimits(**body["limits"])
        return cls(Path(body["path"]), body["target"], kind, body["timeout_s"], limits)


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a table after it was described; see `metafeatures.describe.Description`."""

    kind: TaskKind
    meta_features: MetaFeatures
    content_hash: str
    n_rows: int
    n_columns: int
    understanding: Understanding


def answer_line(answer: Described | WarmtuneError) -> bytes:
    """An answer as sent."""
    if isinstance(answer, WarmtuneError):
        kind = next(error for error in _ERRORS if isinstance(answer, error))
        said = {name: getattr(answer, name) for name in ("message", "field", "value", "limit", "code")}
        return _line({"error": kind.__name__, **said})
    features = answer.meta_features
    return _line(
        {
            "kind": answer.kind.value,
            "values": dict(features.values),
            "gaps": dict(features.gaps),
            "version": features.version,
            "content_hash": answer.content_hash,
            "n_rows": answer.n_rows,
            "n_columns": answer.n_columns,
            "understanding": asdict(answer.understanding),
        }
    )


def read_answer(line: bytes) -> Described:
    """An answer as received.

    Raises:
        WarmtuneError: The one that the child met.
    """
    body = json.loads(line)
    if "error" in body:
        kind = next(error for error in _ERRORS if error.__name__ == body["error"])
        raise kind.restored(**{name: body[name] for name in ("message", "field", "value", "limit", "code")})
    features = MetaFeatures(values=body["values"], gaps=body["gaps"], version=body["version"])
    return Described(
        kind=TaskKind(body["kind"]),
        meta_features=features,
        content_hash=body["content_hash"],
        n_rows=body["n_rows"],
        n_columns=body["n_columns"],
        understanding=_understanding(body["understanding"]),
    )


def _understanding(body: dict[str, Any]) -> Understanding:  # as `asdict` of one came back from JSON
    reading = body["reading"]
    return Understanding(
        kind=TaskKind(body["kind"]),
        kind_reason=body["kind_reason"],
        columns=tuple(ColumnUse(**column) for column in body["columns"]),
        n_rows=body["n_rows"],
        n_dropped_rows=body["n_dropped_rows"],
        reading=None if reading is None else Reading(**reading | {"left_out": (), "notices": ()}),
        notices=tuple(Notice(**notice) for notice in body["notices"]),
    )


def _line(body: dict[str, object]) -> bytes:
    return json.dumps(body, allow_nan=False).encode() + b"\n"
