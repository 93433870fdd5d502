"""Answers are kept for a while, and not without end."""

from datetime import timedelta

from store.connections.database import Database
from store.stored_answers import StoredAnswer, StoredAnswerRepository

ANSWER = StoredAnswer("digest", 201, "application/json", b'{"a":1}\x00\xff')


def keep(database: Database, *keys: str, max_age: timedelta = timedelta(hours=1), max_stored: int = 100) -> None:
    for key in keys:
        with database.writing() as connection:
            StoredAnswerRepository(connection, max_age=max_age, max_stored=max_stored).keep(key, ANSWER)


def find(database: Database, key: str, *, max_age: timedelta = timedelta(hours=1)) -> StoredAnswer | None:
    with database.reading() as connection:
        return StoredAnswerRepository(connection, max_age=max_age, max_stored=100).find(key)


def test_an_answer_comes_back_as_it_was(database: Database) -> None:
    keep(database, "one", "one")
    assert find(database, "one") == ANSWER
    assert find(database, "two") is None


def test_the_oldest_go_when_there_are_too_many(database: Database) -> None:
    keep(database, "one", "two", "three", max_stored=2)
    assert [find(database, key) is None for key in ("one", "two", "three")] == [True, False, False]


def test_an_answer_grows_old(database: Database) -> None:
    keep(database, "one")
    assert find(database, "one", max_age=timedelta(0)) is None
    keep(database, "two", max_age=timedelta(0))
    assert find(database, "one") is None
