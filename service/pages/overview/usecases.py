"""What the start page shows."""

from dataclasses import dataclass

from service.pages.overview.savings import Savings, Step, saved_by, steps_of, total
from service.provenance import IMPORT_LABEL
from service.services import Services
from store.connections.database import Connection
from store.jobs import JobRepository
from store.model_keys import ModelKey
from store.models import ModelRepository
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.tasks import TaskRepository
from store.totals import NameTotal, own_study_sizes, totals_by_name
from warmtune.vocabulary.job import JobState

_LAST = 10
_MAX_STUDIES = 2_000
_MAX_VERSIONS = 200


@dataclass(frozen=True, slots=True)
class Health:
    """How the service is.

    Attributes:
        database: Its kind and address, without secrets.
        n_versions: Model versions that answer.
        jobs: How many jobs stand in each state that isn't a success.
    """

    database: str
    n_versions: int
    jobs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the service has.

    Attributes:
        counts: Things and how many there are, in the order to show.
        spaces: The same by the name that studies were made under.
        saved: By search space what warm starts have saved; empty without a backtest.
        saved_in_total: Of all.
        last_studies: Those that did not come with the knowledge base, newest first.
        health: How it is.
    """

    counts: tuple[tuple[str, int], ...]
    spaces: tuple[NameTotal, ...]
    saved: tuple[Savings, ...]
    saved_in_total: Savings
    last_studies: tuple[StoredStudy, ...]
    health: Health


def overview(services: Services) -> Overview:
    """Counts, savings, last studies and health."""
    with services.database.reading() as connection:
        studies = StudyRepository(connection)
        steps = _steps(services, connection)
        sizes = own_study_sizes(connection, steps, limit=_MAX_STUDIES, without_label=IMPORT_LABEL) if steps else ()
        saved = saved_by(sizes, steps)
        jobs = JobRepository(connection)
        return Overview(
            counts=(
                ("Tasks", TaskRepository(connection).count()),
                ("Studies", studies.count()),
                ("Trials", studies.count_trials()),
                ("Search spaces", SearchSpaceRepository(connection).count()),
            ),
            spaces=totals_by_name(connection),
            saved=saved,
            saved_in_total=total(saved),
            last_studies=studies.page(PageRequest(limit=_LAST), own_only=True).items,
            health=Health(
                database=services.database.shown_url.split(":", 1)[0].split("+", 1)[0],
                n_versions=len(ModelRepository(connection).active_ones(limit=_MAX_VERSIONS)),
                jobs=tuple(
                    (state.value, jobs.count(state)) for state in (JobState.RUNNING, JobState.QUEUED, JobState.FAILED)
                ),
            ),
        )


def _steps(services: Services, connection: Connection) -> dict[ModelKey, tuple[Step, ...]]:
    """What the backtests of the versions that answer say, each worked out once."""
    found: dict[ModelKey, tuple[Step, ...]] = {}
    for stored in ModelRepository(connection).active_ones(limit=_MAX_VERSIONS):
        key = (steps_of, (stored.learned.version, stored.created_at))
        steps = services.page_cache.get(key, lambda stored=stored: steps_of(stored))  # type: ignore[misc]
        if steps:
            found[stored.learned.key] = steps
    return found
