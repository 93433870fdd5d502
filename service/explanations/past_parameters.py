"""What all past tasks say about a search space's parameters: importance, and the ranges of good values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.services import Services
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from metamodel.engine import SpaceModel
    from metamodel.importance.ranges import NarrowedRange, Narrowing
    from warmtune.vocabulary.model_version import RegretEstimate


@dataclass(frozen=True, slots=True)
class PastParameters:
    """Importance and ranges over past tasks.

    Attributes:
        shares: Of the variance that each parameter explains alone, with intervals over tasks, the largest first.
        narrowing: Suggested ranges with their price, or None.
    """

    shares: "Mapping[str, RegretEstimate]"
    narrowing: "Narrowing | None"

    @property
    def ranges(self) -> "Mapping[str, NarrowedRange]":
        """Suggested ranges by parameter."""
        return {} if self.narrowing is None else {one.name: one for one in self.narrowing.ranges}


def past_parameters(services: Services, space: SearchSpace, model: "SpaceModel | None") -> PastParameters:
    """Worked out once for each version of a model; nothing where no past task is known."""
    from metamodel.importance.effects import effects_in_past  # noqa: PLC0415  # scipy, when first needed
    from metamodel.importance.ranges import suggest_ranges  # noqa: PLC0415  # as above

    maps = None if model is None else model.maps
    if model is None or maps is None:
        return PastParameters({}, None)
    cache = services.page_cache
    return PastParameters(
        cache.get((effects_in_past, model.version), lambda: effects_in_past(space, maps)),
        cache.get((suggest_ranges, model.version), lambda: suggest_ranges(space, maps)),
    )
