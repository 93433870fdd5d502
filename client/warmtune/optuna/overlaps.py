"""Workers that were answered alike at the same moment, over questions that differed a little."""

from collections.abc import Sequence
from typing import Final

from optuna.trial import FrozenTrial

from warmtune.vocabulary.space import Configuration

MAX_QUESTIONS: Final = 3
"""Of one trial: another worker may take the next answer too, and an answer that is tried twice is no disaster."""


def taken_meanwhile(
    configuration: Configuration, *, number: int, before: Sequence[FrozenTrial], now: Sequence[FrozenTrial]
) -> dict[int, Configuration]:
    """Trials that took a configuration while trial `number` asked for it, by their number.

    Args:
        configuration: What was answered.
        number: Of the trial that asked.
        before: The study's trials when it asked; those that had parameters then were part of the question.
        now: Those since.

    Returns:
        `configuration` for each of them: one that has not stored all of its parameters agrees as far as it has.
    """
    asked_with = {trial.number for trial in before if trial.params or trial.state.is_finished()} | {number}
    return {
        trial.number: configuration
        for trial in now
        if trial.number not in asked_with and _agrees(configuration, trial.params)
    }


def _agrees(configuration: Configuration, parameters: Configuration) -> bool:
    common = parameters.keys() & configuration.keys()
    return bool(common) and all(parameters[name] == configuration[name] for name in common)
