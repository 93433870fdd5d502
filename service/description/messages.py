"""The messages between parent and child process: one JSON object per line."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from metafeatures.limits import TableLimits
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import (
    NAMED_ERRORS,
    ServiceError,
    WarmtuneError,
)
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.understanding import Understanding

_UNDERSTANDING: Final = TypeAdapter(Understanding)


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """A file to describe.

    Attributes:
        path: Where it is.
        target: The column to predict.
        hints: What the sender says of the table.
        timeout_s: After which the child ends itself, should the parent be gone.
        limits: Sizes above which the file is refused.
    """

    path: Path
    target: str
    hints: TableHints
    timeout_s: float
    limits: TableLimits

    def to_line(self) -> bytes:
        """As sent."""
        return _line(asdict(self) | {"path": str(self.path)})

    @classmethod
    def from_line(cls, line: bytes) -> "DescribeRequest":
        """As received."""
        body = json.loads(line)
        hints = body["hints"]
        kind = None if hints["kind"] is None else TaskKind(hints["kind"])
        names = {field: tuple(hints[field]) for field in ("nominal", "ignore")}
        return cls(
            path=Path(body["path"]),
            target=body["target"],
            hints=TableHints(**(hints | names | {"kind": kind})),
            timeout_s=body["timeout_s"],
            limits=TableLimits(**body["limits"]),
        )


@dataclass(frozen=True, slots=True)
class Described:
    """The result of describing a table; see `metafeatures.describe.Description`.

    Attributes:
        meta_features: Values and gaps.
        content_hash: SHA-256 (hex) of the content.
        n_columns: Feature columns.
        understanding: How file, columns and kind were understood.
    """

    meta_features: MetaFeatures
    content_hash: str
    n_columns: int
    understanding: Understanding

    @property
    def kind(self) -> TaskKind:
        """What is predicted."""
        return self.understanding.kind

    @property
    def n_rows(self) -> int:
        """Rows that were described."""
        return self.understanding.n_rows


def answer_line(answer: Described | WarmtuneError) -> bytes:
    """An answer as sent."""
    if isinstance(answer, WarmtuneError):
        kind = next((error for error in NAMED_ERRORS if isinstance(answer, error)), ServiceError)
        said = {name: getattr(answer, name) for name in ("message", "field", "value", "limit", "code")}
        return _line({"error": kind.__name__, **said})
    features = answer.meta_features
    return _line(
        {
            "values": dict(features.values),
            "gaps": dict(features.gaps),
            "version": features.version,
            "content_hash": answer.content_hash,
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
        kind = next(error for error in NAMED_ERRORS if error.__name__ == body["error"])
        raise kind.restored(**{name: body[name] for name in ("message", "field", "value", "limit", "code")})
    features = MetaFeatures(values=body["values"], gaps=body["gaps"], version=body["version"])
    return Described(
        features, body["content_hash"], body["n_columns"], _UNDERSTANDING.validate_python(body["understanding"])
    )


def _line(body: dict[str, object]) -> bytes:
    return json.dumps(body, allow_nan=False).encode() + b"\n"
