"""Sessions of pages, on every database: kept by their hashes, found until they end."""

from datetime import timedelta

from sqlalchemy import update

from store.api_keys import digest_of
from store.connections.database import Database
from store.page_sessions import LIFETIME, PageSessionRepository
from store.tables import page_sessions


def test_a_session_is_found_by_its_token_until_it_is_ended(database: Database) -> None:
    with database.writing() as connection:
        sessions = PageSessionRepository(connection)
        token, other = sessions.begin(digest_of("key")), sessions.begin(digest_of("another"))
    with database.reading() as connection:
        assert PageSessionRepository(connection).key_digest(token) == digest_of("key")
        assert PageSessionRepository(connection).key_digest("made up\x00\ud800") is None
        assert token not in str(connection.execute(page_sessions.select()).all())
    with database.writing() as connection:
        for _ in range(2):
            PageSessionRepository(connection).end(token)
        assert PageSessionRepository(connection).key_digest(token) is None
        assert PageSessionRepository(connection).key_digest(other) == digest_of("another")


def test_an_expired_session_is_nobodys_and_forgotten_at_the_next(database: Database) -> None:
    with database.writing() as connection:
        token = PageSessionRepository(connection).begin(digest_of("key"))
        earlier = page_sessions.c.expires_at
        found = connection.execute(page_sessions.select()).one()
        assert found.expires_at - found.created_at == timedelta(hours=12)  # as docs/dashboard.md says
        past = found.expires_at - LIFETIME - timedelta(seconds=1)
        connection.execute(update(page_sessions).where(earlier == found.expires_at).values(expires_at=past))
    with database.writing() as connection:
        assert PageSessionRepository(connection).key_digest(token) is None
        PageSessionRepository(connection).begin(digest_of("key"))
        assert len(connection.execute(page_sessions.select()).all()) == 1
