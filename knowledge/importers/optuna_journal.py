"""Optuna's journal files (`JournalFileBackend`): JSON lines, replayed as Optuna does; nothing is unpickled.

Each line is an operation on a study or a trial. What Optuna ignores on replaying (a second study of a name, a change of
a finished trial) is ignored here, too. A last line without its end is one that was being written: it is left out.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final, TypeAlias

from optuna.distributions import BaseDistribution

from knowledge.importers.distributions import StoredDistribution, read_stored
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.optuna_attributes import read_attributes
from knowledge.importers.optuna_sqlite import duration_between, is_violated
from knowledge.importers.values import ForeignHistory, ForeignStudy, ForeignTrial, RefusedStudy
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "optuna-journal"
Log: TypeAlias = Mapping[str, object]

_DIRECTIONS = {1: Direction.MINIMIZE, 2: Direction.MAXIMIZE}
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
class _Trial:
    study_id: int
    number: int
    state: TrialState | None
    start: str | None
    end: str | None
    values: list[object]
    parameters: dict[str, ParameterValue] = field(default_factory=dict)
    steps: dict[int, float | None] = field(default_factory=dict)
    is_feasible: bool = True
    is_broken: bool = False


@dataclass(slots=True)
class _JournalStudy:
    name: str
    directions: list[object]
    user: dict[str, object] = field(default_factory=dict)
    system: dict[str, object] = field(default_factory=dict)
    trials: list[_Trial] = field(default_factory=list)
    distributions: dict[str, dict[BaseDistribution, None]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)


def read_journal(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an Optuna journal file.

    Raises:
        InvalidInputError: If a line is no operation of Optuna's.
        LimitExceededError: If it holds more than may be read.
    """
    replay = _Replay(options)
    notes = replay.read(path)
    studies, refused = [], []
    for study in replay.studies.values():
        if not options.wants(study.name):
            continue
        directions = [_DIRECTIONS.get(d) if isinstance(d, int) else None for d in study.directions]
        if not directions or None in directions:
            refused.append(RefusedStudy(study.name, "the study has no direction", len(study.trials)))
        else:
            studies.append(_foreign(study, directions))
    return ForeignHistory(SOURCE, "Optuna's journal", tuple(studies), tuple(refused), notes=notes)


def _foreign(study: _JournalStudy, directions: list[Direction | None]) -> ForeignStudy:
    user = {key: json.dumps(value) for key, value in study.user.items()}
    system = {key: json.dumps(value) for key, value in study.system.items()}
    told = read_attributes(study.name, user, system)
    readable = [trial for trial in study.trials if not trial.is_broken and trial.state is not None]
    notes = [*told.notes, *study.notes]
    if n_broken := len(study.trials) - len(readable):
        notes.append(f"{n_broken} trials are left out: a parameter or the state can't be read")
    starts = [trial.start for trial in study.trials if trial.start]
    return ForeignStudy(
        name=study.name,
        identity=f"optuna|{study.name}|{min(starts, default='')}",
        task=told.task,
        metrics=told.metrics or (None,) * len(directions),
        directions=tuple(directions),
        trials=[_foreign_trial(trial, len(directions)) for trial in readable],
        distributions={name: tuple(seen) for name, seen in study.distributions.items()},
        metadata=told.metadata,
        notes=tuple(notes),
        reported_as=told.reported_as,
    )


def _foreign_trial(trial: _Trial, n_objectives: int) -> ForeignTrial:
    values = [_number(value) for value in trial.values[:n_objectives]]
    return ForeignTrial(
        number=trial.number,
        state=trial.state or TrialState.FAIL,
        values=tuple(values),
        configuration=trial.parameters,
        duration_s=duration_between(trial.start, trial.end),
        intermediate_values=trial.steps,
        is_feasible=trial.is_feasible,
    )


class _Replay:
    """Studies and trials after all operations so far."""

    def __init__(self, options: ImportOptions) -> None:
        self.studies: dict[int, _JournalStudy] = {}
        self._limits: ImportLimits = options.limits
        self._n_studies = 0
        self._n_values = 0
        self._trials: list[_Trial] = []
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
                    f"line {number} is no operation of an Optuna journal", field=f"file.line {number}", value=line
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
        self.studies[self._n_studies] = _JournalStudy(name, directions)
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
        trial = _Trial(
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

    def _keep_parameter(self, trial: _Trial, name: str, value: object, text: str) -> None:
        study = self.studies.get(trial.study_id)
        key = (name, text)
        try:
            found = self._stored.get(key)
            if found is None:
                found = self._stored[key] = read_stored(name, text)
            number = _number(value)
            if number is None:
                raise InvalidSearchSpaceError("a stored parameter is a number", value=value)
            trial.parameters[name] = found.value_of(number)
        except (InvalidSearchSpaceError, ValueError, OverflowError):
            trial.is_broken = True
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

    def _keep_step(self, trial: _Trial, step: int, value: object) -> None:
        trial.steps[step] = _number(value)
        self._count()

    def _set_trial_system(self, log: Log) -> None:
        trial = self._updatable(log)
        if trial is not None:
            self._note_constraints(trial, _mapping(log["system_attr"]))

    def _note_constraints(self, trial: _Trial, attributes: Mapping[str, object]) -> None:
        for name, value in attributes.items():
            if (name == "constraints" or name.startswith("constraints:")) and is_violated(json.dumps(value)):
                trial.is_feasible = False

    def _study_of(self, log: Log) -> _JournalStudy | None:
        return self.studies.get(_whole(log["study_id"]))

    def _updatable(self, log: Log) -> _Trial | None:
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
        raise TypeError(f"{value!r} is no whole number")
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is no object")
    return value


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
