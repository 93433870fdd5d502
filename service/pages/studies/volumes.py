"""How the hypervolume of a study with several objectives grew over its trials."""

from dataclasses import dataclass
from typing import Final

from service.pages.figures import Figure, FigureKind
from service.pages.studies.progress import MILESTONES
from service.pages.studies.values import state_of
from service.services import Services
from store.connections.database import Connection
from store.studies import StoredStudy, StudyRepository
from store.study_tables import objective_values
from warmtune.vocabulary.objectives import Objective

MAX_POINTS: Final = 200
"""Numbers of trials after which the volume is worked out."""


@dataclass(frozen=True, slots=True)
class VolumeStep:
    """The volume at one moment.

    Attributes:
        n: Complete feasible trials so far.
        number: Of the last of them.
        volume: That they dominate, as a share of the box.
    """

    n: int
    number: int
    volume: float


@dataclass(frozen=True, slots=True)
class Corner:
    """What an objective is measured by: the values where the box begins and ends."""

    objective: Objective
    reference: float
    best: float


@dataclass(frozen=True, slots=True)
class VolumesView:
    """The dominated hypervolume over trials; empty for one objective, and where no objective has two values.

    Attributes:
        steps: By number of trials.
        corners: Of the box, one for each objective.
        is_exact: Else it is estimated.
    """

    steps: tuple[VolumeStep, ...] = ()
    corners: tuple[Corner, ...] = ()
    is_exact: bool = True

    @property
    def listed(self) -> tuple[VolumeStep, ...]:
        """For a table: about round numbers of trials, and the last."""
        last = self.steps[-1].n if self.steps else 0
        wanted = (*(n for n in MILESTONES if n < last), last) if last else ()
        found = [next(step for step in reversed(self.steps) if step.n <= n) for n in wanted]
        return tuple(dict.fromkeys(found))


def view_volumes(services: Services, study_id: str) -> VolumesView:
    """The history of a study's hypervolume, kept until one of its trials changes.

    Raises:
        NotFoundError: If there is no such study.
    """
    with services.database.reading() as connection:
        study = StudyRepository(connection).get(study_id)
        if not study.further:
            return VolumesView()
        key = (view_volumes, state_of(connection, study))
        return services.page_cache.get(key, lambda: _worked_out(connection, study))


def volumes_figure(view: VolumesView) -> Figure:
    """A step for each number of trials that was looked at."""
    rows = tuple((step.n, step.number, step.volume) for step in view.steps)
    options = {"x": "complete feasible trials", "y": "hypervolume, share of the box"}
    return Figure(FigureKind.VOLUME, ("complete", "trial", "hypervolume"), rows, options)


def _worked_out(connection: Connection, study: StoredStudy) -> VolumesView:
    import numpy as np  # noqa: PLC0415  # the start needs none

    from metamodel.answers.volume_history import volume_history  # noqa: PLC0415  # as above

    objectives = study.objectives
    whole = [(n, values) for n, values in objective_values(connection, study) if len(values) == len(objectives)]
    if not whole:
        return VolumesView()
    signs = np.array([one.direction.sign for one in objectives], dtype=np.float64)
    found = volume_history(np.array([values for _, values in whole], dtype=np.float64) * signs, at_most=MAX_POINTS)
    if found is None:
        return VolumesView()
    steps = zip(found.after.tolist(), found.volumes.tolist(), strict=True)
    ends = zip(objectives, (found.reference * signs).tolist(), (found.best * signs).tolist(), strict=True)
    return VolumesView(
        steps=tuple(VolumeStep(n, whole[n - 1][0], volume) for n, volume in steps),
        corners=tuple(Corner(*one) for one in ends),
        is_exact=found.is_exact,
    )
