"""Learner states as safetensors with a JSON header: readable by anything, able to run nothing."""

import json
from dataclasses import dataclass
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from maml.catalogue import learner_from_settings, learner_settings
from maml.learner import Learner
from maml.parameters import group, prefixed
from maml.training import LearnerState
from warmtune.errors import InvalidInputError

FORMAT: Final = "warmtune-maml/1"
_PARTS: Final = ("meta", "first", "second")


@dataclass(frozen=True, slots=True)
class KeptLearner:
    """A learner with what it has learned.

    Attributes:
        learner: The algorithm and its settings.
        state: The meta-parameters and the outer optimiser's means.
        facts: Further JSON values that were kept beside them.
    """

    learner: Learner
    state: LearnerState
    facts: dict[str, object]


def state_to_bytes(learner: Learner, state: LearnerState, facts: dict[str, object] | None = None) -> bytes:
    """One safetensors file: tensors ``meta.*``, ``first.*``, ``second.*``; header ``warmtune`` with JSON.

    Args:
        learner: The algorithm.
        state: On any device.
        facts: JSON values to keep beside.
    """
    tensors = {
        name: value.detach().cpu().contiguous().clone()  # safetensors refuses tensors that share memory
        for part in _PARTS
        for name, value in prefixed(part, getattr(state, part)).items()
    }
    header = {
        "format": FORMAT,
        "learner": learner_settings(learner),
        "n_steps": state.n_steps,
        "facts": facts or {},
    }
    return save(tensors, metadata={"warmtune": json.dumps(header, allow_nan=False)})


def state_from_bytes(content: bytes, *, device: torch.device | str = "cpu") -> KeptLearner:
    """Inverse of `state_to_bytes`.

    Raises:
        InvalidInputError: If the bytes aren't such a file, or its tensors don't belong to its learner.
    """
    try:
        tensors = load(content)
        header = json.loads(_metadata(content)["warmtune"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise InvalidInputError(f"not a state of a meta-learner: {error}", field="state") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InvalidInputError("the state has another format", field="format", value=header, limit=FORMAT)
    learner = learner_from_settings(header["learner"])
    meta, first, second = (group(part, tensors) for part in _PARTS)
    expected = {name: value.shape for name, value in learner.initial(torch.Generator()).items()}
    for part in (meta, first, second):
        found = {name: value.shape for name, value in part.items()}
        if found != expected:
            wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
            raise InvalidInputError("the state's tensors don't belong to its learner", field="state", value=wrong)
    meta, first, second = ({name: part[name].to(device) for name in expected} for part in (meta, first, second))
    return KeptLearner(learner, LearnerState(meta, first, second, int(header["n_steps"])), dict(header["facts"]))


def _metadata(content: bytes) -> dict[str, str]:
    """The header's free part: eight bytes of length, then JSON."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    metadata: dict[str, str] = header["__metadata__"]
    return metadata
