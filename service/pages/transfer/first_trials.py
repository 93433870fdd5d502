"""First trials of a workspace's own studies against the default on the same task."""

from typing import TYPE_CHECKING, Final

from service.provenance import IMPORT_LABEL
from store.connections.database import Connection
from store.model_keys import ModelKey
from store.pages import PageRequest
from store.studies import StoredStudy, StudyRepository
from store.study_tables import trials_numbered
from warmtune.vocabulary.trial import TrialState

if TYPE_CHECKING:
    from metamodel.answers.alarm import FirstTrial
    from metamodel.engine import SpaceModel

MAX_STUDIES: Final = 200
_FIRST: Final = 20
"""Trials in which the first scored one, and the default, are looked for."""


def own_studies(connection: Connection, key: ModelKey, space_name: str) -> tuple[StoredStudy, ...]:
    """The newest studies that were run with the service under a key: neither shipped nor imported."""
    found = StudyRepository(connection).page(PageRequest(limit=MAX_STUDIES), search_space=space_name, own_only=True)
    return tuple(study for study in found.items if study.key == key and IMPORT_LABEL not in study.metadata)


def first_trials(
    connection: Connection, model: "SpaceModel", studies: tuple[StoredStudy, ...]
) -> "tuple[FirstTrial, ...]":
    """One a study that has a scored trial, where the default was tried or can be predicted."""
    import numpy as np  # noqa: PLC0415  # the start needs none

    from metamodel.answers.alarm import FirstTrial  # noqa: PLC0415  # scipy, when first needed
    from metamodel.answers.harm import margins  # noqa: PLC0415
    from metamodel.maps.anchors import configuration_key  # noqa: PLC0415

    default = model.space.default_configuration()
    if default is None or model.maps is None:
        return ()
    rows = {history.task.task_id: row for row, history in enumerate(model.histories)}
    sign, found = model.direction.sign, []
    for study in studies:
        trials = trials_numbered(connection, study, range(_FIRST))
        scored = [t for t in trials if t.state is TrialState.COMPLETE and t.value is not None]
        row = rows.get(study.task_id)
        if not scored or scored[0].value is None or row is None:
            continue
        tried = [t.value for t in scored if configuration_key(t.configuration) == configuration_key(default)]
        predicted = sign * float(model.maps.best[row] - model.maps.width[row] * (1.0 - model.maps.mean[row, 0]))
        there = tried[0] if tried and tried[0] is not None else predicted
        best = np.array([model.maps.best[row]])
        margin = float(margins(best, np.array([sign * there]))[0])
        loss = sign * (there - scored[0].value)
        found.append(FirstTrial(study.study_id, scored[0].value, there, bool(tried), loss, margin))
    return tuple(found)
