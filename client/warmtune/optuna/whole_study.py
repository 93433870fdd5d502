"""All of a study, also where Optuna hands its samplers a view of a part.

With Optuna's Hyperband pruner, samplers get a study that shows the trials of one bracket only and refuses to show its
user attributes. The public methods of the class, called on that view, see the whole.
"""

from collections.abc import Container

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState


def user_attribute(study: Study, key: str) -> object:
    """A user attribute of the study, or None."""
    attributes: dict[str, object] = vars(Study)["user_attrs"].__get__(study)
    return attributes.get(key)


def set_user_attribute(study: Study, key: str, value: object) -> None:
    """Write a user attribute; all processes on the study's storage see it."""
    Study.set_user_attr(study, key, value)


def all_trials(study: Study, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
    """The trials of all brackets, by number; not to be changed."""
    return Study.get_trials(study, deepcopy=False, states=states)
