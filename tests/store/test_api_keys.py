"""Keys in the database: from the first one on, the service asks for one."""

from store.api_keys import ApiKeyRepository
from store.connections.database import Database
from warmtune.vocabulary.api_key import Scope


def test_a_database_knows_whether_a_key_was_ever_made(database: Database) -> None:
    with database.reading() as connection:
        assert ApiKeyRepository(connection).were_made() is False
    with database.writing() as connection:
        _, key = ApiKeyRepository(connection).make(name="one", owner="me", scope=Scope.READ, expires_at=None)
    with database.writing() as connection:
        repository = ApiKeyRepository(connection)
        assert repository.were_made() is True
        repository.revoke(key.key_id)
        assert repository.were_made() is True  # a service whose keys are all revoked is not open again
