"""Neural models: meta-training a surrogate, downloading what was learned."""

from warmtune.answers import read_job
from warmtune.bodies import SearchSpaceLike, built, direction_of, search_space_body, sent
from warmtune.calls import Call
from warmtune.endpoints.parts import quoted
from warmtune.job import Job
from warmtune.metrics import Direction
from warmtune.task import TaskKind
from warmtune.wire.neural import NeuralTrainRequest


def train_neural_model(  # noqa: PLR0913  # the request's own fields, as flat keywords
    name: str,
    search_space: SearchSpaceLike,
    *,
    kind: TaskKind,
    metric: str | None = None,
    direction: Direction | str | None = None,
    algorithm: str = "deep_kernel",
    reads_meta_features: bool = False,
    n_steps: int = 1_000,
    seed: int = 0,
) -> Call[Job]:
    """Meta-train a neural surrogate, or an acquisition, on all kept trials of a search space, as a job.

    Args:
        name: What to keep it under: a new name, or that of a model of the same family, search space, kind and metric.
        search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
        kind: The kind of task; both kinds of classification share a surrogate.
        metric: By default accuracy, or r2 for regression.
        direction: Needed for metrics that Warmtune doesn't know.
        algorithm: Which member of the MAML family; `learned_acquisition` trains a policy that picks configurations.
        reads_meta_features: Whether what it foretells depends on the task's meta-features too.
        n_steps: Meta-steps at most.
        seed: Of everything.

    Returns:
        The job; its result names the model's `version`.

    Raises:
        InvalidInputError: Naming what is wrong.
        NotFoundError: On an unknown search space.
        ConflictError: If the name stands for something else.
    """
    body = built(
        NeuralTrainRequest,
        name=name,
        search_space=search_space_body(search_space),
        kind=kind,
        metric=metric,
        direction=direction_of(direction),
        algorithm=algorithm,
        reads_meta_features=reads_meta_features,
        n_steps=n_steps,
        seed=seed,
    )
    return Call("POST", "/v1/neural/models", read_job, body=sent(body))


def get_initialisation(name: str) -> Call[bytes]:
    """A neural model's learned parameters: the bytes of a safetensors file.

    Raises:
        NotFoundError: If there is no such model.
    """
    return Call("GET", f"/v1/neural/models/{quoted(name)}/initialisation", bytes)
