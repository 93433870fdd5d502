"""What a snapshot depends on besides trials, engine and surrogate."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict

from learning.limits import LearningRules
from store.connections.database import Connection
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace


def grounds_digest(
    connection: Connection,
    space: SearchSpace,
    *,
    sources: Collection[str],
    chosen: Sequence[str] | None,
    rules: LearningRules,
) -> str:
    """Of the definitions of all search spaces involved, of which of them were chosen, and of the settings.

    Args:
        connection: A reading transaction.
        space: The search space that is learned for, with its defaults and aliases.
        sources: Content keys of the search spaces that are learned from.
        chosen: Those of them that resemble it, the most compatible first; None where none were looked for.
        rules: What is learned from.
    """
    repository = SearchSpaceRepository(connection)
    definitions = {other: repository.any_with_content(other) for other in sorted(sources)}
    grounds = {
        "space": space.to_json(),
        "definitions": {other: None if one is None else one.to_json() for other, one in definitions.items()},
        "chosen": chosen,
        "rules": asdict(rules),
    }
    return hashlib.sha256(json.dumps(grounds).encode()).hexdigest()
