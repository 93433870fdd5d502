"""Adapting a kept model to a support set."""

import base64
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.torch import save

from maml.acquisition import AcquisitionPolicy
from maml.task_models.fitting import FittedTaskModel, LabelledRows, fit_task_model
from maml.task_models.initialisation import FineTuning, Initialisation
from maml.tuning_tasks import Points
from metamodel.cube import UnitCube
from service.neural.loading import load_model
from service.neural.subjects import check_without_task, embedding_of
from service.services import Services
from service.settings import Settings
from store.neural_models import KeptNeuralModel
from warmtune.errors import InvalidConfigurationError, InvalidInputError, LimitExceededError
from warmtune.space import SearchSpace
from warmtune.wire.base import WireValue
from warmtune.wire.neural import AdaptRequest, AdaptResponse

FloatArray = NDArray[np.float64]
Rows = list[list[WireValue]]


def adapt(services: Services, name: str, asked: AdaptRequest) -> AdaptResponse:
    """Adapt a model to the support and foretell the query.

    Raises:
        NotFoundError: If there is no such model.
        InvalidInputError: If support or query are missing, don't fit the model, or contradict each other.
        LimitExceededError: If they are larger than the settings allow.
    """
    kept, model, space = load_model(services, name)
    if isinstance(model, Initialisation):
        check_without_task(asked, model=name)
        return _predict_targets(kept, model, asked, services.settings)
    if space is None:
        raise InvalidInputError("the model has no search space", field="name", value=name)
    known, scores, wanted = _question(kept, space, asked, services.settings)
    if isinstance(model, AcquisitionPolicy):
        check_without_task(asked, model=name)
        mean, sd = model.predict(known, scores, wanted)
    else:
        mean, sd = model.predict(known, scores, wanted, embedding_of(services, kept, model, asked))
    return AdaptResponse(model=kept.name, version=kept.version, mean=mean.tolist(), sd=sd.tolist())


def _question(
    kept: KeptNeuralModel, space: SearchSpace, asked: AdaptRequest, settings: Settings
) -> tuple[Points, FloatArray, Points]:
    """The support's points and scores, and the query's points.

    Raises:
        InvalidInputError: On what only a task model takes, or configurations without scores.
        LimitExceededError: If there are more than the settings allow.
    """
    support, query = asked.support, asked.query
    if support.rows is not None or support.targets is not None or query.rows is not None:
        raise InvalidInputError(
            "this model takes configurations and scores, no rows", field="support.rows", value=kept.name
        )
    if asked.return_parameters or asked.kind is not None or asked.fine_tuning.model_fields_set:
        raise InvalidInputError(
            "return_parameters, kind and fine_tuning are for task models", field="return_parameters", value=kept.name
        )
    configurations, scores = support.configurations or [], support.scores or []
    if len(configurations) != len(scores):
        raise InvalidInputError(
            "every configuration needs a score", field="support.scores", value=len(scores), limit=len(configurations)
        )
    _check_size("support.configurations", len(configurations), settings.max_neural_support)
    _check_size("query.configurations", len(query.configurations or []), settings.max_neural_query)
    known = points_of(space, configurations, "support.configurations")
    wanted = points_of(space, query.configurations or [], "query.configurations")
    return known, np.array(scores, dtype=np.float64), wanted


def points_of(space: SearchSpace, configurations: list[dict[str, WireValue]], field: str) -> Points:
    """Configurations in the unit cube.

    Raises:
        InvalidConfigurationError: On one that isn't of the search space, naming its place below ``field``.
    """
    checked = []
    for index, configuration in enumerate(configurations):
        try:
            checked.append(space.validate(configuration))
        except InvalidConfigurationError as error:
            raise InvalidConfigurationError(
                error.message, field=f"{field}.{index}.{error.field or ''}".rstrip("."), value=configuration
            ) from error
    return Points(*UnitCube(space).encode(checked))


def _predict_targets(
    kept: KeptNeuralModel, model: Initialisation, asked: AdaptRequest, settings: Settings
) -> AdaptResponse:
    support, query = asked.support, asked.query
    if support.configurations is not None or support.scores is not None or query.configurations is not None:
        raise InvalidInputError(
            "a task model takes rows and targets, no configurations", field="support.configurations", value=kept.name
        )
    rows, targets, wanted = support.rows or [], support.targets or [], query.rows or []
    if len(rows) != len(targets) or len(rows) < 2:
        raise InvalidInputError(
            "a task model needs at least two rows, each with a target",
            field="support.targets",
            value=len(targets),
            limit=max(2, len(rows)),
        )
    _check_size("support.rows", len(rows), settings.max_neural_support)
    _check_size("query.rows", len(wanted), settings.max_neural_query)
    table, others = _tables(rows, wanted, max_columns=settings.max_neural_columns)
    kind = asked.kind or ("regression" if any(isinstance(t, float) and t % 1 for t in targets) else "classification")
    start = model.start(kind)
    given = {name: getattr(asked.fine_tuning, name) for name in asked.fine_tuning.model_fields_set}
    how: FineTuning = replace(start.fine_tuning, **{name: v for name, v in given.items() if v is not None})
    classes, labelled = _labelled(table, targets, kind)
    fitted = fit_task_model(start, labelled, how=how, max_rows=settings.max_neural_support)
    return _answer(kept, fitted, others, classes, with_parameters=asked.return_parameters)


def _answer(
    kept: KeptNeuralModel,
    fitted: FittedTaskModel,
    others: pd.DataFrame,
    classes: list[WireValue] | None,
    *,
    with_parameters: bool,
) -> AdaptResponse:
    predicted = fitted.predict(others) if len(others) else np.zeros((0, max(len(classes or []), 1)))
    parameters = None
    if with_parameters:
        tensors = {name: value.float().contiguous() for name, value in fitted.params.items()}
        parameters = base64.b64encode(save(tensors)).decode()
    return AdaptResponse(
        model=kept.name,
        version=kept.version,
        mean=predicted[:, 0].tolist() if classes is None else None,
        classes=classes,  # type: ignore[arg-type]  # the request's own values, without null
        probabilities=None if classes is None else predicted.tolist(),
        support_loss=list(fitted.losses),
        parameters=parameters,
    )


def _labelled(
    table: pd.DataFrame, targets: list[float | str | bool], kind: str
) -> tuple[list[WireValue] | None, LabelledRows]:
    if kind == "regression":
        if any(isinstance(target, str) for target in targets):
            raise InvalidInputError("numbers are needed for a regression", field="support.targets", limit="numbers")
        return None, LabelledRows(table, np.array(targets, dtype=np.float64), 0)
    classes: list[WireValue] = sorted(set(targets), key=lambda value: (str(type(value)), value))
    if len(classes) < 2:
        raise InvalidInputError("the targets are of one class only", field="support.targets", value=classes, limit=2)
    numbers = {value: number for number, value in enumerate(classes)}
    return classes, LabelledRows(table, np.array([numbers[t] for t in targets], dtype=np.float64), len(classes))


def _tables(rows: Rows, wanted: Rows, *, max_columns: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both as tables of the same columns: a column with a text is nominal throughout."""
    width = len(rows[0])
    for field, part in (("support.rows", rows), ("query.rows", wanted)):
        for index, row in enumerate(part):
            if len(row) != width or width < 1:
                raise InvalidInputError(
                    "all rows have equally many cells", field=f"{field}.{index}", value=len(row), limit=max(width, 1)
                )
    _check_size("support.rows.0", width, max_columns)
    known, others = {}, {}
    for column in range(width):
        cells, asked = [row[column] for row in rows], [row[column] for row in wanted]
        dtype = object if any(isinstance(cell, str) for cell in cells) else np.float64
        if dtype is object:
            known[column], others[column] = pd.Series(cells, dtype=object), pd.Series(asked, dtype=object)
        else:
            numbers = [np.nan if isinstance(cell, str) or cell is None else float(cell) for cell in asked]
            known[column] = pd.Series([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)
            others[column] = pd.Series(numbers, dtype=np.float64)
    return pd.DataFrame(known), pd.DataFrame(others)


def _check_size(field: str, size: int, limit: int) -> None:
    if size > limit:
        raise LimitExceededError("more than is allowed here", field=field, value=size, limit=limit)
