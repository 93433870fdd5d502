"""The knowledge base as a value, and the compact file in which it ships."""

import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import KNOWN_METRICS, Direction
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

SHIPPED = Path(__file__).parent / "data" / "knowledge.zip"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class PastStudy:
    """All trials of one task over one search space under one metric."""

    task_id: str
    search_space: str
    metric: str
    direction: Direction
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Full results of one search space: every task tried the same configurations.

    Attributes:
        search_space: Its name in the catalogue.
        kinds: Kinds of task it is made for.
        task_ids: ``T`` tasks.
        configurations: ``C`` configurations; the first is the default.
        scores: By metric, shape ``(T, C)`` in natural units; NaN where the trial failed.
        durations_s: Shape ``(T, C)``.
    """

    search_space: str
    kinds: frozenset[TaskKind]
    task_ids: tuple[str, ...]
    configurations: tuple[dict[str, ParameterValue], ...]
    scores: dict[str, NDArray[np.float64]]
    durations_s: NDArray[np.float64]

    def studies(self) -> Iterable[PastStudy]:
        """One study for each task and metric; a task without any score under a metric has none."""
        for metric, matrix in self.scores.items():
            for row, task_id in enumerate(self.task_ids):
                if np.isnan(matrix[row]).all():
                    continue
                trials = tuple(
                    Trial(
                        number=number,
                        configuration=configuration,
                        value=None if np.isnan(matrix[row, number]) else float(matrix[row, number]),
                        state=TrialState.FAIL if np.isnan(matrix[row, number]) else TrialState.COMPLETE,
                        duration_s=float(self.durations_s[row, number]),
                    )
                    for number, configuration in enumerate(self.configurations)
                )
                yield PastStudy(task_id, self.search_space, metric, KNOWN_METRICS[metric], trials)


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """Tasks and what was tried on them.

    Attributes:
        version: Of its content.
        tasks: Distinct tasks.
        tables: One for each search space and group of kinds.
    """

    version: str
    tasks: tuple[Task, ...]
    tables: tuple[Table, ...]

    @property
    def studies(self) -> tuple[PastStudy, ...]:
        """All studies of all tables."""
        return tuple(study for table in self.tables for study in table.studies())


def write_knowledge(base: KnowledgeBase, path: Path) -> None:
    """Write the file: a zip of JSON and plain float32 arrays, nothing that is executed on loading."""
    index = {
        "format": FORMAT,
        "version": base.version,
        "tasks": [
            {
                "task_id": t.task_id,
                "name": t.name,
                "kind": str(t.kind),
                "values": {name: float(f"{value:.9g}") for name, value in t.meta_features.values.items()},
                "gaps": dict(t.meta_features.gaps),
                "version": t.meta_features.version,
            }
            for t in base.tasks
        ],
        "tables": [
            {
                "search_space": table.search_space,
                "kinds": sorted(table.kinds),
                "task_ids": list(table.task_ids),
                "configurations": list(table.configurations),
                "metrics": list(table.scores),
            }
            for table in base.tables
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _write(archive, "index.json", json.dumps(index, allow_nan=False, separators=(",", ":")).encode())
        for number, table in enumerate(base.tables):
            stack = np.stack([*table.scores.values(), table.durations_s]).astype(np.float32)
            buffer = BytesIO()
            np.save(buffer, stack, allow_pickle=False)
            _write(archive, f"table-{number}.npy", buffer.getvalue())


def read_knowledge(path: Path) -> KnowledgeBase:
    """Read what `write_knowledge` wrote.

    Raises:
        InvalidInputError: If the file is missing, of another format, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read("index.json"))
            if index.get("format") != FORMAT:
                raise InvalidInputError(f"{path.name} has format {index.get('format')}, not {FORMAT}", field="file")
            tables = tuple(
                _read_table(entry, archive.read(f"table-{number}.npy")) for number, entry in enumerate(index["tables"])
            )
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidInputError(f"{path.name} is not a knowledge base: {error}", field="file") from error
    tasks = tuple(
        Task(t["task_id"], t["name"], TaskKind(t["kind"]), MetaFeatures(t["values"], t["gaps"], t["version"]))
        for t in index["tasks"]
    )
    return KnowledgeBase(index["version"], tasks, tables)


def load_shipped() -> KnowledgeBase | None:
    """The knowledge base that comes with the project, or None in a checkout without one."""
    return read_knowledge(SHIPPED) if SHIPPED.is_file() else None


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))  # equal content gives an equal file
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def _read_table(entry: dict[str, list[str]], content: bytes) -> Table:
    stack = np.load(BytesIO(content), allow_pickle=False).astype(np.float64)
    return Table(
        search_space=str(entry["search_space"]),
        kinds=frozenset(map(TaskKind, entry["kinds"])),
        task_ids=tuple(entry["task_ids"]),
        configurations=tuple(entry["configurations"]),  # type: ignore[arg-type]  # JSON objects
        scores=dict(zip(entry["metrics"], stack[:-1], strict=True)),
        durations_s=stack[-1],
    )
