"""What the files of neural models hold."""

from dataclasses import asdict

from maml.acquisition.policy import AcquisitionPolicy
from maml.surrogates.surrogate import NeuralSurrogate
from maml.task_models.initialisation import KINDS, Initialisation
from store.neural_models import NeuralFamily, StoredNeuralModel


def task_model_facts(content: bytes) -> dict[str, object]:
    """The facts about an initialisation of task models.

    Raises:
        InvalidInputError: If the bytes are none, naming them as the request's body.
    """
    initialisation = Initialisation.from_bytes(content, field="body")
    recommended = {kind: asdict(initialisation.start(kind).fine_tuning) for kind in KINDS}
    return {**initialisation.facts, "fine_tuning": recommended}


def read_content(model: StoredNeuralModel, content: bytes) -> NeuralSurrogate | AcquisitionPolicy | Initialisation:
    """The model that a file holds."""
    if model.family is NeuralFamily.ACQUISITION:
        return AcquisitionPolicy.from_bytes(content)
    if model.family is NeuralFamily.SURROGATE:
        return NeuralSurrogate.from_bytes(content)
    return Initialisation.from_bytes(content)
