"""Readiness checks, in a thread of their own, so that a hanging database occupies no handler's thread."""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from metafeatures.version import VERSION
from store.connections.database import Database
from store.schema import HEAD, current_revision
from store.shipped import loaded_descriptions, loaded_version
from warmtune.vocabulary.errors import UnavailableError
from warmtune.vocabulary.ready import Ready
from warmtune.vocabulary.task import OWN_VERSIONS

PATIENCE_S: Final = 2.0


class Readiness:
    """Checks that the database answers and has its tables; concurrent callers share one check.

    For one event loop; any thread may say that the models are warm.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-ready")
        self._asked: asyncio.Future[Ready] | None = None
        self._models_warm = threading.Event()
        self._described: tuple[str | None, str | None] | None = None  # by which version; asked once for each

    def note_warm_models(self) -> None:
        """Record that the models of the shipped search spaces are fitted."""
        self._models_warm.set()

    async def check(self) -> Ready:
        """The versions in use, if the database answers and has this version's tables.

        Raises:
            UnavailableError: If it doesn't, not in time, or has other tables: another version has migrated it.
        """
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        asked = self._asked
        done, _ = await asyncio.wait([asked], timeout=PATIENCE_S)
        if not done:
            raise UnavailableError("the database does not answer in time", limit=f"{PATIENCE_S:g} s")
        return asked.result()

    def _ask(self) -> Ready:
        self._database.ping()
        with self._database.reading() as connection:
            revision = current_revision(connection)
            if revision != HEAD:
                raise UnavailableError(
                    "another version of Warmtune has migrated the database: run that version",
                    code="other_schema",
                    value=revision,
                    limit=HEAD,
                )
            loaded = loaded_version(connection)
            if self._described is None or self._described[0] != loaded:
                self._described = loaded, _most_common(loaded_descriptions(connection))
            return Ready(HEAD, loaded, VERSION, self._described[1], self._models_warm.is_set())

    def close(self) -> None:
        """Stop checking; a running check ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _most_common(counts: Mapping[str, int]) -> str | None:
    own = {version: n for version, n in counts.items() if version.startswith(OWN_VERSIONS)}
    return max(own, key=lambda version: (own[version], version), default=None)
