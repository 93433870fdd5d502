"""An empty, migrated database of either kind, as the store's tests have it."""

from tests.store.conftest import database as database  # noqa: PLC0414  # fixtures are found by their names
from tests.store.conftest import shared_postgres as shared_postgres  # noqa: PLC0414
