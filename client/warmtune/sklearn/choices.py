"""Choices that are no plain values, as tuples, estimators and functions are: texts stand for them in studies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.space import Configuration

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class NamedChoices:
    """What the texts stand for.

    Attributes:
        by_parameter: The choice by its text, for each parameter that has any.
    """

    by_parameter: Mapping[str, Mapping[str, object]]

    def settings(self, configuration: Configuration) -> dict[str, object]:
        """A configuration as `set_params` takes it; estimators among the choices are copies that nothing has fitted."""
        return {name: self._meant(name, value) for name, value in configuration.items()}

    def _meant(self, name: str, value: ParameterValue) -> object:
        meant = self.by_parameter.get(name, {})
        return clone(meant[value], safe=False) if isinstance(value, str) and value in meant else value

    def text_of(self, name: str, value: object) -> object:
        """The text of a choice; of what is none, or is plain, the value itself."""
        named = self.by_parameter.get(name)
        if not named or is_plain(value):
            return value
        wanted = _name_of(value)
        return next((text for text, choice in named.items() if choice is value or _name_of(choice) == wanted), value)


def is_plain(choice: object) -> bool:
    """Whether a study can hold a choice as it is."""
    return choice is None or isinstance(choice, (bool, int, float, str))


def named_choices(choices: Sequence[object]) -> tuple[list[ParameterValue], dict[str, object]]:
    """Choices with texts in the place of those that are no plain values, and what each text stands for.

    A text is the same in every process, so that studies over the same choices are over the same search space.
    """
    plain = [choice.item() if isinstance(choice, np.generic) else choice for choice in choices]
    taken = {choice for choice in plain if isinstance(choice, str)}
    texts: list[ParameterValue] = []
    meant: dict[str, object] = {}
    for place, choice in enumerate(plain):
        if choice is None or isinstance(choice, (bool, int, float, str)):
            texts.append(choice)
            continue
        text = _name_of(choice)
        if text in taken:
            text = f"{text} ({place})"
        taken.add(text)
        texts.append(text)
        meant[text] = choice
    return texts, meant


def _name_of(choice: object) -> str:
    """A text for a choice, without the address of a function or class."""
    name = getattr(choice, "__qualname__", None)
    text = f"{getattr(choice, '__module__', '')}.{name}" if isinstance(name, str) else " ".join(repr(choice).split())
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return printable if len(printable) <= LONGEST_NAME else f"{printable[: LONGEST_NAME - 1]}…"
