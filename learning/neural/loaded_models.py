"""Neural models in memory: read from their files when first asked for."""

from typing import TYPE_CHECKING

from learning.lru import LruCache
from store.database import Database
from store.neural_models import NeuralModelRepository, StoredNeuralModel
from store.search_spaces import SearchSpaceRepository
from warmtune.vocabulary.space import SearchSpace

if TYPE_CHECKING:
    from maml.acquisition.policy import AcquisitionPolicy
    from maml.surrogates.surrogate import NeuralSurrogate
    from maml.task_models.initialisation import Initialisation


class LoadedModels:
    """The models that were asked for last; threads may share it."""

    def __init__(self, database: Database, *, max_models: int) -> None:
        self._database = database
        self._models: LruCache[tuple[str, str], NeuralSurrogate | AcquisitionPolicy | Initialisation] = LruCache(
            max_items=max_models
        )

    def load(
        self, name: str
    ) -> "tuple[StoredNeuralModel, NeuralSurrogate | AcquisitionPolicy | Initialisation, SearchSpace | None]":
        """What is kept of a model, the model itself, and of a surrogate or an acquisition its search space.

        Raises:
            NotFoundError: If there is no such model.
        """
        space = None
        with self._database.reading() as connection:
            repository = NeuralModelRepository(connection)
            kept = repository.get(name)
            model = self._models.find((kept.name, kept.version))
            content = b"" if model is not None else repository.content(name)
            if kept.surrogate_of is not None:
                space = SearchSpaceRepository(connection).get(kept.surrogate_of.space_id)
        if model is None:
            from learning.neural.contents import read_content  # noqa: PLC0415  # torch, when first needed

            model = read_content(kept, content)
            self._models.put((kept.name, kept.version), model)
        return kept, model, space

    def forget(self, name: str) -> None:
        """Let go of every version of a model."""
        self._models.forget(lambda key: key[0] == name)
