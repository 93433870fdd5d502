"""Studies as MLflow runs: one for the study, and below it one for each finished trial, with where it is from."""

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.optuna.finished_trials import FINISHED_STATES
from warmtune.optuna.memory import recall
from warmtune.optuna.process_lock import ProcessLock
from warmtune.optuna.whole_study import all_trials
from warmtune.vocabulary.errors import MissingExtraError
from warmtune.vocabulary.finite import is_finite_number

if TYPE_CHECKING:
    pass

STUDY_TAG: Final = "warmtune.study"
TRIAL_TAG: Final = "warmtune.trial"
_IDENTITY_TAG: Final = "warmtune.identity"
_PARENT_TAG: Final = "mlflow.parentRunId"
_RUN_STATUS: Final[Mapping[TrialState, str]] = {
    TrialState.COMPLETE: "FINISHED",
    TrialState.PRUNED: "KILLED",
    TrialState.FAIL: "FAILED",
}
_UNUSUAL: Final = re.compile(r"[^\w\-. /:]")
_ORIGIN: Final = "warmtune:"
_MAX_TEXT: Final = 5_000
"""MLflow keeps 6,000 characters of a parameter, 8,000 of a tag."""
_MAX_PARAMETERS, _MAX_METRICS = 100, 1_000
"""In one request of MLflow."""

_logger = logging.getLogger(__name__)


class MlflowCallback:
    """A callback for ``study.optimize`` that logs each finished trial as an MLflow run, and never stops the study.

    ```python
    study.optimize(objective, n_trials=20, callbacks=[warmtune.mlflow.MlflowCallback("http://mlflow.example:5000")])
    ```

    The runs of a study are children of a run with the study's name. Its tags name the study, task and search space that
    Warmtune knows it by; those of a trial's run its number, state, and rank and strategy where it was recommended. A
    trial that has a run already gets no second one, so that a study can be resumed, and logged by several workers that
    share nothing but their storage. Failures are logged once until it works again. Threads may share one.
    """

    def __init__(
        self, tracking_uri: str | None = None, *, experiment: str = "warmtune", registry_uri: str | None = None
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            tracking_uri: MLflow's: of a server, a database or a folder; by default that of MLflow's own settings.
            experiment: Name of the experiment, which is made where there is none.
            registry_uri: MLflow's.

        Raises:
            MissingExtraError: If MLflow is not installed.
        """
        try:
            from mlflow.tracking import MlflowClient  # noqa: PLC0415  # an extra of the user's
        except ImportError as error:
            raise MissingExtraError("runs are logged by MLflow: pip install mlflow-skinny, or mlflow") from error
        self._client: MlflowClient = MlflowClient(tracking_uri=tracking_uri, registry_uri=registry_uri)
        self._experiment = experiment
        self._parents: dict[str, str] = {}
        self._lock = ProcessLock()
        self._is_failing = False

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Log the trial that has just finished."""
        with self._lock:
            try:
                self._log(study, trial)
            except Exception as error:  # a study never dies of what is beside it
                if not self._is_failing:
                    _logger.warning("trial %d is not logged to MLflow: %s", trial.number, error, exc_info=error)
                self._is_failing = True
            else:
                self._is_failing = False

    def log_study(self, study: Study) -> int:
        """Log all finished trials that have no run yet.

        Returns:
            How many were logged.

        Raises:
            MlflowException: What MLflow answers.
            StudyStorageError: If the study's storage fails.
        """
        with self._lock:
            return sum(self._log(study, trial) for trial in all_trials(study, FINISHED_STATES))

    def _log(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether it was logged now; else it has a run."""
        experiment_id = self._experiment_id()
        parent = self._parent(study, experiment_id)
        identity = _identity(study, str(trial.number))
        if self._found(experiment_id, identity) is not None:
            return False
        run = self._client.create_run(
            experiment_id,
            start_time=_milliseconds(trial.datetime_start),
            tags={_PARENT_TAG: parent, _IDENTITY_TAG: identity, **_trial_tags(study, trial)},
            run_name=f"trial {trial.number}",
        )
        self._log_values(run.info.run_id, study, trial)
        self._client.set_terminated(
            run.info.run_id, status=_RUN_STATUS[trial.state], end_time=_milliseconds(trial.datetime_complete)
        )
        return True

    def _log_values(self, run_id: str, study: Study, trial: FrozenTrial) -> None:
        from mlflow.entities import Metric, Param  # noqa: PLC0415  # installed, since the class was made

        parameters = [Param(_key(name), str(value)[:_MAX_TEXT]) for name, value in trial.params.items()]
        at = _milliseconds(trial.datetime_complete) or 0
        metrics = [Metric(name, value, at, step) for name, value, step in _metrics(study, trial)]
        for start in range(0, len(parameters), _MAX_PARAMETERS):
            self._client.log_batch(run_id, params=parameters[start : start + _MAX_PARAMETERS])
        for start in range(0, len(metrics), _MAX_METRICS):
            self._client.log_batch(run_id, metrics=metrics[start : start + _MAX_METRICS])

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(self._experiment)
        return str(self._client.create_experiment(self._experiment) if found is None else found.experiment_id)

    def _parent(self, study: Study, experiment_id: str) -> str:
        """The run of the study, whose tags say what Warmtune knows it by."""
        name = study.study_name
        tags = _study_tags(study)
        if name not in self._parents:
            identity = _identity(study, "all")
            found = self._found(experiment_id, identity)
            if found is None:
                tags |= {STUDY_TAG: name, _IDENTITY_TAG: identity}
                found = str(self._client.create_run(experiment_id, tags=tags, run_name=name).info.run_id)
            self._parents[name] = found
        for key, value in tags.items():
            self._client.set_tag(self._parents[name], key, value)
        return self._parents[name]

    def _found(self, experiment_id: str, identity: str) -> str | None:
        wanted = f"tags.`{_IDENTITY_TAG}` = '{identity}'"
        runs = self._client.search_runs([experiment_id], filter_string=wanted, max_results=1)
        return str(runs[0].info.run_id) if runs else None


def _study_tags(study: Study) -> dict[str, str]:
    memory = recall(study)
    if memory is None:
        return {}
    subject = memory.subject
    tags = {
        "warmtune.study_id": memory.study_id,
        "warmtune.task_id": subject.task_id,
        "warmtune.metric": ", ".join(subject.metrics),
        "warmtune.direction": ", ".join(direction.value for direction in subject.directions),
    }
    return tags if subject.search_space_name is None else {**tags, "warmtune.search_space": subject.search_space_name}


def _trial_tags(study: Study, trial: FrozenTrial) -> dict[str, str]:
    tags = {STUDY_TAG: study.study_name, TRIAL_TAG: str(trial.number), "warmtune.state": trial.state.name.lower()}
    for name, value in trial.user_attrs.items():
        if name.startswith(_ORIGIN):
            tags[f"warmtune.{_key(name.removeprefix(_ORIGIN))}"] = str(value)[:_MAX_TEXT]
    return tags


def _metrics(study: Study, trial: FrozenTrial) -> Iterator[tuple[str, float, int]]:
    """Name, value and step of each finite value; intermediate ones are the first metric's own curve."""
    memory = recall(study)
    values = trial.values or []
    names = study.metric_names or (() if memory is None else memory.subject.metrics)
    if len(names) != len(study.directions):
        names = ["value"] if len(study.directions) == 1 else [f"value_{i}" for i in range(len(study.directions))]
    for name, value in zip(names, values, strict=False):
        if is_finite_number(value):
            yield _key(name), float(value), 0
    for step, value in trial.intermediate_values.items():
        if is_finite_number(value):
            yield f"{_key(names[0])}.intermediate", float(value), step


def _key(name: str) -> str:
    """A name as MLflow takes it."""
    return _UNUSUAL.sub("_", name)[:250] or "_"


def _identity(study: Study, part: str) -> str:
    """What a run is found by again: names may have quotes, line ends and any letter, which a filter can't hold."""
    return hashlib.sha256(f"{study.study_name}\n{part}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
