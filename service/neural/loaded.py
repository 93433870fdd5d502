"""Neural models in memory: read from their files when first asked for."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from store.neural_models import KeptNeuralModel

if TYPE_CHECKING:
    from maml.acquisition.policy import AcquisitionPolicy
    from maml.surrogates.surrogate import NeuralSurrogate
    from maml.task_models.initialisation import Initialisation


class LoadedModels:
    """The models that were asked for last; threads may share it."""

    def __init__(self, *, max_models: int) -> None:
        self._max_models = max_models
        self._lock = threading.Lock()
        self._models: OrderedDict[tuple[str, str], NeuralSurrogate | AcquisitionPolicy | Initialisation] = OrderedDict()

    def find(self, model: KeptNeuralModel) -> "NeuralSurrogate | AcquisitionPolicy | Initialisation | None":
        """The model in memory, or None."""
        with self._lock:
            found = self._models.get((model.name, model.version))
            if found is not None:
                self._models.move_to_end((model.name, model.version))
            return found

    def put(self, model: KeptNeuralModel, read: "NeuralSurrogate | AcquisitionPolicy | Initialisation") -> None:
        """Remember a model, and forget that which was asked for longest ago where there are too many."""
        with self._lock:
            self._models[(model.name, model.version)] = read
            while len(self._models) > self._max_models:
                self._models.popitem(last=False)

    def forget(self, name: str) -> None:
        """Let go of every version of a model."""
        with self._lock:
            for key in [key for key in self._models if key[0] == name]:
                del self._models[key]
