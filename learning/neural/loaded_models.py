"""Neural models in memory: read from their files when first asked for."""

import copy
from typing import TYPE_CHECKING, Self

from learning.lru import LruCache
from store.connections.database import Database
from store.connections.scope import SHIPPED_SEQ, workspace_of
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
        self._models: LruCache[tuple[int, str, str], NeuralSurrogate | AcquisitionPolicy | Initialisation] = LruCache(
            max_items=max_models, owner_of=lambda which: which[0]
        )

    def of(self, database: Database) -> Self:
        """The same cache, for the workspace that a database is bound to; what ships is there once for all."""
        bound = copy.copy(self)
        bound._database = database
        return bound

    def load(
        self, name: str
    ) -> "tuple[StoredNeuralModel, NeuralSurrogate | AcquisitionPolicy | Initialisation, SearchSpace | None]":
        """What is stored of a model, the model itself, and of a surrogate or an acquisition its search space.

        Raises:
            NotFoundError: If there is no such model.
        """
        space = None
        with self._database.reading() as connection:
            repository = NeuralModelRepository(connection)
            stored = repository.get(name)
            owner = SHIPPED_SEQ if stored.shipped else workspace_of(connection).seq
            model = self._models.find((owner, stored.name, stored.version))
            content = b"" if model is not None else repository.content(name)
            if stored.surrogate_of is not None:
                space = SearchSpaceRepository(connection).get(stored.surrogate_of.space_id)
        if model is None:
            from learning.neural.contents import read_content  # noqa: PLC0415  # torch, when first needed

            model = read_content(stored, content)
            self._models.put((owner, stored.name, stored.version), model)
        return stored, model, space

    def forget(self, name: str) -> None:
        """Let go of every version of a model of the workspace."""
        workspace = self._database.workspace
        self._models.forget(lambda which: workspace is not None and which[:2] == (workspace.seq, name))
