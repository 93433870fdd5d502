"""Nothing in one workspace changes what another is answered, whatever repository it asks."""

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection, select

import store
from store.connections.scope import COLUMN, everywhere
from store.pages import PageRequest
from store.tables import metadata, studies, trials
from store.tasks import TaskRepository
from store.workspaces import WorkspaceRepository
from tests.store.workspace_functions import ABOUT_NO_WORKSPACE, FUNCTIONS
from tests.store.workspace_methods import ASKED, OF_THE_SERVICE
from tests.store.workspace_pair import Pair, RolledBack, answered
from warmtune.vocabulary.errors import ConflictError, NotFoundError, ServiceError, WarmtuneError


def modules() -> list[str]:
    """Of the store; Alembic runs the migrations."""
    found = [module.name for module in pkgutil.walk_packages(store.__path__, "store.")]
    return [name for name in found if not name.startswith("store.migrations")]


def repositories() -> dict[str, type]:
    found: dict[str, type] = {}
    for module in modules():
        for name, value in vars(import_module(module)).items():
            if inspect.isclass(value) and name.endswith("Repository"):
                found[name] = value
    return found


def test_every_method_of_every_repository_is_asked() -> None:
    methods = {
        f"{name}.{method}"
        for name, repository in repositories().items()
        for method, value in vars(repository).items()
        if inspect.isfunction(value) and not method.startswith("_")
    }
    of_the_service = {f"{name}.{method}" for name, of in OF_THE_SERVICE.items() for method in of}
    assert methods == set(ASKED) | of_the_service
    assert not set(ASKED) & of_the_service


def functions() -> set[str]:
    """Public functions of the store that work on a connection."""
    found: set[str] = set()
    for module in modules():
        for name, value in vars(import_module(module)).items():
            if name.startswith("_") or not inspect.isfunction(value) or not value.__module__.startswith("store."):
                continue
            first = next(iter(inspect.signature(inspect.unwrap(value)).parameters.values()), None)
            if first is not None and first.annotation in (Connection, "Connection"):
                found.add(name)
    return found


def test_every_function_on_a_connection_is_asked() -> None:
    found = functions()
    assert found == set(FUNCTIONS) | ABOUT_NO_WORKSPACE, "tests/store/workspace_functions.py lists them"
    assert not set(FUNCTIONS) & ABOUT_NO_WORKSPACE


@pytest.mark.slow
def test_no_method_answers_otherwise_since_there_are_others(pair: Pair) -> None:
    differing = []
    for name, calls in [*ASKED.items(), *FUNCTIONS.items()]:
        for number, call in enumerate(calls):
            alone, among_others = answered(pair.alone, call), answered(pair.among_others, call)
            if alone != among_others:
                differing.append((name, number, alone, among_others))
    assert differing == []


@pytest.mark.slow
def test_what_one_writes_changes_no_row_of_others(pair: Pair) -> None:
    def rows(connection: Connection) -> dict[str, Any]:
        of_others = {}
        for table in metadata.sorted_tables:
            if COLUMN in table.c:
                theirs = select(table).where(table.c[COLUMN] != mine).order_by(*table.primary_key)
                of_others[table.name] = connection.execute(everywhere(theirs)).all()
        theirs = select(studies.c.seq).where(studies.c[COLUMN] != mine)
        kept = select(trials).where(trials.c.study_seq.in_(theirs)).order_by(trials.c.study_seq, trials.c.number)
        of_others["trials"] = connection.execute(everywhere(kept)).all()
        return of_others

    assert pair.among_others.workspace is not None
    mine = pair.among_others.workspace.seq
    for call in [call for calls in (*ASKED.values(), *FUNCTIONS.values()) for call in calls]:
        try:
            with pair.among_others.writing() as connection:
                before = rows(connection)
                call(connection)
                assert rows(connection) == before
                raise RolledBack
        except (RolledBack, ConflictError, NotFoundError):
            continue
        except WarmtuneError as error:
            assert error.code in ("limit_exceeded", "rate_limited"), error


@pytest.mark.slow
def test_an_unbound_connection_asks_for_nobodys_rows(pair: Pair) -> None:
    unbound = pair.among_others.of(None)
    asked = {name: calls for name, calls in ASKED.items() if not name.startswith(("Job", "ApiKeyRepository"))}
    asked |= {
        name: ASKED[name] for name in ("JobRepository.queue", "ApiKeyRepository.make")
    }  # the rest see all of them
    for name, calls in [*asked.items(), *FUNCTIONS.items()]:
        for call in calls:
            with pytest.raises(ServiceError, match="workspace"), unbound.writing() as connection:
                call(connection)
                raise AssertionError(name)


@pytest.mark.slow
def test_cursors_open_in_their_own_workspace_only_and_tell_no_number(pair: Pair) -> None:
    third = pair.among_others.of(None)
    with pair.among_others.reading() as connection:
        cursor = TaskRepository(connection).page(PageRequest(limit=1)).next_cursor
    assert cursor is not None
    with third.reading() as connection:
        foreign = third.of(WorkspaceRepository(connection).get("third").workspace)
    with foreign.reading() as connection, pytest.raises(WarmtuneError) as refused:
        TaskRepository(connection).page(PageRequest(cursor, limit=1))
    assert refused.value.field == "cursor"
