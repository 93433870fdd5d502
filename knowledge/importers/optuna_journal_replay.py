"""Replays the operations of an Optuna journal: the studies and trials that they leave."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TypeAlias

from optuna.distributions import BaseDistribution

from knowledge.importers.distributions import StoredDistribution, read_stored
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.optuna_fields import is_constraint, unread_parameter
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.trial import TrialState

Log: TypeAlias = Mapping[str, object]


_STATES = dict(
    enumerate([TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.WAITING])
)


class _Operation(IntEnum):
    CREATE_STUDY = 0
    DELETE_STUDY = 1
    SET_STUDY_USER_ATTR = 2
    SET_STUDY_SYSTEM_ATTR = 3
    CREATE_TRIAL = 4
    SET_TRIAL_PARAM = 5
    SET_TRIAL_STATE_VALUES = 6
    SET_TRIAL_INTERMEDIATE_VALUE = 7
    SET_TRIAL_USER_ATTR = 8
    SET_TRIAL_SYSTEM_ATTR = 9
    DISCARD_TRIALS = 10


@dataclass(slots=True)
class JournalTrial:
    """A trial after the operations so far: `state` is None, or `unread` says why, where it can't be read."""

    study_id: int
    number: int
    state: TrialState | None
    start: str | None
    end: str | None
    values: list[object]
    parameters: dict[str, ParameterValue] = field(default_factory=dict)
    steps: dict[int, float | None] = field(default_factory=dict)
    constraints: dict[str, object] = field(default_factory=dict)
    unread: str = ""


@dataclass(slots=True)
class JournalStudy:
    """A study after the operations so far; `distributions` and `notes` are ordered sets."""

    name: str
    directions: list[object]
    user: dict[str, object] = field(default_factory=dict)
    system: dict[str, object] = field(default_factory=dict)
    trials: list[JournalTrial] = field(default_factory=list)
    distributions: dict[str, dict[BaseDistribution, None]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


class JournalReplay:
    """Studies and trials after all operations so far."""

    def __init__(self, options: ImportOptions) -> None:
        self.studies: dict[int, JournalStudy] = {}
        self._limits: ImportLimits = options.limits
        self._n_studies = 0
        self._n_values = 0
        self._trials: list[JournalTrial] = []
        self._stored: dict[tuple[str, str], StoredDistribution] = {}
        self._apply: dict[int, Callable[[Log], None]] = {
            _Operation.CREATE_STUDY: self._create_study,
            _Operation.DELETE_STUDY: self._delete_study,
            _Operation.SET_STUDY_USER_ATTR: self._set_study_user,
            _Operation.SET_STUDY_SYSTEM_ATTR: self._set_study_system,
            _Operation.CREATE_TRIAL: self._create_trial,
            _Operation.SET_TRIAL_PARAM: self._set_parameter,
            _Operation.SET_TRIAL_STATE_VALUES: self._set_state,
            _Operation.SET_TRIAL_INTERMEDIATE_VALUE: self._set_step,
            _Operation.SET_TRIAL_USER_ATTR: lambda log: None,  # a trial's own notes have no place in Warmtune
            _Operation.SET_TRIAL_SYSTEM_ATTR: self._set_trial_system,
            _Operation.DISCARD_TRIALS: lambda log: None,  # Optuna passes over it, too
        }

    def read(self, path: Path) -> tuple[str, ...]:
        """Replay a file; what is left out of it, in words."""
        for number, line, is_whole in _lines(path, self._limits):
            try:
                log = json.loads(line)
                operation = log["op_code"]
                apply = self._apply[operation]
            except (ValueError, RecursionError, TypeError, KeyError) as error:
                if not is_whole and number > 1:
                    return ("the last line is cut off and left out: it was being written",)
                raise InvalidInputError(
                    f"line {number} is not an operation of an Optuna journal", field=f"file.line {number}", value=line
                ) from error
            try:
                apply(log)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                if isinstance(error, InvalidInputError):
                    raise
                raise InvalidInputError(
                    f"line {number} lacks what Optuna's operation {operation} has ({type(error).__name__}: {error})",
                    field=f"file.line {number}",
                    value=line,
                ) from error
        return ()

    def _create_study(self, log: Log) -> None:
        name, directions = str(log["study_name"]), log["directions"]
        if any(study.name == name for study in self.studies.values()):
            return
        if not isinstance(directions, list):
            raise TypeError("directions")
        if len(self.studies) >= self._limits.max_studies:
            raise _too_many("studies", self._limits.max_studies)
        self.studies[self._n_studies] = JournalStudy(name, directions)
        self._n_studies += 1

    def _delete_study(self, log: Log) -> None:
        self.studies.pop(_whole(log["study_id"]), None)

    def _set_study_user(self, log: Log) -> None:
        if (study := self._study_of(log)) is not None:
            study.user.update(_mapping(log["user_attr"]))

    def _set_study_system(self, log: Log) -> None:
        if (study := self._study_of(log)) is not None:
            study.system.update(_mapping(log["system_attr"]))

    def _create_trial(self, log: Log) -> None:
        study = self._study_of(log)
        if study is None:
            return
        if len(self._trials) >= self._limits.max_trials:
            raise _too_many("trials", self._limits.max_trials)
        values = log.get("values")
        trial = JournalTrial(
            study_id=_whole(log["study_id"]),
            number=len(study.trials),
            state=_STATES.get(_whole(log.get("state", 0))),
            start=_text(log.get("datetime_start")),
            end=_text(log.get("datetime_complete")),
            values=values if isinstance(values, list) else [log.get("value")],
        )
        study.trials.append(trial)
        self._trials.append(trial)
        distributions = _mapping(log.get("distributions") or {})
        for name, value in _mapping(log.get("params") or {}).items():
            self._keep_parameter(trial, name, value, str(distributions.get(name)))
        for step, value in _mapping(log.get("intermediate_values") or {}).items():
            self._keep_step(trial, int(step), value)
        self._note_constraints(trial, _mapping(log.get("system_attrs") or {}))

    def _set_parameter(self, log: Log) -> None:
        trial = self._updatable(log)
        if trial is not None:
            self._keep_parameter(trial, str(log["param_name"]), log["param_value_internal"], str(log["distribution"]))

    def _keep_parameter(self, trial: JournalTrial, name: str, value: object, text: str) -> None:
        study = self.studies.get(trial.study_id)
        key = (name, text)
        try:
            found = self._stored.get(key)
            if found is None:
                found = self._stored[key] = read_stored(name, text)
            number = number_of(value)
            if number is None:
                raise InvalidSearchSpaceError("a stored parameter is a number", value=value)
            trial.parameters[name] = found.value_of(number)
        except (InvalidSearchSpaceError, ValueError, OverflowError) as error:
            trial.unread = trial.unread or unread_parameter(name, error)
            return
        self._count()
        if study is not None:
            study.distributions.setdefault(name, {})[found.distribution] = None
            if found.note:
                study.notes[found.note] = None

    def _set_state(self, log: Log) -> None:
        trial = self._updatable(log)
        if trial is None:
            return
        state = _STATES.get(_whole(log["state"]))
        if state is trial.state is TrialState.RUNNING:
            return
        if state is TrialState.RUNNING:
            trial.start = _text(log.get("datetime_start"))
        if state is None or state.is_finished:
            trial.end = _text(log.get("datetime_complete"))
        trial.state = state
        if isinstance(values := log["values"], list):
            trial.values = values

    def _set_step(self, log: Log) -> None:
        trial = self._updatable(log)
        if trial is not None:
            self._keep_step(trial, _whole(log["step"]), log["intermediate_value"])

    def _keep_step(self, trial: JournalTrial, step: int, value: object) -> None:
        trial.steps[step] = number_of(value)
        self._count()

    def _set_trial_system(self, log: Log) -> None:
        trial = self._updatable(log)
        if trial is not None:
            self._note_constraints(trial, _mapping(log["system_attr"]))

    def _note_constraints(self, trial: JournalTrial, attributes: Mapping[str, object]) -> None:
        trial.constraints |= {name: value for name, value in attributes.items() if is_constraint(name)}

    def _study_of(self, log: Log) -> JournalStudy | None:
        return self.studies.get(_whole(log["study_id"]))

    def _updatable(self, log: Log) -> JournalTrial | None:
        trial_id = _whole(log["trial_id"])
        if not 0 <= trial_id < len(self._trials):
            return None
        trial = self._trials[trial_id]
        return None if trial.state is not None and trial.state.is_finished else trial

    def _count(self) -> None:
        self._n_values += 1
        if self._n_values > self._limits.max_values:
            raise _too_many("parameters and intermediate values", self._limits.max_values)


def _lines(path: Path, limits: ImportLimits) -> Iterator[tuple[int, str, bool]]:
    """Lines with their number, and whether they have their end."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(limits.max_text_bytes + 1):
            number += 1
            if len(line) > limits.max_text_bytes:
                raise LimitExceededError(
                    f"line {number} is longer than {limits.max_text_bytes:,} bytes",
                    field=f"file.line {number}",
                    limit=f"{limits.max_text_bytes} bytes",
                )
            if line.strip():
                yield number, line.decode("utf-8", "replace"), line.endswith(b"\n")


def _too_many(what: str, limit: int) -> LimitExceededError:
    return LimitExceededError(
        f"the journal has more than {limit:,} {what}; copy the studies that you want into one of their own",
        field="file",
        limit=limit,
    )


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is not an object")
    return value


def number_of(value: object) -> float | None:
    """A JSON number as a float; None for all else, booleans included."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
