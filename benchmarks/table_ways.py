"""The ways by which a table gets described: uploaded, as the frame that pandas makes by itself, by the command."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
from python_calamine import CalamineError
from typer.testing import CliRunner

from warmtune.cli.app import app
from warmtune.client import Client
from warmtune.tables.description import describe_task
from warmtune.vocabulary.dataset import TableUpload
from warmtune.vocabulary.errors import WarmtuneError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire.understanding import UnderstandingBody

_WORKBOOKS: Final = (".xlsx", ".xlsb", ".xls", ".ods")
_TYPED: Final = (".parquet", ".feather", ".arrow", *_WORKBOOKS, ".json", ".jsonl")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a table by one way: a description or a refusal.

    Attributes:
        understanding: How it was understood; None where it was refused.
        task_id: Made of its content hash.
        meta_features: Of the described table; None where the service knew the task already, with values of its own.
        refusal: What the refusal says.
    """

    understanding: Understanding | None = None
    task_id: str | None = None
    meta_features: Mapping[str, float] | None = None
    refusal: str | None = None

    def names(self, role: str) -> list[str]:
        """The columns that are used so, in order."""
        columns = () if self.understanding is None else self.understanding.columns
        return [column.name for column in columns if column.role == role]

    def equals(self, other: "Outcome") -> bool:
        """Whether both were refused, or both are the same task with the same values, bit by bit, and the same roles."""
        if self.understanding is None or other.understanding is None:
            return self.understanding is other.understanding
        return (
            self.task_id == other.task_id
            and (None in (self.meta_features, other.meta_features) or self.meta_features == other.meta_features)
            and all(self.names(role) == other.names(role) for role in ("numeric", "nominal", "date", "text", "empty"))
        )


def by_upload(client: Client, path: Path, target: str) -> Outcome:
    """As the service answers the file."""
    try:
        stored = client.create_task(TableUpload(path, target, name=path.name))
    except WarmtuneError as error:
        return Outcome(refusal=error.message)
    is_known = stored.name != path.name  # one of the shipped tasks, whose values are rounded
    return Outcome(stored.understanding, stored.task_id, None if is_known else dict(stored.meta_features.values))


def by_frame(path: Path, target: str) -> Outcome | None:
    """As the SDK describes the frame that pandas makes of it by itself; None where it makes none with that target."""
    frame = read_frame(path)
    if frame is None or target not in [str(name).strip() for name in frame.columns]:
        return None
    try:
        described = describe_task(frame, target)
    except WarmtuneError as error:
        return Outcome(refusal=error.message)
    task_id = task_id_of(described.kind, described.meta_features, content_hash=described.content_hash)
    return Outcome(described.understanding, task_id, dict(described.meta_features.values))


def by_command(path: Path, target: str) -> Outcome:
    """As `warmtune describe` prints it."""
    done = CliRunner().invoke(app, ["describe", str(path), "--target", target, "--format", "json"])
    if done.exit_code != 0:
        return Outcome(refusal=json.loads(done.stderr)["error"]["message"])
    body = json.loads(done.stdout)
    meta = MetaFeatures(body["meta_features"], body["gaps"], body["version"])
    task_id = task_id_of(TaskKind(body["kind"]), meta, content_hash=body["content_hash"])
    understanding = UnderstandingBody.model_validate(body["understanding"]).to_domain()
    return Outcome(understanding, task_id, dict(meta.values))


def read_frame(path: Path) -> pd.DataFrame | None:
    """The frame that pandas makes of a file with its defaults; None where it makes none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of mixed types, of engines
        try:
            return _read_typed(path) if path.suffix in _TYPED else pd.read_csv(path)
        except (
            ValueError,
            OSError,
            ImportError,
            CalamineError,
        ):  # parser errors and those of encodings are values' errors
            return None


def _read_typed(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix in (".feather", ".arrow"):
        return pd.read_feather(path)
    if path.suffix in _WORKBOOKS:
        return pd.read_excel(path, engine="calamine")
    return pd.read_json(path, lines=path.suffix == ".jsonl", precise_float=True)  # else it rounds
