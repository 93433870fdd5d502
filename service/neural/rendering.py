"""Neural models as answers."""

from store.neural_models import KeptNeuralModel
from warmtune.wire.neural import NeuralModelResponse


def neural_model_response(model: KeptNeuralModel) -> NeuralModelResponse:
    """What is told of a kept model."""
    of = model.surrogate_of
    return NeuralModelResponse.model_validate(
        {
            "name": model.name,
            "family": model.family.value,
            "version": model.version,
            "shipped": model.shipped,
            "surrogate_of": None
            if of is None
            else {
                "search_space": of.search_space_name,
                "kind": of.kind_group.value,
                "metric": of.metric,
                "direction": of.direction,
            },
            "facts": dict(model.facts),
            "n_bytes": model.n_bytes,
            "created_at": model.created_at,
        }
    )
