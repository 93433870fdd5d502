"""Past studies over another search space, as histories over the asked one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metamodel.mapping.configurations import MappedConfiguration, SpaceMapper
from metamodel.mapping.missing_parameters import Filler
from metamodel.maps.anchors import Key, configuration_key
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.work import check_wanted

UTILITY_VARIANCE: Final = 0.1
"""Variance between the utilities of unrelated configurations of one task: what a mapping of noise 1 adds."""


@dataclass(frozen=True, slots=True)
class MappedHistory:
    """A history over the target space, and what mapping it cost.

    Attributes:
        history: Over the target space, ``n`` trials; its noise is ``UTILITY_VARIANCE * noise`` on top of what the
            given history had, its adjustments are those of the mapping after the given ones.
        noise: Shape ``(n,)``, in [0, 1]: distortion by the mapping, see `MappedConfiguration`.
        kept: Shape ``(n,)``: index in the given history of each trial.
        n_dropped: Trials of which nothing sensible remained.
    """

    history: TaskHistory
    noise: FloatArray
    kept: NDArray[np.intp]
    n_dropped: int


def map_history(history: TaskHistory, *, source: SearchSpace, target: SearchSpace, fill: Filler) -> MappedHistory:
    """Map all trials of a past study; those that can't be mapped are left out, perhaps all."""
    mapper = SpaceMapper.between(source, target, fill=fill)
    pairs: list[tuple[int, MappedConfiguration]] = []
    for index, configuration in enumerate(history.configurations):
        check_wanted()
        mapped = mapper.map(configuration)
        if mapped is not None:
            pairs.append((index, mapped))
    kept = np.array([index for index, _ in pairs], dtype=np.intp)
    noise = np.array([mapped.noise for _, mapped in pairs], dtype=np.float64)
    earlier = history.adjustments or ((),) * len(history.configurations)
    before = 0.0 if history.noise is None else history.noise[kept]
    return MappedHistory(
        history=TaskHistory(
            task=history.task,
            configurations=tuple(mapped.configuration for _, mapped in pairs),
            scores=history.scores[kept],
            durations_s=history.durations_s[kept],
            noise=UTILITY_VARIANCE * noise + before,
            failed=history.is_failed[kept],
            infeasible=history.is_infeasible[kept],
            adjustments=tuple(earlier[index] + mapped.adjustments for index, mapped in pairs),
        ),
        noise=noise,
        kept=kept,
        n_dropped=len(history.configurations) - len(pairs),
    )


def adjustments_by_key(histories: Iterable[TaskHistory]) -> Mapping[Key, tuple[str, ...]]:
    """What had to be changed for each configuration that no history has as it is.

    A configuration that several mapped histories share gets the shortest account, the first among equals.
    """
    shortest: dict[Key, tuple[str, ...]] = {}
    for history in histories:
        accounts = history.adjustments or ((),) * len(history.configurations)
        for configuration, account in zip(history.configurations, accounts, strict=True):
            key = configuration_key(configuration)
            if key not in shortest or len(account) < len(shortest[key]):
                shortest[key] = account
    return {key: account for key, account in shortest.items() if account}
