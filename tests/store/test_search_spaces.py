"""Search spaces come back as they were kept, and names keep their meaning."""

from dataclasses import replace

import pytest
from optuna.distributions import FloatDistribution

from store.connections.database import Database
from store.connections.scope import SHIPPED, SHIPPED_SEQ, within, workspace_of
from store.model_keys import KindGroup
from store.pages import PageRequest
from store.registered_space import DefinitionRef, space_id_of
from store.search_spaces import SearchSpaceRepository
from store.totals import totals_by_name
from tests.store.samples import KEY, SPACE, keep_study
from warmtune.vocabulary.errors import ConflictError, NotFoundError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

OTHER = SearchSpace(parameters={"C": FloatDistribution(0.1, 10.0)})
CLASSES = (TaskKind.BINARY, TaskKind.MULTICLASS)


def test_identifiers_are_those_that_databases_hold() -> None:
    assert space_id_of(SPACE) == "08f917e902cde5b8789eb62f514a82a4"
    assert SPACE.content_key == "54715239fa0f2d87"


def test_a_definition_comes_back_with_its_order(database: Database) -> None:
    with database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        assert SearchSpaceRepository(connection).keep(SPACE) == space_id
    with database.reading() as connection:
        kept = SearchSpaceRepository(connection).get(space_id)
    assert kept.to_json() == SPACE.to_json()
    assert list(kept.parameters) == list(SPACE.parameters)


def test_a_name_may_stand_for_classes_and_for_numbers(database: Database) -> None:
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        repository.register("forest", SPACE, kinds=CLASSES)
        repository.register("forest", OTHER, kinds=(TaskKind.REGRESSION,))
        assert repository.find("forest", kind=TaskKind.BINARY).space.content_key == SPACE.content_key
        assert repository.find("forest", kind=TaskKind.REGRESSION).space.content_key == OTHER.content_key
        assert repository.find("forest").kinds == CLASSES


def test_a_name_that_serves_other_kinds_is_not_found(database: Database) -> None:
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        repository.register("forest", SPACE, kinds=CLASSES)
        with pytest.raises(NotFoundError) as caught:
            repository.find("forest", kind=TaskKind.REGRESSION)
    assert caught.value.field == "search_space"
    assert caught.value.limit == "binary, multiclass"


@pytest.mark.parametrize("name", ["nothing", "nul\x00", "\ud800", ""])
def test_an_unknown_name_is_not_found(database: Database, name: str) -> None:
    with database.reading() as connection, pytest.raises(NotFoundError):
        SearchSpaceRepository(connection).find(name)


def test_registering_the_same_again_changes_nothing(database: Database) -> None:
    with database.writing() as connection:
        first = SearchSpaceRepository(connection).register("svm", SPACE)
        again = SearchSpaceRepository(connection).register("svm", SPACE)
        assert SearchSpaceRepository(connection).count() == 1
    assert (first[1], again[1]) == (True, False)
    assert first[0] == again[0]


def test_a_name_without_studies_may_be_defined_anew(database: Database) -> None:
    with database.writing() as connection:
        SearchSpaceRepository(connection).register("svm", SPACE)
        SearchSpaceRepository(connection).register("svm", OTHER)
        assert SearchSpaceRepository(connection).find("svm").space.to_json() == OTHER.to_json()


def test_a_shipped_name_cannot_be_taken(database: Database) -> None:
    with database.writing() as connection:
        mine = workspace_of(connection)
        SearchSpaceRepository(within(connection, SHIPPED)).register("forest", SPACE, kinds=CLASSES)
        within(connection, mine)
        for kinds in (CLASSES, tuple(TaskKind)):
            with pytest.raises(ConflictError) as caught:
                SearchSpaceRepository(connection).register("forest", OTHER, kinds=kinds)
            assert caught.value.field == "name"


def test_a_definition_tells_who_registered_it(database: Database) -> None:
    with database.writing() as connection:
        mine = workspace_of(connection)
        repository = SearchSpaceRepository(within(connection, SHIPPED))
        repository.register("forest", SPACE, kinds=CLASSES)
        shipped_id = repository.keep(SPACE)
        repository = SearchSpaceRepository(within(connection, mine))
        repository.register("mine", OTHER, kinds=CLASSES)
        shipped, own = (
            repository.definition_of(space.content_key, KindGroup.CLASSIFICATION) for space in (SPACE, OTHER)
        )
        assert shipped == DefinitionRef(shipped_id, SHIPPED_SEQ)
        assert own == DefinitionRef(repository.keep(OTHER), mine.seq)
        assert mine.seq != SHIPPED_SEQ


def test_a_definition_with_equal_content_is_found_by_its_content(database: Database) -> None:
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        repository.register("forest", SPACE, kinds=CLASSES)
        bare = SearchSpace(SPACE.parameters, SPACE.conditions)
        found = repository.with_content(bare.content_key, KindGroup.CLASSIFICATION)
        assert found is not None
        assert found.defaults == SPACE.defaults
        assert repository.with_content(bare.content_key, KindGroup.REGRESSION) is None
        assert repository.with_content(OTHER.content_key, KindGroup.CLASSIFICATION) is None


def test_pages_are_in_the_order_of_registration(database: Database) -> None:
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        for name in ("c", "a", "b"):
            repository.register(name, SPACE)
        first = repository.page(PageRequest(limit=2))
        rest = repository.page(PageRequest(first.next_cursor, limit=2))
    assert [entry.name for entry in (*first.items, *rest.items)] == ["c", "a", "b"]
    assert rest.next_cursor is None


def test_studies_are_counted_by_content_and_kind_of_task(database: Database) -> None:
    keep_study(database, "one")
    keep_study(database, "two")
    keep_study(database, "three", key=replace(KEY, kind_group=KindGroup.REGRESSION, metric="r2"))
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        asked = [
            repository.register("both", SPACE)[0],
            repository.register("classes", SPACE, kinds=[TaskKind.BINARY, TaskKind.MULTICLASS])[0],
            repository.register("numbers", SPACE, kinds=[TaskKind.REGRESSION])[0],
            repository.register("other", OTHER)[0],
        ]
        assert repository.n_studies(asked) == (3, 2, 1, 0)


@pytest.mark.parametrize("known_default", [0.5, 7.0])
def test_of_definitions_with_equal_content_the_registered_one_comes_first(
    database: Database, known_default: float
) -> None:
    """Whichever of the two has the smaller identifier."""
    registered, unregistered = replace(OTHER, defaults={"C": known_default}), replace(OTHER, defaults={"C": 7.5})
    others = [replace(OTHER, defaults={"C": 1.0 + i / 10}) for i in range(6)]
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        for space in (unregistered, *others):
            repository.keep(space)
        assert repository.with_content(OTHER.content_key, KindGroup.ANY) is None
        repository.register("later in the alphabet", registered)
        repository.register("a second name", others[0])
        found = repository.any_with_content(OTHER.content_key)
        assert found is not None
        assert found.defaults == {"C": known_default}
        with_content = repository.with_content(OTHER.content_key, KindGroup.CLASSIFICATION)
        assert with_content is not None
        assert with_content.defaults == {"C": known_default}


def test_names_of_a_content_are_those_it_is_registered_or_was_studied_under(database: Database) -> None:
    keep_study(database, "without a name")
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        repository.register("svm", SPACE)
        repository.register("svm again", SPACE)
        repository.register("another", OTHER)
        assert repository.names_of(SPACE.content_key) == {"svm", "svm again"}
        assert repository.names_of(OTHER.content_key) == {"another"}
        assert repository.names_of("unknown") == frozenset()


def test_studies_by_definition_and_by_name_are_two_figures(database: Database) -> None:
    """They differ where a name has moved on, and where a study was made under no name."""
    with database.of(SHIPPED).writing() as connection:
        SearchSpaceRepository(connection).register("svm", SPACE)
    keep_study(database, "under the name", search_space_name="svm")
    keep_study(database, "under no name")
    with database.reading() as connection:
        repository = SearchSpaceRepository(connection)
        assert repository.n_studies(repository.find_all("svm")) == (2,)
        assert {total.name: total.n_studies for total in totals_by_name(connection)} == {"svm": 1, None: 1}
    with database.of(SHIPPED).writing() as connection:
        SearchSpaceRepository(connection).register("svm", OTHER)
    with database.reading() as connection:
        repository = SearchSpaceRepository(connection)
        assert repository.n_studies(repository.find_all("svm")) == (0,)
        assert {total.name: total.n_studies for total in totals_by_name(connection)} == {"svm": 1, None: 1}


def test_other_definitions_under_a_name_are_editions_of_its_content(database: Database) -> None:
    """As after an upgrade that has moved a name of the catalogue on, on a database with studies over the former one."""
    with database.of(SHIPPED).writing() as connection:
        SearchSpaceRepository(connection).register("svm", SPACE)
    former = keep_study(database, "former", search_space_name="svm")
    keep_study(database, "without a name")
    with database.of(SHIPPED).writing() as connection:
        SearchSpaceRepository(connection).register("svm", OTHER)
        SearchSpaceRepository(connection).register("another", SPACE)
    with database.reading() as connection:
        repository = SearchSpaceRepository(connection)
        assert repository.editions_of(OTHER.content_key) == {former.key.content_key}
        assert repository.editions_of(SPACE.content_key) == {OTHER.content_key}
        assert repository.editions_of("unknown") == frozenset()
