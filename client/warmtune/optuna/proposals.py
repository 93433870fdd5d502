"""What the service has proposed to trials that still run."""

from datetime import datetime
from typing import NamedTuple

from optuna.study import Study
from optuna.trial import BaseTrial

from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidConfigurationError, ServiceError
from warmtune.vocabulary.recommendation import RankedConfiguration
from warmtune.vocabulary.space import Configuration, SearchSpace


class Proposals:
    """Proposed configurations by trial, among those of all studies that a sampler serves.

    Not safe to share between threads without a lock.
    """

    def __init__(self) -> None:
        self._by_trial: dict[_TrialKey, Configuration] = {}

    def __contains__(self, trial: tuple[Study, BaseTrial]) -> bool:
        """Whether something was proposed to a study's trial."""
        return _key(*trial) in self._by_trial

    def of_trial(self, study: Study, trial: BaseTrial) -> Configuration:
        """What was proposed to a trial; empty where nothing was."""
        return self._by_trial.get(_key(study, trial), {})

    def of_study(self, study: Study) -> dict[int, Configuration]:
        """What was proposed to the trials of a study, by their number."""
        return {k.number: found for k, found in self._by_trial.items() if k.study_name == study.study_name}

    def add(self, study: Study, trial: BaseTrial, configuration: Configuration) -> None:
        """Remember what was proposed to a trial."""
        self._by_trial[_key(study, trial)] = configuration

    def drop(self, study: Study, trial: BaseTrial) -> None:
        """Forget a trial, which has ended."""
        self._by_trial.pop(_key(study, trial), None)

    def copy(self) -> "Proposals":
        """The same proposals, to be changed apart from these."""
        copied = Proposals()
        copied._by_trial = dict(self._by_trial)
        return copied


def checked_proposal(ranked: RankedConfiguration, space: SearchSpace) -> dict[str, ParameterValue]:
    """A configuration that the service answered, as the search space has its values.

    Raises:
        ServiceError: If it is none of the search space.
    """
    try:
        return space.validate(ranked.configuration)
    except InvalidConfigurationError as error:
        raise ServiceError(
            f"the service proposed a configuration that is not one of the search space: {error.message}",
            field=error.field,
        ) from error


class _TrialKey(NamedTuple):
    """One trial of one study."""

    study_name: str
    number: int
    started_at: datetime | None


def _key(study: Study, trial: BaseTrial) -> _TrialKey:
    return _TrialKey(study.study_name, trial.number, trial.datetime_start)
