"""Meta-training, keeping, finding and adapting neural models."""

from learning.job_requests import NeuralTrainJob
from service.neural.job_kind import NEURAL_TRAIN
from service.search_spaces.objective_keys import key_of
from service.search_spaces.requested_space import requested_spaces
from service.services import Services
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel, StoredNeuralModel, SurrogateOf
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from store.stored_job import StoredJob
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.neural_model import NeuralModel
from warmtune.vocabulary.page import Page
from warmtune.vocabulary.surrogate_kind import LEARNED_ACQUISITION
from warmtune.wire.neural import NeuralTrainRequest


def train(services: Services, asked: NeuralTrainRequest) -> StoredJob:
    """Queue a meta-training.

    Raises:
        ConflictError: If the name stands for something else.
        InvalidInputError: If a learned acquisition is to read meta-features.
        LimitExceededError: If too many steps are asked for, or there is no room for another model.
    """
    limit = services.settings.max_neural_train_steps
    if asked.n_steps > limit:
        raise LimitExceededError(
            "the number of meta-steps exceeds the limit", field="n_steps", value=asked.n_steps, limit=limit
        )
    family = NeuralFamily.ACQUISITION if asked.algorithm == LEARNED_ACQUISITION else NeuralFamily.SURROGATE
    if family is NeuralFamily.ACQUISITION and asked.reads_meta_features:
        raise InvalidInputError(
            "a learned acquisition can't use meta-features", field="reads_meta_features", value=True, limit="false"
        )
    found = requested_spaces(services, asked.search_space).for_kind(asked.kind)
    key = key_of(found.space, asked.kind, metric=asked.metric, direction=asked.direction)
    with services.database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(found.space)
        of = SurrogateOf(space_id, found.name, key.kind_group, key.metric, key.direction)
        models = NeuralModelRepository(connection)
        models.check_name_is_free(asked.name, family, of)
        models.check_room(asked.name, max_stored=services.settings.max_neural_models)
    request = NeuralTrainJob(
        name=asked.name,
        search_space=found.name,
        space_id=space_id,
        content_key=key.content_key,
        kind_group=key.kind_group,
        metric=key.metric,
        direction=key.direction,
        algorithm=asked.algorithm,
        reads_meta_features=asked.reads_meta_features,
        n_steps=asked.n_steps,
        patience=asked.patience,
        seed=asked.seed,
    )
    return services.jobs.submit(NEURAL_TRAIN, request.model_dump(mode="json"))


def put_task_model(services: Services, name: str, content: bytes) -> StoredNeuralModel:
    """Store an initialisation of task models under a name, which the route has checked.

    Raises:
        InvalidInputError: If the bytes are no such initialisation.
        ConflictError: If the name stands for something else.
    """
    from learning.neural.contents import task_model_facts  # noqa: PLC0415  # torch, when first needed

    model = NewNeuralModel(name, NeuralFamily.TASK_MODEL, content, task_model_facts(content))
    with services.database.writing() as connection:
        repository = NeuralModelRepository(connection)
        return repository.keep(model, max_stored=services.settings.max_neural_models)


def get_model(services: Services, name: str) -> StoredNeuralModel:
    """The facts about a model."""
    with services.database.reading() as connection:
        return NeuralModelRepository(connection).get(name)


def delete_model(services: Services, name: str) -> None:
    """Forget a model, here and in the database.

    Raises:
        NotFoundError: If there is no such model.
        ConflictError: If it ships.
    """
    with services.database.writing() as connection:
        NeuralModelRepository(connection).delete(name)
    services.neural.forget(name)


def get_content(services: Services, name: str) -> tuple[StoredNeuralModel, bytes]:
    """A model with its safetensors file."""
    with services.database.reading() as connection:
        repository = NeuralModelRepository(connection)
        return repository.get(name), repository.content(name)


def list_models(services: Services, page: PageRequest, *, family: NeuralFamily | None) -> Page[NeuralModel]:
    """Models, newest name first."""
    with services.database.reading() as connection:
        return NeuralModelRepository(connection).page(page, family=family).map(lambda stored: stored.neural_model)
