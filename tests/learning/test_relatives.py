"""Which search spaces' studies are mapped to an asked one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from optuna.distributions import BaseDistribution, FloatDistribution

from learning.relatives import MAX_RELATIVES, related_spaces
from metamodel.mapping.compatibility import compatibility
from store.connections.database import Database
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from tests.databases import sqlite_in
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace

NAMES = "abcdefghij"
ASKED = SearchSpace({name: FloatDistribution(0.0, 1.0) for name in NAMES})
KEY = ModelKey(ASKED.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite_in(tmp_path) as opened:
        yield opened


def lacking(n: int) -> SearchSpace:
    """The asked space without the last `n` parameters: the more are lacking, the less compatible it is."""
    parameters: dict[str, BaseDistribution] = {name: FloatDistribution(0.0, 1.0) for name in NAMES[: len(NAMES) - n]}
    return SearchSpace(parameters)


def test_of_many_compatible_spaces_the_three_most_compatible_are_related(database: Database) -> None:
    spaces = [lacking(n) for n in (4, 1, 3, 2)]
    assert all(compatibility(space, ASKED) >= 0.5 for space in spaces)  # otherwise the test would show nothing
    with database.writing() as connection:
        repository = SearchSpaceRepository(connection)
        for space in (ASKED, *spaces):
            repository.keep(space)
        among = {space.content_key for space in (ASKED, *spaces)}
        found = related_spaces(connection, KEY, ASKED, among=among)
    assert found == tuple(lacking(n).content_key for n in (1, 2, 3))
    assert len(found) == MAX_RELATIVES


def test_a_space_that_shares_little_is_not_related(database: Database) -> None:
    with database.writing() as connection:
        SearchSpaceRepository(connection).keep(lacking(8))
        assert related_spaces(connection, KEY, ASKED, among={lacking(8).content_key}) == ()
