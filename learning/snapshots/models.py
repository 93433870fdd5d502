"""A learned model as bytes, and back."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from learning.models.learned import LearnedModel
from learning.snapshots.block import Content, read_block, write_block
from learning.snapshots.histories import read_histories, write_histories
from learning.snapshots.tree import TreeReader, TreeWriter
from metamodel.answers.first_pick import FirstPicks
from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.embedding.neighbours import MetaFeatureScaler
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.task_forest import TaskForest
from metamodel.engine import SpaceModel
from metamodel.large.basis import MapBasis
from metamodel.large.leaf_pool import LeafPool
from metamodel.large.many_tasks import ManyTasks, PastCounts
from metamodel.large.names import TaskNames
from metamodel.large.place_index import PlaceIndex
from metamodel.maps.anchors import configuration_key
from metamodel.maps.durations import Durations, nearness
from metamodel.maps.kernels import gaussian_kernel
from metamodel.maps.low_rank import LowRankPrior
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.maps.surrogates import SurrogateUse
from store.model_snapshots import SnapshotFacts
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space_json import search_space_from_json

_CLASSES: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        SpaceModel,
        PerformanceMaps,
        TaskEmbedding,
        TaskForest,
        MetaFeatureScaler,
        PastOutcomes,
        Durations,
        FirstPicks,
        LowRankPrior,
        MapBasis,
        TaskNames,
        PastCounts,
        ManyTasks,
        LeafPool,
    )
}
_DERIVED: Final = frozenset({"position", "kernel"})
"""Fields of the maps that follow from the others; the kernel would be most of the bytes."""
_APART: Final = frozenset({"space", "direction", "histories", "maps", "durations", "use", "many"})


def model_to_bytes(learned: LearnedModel) -> bytes:
    """All that the model answers from, but for a surrogate, which is kept with the model's version.

    Raises:
        InvalidInputError: If the model holds what a snapshot can't.
    """
    model = learned.model
    writer = TreeWriter(_CLASSES)
    histories, columns = write_histories(model.histories)
    document = {
        "model": writer.write(model, without=_APART),
        "space": model.space.to_json(),
        "direction": model.direction.value,
        "maps": writer.write(model.maps, without=_DERIVED),
        "durations": writer.write(model.durations, without=frozenset({"at_anchors"})),
        "many": writer.write(model.many, without=frozenset({"index", "fresh"})),
        "histories": histories,
        "adjustments": writer.write(learned.adjustments),
    }
    return write_block(document, writer.arrays | columns)


def model_from_bytes(content: Content, facts: SnapshotFacts, use: SurrogateUse | None) -> LearnedModel:
    """Inverse of `model_to_bytes`: the same answers, bit for bit, on the same kind of machine.

    Args:
        content: The bytes, or a mapped file of them.
        facts: What was kept beside it.
        use: The surrogate that works in place of the empirical prior, or None.

    Raises:
        InvalidInputError: If the bytes aren't those of a model.
    """
    document, arrays = read_block(content)
    reader = TreeReader(_CLASSES, arrays)
    try:
        maps = None if document["maps"] is None else _maps(reader, document["maps"])
        model: SpaceModel = reader.read(
            document["model"],
            space=search_space_from_json(document["space"]),
            direction=Direction(document["direction"]),
            histories=read_histories(document["histories"], arrays),
            maps=maps,
            durations=None if document["durations"] is None else _durations(reader, document["durations"]),
            use=use,
            many=None,
        )
        if document["many"] is not None:
            many: ManyTasks = reader.read(document["many"], index=None)
            index = None if model.embedding is None else PlaceIndex(model.embedding, many.places)
            model = replace(model, many=replace(many, index=index))
        adjustments = reader.read(document["adjustments"])
        return LearnedModel(model, facts.sources, facts.considered, adjustments, facts.studies, facts.grounds)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise InvalidInputError("the snapshot has another format", field="snapshot") from error


def _maps(reader: TreeReader, written: object) -> PerformanceMaps:
    maps: PerformanceMaps = reader.read(written, position={}, kernel=None)
    position = {configuration_key(anchor): at for at, anchor in enumerate(maps.anchors)}
    return replace(maps, position=MappingProxyType(position), kernel=gaussian_kernel(maps.features, maps.features))


def _durations(reader: TreeReader, written: object) -> Durations:
    durations: Durations = reader.read(written, at_anchors=None)
    known = np.isfinite(durations.level)
    return replace(durations, at_anchors=nearness(durations.features, durations.features[known]))
