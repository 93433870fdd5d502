"""A study's trials by rank: where in the search space the good ones lie, whatever the scale of their values."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from service.pages.figures import Figure, FigureKind
from service.pages.studies.parameters import MAX_SHOWN, axis_of, cell_of, column_of, view_parameters
from service.pages.studies.values import values_of_study
from service.services import Services
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState


def ranks_figure(services: Services, study_id: str) -> Figure:
    """The sampled trials with their configurations and their rank among all complete trials.

    Raises:
        NotFoundError: If there is no such study.
    """
    view = view_parameters(services, study_id)
    with services.database.reading() as connection:
        values = values_of_study(services, connection, view.study)
    scores = [one.value for one in values if one.state is TrialState.COMPLETE and one.value is not None]
    ranked = Ranking(scores, view.study.key.direction)
    names = view.names[:MAX_SHOWN]
    rows = tuple(
        (
            trial.number,
            ranked.rank_of(trial.value),
            trial.value,
            *(cell_of(view.space, name, trial.configuration) for name in names),
        )
        for trial in view.trials
        if trial.value is not None
    )
    options = {
        "metric": view.study.key.metric,
        "axes": [axis_of(name, view.space) for name in names],
        "n_complete": len(scores),
    }
    return Figure(FigureKind.RANK, ("trial", "rank", "value", *map(column_of, names)), rows, options)


class Ranking:
    """Ranks of values, 1 for the best; equal values share the mean of their ranks."""

    def __init__(self, values: Iterable[float], direction: Direction) -> None:
        self._sign = -direction.sign
        self._ordered = sorted(self._sign * value for value in values)

    def rank_of(self, value: float) -> float:
        """Where a value stands, from 1 to one more than there are."""
        signed = self._sign * value
        below, up_to = bisect_left(self._ordered, signed), bisect_right(self._ordered, signed)
        return (below + max(up_to, below + 1) + 1) / 2
