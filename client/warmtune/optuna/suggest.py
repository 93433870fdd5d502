"""Suggesting a whole search space in an objective, conditions included."""

from collections.abc import Mapping

from optuna.distributions import BaseDistribution
from optuna.trial import BaseTrial

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.optuna_trial import ask_trial
from warmtune.vocabulary.space import SearchSpace
from warmtune.wire.bodies import as_search_space


def suggest(
    trial: BaseTrial, search_space: SearchSpace | NamedSearchSpace | Mapping[str, BaseDistribution]
) -> dict[str, ParameterValue]:
    """Ask a trial for every active parameter, parents before children.

    An objective that uses this and `Client.warm_start` with the same search space can't disagree on names or bounds:
    Optuna would silently ignore an enqueued value whose name the objective never asks for.

    Args:
        trial: Optuna's, as the objective gets it.
        search_space: The space that the study was warm-started with, a registered one as it was read, or Optuna's
            distributions by name.

    Returns:
        The configuration to evaluate, by name.

    Raises:
        InvalidInputError: If `trial` is not an Optuna trial, or the search space is invalid.
    """
    given: object = trial
    if not callable(getattr(given, "suggest_float", None)):  # wrappers of trials are none of Optuna's classes
        raise InvalidInputError(
            f"trial must be an Optuna trial, as an objective receives it, not {type(given).__name__}",
            field="trial",
            value=given,
            limit="optuna.trial.Trial, FixedTrial or FrozenTrial",
        )
    return ask_trial(trial, as_search_space(search_space))
