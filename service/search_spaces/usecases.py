"""Registering and finding search spaces."""

from collections.abc import Sequence

from service.search_spaces.requested_space import names_in
from service.services import Services
from store.pages import PageRequest
from store.registered_space import RegisteredSpace
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.task import TaskKind, check_name
from warmtune.vocabulary.text import check_still
from warmtune.wire.spaces import SearchSpaceBody


def register(
    services: Services, name: str, body: SearchSpaceBody, *, kinds: Sequence[TaskKind]
) -> tuple[NamedSearchSpace, bool]:
    """Register a search space; the flag says whether the name is new."""
    check_name(name, field="name")
    space = body.to_domain()
    check_still((name,), field="name")
    check_still(names_in(space), field="search_space.parameters")
    with services.database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        registered, is_new = repository.register(name, space, kinds=kinds)
        return _counted(repository, (registered,))[0], is_new


def get_space(services: Services, name: str, *, kind: TaskKind | None) -> NamedSearchSpace:
    """A registered search space."""
    with services.database.reading() as connection:
        repository = SearchSpaceRepository(connection)
        return _counted(repository, (repository.find(name, kind=kind, field="name"),))[0]


def space_names(services: Services) -> tuple[str, ...]:
    """Registered names, sorted."""
    with services.database.reading() as connection:
        return SearchSpaceRepository(connection).registered_names()


def list_spaces(services: Services, page: PageRequest, *, kind: TaskKind | None) -> Page[NamedSearchSpace]:
    """Registered search spaces, the shipped catalogue first."""
    with services.database.reading() as connection:
        repository = SearchSpaceRepository(connection)
        found = repository.page(page, kind=kind)
        return Page(_counted(repository, found.items), found.next_cursor)


def _counted(repository: SearchSpaceRepository, found: Sequence[RegisteredSpace]) -> tuple[NamedSearchSpace, ...]:
    return tuple(
        NamedSearchSpace(
            name=entry.name,
            search_space=entry.space,
            content_key=entry.space.content_key,
            kinds=tuple(kind.value for kind in entry.kinds),
            shipped=entry.shipped,
            n_studies=n_studies,
        )
        for entry, n_studies in zip(found, repository.n_studies(found), strict=True)
    )
