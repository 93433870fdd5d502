"""Snapshots of Ax: of its client (``save_to_json_file``) or of an experiment (``save_experiment``), old and new."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from knowledge.importers.ax_spaces import (
    AxConstraint,
    AxObjective,
    constraints_of,
    fixed_parameters,
    objectives_of,
    space_of_snapshot,
)
from knowledge.importers.json_files import read_json
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory, ForeignStudy
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "ax"
_EXPERIMENTS: Final = frozenset({"Experiment", "SimpleExperiment", "MultiTypeExperiment"})
_STATES: Final[Mapping[str, TrialState]] = {
    "CANDIDATE": TrialState.WAITING,
    "STAGED": TrialState.WAITING,
    "DISPATCHED": TrialState.WAITING,
    "RUNNING": TrialState.RUNNING,
    "COMPLETED": TrialState.COMPLETE,
    "EARLY_STOPPED": TrialState.PRUNED,
    "FAILED": TrialState.FAIL,
    "ABANDONED": TrialState.FAIL,
    "STALE": TrialState.FAIL,
}
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """What was measured of an arm in a trial: by metric, the value and those by step."""

    values: Mapping[str, float | None]
    steps: Mapping[str, Mapping[int, float | None]]


_NOTHING: Final = _Outcomes({}, {})


def is_ax(body: object) -> bool:
    """Whether JSON is such a snapshot."""
    return _experiment(body) is not None


def read_ax(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read a snapshot; nothing of it is made into objects of Ax's.

    Raises:
        InvalidInputError: If it is none, has no trial, or nothing tells which metric is meant.
        LimitExceededError: If it holds more trials than may be read.
    """
    experiment = _experiment(read_json(path))
    if experiment is None:
        raise InvalidInputError("the file is no snapshot of Ax's", field="file")
    config = experiment.get("optimization_config")
    objectives, constraints = objectives_of(config), constraints_of(config)
    records = list(_records(experiment, constraints or (), options))
    if not records:
        raise InvalidInputError("the experiment has no trial with parameters", field="file")
    space = None
    if options.search_space is None:
        space = space_of_snapshot(experiment.get("search_space"), [record.parameters for record in records])
    notes = () if space is not None else ("its search space is inferred from the trials",)
    if constraints is None:
        notes = (*notes, "its outcome constraints are relative or of several metrics, and left out")
    facts = SourceFacts(SOURCE, "Ax's snapshot", notes=notes, space=space, has_unique_runs=False)
    if options.metric is not None and "metric" not in options.is_of_all:
        mine = next((one for one in objectives if one.metric == options.metric), None)
        return history_of(records, options, replace(facts, direction=None if mine is None else mine.direction))
    return _of_all(records, objectives, options, facts)


def _of_all(
    records: list[RunRecord], objectives: tuple[AxObjective, ...], options: ImportOptions, facts: SourceFacts
) -> ForeignHistory:
    """The study under all objectives, each with its own direction."""
    if not objectives:
        return history_of(records, options, facts)
    each = [
        history_of(records, replace(options, metric=one.metric, is_of_all=frozenset()), facts) for one in objectives
    ]
    first = each[0]
    studies: list[ForeignStudy] = []
    for study, *others in zip(*(history.studies for history in each), strict=True):
        trials = [
            trial._replace(values=tuple(same.values[0] for same in (trial, *rest)))
            for trial, *rest in zip(study.trials, *(other.trials for other in others), strict=True)
        ]
        metrics, directions = tuple(one.metric for one in objectives), tuple(one.direction for one in objectives)
        studies.append(replace(study, metrics=metrics, directions=directions, trials=trials))
    return replace(first, studies=tuple(studies))


def _experiment(body: object) -> Body | None:
    """The experiment, or the one within a client's or scheduler's snapshot."""
    if not isinstance(body, dict):
        return None
    inner = body.get("experiment")
    found = inner if isinstance(inner, dict) else body
    return found if found.get("__type") in _EXPERIMENTS and isinstance(found.get("trials"), dict) else None


def _records(experiment: Body, constraints: tuple[AxConstraint, ...], options: ImportOptions) -> Iterator[RunRecord]:
    name = experiment.get("name")
    study = name if isinstance(name, str) and name.strip() else (options.default_name or "Ax")
    fixed = fixed_parameters(experiment.get("search_space"))
    trials = [one for one in experiment["trials"].values() if isinstance(one, dict)]
    has_batches = any(len(_arms(one)) != 1 for one in trials)
    for trial in trials:
        index = trial.get("index")
        measured = _outcomes(experiment, index)
        state = _STATES.get(_word(trial.get("status")), TrialState.FAIL)
        for arm in _arms(trial):
            given = arm.get("parameters")
            if not isinstance(given, dict) or not given:
                continue
            outcomes = measured.get(str(arm.get("name")), _NOTHING)
            values = outcomes.values
            yield RunRecord(
                study=study,
                state=TrialState.FAIL if state is TrialState.COMPLETE and not values else state,
                parameters={str(key): value for key, value in given.items() if key not in fixed},
                metrics=values,
                identity=f"{_moment_text(experiment.get('time_created'))}|{index}",
                number=index if isinstance(index, int) and index >= 0 and not has_batches else None,
                duration_s=_seconds(trial),
                steps=outcomes.steps,
                constraints=_excesses(constraints, values),
            )


def _arms(trial: Body) -> list[Body]:
    """The arms of a trial, or of all generator runs of a batch."""
    runs = trial.get("generator_runs") or trial.get("generator_run_structs") or [trial.get("generator_run")]
    arms: list[Body] = []
    for run in runs if isinstance(runs, list) else ():
        inner = run.get("generator_run", run) if isinstance(run, dict) else None
        own = inner.get("arms") if isinstance(inner, dict) else None
        arms += [one for one in own if isinstance(one, dict)] if isinstance(own, list) else []
    return arms


def _outcomes(experiment: Body, index: object) -> dict[str, _Outcomes]:
    """What was measured in a trial, by arm: of the data that were attached last."""
    by_trial = experiment.get("data_by_trial")
    given = by_trial.get(str(index)) if isinstance(by_trial, dict) else None
    value = given.get("value") if isinstance(given, dict) else None
    tables = [one[1] for one in value if isinstance(one, list) and len(one) == 2] if isinstance(value, list) else []
    values: dict[str, dict[str, float | None]] = {}
    steps: dict[str, dict[str, dict[int, float | None]]] = {}
    for row in (row for table in tables for row in _rows(table)):
        arm, metric, mean, step = str(row.get("arm_name")), row.get("metric_name"), row.get("mean"), row.get("step")
        if not isinstance(metric, str) or not isinstance(mean, (int, float)) or isinstance(mean, bool):
            continue
        values.setdefault(arm, {})[metric] = float(mean)
        if isinstance(step, (int, float)) and float(step).is_integer() and step >= 0:
            steps.setdefault(arm, {}).setdefault(metric, {})[int(step)] = float(mean)
    return {arm: _Outcomes(own, steps.get(arm, {})) for arm, own in values.items()}


def _rows(table: object) -> Iterator[dict[str, object]]:
    """The rows of a data frame, which is a text of JSON: columns of cells by the row's label."""
    frame = table.get("df") if isinstance(table, dict) else None
    text = frame.get("value") if isinstance(frame, dict) else None
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return
    if not isinstance(columns, dict) or not all(isinstance(cells, dict) for cells in columns.values()):
        return
    for label in columns.get("metric_name", {}):
        yield {name: cells.get(label) for name, cells in columns.items()}


def _excesses(constraints: tuple[AxConstraint, ...], values: Mapping[str, float | None]) -> tuple[float, ...]:
    """By how much each constraint is broken; none of them where a metric is missing."""
    found = [(one, values.get(one.metric)) for one in constraints]
    if any(value is None for _, value in found):
        return ()
    return tuple(one.excess(value) for one, value in found if value is not None)


def _word(status: object) -> str:
    return str(status.get("name") if isinstance(status, dict) else status)


def _moment_text(given: object) -> str:
    value = given.get("value") if isinstance(given, dict) else given
    return value if isinstance(value, str) else ""


def _seconds(trial: Body) -> float | None:
    texts = [_moment_text(trial.get(key)) for key in ("time_run_started", "time_completed")]
    try:
        start, end = (datetime.fromisoformat(text) for text in texts)
        return (end - start).total_seconds()
    except (ValueError, TypeError):
        return None
