"""Search spaces by name."""

from collections.abc import Iterable, Mapping

from optuna.distributions import BaseDistribution

from warmtune.rest.calls import Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.answers import reader
from warmtune.wire.bodies import as_search_space, kind_of, kinds_of, sent
from warmtune.wire.spaces import RegisteredSearchSpace, SearchSpaceBody, SearchSpacePage


def put_search_space(
    name: str,
    search_space: SearchSpace | NamedSearchSpace | Mapping[str, BaseDistribution],
    *,
    kinds: Iterable[TaskKind | str] = (),
) -> Call[NamedSearchSpace]:
    """Register a search space under a name; the same again changes nothing.

    Args:
        name: The name; those of the shipped catalogue can't be taken.
        search_space: A `SearchSpace`, one as it was read, or Optuna's distributions by name.
        kinds: Kinds of task that it is for; by default all.

    Raises:
        InvalidSearchSpaceError: If it contradicts itself or Optuna's rules.
        ConflictError: If the name is taken by another one.
    """
    body = SearchSpaceBody.from_domain(as_search_space(search_space))
    asked = {"kind": [kind.value for kind in kinds_of(kinds)]}
    return Call("PUT", _space_path(name), reader(RegisteredSearchSpace), body=sent(body), query=asked)


def get_search_space(name: str | NamedSearchSpace, *, kind: TaskKind | str | None = None) -> Call[NamedSearchSpace]:
    """A registered search space, the shipped catalogue included.

    Args:
        name: The name, or the search space as it was read; a name may stand for two, one for classes and one for
            numbers.
        kind: Says which; by default the one for classes.

    Raises:
        NotFoundError: If there is no search space of that name.
    """
    known = name.name if isinstance(name, NamedSearchSpace) else name
    return Call("GET", _space_path(known), reader(RegisteredSearchSpace), query=query(kind=kind_of(kind)))


def list_search_spaces(
    *, kind: TaskKind | str | None = None, limit: int = PAGE_SIZE, cursor: str | None = None
) -> Call[Page[NamedSearchSpace]]:
    """A page of the registered search spaces, the shipped catalogue first.

    Args:
        kind: For tasks of this kind only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    asked = query(kind=kind_of(kind), limit=limit, cursor=cursor)
    return Call("GET", "/v1/search-spaces", reader(SearchSpacePage), query=asked)


def _space_path(name: str) -> str:
    return f"/v1/search-spaces/{quoted(name)}"
