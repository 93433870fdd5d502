"""Stored studies as an Optuna storage, by Optuna's public API."""

import json
import warnings
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import optuna
from optuna.exceptions import DuplicatedStudyError, ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from warmtune.histories.optuna_storage import CHECK, LIMIT, missing_driver, quiet_optuna, without_password
from warmtune.histories.stored_studies import ExportedStudy, free_name
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.exported_note import EXPORTED_FROM, EXPORTED_KEY, ExportedNote
from warmtune.vocabulary.history import ExportReport
from warmtune.vocabulary.trial import Trial, TrialState

DATASET_KEY: Final = "dataset"
_MAX_NOTE_BYTES: Final = 60_000
"""Of a study's attribute: MySQL ends them at 65,535."""


def write_optuna(storage: str, studies: Iterable[ExportedStudy]) -> ExportReport:
    """Write studies into a storage: the path of a journal file, or the URL of a database.

    Search space and task of each are noted in an attribute, which imports read. Numbers are Optuna's own, in the order
    of ours: where some were missing, the next one has their place. Times are counted from the moment at which the study
    was stored, since only durations are known.

    Raises:
        InvalidInputError: If the storage has a study of a name already, or there is nothing to write.
    """
    target: str | BaseStorage = storage if "://" in storage else JournalStorage(JournalFileBackend(storage))
    names: set[str] = set()
    n_trials = n_left_out = n_renumbered = n_unnoted = 0
    for stored in studies:
        name = free_name(stored, names)
        names.add(name)
        study = _created(target, name, stored)
        n_unnoted += not _note(study, stored)
        trials = [_frozen(trial, stored) for trial in stored.trials if trial.state is not TrialState.WAITING]
        study.add_trials(trials)
        n_left_out += len(stored.trials) - len(trials)
        n_renumbered += any(trial.number != place for place, trial in enumerate(stored.trials))
        n_trials += len(trials)
    if not names:
        raise InvalidInputError("the service stores no such study", field="target", limit="at least 1 study")
    notes = [f"{n_left_out} waiting trials are left out"] if n_left_out else []
    notes += [f"in {n_renumbered} studies, trials have new numbers"] if n_renumbered else []
    if n_unnoted:
        notes.append(f"of {n_unnoted} studies, search space and task are left out: an attribute can't hold them")
    return ExportReport("optuna", len(names), n_trials, tuple(notes))


def _created(target: str | BaseStorage, name: str, stored: ExportedStudy) -> Study:
    objectives = stored.summary.objectives
    try:
        with quiet_optuna():
            study = optuna.create_study(
                storage=target, study_name=name, directions=[one.direction.value for one in objectives]
            )
    except DuplicatedStudyError as error:
        raise InvalidInputError(
            f"the storage has a study {name!r} already", field="target", value=name, limit="a new storage"
        ) from error
    except Exception as error:  # whatever the driver of the storage raises
        shown = without_password(target) if isinstance(target, str) else type(target).__name__
        if isinstance(error, ImportError):
            raise missing_driver(shown, error, "target") from error
        raise InvalidInputError(
            f"the storage {shown} can't be used ({type(error).__name__}): {CHECK}",
            field="target",
            value=shown,
            limit=LIMIT,
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # names of metrics, in Optuna 4 and 5
        study.set_metric_names([one.metric for one in objectives])
    return study


def _note(study: Study, stored: ExportedStudy) -> bool:
    """Set the study's attributes; whether those have room for search space and task."""
    summary = stored.summary
    for key, value in summary.metadata.items():
        study.set_user_attr(key, value)
    study.set_user_attr(DATASET_KEY, stored.task.name)
    study.set_user_attr(EXPORTED_FROM, summary.study_id)
    noted = ExportedNote(summary.study_id, stored.space, stored.task).to_json()
    if len(json.dumps(noted)) > _MAX_NOTE_BYTES:
        return False
    study.set_user_attr(EXPORTED_KEY, noted)
    return True


def _frozen(trial: Trial, stored: ExportedStudy) -> FrozenTrial:
    parameters = dict(trial.configuration)
    start = stored.summary.created_at.replace(tzinfo=None)
    is_several = len(stored.summary.objectives) > 1
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED) and trial.value is not None
    frozen = create_trial(
        state=OptunaState[trial.state.name],
        value=trial.value if has_value and not is_several else None,
        values=list(trial.values) if has_value and is_several else None,
        params=parameters,
        distributions={name: stored.space.parameters[name] for name in parameters},
        intermediate_values=dict(trial.intermediate_values),
        system_attrs={"constraints": list(trial.constraints)} if trial.constraints else None,
    )
    frozen.datetime_start = start
    if trial.state.is_finished:
        frozen.datetime_complete = start + timedelta(seconds=trial.duration_s or 0.0)
    return frozen
