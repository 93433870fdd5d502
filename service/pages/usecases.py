"""What the start page shows."""

from dataclasses import dataclass

from service.services import Services
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.tasks import TaskRepository

_LAST = 10


@dataclass(frozen=True, slots=True)
class Overview:
    """What the service has.

    Attributes:
        counts: Things and how many there are, in the order to show.
        last_studies: Those that did not come with the knowledge base, newest first.
    """

    counts: tuple[tuple[str, int], ...]
    last_studies: tuple[StoredStudy, ...]


def overview(services: Services) -> Overview:
    """Counts and last studies."""
    with services.database.reading() as connection:
        studies = StudyRepository(connection)
        counts = (
            ("Tasks", TaskRepository(connection).count()),
            ("Studies", studies.count()),
            ("Trials", studies.count_trials()),
            ("Search spaces", SearchSpaceRepository(connection).count()),
        )
        return Overview(counts, studies.page(PageRequest(limit=_LAST), own_only=True).items)
