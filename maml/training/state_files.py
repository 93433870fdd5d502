"""Learner states as safetensors with a JSON header: readable by anything, able to run nothing."""

from dataclasses import dataclass
from typing import Final

import torch

from maml.algorithms.catalogue import learner_from_settings, learner_settings
from maml.algorithms.learner import Learner
from maml.tensors.files import from_tensor_file, refusing, to_tensor_file
from maml.tensors.parameters import Params, group, prefixed
from maml.training.outer_loop import LearnerState
from warmtune.vocabulary.errors import InvalidInputError

FORMAT: Final = "warmtune-maml/1"
_PARTS: Final = ("meta", "first", "second", "best")


@dataclass(frozen=True, slots=True)
class StoredLearner:
    """A learner with what it has learned.

    Attributes:
        learner: The algorithm and its settings.
        state: The meta-parameters and the outer optimiser's means.
        best: The meta-parameters that were best on held-out tasks; those of the state where none were stored.
        facts: Further JSON values that were stored beside them.
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
        name: value
        for part, params in zip(_PARTS, parts, strict=True)
        for name, value in prefixed(part, params).items()
    }
    header: dict[str, object] = {
        "format": FORMAT,
        "learner": learner_settings(learner),
        "n_steps": state.n_steps,
        "facts": facts or {},
    }
    return to_tensor_file(tensors, header)


def state_from_bytes(content: bytes, *, device: torch.device | str = "cpu") -> StoredLearner:
    """Inverse of `state_to_bytes`.

    Raises:
        InvalidInputError: If the bytes aren't such a file, or its tensors don't belong to its learner.
    """
    with refusing("a state of a meta-learner", "state"):
        tensors, header = from_tensor_file(content, FORMAT)
        settings, facts = header["learner"], header["facts"]
        if not isinstance(settings, dict) or not isinstance(facts, dict):
            raise InvalidInputError("learner and facts are objects", field="learner", value=settings)
        learner = learner_from_settings(settings)
        with torch.device("meta"):  # shapes only: the settings may ask for more than there is memory
            expected = {name: value.shape for name, value in learner.initial(torch.Generator()).items()}
        parts = [group(part, tensors) for part in _PARTS]
        for part in parts:
            found = {name: value.shape for name, value in part.items()}
            if found != expected:
                wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
                raise InvalidInputError("the state's tensors don't belong to its learner", field="state", value=wrong)
        meta, first, second, best = ({name: part[name].to(device) for name in expected} for part in parts)
        state = LearnerState(meta, first, second, int(str(header["n_steps"])))
        return StoredLearner(learner, state, best, facts)
