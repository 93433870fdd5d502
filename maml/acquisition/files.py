"""Learned acquisitions and their checkpoints as safetensors with a JSON header: they can run nothing."""

import math
from dataclasses import fields
from typing import Final

import torch
from torch import Tensor

from maml.algorithms.learned_acquisition import LearnedAcquisition
from maml.networks.recipes import Network, NetworkSpec
from maml.tensors.files import from_tensor_file, refusing, to_tensor_file
from maml.tensors.parameters import Params, group, prefixed
from maml.training.job import TrainingState
from maml.training.outer_loop import LearnerState
from warmtune.vocabulary.errors import InvalidInputError

FORMAT: Final = "warmtune-acquisition/1"
_PARTS: Final = ("meta", "first", "second", "best")


def to_file(acquisition: LearnedAcquisition, tensors: dict[str, Tensor], facts: dict[str, object]) -> bytes:
    """One file of named tensors, and of JSON values beside the acquisition's settings."""
    settings: dict[str, object] = {"network": acquisition.network.spec.to_settings()}
    settings |= {
        field.name: getattr(acquisition, field.name) for field in fields(acquisition) if field.name != "network"
    }
    return to_tensor_file(tensors, {"format": FORMAT, "acquisition": settings, "facts": facts})


def from_file(content: bytes) -> tuple[LearnedAcquisition, dict[str, Tensor], dict[str, object]]:
    """Inverse of `to_file`.

    Raises:
        InvalidInputError: If the bytes aren't such a file.
    """
    with refusing("a learned acquisition", "acquisition"):
        tensors, header = from_tensor_file(content, FORMAT)
        stored, facts = header["acquisition"], header["facts"]
        if not isinstance(stored, dict) or not isinstance(facts, dict):
            raise InvalidInputError("settings and facts are objects", field="acquisition", value=stored)
        settings = dict(stored)
        unknown = settings.keys() - {field.name for field in fields(LearnedAcquisition)}
        if unknown:
            raise InvalidInputError("an acquisition has no such setting", field="acquisition", value=sorted(unknown))
        network = Network(NetworkSpec.from_settings(settings.pop("network")))
        return LearnedAcquisition(network, **settings), tensors, facts


def parameters_in(acquisition: LearnedAcquisition, tensors: dict[str, Tensor], part: str) -> Params:
    """The parameters called ``part.name``.

    Raises:
        InvalidInputError: If they aren't those of the acquisition's network.
    """
    expected = {name: value.shape for name, value in acquisition.network.shapes.items()}
    found = group(part, tensors)
    if {name: value.shape for name, value in found.items()} != expected:
        raise InvalidInputError("the parameters don't belong to the network", field=part, value=sorted(found))
    return {name: found[name] for name in expected}


def checkpoint_to_bytes(acquisition: LearnedAcquisition, state: TrainingState) -> bytes:
    """Where a training stands."""
    current = state.current
    parts = (current.meta, current.first, current.second, state.best)
    tensors = {n: v for part, params in zip(_PARTS, parts, strict=True) for n, v in prefixed(part, params).items()}
    facts: dict[str, object] = {
        "n_steps": current.n_steps,
        "best_loss": state.best_loss if math.isfinite(state.best_loss) else None,  # JSON has no infinity
        "n_stale": state.n_stale,
    }
    return to_file(acquisition, tensors, facts)


def checkpoint_from_bytes(content: bytes, acquisition: LearnedAcquisition) -> TrainingState:
    """Inverse of `checkpoint_to_bytes`.

    Raises:
        InvalidInputError: If the bytes are no checkpoint, or another acquisition's.
    """
    stored, tensors, facts = from_file(content)
    if stored != acquisition:
        raise InvalidInputError("the checkpoint is another acquisition's", field="checkpoint", value=stored.horizon)
    if not {"n_steps", "best_loss", "n_stale"} <= facts.keys():
        raise InvalidInputError("the file isn't a checkpoint", field="checkpoint", value=sorted(facts))
    meta, first, second, best = (parameters_in(acquisition, tensors, part) for part in _PARTS)
    loss = facts["best_loss"]
    current = LearnerState(meta, first, second, int(str(facts["n_steps"])))
    return TrainingState(current, best, math.inf if loss is None else float(str(loss)), int(str(facts["n_stale"])))


def zeros_like(params: Params) -> Params:
    """The same names and shapes."""
    return {name: torch.zeros_like(value) for name, value in params.items()}
