"""The search space that a request means: parsed or read once, outside of any writing transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from service.services import Services
from store.connections.database import Connection
from store.connections.unchanged import unchanged
from store.registered_space import RegisteredSpace, choose
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.text import check_still
from warmtune.wire.spaces import SearchSpaceBody


@dataclass(frozen=True, slots=True)
class RequestedSpace:
    """The search space for a kind of task: by its registered name, or brought along (then `name` is None)."""

    name: str | None
    space: SearchSpace


@dataclass(frozen=True, slots=True)
class InlineSpace:
    """A search space that came with the request: for any kind of task."""

    space: SearchSpace

    def for_kind(self, kind: TaskKind | None) -> RequestedSpace:
        """The search space, whatever the kind."""
        return RequestedSpace(None, self.space)


@dataclass(frozen=True, slots=True)
class NamedSpaces:
    """The search spaces under one name: there may be one for classes and one for numbers.

    Attributes:
        name: As it was asked.
        registered: All of them, the first registered first; at least one.
    """

    name: str
    registered: tuple[RegisteredSpace, ...]

    def for_kind(self, kind: TaskKind | None) -> RequestedSpace:
        """The one that serves tasks of a kind; the first registered one if none is given.

        Raises:
            NotFoundError: If none does.
        """
        return RequestedSpace(self.name, choose(self.registered, self.name, kind=kind).space)


def names_in(space: SearchSpace) -> Iterator[str]:
    """All names of a search space's parameters, aliases included."""
    yield from space.parameters
    for others in space.aliases.values():
        yield from others


SpaceChoice: TypeAlias = InlineSpace | NamedSpaces
ParsedSpace: TypeAlias = InlineSpace | str
"""A search space that came with the request, or a name that is yet to be looked up."""


def parsed_space(asked: str | SearchSpaceBody) -> ParsedSpace:
    """What a request says of its search space, before anything is read.

    Raises:
        InvalidSearchSpaceError: If the one brought along contradicts itself.
        InvalidInputError: If a sign in one of its names acts.
        LimitExceededError: If it is larger than one may be.
    """
    if not isinstance(asked, SearchSpaceBody):
        return asked
    space = asked.to_domain()
    check_still(names_in(space), field="search_space.parameters")
    return InlineSpace(space)


def spaces_in(connection: Connection, parsed: ParsedSpace) -> SpaceChoice:
    """What a request means by its search space.

    Raises:
        NotFoundError: If there is no search space of that name.
    """
    if isinstance(parsed, InlineSpace):
        return parsed
    named = unchanged(connection, ("named", parsed), lambda: SearchSpaceRepository(connection).find_all(parsed))
    return NamedSpaces(parsed, named)


def requested_spaces(services: Services, asked: str | SearchSpaceBody) -> SpaceChoice:
    """The same in a transaction of its own, for requests that read nothing else.

    Raises:
        WarmtuneError: As `parsed_space` and `spaces_in`.
    """
    parsed = parsed_space(asked)
    with services.database.reading() as connection:
        return spaces_in(connection, parsed)
