"""All trials of a study as one file, written part by part: however slowly it is read, little of it is in memory."""

from collections.abc import Iterator
from typing import Final

from service.pages.inert import Cell, csv_rows
from service.services import Services
from store.search_spaces import SearchSpaceRepository
from store.studies import StoredStudy, StudyRepository
from store.study_tables import trials_after
from warmtune.vocabulary.trial import Trial

PART: Final = 500
"""Trials that are read and written at once."""
_COLUMNS: Final = ("number", "state", "value", "duration_s")


def trials_as_csv(services: Services, study_id: str) -> Iterator[bytes]:
    """A study's trials by number: state, values of all objectives, seconds, feasibility, and every parameter.

    Trials that come in meanwhile are in it if their number is behind what has been read. Parameters that a trial
    doesn't have are empty; the columns are named as in Optuna's data frames, `params_NAME`.

    Raises:
        NotFoundError: If there is no such study; at once, not with the first part.
    """
    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        space = SearchSpaceRepository(connection).get(study.space_id)
    names = tuple(space.parameters)
    metrics = tuple(f"values_{one.metric}" for one in study.objectives) if len(study.objectives) > 1 else ()
    columns = (*_COLUMNS, *metrics, "feasible", *(f"params_{name}" for name in names))
    return _parts(services, study, columns, names)


def _parts(services: Services, study: StoredStudy, columns: tuple[str, ...], names: tuple[str, ...]) -> Iterator[bytes]:
    n_values = len(study.objectives) if len(study.objectives) > 1 else 0
    yield csv_rows([columns])
    last = -1
    while True:
        with services.database.reading() as connection:
            trials = trials_after(connection, study, last, limit=PART)
        if not trials:
            return
        last = trials[-1].number
        yield csv_rows(_row(trial, names, n_values=n_values) for trial in trials)


def _row(trial: Trial, names: tuple[str, ...], *, n_values: int) -> tuple[Cell, ...]:
    values = (*trial.values, *(None for _ in range(n_values)))[:n_values]
    params = (trial.configuration.get(name) for name in names)
    return (trial.number, trial.state.value, trial.value, trial.duration_s, *values, trial.is_feasible, *params)
