"""Versions of models: one answers, an older one is pinned, a rejected one pins."""

from dataclasses import replace

import pytest

from store.connections.database import Database
from store.models import ActiveVersion, LearnedVersion, ModelRepository, StoredModel
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from tests.store.samples import KEY, SPACE
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.model_version import Comparison, ModelState, TriedSurrogate


def learned(version: str, revision: int) -> LearnedVersion:
    return LearnedVersion(
        version=version,
        key=KEY,
        space_id="",
        search_space_name="svm",
        sources={KEY.content_key: revision, "other": 3},
        n_tasks=2,
        n_trials=20,
        backtest={"metric": "accuracy"},
        comparison=Comparison("v0", 6, 0.1, 0.05, 0.15, 0.01),
    )


def keep(database: Database, version: LearnedVersion, state: ModelState = ModelState.ACTIVE) -> StoredModel:
    with database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        return ModelRepository(connection).keep(replace(version, space_id=space_id), state, "since")


def states(database: Database) -> dict[str, tuple[str, bool]]:
    with database.reading() as connection:
        items = ModelRepository(connection).page(PageRequest()).items
    return {item.learned.version: (item.state.value, item.pinned) for item in items}


def test_a_version_comes_back_whole(database: Database) -> None:
    stored = keep(database, learned("v1", 1))
    with database.reading() as connection:
        assert ModelRepository(connection).get("v1") == stored
        assert ModelRepository(connection).active(KEY) == stored
        assert ModelRepository(connection).active(replace(KEY, metric="f1")) is None
    assert replace(stored.learned, space_id="") == learned("v1", 1)  # the figures of its backtest too
    assert stored.learned.revision == 1
    assert stored.learned.comparison is not None
    assert stored.learned.comparison.is_worse


def test_a_surrogate_comes_back_with_its_figures_and_is_read_only_when_asked_for(database: Database) -> None:
    tried = (
        TriedSurrogate("deep_kernel", "maps", 12, 0.01, -0.01, 0.03, is_used=False),
        TriedSurrogate("deep_kernel", "suggestions", 12, -0.02, -0.03, -0.01, is_used=True),
    )
    version = replace(learned("v1", 1), surrogates=tried)
    with database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        repository = ModelRepository(connection)
        stored = repository.keep(replace(version, space_id=space_id), ModelState.ACTIVE, "since", surrogate=b"weights")
        plain = repository.keep(replace(learned("v2", 1), space_id=space_id), ModelState.CANDIDATE, "since")
    assert (stored.learned.surrogates, stored.learned.surrogate) == (tried, tried[1])
    assert (plain.learned.surrogates, plain.learned.surrogate) == ((), None)
    with database.reading() as connection:
        assert ModelRepository(connection).surrogate("v1") == b"weights"
        assert ModelRepository(connection).surrogate("v2") is None
        assert ModelRepository(connection).surrogate("v3") is None


def test_a_version_rejected_on_the_same_trials_pins_nothing(database: Database) -> None:
    keep(database, learned("v1", 2))
    keep(database, learned("v1 with a surrogate", 2), ModelState.REJECTED)
    assert states(database) == {"v1": ("active", False), "v1 with a surrogate": ("rejected", False)}


def test_one_version_answers(database: Database) -> None:
    keep(database, learned("v1", 1))
    keep(database, replace(learned("w1", 1), key=replace(KEY, metric="f1")))
    keep(database, learned("v2", 2))
    assert states(database) == {"v1": ("retired", False), "w1": ("active", False), "v2": ("active", False)}
    with database.reading() as connection:
        active = ModelRepository(connection).active_ones(limit=9)
        assert [stored.learned.version for stored in active] == ["v2", "w1"]
        assert ModelRepository(connection).active_ones(limit=1) == active[:1]


def test_a_rejected_version_pins_the_one_that_answers(database: Database) -> None:
    keep(database, learned("v1", 1))
    keep(database, learned("v2", 2), ModelState.REJECTED)
    assert states(database) == {"v1": ("active", True), "v2": ("rejected", False)}
    with database.reading() as connection:
        pin = {KEY.content_key: 1, "other": 3}
        assert ModelRepository(connection).active_version(KEY) == ActiveVersion("v1", pin)
    keep(database, learned("v3", 3))
    assert states(database)["v3"] == ("active", False)
    with database.reading() as connection:
        assert ModelRepository(connection).active_version(KEY) == ActiveVersion("v3", None)


def test_going_back_pins_and_going_forth_does_not(database: Database) -> None:
    keep(database, learned("v1", 1))
    keep(database, learned("v2", 2))
    with database.writing() as connection:
        assert ModelRepository(connection).activate("v1", "by hand").pinned
    assert states(database)["v2"] == ("retired", False)
    with database.writing() as connection:
        forth = ModelRepository(connection).activate("v2", "by hand")
    assert (forth.pinned, forth.reason) == (False, "by hand")


def test_an_active_version_that_is_learned_again_stays_active(database: Database) -> None:
    first = keep(database, learned("v1", 1))
    again = keep(database, replace(learned("v1", 1), n_trials=21), ModelState.CANDIDATE)
    assert (again.state, again.seq, again.learned.n_trials) == (ModelState.ACTIVE, first.seq, 21)


def test_versions_are_found_by_search_space_and_metric(database: Database) -> None:
    for n in range(3):
        keep(database, learned(f"v{n}", n))
    with database.reading() as connection:
        repository = ModelRepository(connection)
        first = repository.page(PageRequest(limit=2), content_keys=[KEY.content_key], metric="accuracy")
        assert [item.learned.version for item in first.items] == ["v2", "v1"]
        rest = repository.page(PageRequest(cursor=first.next_cursor))
        assert [item.learned.version for item in rest.items] == ["v0"]
        assert repository.page(PageRequest(), content_keys=["other"]).items == ()
        assert repository.page(PageRequest(), metric="\x00").items == ()
        for name in ("nothing", "\x00"):
            with pytest.raises(NotFoundError):
                repository.get(name)
