"""The service's own lift, worked out now and then beside the requests."""

import threading

import structlog

from service.measures import Measures
from service.provenance import IMPORT_LABEL
from store.connections.database import Database
from store.lift import own_lift

MAX_STUDIES = 300


class LiftMeter:
    """Exports to Prometheus what studies gained by the service's advice; a thread of its own asks the database."""

    def __init__(self, database: Database, measures: Measures, *, every_s: float) -> None:
        self._database = database
        self._measures = measures
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warmtune-lift", daemon=True)

    def start(self) -> None:
        """Begin; the first time after a pause, so that it does not compete with the start."""
        self._thread.start()

    def close(self) -> None:
        """Work out no more."""
        self._stopping.set()

    def refresh(self) -> None:
        """Work it out now."""
        with self._database.reading() as connection:
            found = own_lift(connection, limit=MAX_STUDIES, without_label=IMPORT_LABEL)
        if found is not None:
            self._measures.set_lift(found)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self.refresh()
            except Exception:  # noqa: BLE001  # the edge of a background thread: it is tried again
                structlog.get_logger().exception("lift_unknown")
