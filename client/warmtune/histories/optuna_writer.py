"""Stored studies as an Optuna storage, by Optuna's public API."""

import warnings
from collections.abc import Iterable
from datetime import timedelta

import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from warmtune.histories.stored_studies import ExportedStudy
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.history import ExportReport
from warmtune.vocabulary.trial import Trial, TrialState

DATASET_KEY = "dataset"
EXPORTED_KEY = "exported_from"


def write_optuna(storage: str, studies: Iterable[ExportedStudy]) -> ExportReport:
    """Write studies into a storage: the path of a journal file, or the URL of a database.

    Numbers are Optuna's own, in the order of ours: where some were missing, the next one has their place. Times are
    counted from the moment at which the study was stored, since only durations are known.

    Raises:
        InvalidInputError: If the storage has a study of a name already, or there is nothing to write.
    """
    target: str | BaseStorage = storage if "://" in storage else JournalStorage(JournalFileBackend(storage))
    names: set[str] = set()
    n_studies = n_trials = n_left_out = n_renumbered = 0
    for stored in studies:
        summary = stored.summary
        name = summary.name or summary.study_id
        name = f"{name} ({summary.study_id})" if name in names else name
        names.add(name)
        try:
            study = optuna.create_study(storage=target, study_name=name, direction=summary.direction.value)
        except DuplicatedStudyError as error:
            raise InvalidInputError(
                f"the storage has a study {name!r} already", field="target", value=name, limit="a new storage"
            ) from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # names of metrics, in Optuna 4 and 5
            study.set_metric_names([summary.metric])
        for key, value in summary.metadata.items():
            study.set_user_attr(key, value)
        study.set_user_attr(DATASET_KEY, stored.task.name)
        study.set_user_attr(EXPORTED_KEY, summary.study_id)
        trials = [_frozen(trial, stored) for trial in stored.trials if trial.state is not TrialState.WAITING]
        study.add_trials(trials)
        n_left_out += len(stored.trials) - len(trials)
        n_renumbered += any(trial.number != place for place, trial in enumerate(stored.trials))
        n_studies, n_trials = n_studies + 1, n_trials + len(trials)
    if not n_studies:
        raise InvalidInputError("the service stores no such study", field="target", limit="at least 1 study")
    notes = [f"{n_left_out} waiting trials are left out"] if n_left_out else []
    notes += [f"in {n_renumbered} studies, trials have new numbers"] if n_renumbered else []
    return ExportReport("optuna", n_studies, n_trials, tuple(notes))


def _frozen(trial: Trial, stored: ExportedStudy) -> FrozenTrial:
    parameters = dict(trial.configuration)
    start = stored.summary.created_at.replace(tzinfo=None)
    frozen = create_trial(
        state=OptunaState[trial.state.name],
        value=trial.value if trial.state in (TrialState.COMPLETE, TrialState.PRUNED) else None,
        params=parameters,
        distributions={name: stored.space.parameters[name] for name in parameters},
        intermediate_values=dict(trial.intermediate_values),
        system_attrs={"constraints": list(trial.constraints)} if trial.constraints else None,
    )
    frozen.datetime_start = start
    if trial.state.is_finished:
        frozen.datetime_complete = start + timedelta(seconds=trial.duration_s or 0.0)
    return frozen
