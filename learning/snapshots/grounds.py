"""What a snapshot depends on besides trials, engine and surrogate."""

import hashlib
import json
from collections.abc import Collection, Sequence

from store.database import Connection
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace


def grounds_digest(
    connection: Connection,
    space: SearchSpace,
    *,
    sources: Collection[str],
    chosen: Sequence[str] | None,
    mapping_until_tasks: int,
) -> str:
    """Of the definitions of all search spaces involved, of which of them were chosen, and of the settings.

    Args:
        connection: A reading transaction.
        space: The search space that is learned for, with its defaults and aliases.
        sources: Content keys of the search spaces that are learned from.
        chosen: Those of them that resemble it, the most compatible first; None where none were looked for.
        mapping_until_tasks: As of the settings.
    """
    repository = SearchSpaceRepository(connection)
    definitions = {other: repository.any_with_content(other) for other in sorted(sources)}
    grounds = {
        "space": space.to_json(),
        "definitions": {other: None if one is None else one.to_json() for other, one in definitions.items()},
        "chosen": chosen,
        "mapping_until_tasks": mapping_until_tasks,
    }
    return hashlib.sha256(json.dumps(grounds).encode()).hexdigest()
