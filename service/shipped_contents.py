"""What ships with Warmtune goes into the database at the start: the catalogue, and the knowledge base once."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import structlog

from knowledge.pack.base import KnowledgeBase
from knowledge.pack.pack_file import load_shipped, shipped_version
from maml.task_models.shipped_file import SHIPPED as SHIPPED_FILE
from maml.task_models.shipped_file import SHIPPED_NAME
from service.provenance import KNOWLEDGE_LABEL, SOURCE_LABEL
from store.connections.database import Connection
from store.connections.scope import SHIPPED, within
from store.model_keys import KindGroup, ModelKey, group_of
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel
from store.registered_space import space_id_of
from store.search_spaces import SearchSpaceRepository
from store.shipped import ShippedStudy, ShippedTrials, loaded_definitions, loaded_version, replace_shipped
from warmtune.catalogue import catalogue
from warmtune.catalogue.auto import NAME
from warmtune.catalogue.entry import CatalogueEntry
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

OWN_FITS: Final = "the project's own cross-validations"


def seed(connection: Connection, entries: Sequence[CatalogueEntry]) -> None:
    """Register the catalogue, and load the knowledge base and the shipped model unless these versions are there.

    The knowledge base is loaded again when its version has changed, or the definition of a search space that its
    studies are stored under: with other parameters its content key is another, which each algorithm that is added does
    to `auto`. Users' own studies keep the definition that they were made over (`learning.relatives`).

    Args:
        connection: Of `Database.changing_schema`: services that start at the same time wait for each other, and one
            that is killed half way leaves nothing.
        entries: The catalogue.
    """
    within(connection, SHIPPED)
    _seed_knowledge(connection, entries)
    _seed_neural_models(connection)


def names_moved_on(connection: Connection, entries: Sequence[CatalogueEntry]) -> tuple[str, ...]:
    """Names whose loaded studies are stored under another definition than the catalogue's, sorted."""
    current = {which: space_id_of(space) for which, space in _spaces_of(entries).items()}
    loaded = loaded_definitions(connection)
    return tuple(sorted({one.name for one in loaded if current.get((one.name, one.kind_group)) != one.space_id}))


def _spaces_of(entries: Sequence[CatalogueEntry]) -> dict[tuple[str, KindGroup], SearchSpace]:
    return {(entry.name, group_of(kind)): entry.space for entry in entries for kind in entry.kinds}


def _seed_knowledge(connection: Connection, entries: Sequence[CatalogueEntry]) -> None:
    repository = SearchSpaceRepository(connection)
    for entry in entries:
        kinds = [kind for kind in TaskKind if kind in entry.kinds]
        repository.register(entry.name, entry.space, kinds=kinds, summary=entry.summary)
    version = shipped_version()
    if version is None:
        structlog.get_logger().warning("no_knowledge_base")
        return
    if loaded_version(connection) == version and not names_moved_on(connection, entries):
        return
    n_tasks, n_studies = _load(connection, version, load_shipped(), _spaces_of(entries))
    structlog.get_logger().info("knowledge_base_loaded", version=version, n_tasks=n_tasks, n_studies=n_studies)


def _seed_neural_models(connection: Connection) -> None:
    """Keep the shipped start of neural task models under its name."""
    content = SHIPPED_FILE.read_bytes()
    length = int.from_bytes(content[:8], "little")  # safetensors: the header's length, then the header
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["warmtune"])
    recommended = {kind: part["fine_tuning"] for kind, part in header["kinds"].items()}
    facts = header["facts"] | {"fine_tuning": recommended}
    model = NewNeuralModel(SHIPPED_NAME, NeuralFamily.TASK_MODEL, content, facts)
    NeuralModelRepository(connection).keep_shipped(model)


def shipped_models() -> Iterator[tuple[ModelKey, SearchSpace]]:
    """The models that are asked for most: of every shipped search space under the metric taken by default.

    Without the space over all the others, whose model takes as long as all theirs together.
    """
    for entry in catalogue():
        if entry.name == NAME:
            continue
        kind = next(kind for kind in TaskKind if kind in entry.kinds)
        metric = default_metric(kind)
        yield ModelKey(entry.space.content_key, group_of(kind), metric, KNOWN_METRICS[metric]), entry.space


def _load(
    connection: Connection,
    version: str,
    bases: Sequence[KnowledgeBase],
    spaces: Mapping[tuple[str, KindGroup], SearchSpace],
) -> tuple[int, int]:
    """How many tasks and studies there are now."""
    repository = SearchSpaceRepository(connection)
    space_ids = {which: repository.keep(space) for which, space in spaces.items()}
    content_keys = {which: space.content_key for which, space in spaces.items()}
    studies = []
    for base in bases:
        kinds = {task.task_id: task.kind for task in base.tasks}
        origin = {KNOWLEDGE_LABEL: base.version, SOURCE_LABEL: str(base.facts.get("source", OWN_FITS))}
        for table in base.main_tables:
            for past in table.columns():
                group = group_of(kinds[past.task_id])
                which = (table.search_space, group)
                studies.append(
                    ShippedStudy(
                        study_id=_study_id(past.task_id, table.search_space, past.metric),
                        task_id=past.task_id,
                        space_id=space_ids[which],
                        search_space_name=table.search_space,
                        key=ModelKey(content_keys[which], group, past.metric, KNOWN_METRICS[past.metric]),
                        trials=ShippedTrials(past.numbers, past.configurations, past.values, past.durations_s),
                        metadata=origin,
                    )
                )
    tasks = [task for base in bases for task in base.tasks]
    replace_shipped(connection, version, tasks, studies)
    return len(tasks), len(studies)


def _study_id(task_id: str, search_space: str, metric: str) -> str:
    """The same in every installation."""
    digest = hashlib.sha256("\n".join((task_id, search_space, metric)).encode()).hexdigest()
    return f"study_{digest[:32]}"
