"""The compact file in which a knowledge base ships: columns, checksums, nothing that is executed on loading."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from knowledge.pack.base import Details, KnowledgeBase, Table
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SHIPPED = Path(__file__).parent.parent / "data" / "knowledge.zip"
"""Our own fits."""
RECORDED_PACK = Path(__file__).parent.parent / "data" / "scikit_pipelines.zip"
"""Runs that were made elsewhere."""
FORMAT = 2
_IN_UNITS_OF_THE_TARGET = frozenset({"rmse", "mse", "mae"})

Json = dict[str, Any]  # what json.loads gives; checked where it becomes a value


def write_knowledge(base: KnowledgeBase, path: Path) -> KnowledgeBase:
    """Write the file whole or not at all, and answer the knowledge base with the version that its content gives.

    Equal content gives an equal file.
    """
    members: dict[str, bytes] = {"tasks.json": _json([_task(t) for t in base.tasks])}
    entries = []
    for number, table in enumerate(base.tables):
        entries.append(_entry(table))
        for name, array in _columns(table).items():
            members[f"{number:02}-{name}.npy"] = _npy(array)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    body = {"format": FORMAT, "facts": dict(base.facts), "tables": entries, "sha256": sums}
    version = hashlib.sha256(_json(body)).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _write(archive, "index.json", _json({"version": version, **body}))
        for name, content in members.items():
            _write(archive, name, content)
    partial.replace(path)
    return KnowledgeBase(version, base.tasks, base.tables, base.facts)


def read_knowledge(path: Path, *, details: bool = False) -> KnowledgeBase:
    """Read what `write_knowledge` wrote.

    Args:
        path: The file.
        details: Whether to read what is stored of evaluations beyond their scores; it is most of the file.

    Raises:
        InvalidInputError: If the file is missing, of another format, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read("index.json"))
            if index.get("format") != FORMAT:
                raise InvalidInputError(f"{path.name} has format {index.get('format')}, not {FORMAT}", field="file")
            tasks = tuple(map(_read_task, json.loads(_checked(archive, index, "tasks.json"))))
            tables = tuple(
                _read_table(archive, index, number, details=details) for number in range(len(index["tables"]))
            )
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{path.name} is not a knowledge base: {error}", field="file") from error
    return KnowledgeBase(index["version"], tasks, tables, index["facts"])


def load_shipped() -> tuple[KnowledgeBase, ...]:
    """All that comes with the project, our own fits and recorded ones; empty in a checkout without any."""
    return tuple(read_knowledge(path) for path in (SHIPPED, RECORDED_PACK) if path.is_file())


def shipped_version() -> str | None:
    """The versions of what `load_shipped` would load, without loading it, joined by "+"; None where there is none."""
    versions = []
    for path in (SHIPPED, RECORDED_PACK):
        if path.is_file():
            with zipfile.ZipFile(path) as archive:
                versions.append(str(json.loads(archive.read("index.json"))["version"]))
    return "+".join(versions) or None


def _task(task: Task) -> Json:
    features = task.meta_features
    return {
        "task_id": task.task_id,
        "name": task.name,
        "kind": str(task.kind),
        "values": {name: float(f"{value:.9g}") for name, value in features.values.items()},
        "gaps": dict(features.gaps),
        "version": features.version,
    }


def _read_task(body: Json) -> Task:
    features = MetaFeatures(body["values"], body["gaps"], body["version"])
    return Task(body["task_id"], body["name"], TaskKind(body["kind"]), features)


def _entry(table: Table) -> Json:
    return {
        "search_space": table.search_space,
        "kinds": sorted(table.kinds),
        "task_ids": list(table.task_ids),
        "configurations": list(table.configurations),
        "metrics": list(table.scores),
        "split": table.split,
        "n_folds": table.n_folds,
        "is_main": table.is_main,
    }


def _columns(table: Table) -> dict[str, NDArray[np.generic]]:
    """The arrays of a table, as small as their precision allows."""
    shape = table.status.shape
    columns: dict[str, NDArray[np.generic]] = {
        "scores": np.stack([*table.scores.values()]).astype(np.float32)
        if table.scores
        else np.empty((0, *shape), np.float32),
        "durations": table.durations_s.astype(np.float32),
        "status": table.status.astype(np.uint8),
        "rows": table.max_rows.astype(np.int32),
    }
    if table.details is not None:
        details = table.details
        relative = [
            (details.folds[metric] - matrix[..., None]) / _scale(metric, matrix)
            for metric, matrix in table.scores.items()
        ]
        columns["folds"] = np.clip(np.stack(relative), -6e4, 6e4).astype(np.float16)
        columns["seconds"] = details.seconds.astype(np.float16)
        columns["peaks"] = details.peak_mb.astype(np.float16)
    return columns


def _scale(metric: str, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """In which unit folds differ from their mean of shape ``(T, C)``: errors have the target's own, others 1."""
    size = np.abs(matrix)[..., None]
    return np.maximum(size, 1e-30) if metric in _IN_UNITS_OF_THE_TARGET else np.maximum(size, 1.0)


def _read_table(archive: zipfile.ZipFile, index: Json, number: int, *, details: bool) -> Table:
    entry = index["tables"][number]

    def column(name: str) -> NDArray[np.generic]:
        content = _checked(archive, index, f"{number:02}-{name}.npy")
        return cast(NDArray[np.generic], np.load(BytesIO(content), allow_pickle=False))

    scores = dict(zip(entry["metrics"], column("scores").astype(np.float64), strict=True))
    more = None
    if details and f"{number:02}-folds.npy" in index["sha256"]:
        relative = dict(zip(entry["metrics"], column("folds").astype(np.float64), strict=True))
        folds = {m: s[..., None] + relative[m] * _scale(m, s) for m, s in scores.items()}
        more = Details(folds, column("seconds").astype(np.float64), column("peaks").astype(np.float64))
    return Table(
        search_space=str(entry["search_space"]),
        kinds=frozenset(map(TaskKind, entry["kinds"])),
        task_ids=tuple(entry["task_ids"]),
        configurations=tuple(entry["configurations"]),
        scores=cast(Mapping[str, NDArray[np.float64]], scores),
        durations_s=column("durations").astype(np.float64),
        status=column("status").astype(np.uint8),
        max_rows=column("rows").astype(np.int64),
        split=int(entry["split"]),
        n_folds=int(entry["n_folds"]),
        is_main=bool(entry["is_main"]),
        details=more,
    )


def _checked(archive: zipfile.ZipFile, index: Json, name: str) -> bytes:
    content = archive.read(name)
    if hashlib.sha256(content).hexdigest() != index["sha256"][name]:
        raise InvalidInputError(f"{name} is damaged: its checksum doesn't match", field="file", value=name)
    return content


def _json(body: object) -> bytes:
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def _npy(array: NDArray[np.generic]) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))  # equal content gives an equal file
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content, compresslevel=9)
