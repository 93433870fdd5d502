"""Neural models: meta-training them, finding them, and asking them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from warmtune.rest.calls import BYTES, Call
from warmtune.rest.endpoints.resource_paths import PAGE_SIZE, query, quoted
from warmtune.rest.initialisations import initialisation_bytes
from warmtune.tables.cells import Array, Frame, column_of, plain, rows_of
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.job import Job
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.neural_model import AdaptedAnswer, NeuralModel, NeuralSuggestions
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial, TrialState
from warmtune.wire.answers import read_nothing, read_parameters, reader
from warmtune.wire.bodies import SearchSpaceLike, built, direction_of, kind_of, search_space_body, sent
from warmtune.wire.jobs import JobResponse
from warmtune.wire.neural import NeuralModelPage, NeuralModelResponse, NeuralTrainRequest
from warmtune.wire.neural_answers import (
    AdaptRequest,
    AdaptResponse,
    FineTuningBody,
    NeuralSuggestionsRequest,
    NeuralSuggestionsResponse,
)
from warmtune.wire.tasks import TaskBody

Row = Sequence[float | str | bool | None] | Array
Rows = Sequence[Row] | Frame | Array
_MODELS = "/v1/neural/models"


def train_neural_model(  # noqa: PLR0913  # the request's own fields, as flat keywords
    name: str,
    search_space: SearchSpaceLike,
    *,
    kind: TaskKind | str,
    metric: str | None = None,
    direction: Direction | str | None = None,
    algorithm: str = "deep_kernel",
    reads_meta_features: bool = False,
    n_steps: int = 1_000,
    patience: int = 25,
    seed: int = 0,
) -> Call[Job]:
    """Meta-train a neural surrogate, or an acquisition, on all stored trials of a search space, as a job.

    Args:
        name: Its name in the store: a new name, or that of a model of the same family, search space, kind and metric.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        kind: The kind of task; both kinds of classification share a surrogate.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        algorithm: Which member of the MAML family; `learned_acquisition` trains a policy that picks configurations.
        reads_meta_features: Whether what it predicts depends on the task's meta-features too.
        n_steps: Meta-steps at most.
        patience: Looks at held-out tasks, one in 20 steps, without a better one before the training ends.
        seed: Of everything.

    Returns:
        The job; its result names the model's `version`.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown search space.
        ConflictError: If the name stands for something else.
        LimitExceededError: If `n_steps` exceeds the limit, or the number of stored models has reached it.
    """
    body = built(
        NeuralTrainRequest,
        name=name,
        search_space=search_space_body(search_space),
        kind=kind_of(kind),
        metric=metric,
        direction=direction_of(direction),
        algorithm=algorithm,
        reads_meta_features=reads_meta_features,
        n_steps=n_steps,
        patience=patience,
        seed=seed,
    )
    return Call("POST", _MODELS, reader(JobResponse), body=sent(body))


def list_neural_models(
    *,
    family: Literal["surrogate", "acquisition", "task_model"] | None = None,
    limit: int = PAGE_SIZE,
    cursor: str | None = None,
) -> Call[Page[NeuralModel]]:
    """A page of the neural models that are stored, newest name first.

    Args:
        family: Of this family only.
        limit: Items of the page, from 1 to 500.
        cursor: `next_cursor` of the page before.
    """
    return Call("GET", _MODELS, reader(NeuralModelPage), query=query(family=family, limit=limit, cursor=cursor))


def get_neural_model(name: str) -> Call[NeuralModel]:
    """What a neural model is for, and facts about its training.

    Raises:
        NotFoundError: If there is no such model.
    """
    return Call("GET", f"{_MODELS}/{quoted(name)}", reader(NeuralModelResponse))


def put_neural_model(name: str, init: str | Path | bytes) -> Call[NeuralModel]:
    """Store an initialisation of task models, in place of what may be stored under its name.

    Args:
        name: Its name in the store, for `adapt_neural_model` and `warmtune.neural.FromService`.
        init: The safetensors file that `python -m maml task-models` has written: its path, or its bytes.

    Raises:
        InvalidInputError: On a name that can't be, or what is no initialisation.
        ConflictError: If the name belongs to a model of another kind, or to a shipped one.
        LimitExceededError: If it is too large, or the number of stored models has reached its limit.
    """
    path = f"{_MODELS}/{quoted(name)}"
    return Call("PUT", path, reader(NeuralModelResponse), body=initialisation_bytes(init), content_type=BYTES)


def delete_neural_model(name: str) -> Call[None]:
    """Forget a neural model; its name and its room are free then.

    Raises:
        NotFoundError: If there is no such model; also if it was deleted by an attempt whose answer was lost.
        ConflictError: If it ships.
    """
    return Call("DELETE", f"{_MODELS}/{quoted(name)}", read_nothing)


def adapt_neural_model(  # noqa: PLR0913  # the request's own fields, as flat keywords
    name: str,
    *,
    configurations: Sequence[Configuration] | None = None,
    scores: Sequence[float] | Array | None = None,
    query_configurations: Sequence[Configuration] | None = None,
    rows: Rows | None = None,
    targets: Sequence[float | str | bool] | Array | None = None,
    query_rows: Rows | None = None,
    kind: Literal["classification", "regression"] | None = None,
    n_steps: int | None = None,
    rate: float | None = None,
    pull: float | None = None,
    return_parameters: bool = False,
    task: str | TaskDescription | None = None,
) -> Call[AdaptedAnswer]:
    """Adapt a neural model to what is known of a task, and ask it about the rest; nothing of it is stored.

    Args:
        name: The model.
        configurations: For a surrogate or an acquisition: what was tried.
        scores: One for each of these.
        query_configurations: Whose scores to predict.
        rows: For a task model, at least two, as lists, a data frame or an array: numbers within ±1e100, texts,
            booleans, and None, NaN or NA where a cell is missing. Times are refused: only you know what counts as 0.
        targets: One for each row, as a list, a series or an array: texts, booleans or whole numbers are classes unless
            ``kind`` says otherwise.
        query_rows: Whose targets to predict.
        kind: Of a task model's targets; by default inferred from them.
        n_steps: A task model's gradient steps, at most 500; by default as it recommends, as the next two.
        rate: Of the steps, from 0 to 1.
        pull: Weight of the squared distance to the model's start, from 0 to 10.
        return_parameters: Give a task model's adapted parameters too.
        task: A stored task's id or a description, for surrogates that read meta-features.

    Raises:
        InvalidInputError: Naming what is wrong, or what the model has no use for, as the API does: a cell is
            ``support.rows.0.2`` or ``query.rows.0.2``, a target ``support.targets.1``.
        LimitExceededError: If there is more than the service allows.
        NotFoundError: If there is no such model or task.
    """
    tuning = {"n_steps": n_steps, "rate": rate, "pull": pull}
    fields: dict[str, object] = {
        "support": {
            "configurations": _dicts(configurations, "support.configurations"),
            "scores": None if scores is None else column_of(scores, "support.scores"),
            "rows": None if rows is None else rows_of(rows, "support.rows"),
            "targets": None if targets is None else column_of(targets, "support.targets"),
        },
        "query": {
            "configurations": _dicts(query_configurations, "query.configurations"),
            "rows": None if query_rows is None else rows_of(query_rows, "query.rows"),
        },
        "kind": kind,
        "return_parameters": return_parameters,
        **_about(task),
    }
    if given := {setting: value for setting, value in tuning.items() if value is not None}:
        fields["fine_tuning"] = built(FineTuningBody, **given)
    # a surrogate refuses settings of task models, so what isn't set is not sent
    body = built(AdaptRequest, **fields).model_dump_json(exclude_unset=True).encode()
    return Call("POST", f"{_MODELS}/{quoted(name)}/adapt", reader(AdaptResponse), body=body)


def suggest_by_neural_model(
    name: str,
    *,
    trials: Sequence[Trial] = (),
    n: int = 1,
    seed: int = 0,
    task: str | TaskDescription | None = None,
) -> Call[NeuralSuggestions]:
    """The next configurations of a study by one surrogate or acquisition; nothing of it is stored.

    Args:
        name: The model.
        trials: What was evaluated so far. Those that aren't complete teach nothing; they are not suggested again.
        n: Number of configurations, from 1 to 20.
        seed: Of a surrogate's random candidates.
        task: A stored task's id or a description, for surrogates that read meta-features.

    Raises:
        InvalidInputError: Naming what is wrong; on a task model.
        LimitExceededError: If there are more trials than the service allows.
        NotFoundError: If there is no such model or task.
    """
    bodies = [
        {
            "params": _params(trial.configuration, "trials", index, "params"),
            "value": trial.value if trial.state is TrialState.COMPLETE else None,
        }
        for index, trial in enumerate(trials)
    ]
    body = built(NeuralSuggestionsRequest, trials=bodies, n=n, seed=seed, **_about(task))
    return Call("POST", f"{_MODELS}/{quoted(name)}/suggestions", reader(NeuralSuggestionsResponse), body=sent(body))


def get_initialisation(name: str) -> Call[bytes]:
    """A neural model's learned parameters: the bytes of a safetensors file.

    Raises:
        NotFoundError: If there is no such model.
    """
    return Call("GET", f"{_MODELS}/{quoted(name)}/initialisation", read_parameters)


def _dicts(configurations: Sequence[Configuration] | None, field: str) -> list[dict[str, object]] | None:
    if configurations is None:
        return None
    return [_params(configuration, field, index) for index, configuration in enumerate(configurations)]


def _params(configuration: Configuration, *place: object) -> dict[str, object]:
    return {name: plain(value, *place, name) for name, value in dict(configuration).items()}


def _about(task: str | TaskDescription | None) -> dict[str, object]:
    if task is None:
        return {}
    if isinstance(task, str):
        return {"task_id": task}
    if not isinstance(task, TaskDescription):
        raise InvalidInputError(
            f"task is {with_article(type(task).__name__)}",
            field="task",
            value=task,
            limit="a stored task's id or a TaskDescription",
        )
    return {"task": TaskBody.from_domain(task)}
