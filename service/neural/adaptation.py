"""Adapting a stored model to a support set."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from safetensors.torch import save

from maml.acquisition.policy import AcquisitionPolicy
from maml.surrogates.tuning_tasks import Points
from maml.task_models.initialisation import FineTuning, Initialisation
from maml.task_models.target_kind import inferred_kind
from maml.task_models.task_model import FittedTaskModel, fit_task_model
from metamodel.space.cube import UnitCube
from service.neural.sizes import check_size
from service.neural.subjects import check_without_task, embedding_of
from service.neural.tables import check_magnitudes, labelled, tables_of
from service.services import Services
from service.settings import Settings
from store.neural_models import StoredNeuralModel
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidConfigurationError, InvalidInputError
from warmtune.vocabulary.neural_model import AdaptedAnswer
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.base import WireValue
from warmtune.wire.neural_answers import AdaptRequest


def adapt(services: Services, name: str, asked: AdaptRequest) -> AdaptedAnswer:
    """Adapt a model to the support and predict the query.

    Raises:
        NotFoundError: If there is no such model.
        InvalidInputError: If support or query are missing, don't fit the model, or contradict each other.
        LimitExceededError: If they are larger than the settings allow.
    """
    stored, model, space = services.neural.load(name)
    if isinstance(model, Initialisation):
        check_without_task(asked)
        return _predict_targets(stored, model, asked, services.settings)
    if space is None:
        raise InvalidInputError("the model has no search space", field="name", value=name)
    known, scores, wanted = _question(space, asked, services.settings)
    if isinstance(model, AcquisitionPolicy):
        check_without_task(asked)
        mean, sd = model.predict(known, scores, wanted)
    else:
        mean, sd = model.predict(known, scores, wanted, embedding_of(services, stored, model, asked))
    return AdaptedAnswer(
        model=stored.name,
        version=stored.version,
        mean=tuple(mean.tolist()),
        sd=tuple(sd.tolist()),
        classes=None,
        probabilities=None,
        support_loss=None,
        parameters=None,
    )


def _question(space: SearchSpace, asked: AdaptRequest, settings: Settings) -> tuple[Points, FloatArray, Points]:
    """The support's points and scores, and the query's points.

    Raises:
        InvalidInputError: On what only a task model takes, or configurations without scores.
        LimitExceededError: If there are more than the settings allow.
    """
    support, query = asked.support, asked.query
    _refuse(
        {
            "support.rows": support.rows,
            "support.targets": support.targets,
            "query.rows": query.rows,
            "kind": asked.kind,
            "fine_tuning": asked.fine_tuning.model_dump(exclude_unset=True) or None,
            "return_parameters": asked.return_parameters or None,
        },
        "this is for task models only",
        limit="configurations and scores",
    )
    configurations, scores = support.configurations or [], support.scores or []
    if len(configurations) != len(scores):
        raise InvalidInputError(
            "every configuration needs a score", field="support.scores", value=len(scores), limit=len(configurations)
        )
    check_size("support.configurations", len(configurations), settings.max_neural_support)
    check_magnitudes(scores, "support.scores")
    check_size("query.configurations", len(query.configurations or []), settings.max_neural_query)
    known = points_of(space, configurations, "support.configurations")
    wanted = points_of(space, query.configurations or [], "query.configurations")
    return known, np.array(scores, dtype=np.float64), wanted


def points_of(space: SearchSpace, configurations: list[dict[str, WireValue]], field: str, *, below: str = "") -> Points:
    """Configurations in the unit cube.

    Args:
        space: What they are of.
        configurations: As they were sent.
        field: Where the list of them stands in the request.
        below: Where in an item of that list its parameters stand, with a dot; nothing where the item is them.

    Raises:
        InvalidConfigurationError: On one that isn't of the search space, naming its place in the request.
    """
    checked = []
    for index, configuration in enumerate(configurations):
        try:
            checked.append(space.validate(configuration))
        except InvalidConfigurationError as error:
            parameter = (error.field or "").removeprefix("params.")
            raise error.placed(f"{field}.{index}.{below}{parameter}".rstrip(".")) from error
    return Points(*UnitCube(space).encode(checked))


def _refuse(given: Mapping[str, object], message: str, *, limit: str) -> None:
    """Refuse the first field that was sent although the model has no use for it; whole lists are not repeated."""
    for field, value in given.items():
        if value is not None:
            raise InvalidInputError(message, field=field, value=None if isinstance(value, list) else value, limit=limit)


def _predict_targets(
    stored: StoredNeuralModel, model: Initialisation, asked: AdaptRequest, settings: Settings
) -> AdaptedAnswer:
    support, query = asked.support, asked.query
    _refuse(
        {
            "support.configurations": support.configurations,
            "support.scores": support.scores,
            "query.configurations": query.configurations,
        },
        "this is for surrogates and acquisitions only",
        limit="rows and targets",
    )
    rows, targets, wanted = support.rows or [], support.targets or [], query.rows or []
    if len(rows) != len(targets) or len(rows) < 2:
        raise InvalidInputError(
            "a task model needs at least two rows, each with a target",
            field="support.targets",
            value=len(targets),
            limit=max(2, len(rows)),
        )
    check_size("support.rows", len(rows), settings.max_neural_support)
    check_size("query.rows", len(wanted), settings.max_neural_query)
    table, others = tables_of(rows, wanted, max_columns=settings.max_neural_columns)
    kind = asked.kind or inferred_kind(targets)
    start = model.start(kind)
    given = {name: getattr(asked.fine_tuning, name) for name in asked.fine_tuning.model_fields_set}
    how: FineTuning = replace(start.fine_tuning, **{name: v for name, v in given.items() if v is not None})
    classes, known = labelled(table, targets, kind)
    fitted = fit_task_model(start, known, how=how, max_rows=settings.max_neural_support)
    return _answer(stored, fitted, others, classes, with_parameters=asked.return_parameters)


def _answer(
    stored: StoredNeuralModel,
    fitted: FittedTaskModel,
    others: pd.DataFrame,
    classes: list[WireValue] | None,
    *,
    with_parameters: bool,
) -> AdaptedAnswer:
    predicted = fitted.predict(others)
    parameters = None
    if with_parameters:
        tensors = {name: value.float().contiguous() for name, value in fitted.params.items()}
        parameters = save(tensors)
    return AdaptedAnswer(
        model=stored.name,
        version=stored.version,
        mean=tuple(predicted[:, 0].tolist()) if classes is None else None,
        sd=None,
        classes=None if classes is None else tuple(classes),  # type: ignore[arg-type]  # the request's, without null
        probabilities=None if classes is None else tuple(tuple(row) for row in predicted.tolist()),
        support_loss=tuple(fitted.losses),
        parameters=parameters,
    )
