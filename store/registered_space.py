"""A registered search space, and what the table `registered_spaces` has of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import RowMapping

from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.task import TaskKind

_REMEMBERED_BYTES: Final = 20_000
"""A longer definition is read anew each time: the memory of all that are remembered has a bound."""


@dataclass(frozen=True, slots=True)
class RegisteredSpace:
    """A search space under a name.

    Attributes:
        name: Unique within its group of kinds.
        kinds: The kinds of task it is made for, in their own order.
        space: The definition.
        shipped: Whether it belongs to the shipped catalogue.
        summary: For people, in a sentence.
        seq: The order of registration; unique.
    """

    name: str
    kinds: tuple[TaskKind, ...]
    space: SearchSpace
    shipped: bool
    summary: str
    seq: int


@dataclass(frozen=True, slots=True)
class DefinitionRef:
    """Which definition a registered name stands for, and who has registered it."""

    space_id: str
    owner_seq: int


def space_id_of(space: SearchSpace) -> str:
    """The identifier that the whole definition gives, defaults and aliases included."""
    return hashlib.sha256(json.dumps(space.to_json(), allow_nan=False).encode()).hexdigest()[:32]


def space_of(definition: str) -> SearchSpace:
    """A stored definition as a search space, immutable; frequently used ones are cached."""
    return _remembered(definition) if len(definition) <= _REMEMBERED_BYTES else _read(definition)


def _read(definition: str) -> SearchSpace:
    return search_space_from_json(json.loads(definition))


_remembered = lru_cache(maxsize=512)(_read)


def choose(
    named: Sequence[RegisteredSpace], name: str, *, kind: TaskKind | None, field: str = "search_space"
) -> RegisteredSpace:
    """Of the search spaces of one name, the first that serves tasks of `kind`; any if none is given.

    Raises:
        NotFoundError: If none does, naming `field`.
    """
    for entry in named:
        if kind is None or kind in entry.kinds:
            return entry
    raise NotFoundError(
        f"search space {name!r} is not made for {kind} tasks",
        field=field,
        value=name,
        limit=", ".join(one.value for entry in named for one in entry.kinds),
    )


def _registered_space(row: RowMapping) -> RegisteredSpace:
    return RegisteredSpace(
        name=row["name"],
        kinds=tuple(TaskKind(kind) for kind in row["kinds"]),
        space=space_of(row["definition"]),
        shipped=row["shipped"],
        summary=row["summary"],
        seq=row["seq"],
    )
