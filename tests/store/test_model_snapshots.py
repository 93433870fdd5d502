"""Snapshots of models in the database: whose they are, how long they hold, what ends them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from store.connections.clock import database_now
from store.connections.database import Database
from store.connections.scope import SHIPPED, everywhere
from store.deletion import delete_study
from store.model_keys import KindGroup, ModelKey
from store.model_snapshots import SnapshotFacts, SnapshotRepository, n_bytes
from store.search_spaces import SearchSpaceRepository
from store.shipped import replace_shipped
from store.tables import model_snapshots
from store.workspaces import WorkspaceRepository
from tests.store.samples import KEY, SPACE, keep_study, make_task
from warmtune.vocabulary.errors import ServiceError

ENGINE = "e" * 64


def facts_now(database: Database, *, key: ModelKey = KEY) -> SnapshotFacts:
    with database.reading() as connection:
        standing = SnapshotRepository(connection).study_set(key.kind_group, content_keys=None, up_to=None)
    return SnapshotFacts(
        {key.content_key: 2}, frozenset({key.content_key, "b"}), "g", None, standing.of({KEY.content_key})
    )


def keep(
    database: Database, facts: SnapshotFacts, *, key: ModelKey = KEY, engine: str = ENGINE, max_stored: int = 9
) -> bool:
    with database.bookkeeping() as connection:
        return SnapshotRepository(connection).keep(
            key, engine, facts, b"bytes of " + key.metric.encode(), max_stored=max_stored
        )


def found(database: Database, *, key: ModelKey = KEY, engine: str = ENGINE) -> SnapshotFacts | None:
    with database.reading() as connection:
        return SnapshotRepository(connection).facts(key, engine)


def test_a_snapshot_comes_back_whole(database: Database) -> None:
    keep_study(database)
    facts = replace(facts_now(database), surrogate="s1")
    assert keep(database, facts)
    assert found(database) == facts
    with database.reading() as connection:
        assert SnapshotRepository(connection).content(KEY, ENGINE) == b"bytes of accuracy"
        assert n_bytes(connection) == len(b"bytes of accuracy")
    assert found(database, engine="other") is None
    assert found(database, key=replace(KEY, metric="f1")) is None


def test_a_later_snapshot_takes_the_place_of_the_earlier(database: Database) -> None:
    facts = facts_now(database)
    assert keep(database, facts)
    assert keep(database, replace(facts, sources={KEY.content_key: 3}, considered=None))
    later = found(database)
    assert later is not None
    assert (later.sources, later.considered) == ({KEY.content_key: 3}, None)


def test_nobody_sees_the_snapshots_of_another_workspace(database: Database) -> None:
    with database.of(None).writing() as connection:
        other = WorkspaceRepository(connection).create("other").workspace
    facts = facts_now(database)
    assert keep(database, facts)
    assert found(database.of(other)) is None
    assert found(database.of(SHIPPED)) is None
    assert keep(database.of(SHIPPED), facts)
    with database.reading() as connection:
        SnapshotRepository(connection).forget(KEY, ENGINE)  # not the shipped one's: it is seen by its own methods only
    assert found(database.of(SHIPPED)) == facts


def test_a_deleted_study_ends_what_was_learned_from_it(database: Database) -> None:
    keep_study(database, "one")
    keep_study(database, "two", task=make_task("b", n_rows=2.0))
    before = facts_now(database)
    other = ModelKey("0" * 64, KindGroup.CLASSIFICATION, "accuracy", KEY.direction)
    assert keep(database, before)
    assert keep(database, SnapshotFacts({other.content_key: 1}, None, "g", None, before.studies.of(())), key=other)
    with database.writing() as connection:
        delete_study(connection, "two")
    assert found(database) is None
    assert found(database, key=other) is not None
    assert not keep(database, before)  # it was being learned meanwhile
    assert found(database) is None


def test_studies_that_come_in_later_end_nothing(database: Database) -> None:
    keep_study(database, "one")
    facts = facts_now(database)
    keep_study(database, "two", task=make_task("b", n_rows=2.0))
    assert keep(database, facts)


def test_other_content_that_ships_ends_all(database: Database) -> None:
    facts = facts_now(database)
    assert keep(database, facts)
    with database.of(SHIPPED).writing() as connection:
        SearchSpaceRepository(connection).keep(SPACE)
        replace_shipped(connection, "v2", [], [])
    assert found(database) is None


def test_so_many_are_kept_and_those_of_other_engines_for_a_while(database: Database) -> None:
    facts = facts_now(database)
    for metric in ("a", "b", "c"):
        assert keep(database, facts, key=replace(KEY, metric=metric), max_stored=2)
    assert [found(database, key=replace(KEY, metric=m)) is not None for m in "abc"] == [False, True, True]
    assert keep(database, facts, engine="newer")
    assert found(database, key=replace(KEY, metric="c")) is not None
    with database.writing() as connection:
        long_ago = database_now(connection) - timedelta(days=8)
        connection.execute(everywhere(update(model_snapshots).values(kept_at=long_ago)))
    assert keep(database, facts, engine="newest")
    assert found(database, key=replace(KEY, metric="c")) is None
    assert found(database, engine="newest") is not None


def test_content_that_is_not_as_it_was_kept_is_refused(database: Database) -> None:
    assert keep(database, facts_now(database))
    with database.writing() as connection:
        connection.execute(everywhere(update(model_snapshots).values(content=b"others' bytes")))
    with database.reading() as connection, pytest.raises(ServiceError, match="checksum"):
        SnapshotRepository(connection).content(KEY, ENGINE)


def test_a_deleted_workspace_leaves_no_snapshot(database: Database) -> None:
    with database.of(None).writing() as connection:
        other = WorkspaceRepository(connection).create("short").workspace
    assert keep(database.of(other), facts_now(database.of(other)))
    with database.of(None).writing() as connection:
        WorkspaceRepository(connection).delete("short")
    with database.reading() as connection:
        assert connection.execute(everywhere(select(model_snapshots.c.metric))).all() == []


def test_no_snapshots_take_no_bytes(database: Database) -> None:
    with database.reading() as connection:
        assert n_bytes(connection) == 0
