"""Learner states as safetensors with a JSON header: readable by anything, able to run nothing."""

import json
from dataclasses import dataclass
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from maml.catalogue import learner_from_settings, learner_settings
from maml.learner import Learner
from maml.parameters import Params, group, prefixed
from maml.training import LearnerState
from warmtune.errors import InvalidInputError

FORMAT: Final = "warmtune-maml/1"
_PARTS: Final = ("meta", "first", "second", "best")


@dataclass(frozen=True, slots=True)
class KeptLearner:
    """A learner with what it has learned.

    Attributes:
        learner: The algorithm and its settings.
        state: The meta-parameters and the outer optimiser's means.
        best: The meta-parameters that were best on held-out tasks; those of the state where none were kept.
        facts: Further JSON values that were kept beside them.
    """

    learner: Learner
    state: LearnerState
    best: Params
    facts: dict[str, object]


def state_to_bytes(
    learner: Learner, state: LearnerState, facts: dict[str, object] | None = None, *, best: Params | None = None
) -> bytes:
    """One safetensors file: tensors ``meta.*``, ``first.*``, ``second.*``, ``best.*``; header ``warmtune`` with JSON.

    Args:
        learner: The algorithm.
        state: On any device.
        facts: JSON values to keep beside.
        best: The best meta-parameters so far; None keeps the state's.
    """
    parts = (state.meta, state.first, state.second, state.meta if best is None else best)
    tensors = {
        name: value.detach().cpu().contiguous().clone()  # safetensors refuses tensors that share memory
        for part, params in zip(_PARTS, parts, strict=True)
        for name, value in prefixed(part, params).items()
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
        header = json.loads(metadata_of(content)["warmtune"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise InvalidInputError(f"not a state of a meta-learner: {error}", field="state") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InvalidInputError("the state has another format", field="format", value=header, limit=FORMAT)
    learner = learner_from_settings(header["learner"])
    parts = [group(part, tensors) for part in _PARTS]
    expected = {name: value.shape for name, value in learner.initial(torch.Generator()).items()}
    for part in parts:
        found = {name: value.shape for name, value in part.items()}
        if found != expected:
            wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
            raise InvalidInputError("the state's tensors don't belong to its learner", field="state", value=wrong)
    meta, first, second, best = ({name: part[name].to(device) for name in expected} for part in parts)
    state = LearnerState(meta, first, second, int(header["n_steps"]))
    return KeptLearner(learner, state, best, dict(header["facts"]))


def metadata_of(content: bytes) -> dict[str, str]:
    """The free part of a safetensors file's header: eight bytes of length, then JSON."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    metadata: dict[str, str] = header["__metadata__"]
    return metadata
