"""What studies that were run with this service gained by its advice: regret of first trials and of the default."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, func, or_, select

from store.connections.scope import COLUMN, SHIPPED_SEQ, everywhere
from store.model_keys import ModelKey
from store.tables import search_spaces, studies, trials
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.trial import TrialState

AFTER: Final = (1, 5, 10)
"""First trials of a study, by number: a study that starts warm has tried the recommendation by then."""
_DEFAULT_AMONG: Final = 100


@dataclass(frozen=True, slots=True)
class Lift:
    """Means over studies in which the default was tried, too.

    Normalised regret is 0 for the best value that is known for a study's task under its key, and 1 for the worst.

    Attributes:
        n_studies: That could be compared.
        of_default: Mean regret of the search space's default.
        after: Mean regret of the best of the first trials, by their number.
    """

    n_studies: int
    of_default: float
    after: Mapping[int, float]


def own_lift(connection: Connection, *, limit: int, without_label: str) -> Lift | None:
    """The lift of the newest studies, in all workspaces; None where none can be compared.

    A study counts if it has one objective, neither ships nor was imported, its search space has a default that it has
    tried, and its task's known values are not all equal. The default is looked for among its first 100 trials.

    Args:
        connection: A reading transaction.
        limit: Studies that are looked at at most.
        without_label: A metadata name that marks imported studies.
    """
    definition = (studies.c.space_id == search_spaces.c.space_id) & (studies.c[COLUMN] == search_spaces.c[COLUMN])
    query = (
        select(studies, search_spaces.c.definition)
        .join_from(studies, search_spaces, definition)
        .where(studies.c.shipped.is_(False), studies.c.n_trials > 0, studies.c.further_objectives.is_(None))
        .order_by(studies.c.seq.desc())
        .limit(limit)
    )
    rows = [r for r in connection.execute(everywhere(query)).mappings() if without_label not in r["metadata"]]
    found = [regrets for row in rows if (regrets := _regrets(connection, row)) is not None]
    if not found:
        return None
    means = [sum(column) / len(found) for column in zip(*found, strict=True)]
    return Lift(len(found), means[0], dict(zip(AFTER, means[1:], strict=True)))


def _regrets(connection: Connection, study: RowMapping) -> Sequence[float] | None:
    """Regret of the default and after so many trials each, or None where the study can't be compared."""
    default = search_space_from_json(json.loads(study["definition"])).default_configuration()
    if default is None:
        return None
    first = _first_trials(connection, study["seq"])
    of_default = next((value for _, params, value in first if params == default), None)
    if of_default is None or first[0][0] != 0:  # what came first is unknown
        return None
    is_max = study["direction"] == Direction.MAXIMIZE.value
    low, high = _known_range(connection, study)
    best, worst = (high, low) if is_max else (low, high)
    if best == worst:
        return None
    pick = max if is_max else min
    values = [of_default, *(pick(value for number, _, value in first if number < n) for n in AFTER)]
    return [abs(best - value) / abs(best - worst) for value in values]


def _first_trials(connection: Connection, study_seq: int) -> list[tuple[int, dict[str, object], float]]:
    query = (
        select(trials.c.number, trials.c.params, trials.c.value)
        .where(
            trials.c.study_seq == study_seq,
            trials.c.number < _DEFAULT_AMONG,
            trials.c.state == TrialState.COMPLETE.value,
            trials.c.value.is_not(None),
        )
        .order_by(trials.c.number)
    )
    return [(number, params, value) for number, params, value in connection.execute(query)]


def _known_range(connection: Connection, study: RowMapping) -> tuple[float, float]:
    """The lowest and highest value that the study's workspace knows for its task under its key."""
    siblings = select(studies.c.seq).where(
        studies.c.task_seq == study["task_seq"],
        ModelKey.of_row(study).matches(studies),
        or_(studies.c[COLUMN] == study[COLUMN], studies.c[COLUMN] == SHIPPED_SEQ),
    )
    query = select(func.min(trials.c.value), func.max(trials.c.value)).where(
        trials.c.study_seq.in_(siblings), trials.c.state == TrialState.COMPLETE.value
    )
    low, high = connection.execute(everywhere(query)).one()
    return float(low), float(high)
