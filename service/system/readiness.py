"""Whether the database answers: asked in a thread of its own, so that a hanging one takes nobody else's."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from store.database import Database
from warmtune.vocabulary.errors import UnavailableError

PATIENCE_S: Final = 2.0


class Readiness:
    """Asks the database for a sign of life; many may ask at once, one question is under way. For one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="warmtune-ready")
        self._asked: asyncio.Future[None] | None = None

    async def check(self) -> None:
        """Return if the database answers.

        Raises:
            UnavailableError: If it doesn't, or not in time.
        """
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().run_in_executor(self._thread, self._database.ping)
        asked = self._asked
        done, _ = await asyncio.wait([asked], timeout=PATIENCE_S)
        if not done:
            raise UnavailableError("the database does not answer in time", limit=f"{PATIENCE_S:g} s")
        asked.result()

    def close(self) -> None:
        """Ask no more; a question that is under way ends by itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)
