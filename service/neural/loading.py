"""A kept model in memory, with its search space."""

from typing import TYPE_CHECKING

from service.neural.contents import read_content
from service.services import Services
from store.neural_models import KeptNeuralModel, NeuralModelRepository
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from maml.acquisition.policy import AcquisitionPolicy
    from maml.surrogates.surrogate import NeuralSurrogate
    from maml.task_models.initialisation import Initialisation


def load_model(
    services: Services, name: str
) -> "tuple[KeptNeuralModel, NeuralSurrogate | AcquisitionPolicy | Initialisation, SearchSpace | None]":
    """What is told of a model, the model itself, and of a surrogate or an acquisition its search space.

    Raises:
        NotFoundError: If there is no such model.
    """
    space = None
    with services.database.reading() as connection:
        repository = NeuralModelRepository(connection)
        kept = repository.get(name)
        model = services.neural.find(kept)
        content = b"" if model is not None else repository.content(name)
        if kept.surrogate_of is not None:
            space = SearchSpaceRepository(connection).get(kept.surrogate_of.space_id)
    if model is None:
        model = read_content(kept, content)
        services.neural.put(kept, model)
    return kept, model, space
