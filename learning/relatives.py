"""Search spaces that resemble the asked one, and what their studies say about it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from learning.histories import histories_of
from metamodel.mapping.compatibility import MIN_COMPATIBILITY, compatibility
from metamodel.mapping.history import map_history
from metamodel.mapping.missing_parameters import NeighbourFiller
from metamodel.maps.history import TaskHistory
from store.connections.database import Connection
from store.histories import past_tasks
from store.model_keys import ModelKey
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace

MAX_RELATIVES: Final = 3
"""Most search spaces whose studies are mapped to one other; of its own editions there may be more."""

MAX_EDITIONS: Final = 10
"""Most other editions of a search space whose studies are mapped to it."""

STRANGER_COMPATIBILITY: Final = 0.5
"""What a search space under another name must cover: equal names of parameters alone may be a coincidence."""


def related_spaces(
    connection: Connection,
    key: ModelKey,
    space: SearchSpace,
    *,
    among: Collection[str],
    strangers: bool = True,
) -> tuple[str, ...]:
    """Content keys of the search spaces that may speak for the asked one, the most compatible first.

    One that studies were made over under a name that the asked space has too is another edition of it, and needs
    `MIN_COMPATIBILITY`; any other needs `STRANGER_COMPATIBILITY`. Strangers fill up what editions leave of
    `MAX_RELATIVES`.

    Args:
        connection: A reading transaction.
        key: What is asked for; the others' trials are under the same kind group, metric and direction.
        space: The asked search space.
        among: Content keys that have finished trials there.
        strangers: Whether spaces under other names may speak for it, too.
    """
    repository = SearchSpaceRepository(connection)
    editions = repository.editions_of(key.content_key)
    found: dict[bool, list[tuple[float, str]]] = {True: [], False: []}  # by whether it is an edition
    for other in sorted(among if strangers else editions.intersection(among)):
        source = None if other == key.content_key else repository.any_with_content(other)
        if source is None:
            continue
        is_edition = other in editions
        share = compatibility(source, space)
        if share >= (MIN_COMPATIBILITY if is_edition else STRANGER_COMPATIBILITY):
            found[is_edition].append((-share, other))
    chosen = sorted(found[True])[:MAX_EDITIONS]
    chosen += sorted(found[False])[: max(MAX_RELATIVES - len(chosen), 0)]
    return tuple(other for _, other in sorted(chosen))


def mapped_histories(
    connection: Connection,
    key: ModelKey,
    space: SearchSpace,
    own: Sequence[TaskHistory],
    *,
    sources: Mapping[str, int],
) -> tuple[TaskHistory, ...]:
    """Histories over other search spaces, mapped to the asked one; one a task, of the most compatible space.

    A task that has trials over the asked space itself is left out: what was tried as it is wins.

    Args:
        connection: A reading transaction.
        key: What is asked for.
        space: The asked search space.
        own: Histories over it; they tell what missing parameters are filled with.
        sources: Revision by content key up to which the others' trials count.
    """
    if not sources:
        return ()
    repository = SearchSpaceRepository(connection)
    fill = NeighbourFiller.of(space, [c for history in own for c in history.configurations])
    spaces = {other: stored for other in sources if (stored := repository.any_with_content(other)) is not None}
    found: dict[str, TaskHistory] = {history.task.task_id: history for history in own}
    for other in sorted(spaces, key=lambda name: (-compatibility(spaces[name], space), name)):
        past = past_tasks(connection, replace(key, content_key=other), up_to=sources[other])
        for history in histories_of(past, spaces[other]):
            if history.task.task_id not in found:
                mapped = map_history(history, source=spaces[other], target=space, fill=fill).history
                if mapped.configurations:
                    found[history.task.task_id] = mapped
    return tuple(found.values())[len(own) :]
