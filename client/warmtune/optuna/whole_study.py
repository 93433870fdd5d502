"""All of a study, also where Optuna hands its samplers a view of a part.

With Optuna's Hyperband pruner, samplers get a study that shows the trials of one bracket only and refuses to show its
user attributes. The public methods of the class, called on that view, see the whole.
"""

import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.vocabulary.errors import StudyStorageError

MAX_ATTRIBUTE_BYTES = 60_000
"""Longest attribute that is written in one piece: MySQL keeps 65,535 bytes of one."""

_PART_CHARACTERS = 16_000
"""ASCII only, but each may be escaped within a JSON string: never above `MAX_ATTRIBUTE_BYTES`."""


def user_attribute(study: Study, key: str) -> object:
    """A user attribute of the study, or None; also None where its parts don't fit together.

    Raises:
        StudyStorageError: If the study's storage fails.
    """
    with storage_failures("read"):
        attributes: dict[str, object] = vars(Study)["user_attrs"].__get__(study)
    return _joined(attributes, key, attributes.get(key))


def set_user_attribute(study: Study, key: str, value: object) -> None:
    """Write a user attribute; all processes on the study's storage see it.

    What is too long for some databases goes in parts, under keys of their own.

    Raises:
        StudyStorageError: If the study's storage fails.
    """
    text = json.dumps(value)
    with storage_failures("write"):
        if len(text) <= MAX_ATTRIBUTE_BYTES:
            Study.set_user_attr(study, key, value)
            return
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        starts = range(0, len(text), _PART_CHARACTERS)
        for index, start in enumerate(starts):
            part = {"of": digest, "text": text[start : start + _PART_CHARACTERS]}
            Study.set_user_attr(study, f"{key}:{index}", part)
        Study.set_user_attr(study, key, {"parts": len(starts), "of": digest})


def all_trials(study: Study, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
    """The trials of all brackets, by number; not to be changed.

    Raises:
        StudyStorageError: If the study's storage fails.
    """
    with storage_failures("read"):
        return Study.get_trials(study, deepcopy=False, states=states)


@contextmanager
def storage_failures(what: str) -> Iterator[None]:
    """Failures of whatever database or server keeps the study, as one of the family.

    Raises:
        StudyStorageError: Instead of anything that is raised inside.
    """
    try:
        yield
    except Exception as error:  # whatever the storage's own libraries raise
        raise StudyStorageError(
            f"the study's storage could not {what}: {type(error).__name__}: {error}", field="study"
        ) from error


def _joined(attributes: Mapping[str, object], key: str, value: object) -> object:
    """A value that may have been written in parts; two writers at once may have left parts of two values."""
    if not isinstance(value, Mapping) or set(value) != {"parts", "of"} or not isinstance(value["parts"], int):
        return value
    texts: list[str] = []
    for index in range(value["parts"]):
        part = attributes.get(f"{key}:{index}")
        if not isinstance(part, Mapping) or part.get("of") != value["of"] or not isinstance(part.get("text"), str):
            return None
        texts.append(part["text"])
    joined: object = json.loads("".join(texts))
    return joined
