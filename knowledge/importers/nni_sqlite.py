"""NNI's database of an experiment (``nni.sqlite``): events of its trials, what they reported, its configuration."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from knowledge.importers.nni_spaces import space_of_experiment
from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.sqlite_file import opened
from knowledge.importers.values import ForeignHistory
from knowledge.importers.wandb_runs import flat_settings
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "nni"
DEFAULT: Final = "default"
"""What NNI calls the metric that is tuned, where a trial reports several."""
_TABLES: Final = {
    "TrialJobEvent": {"timestamp", "trialJobId", "event", "data", "sequenceId"},
    "MetricData": {"trialJobId", "type", "sequence", "data"},
    "ExperimentProfile": {"params", "id", "revision"},
}
_STATES: Final[Mapping[str, TrialState]] = {
    "WAITING": TrialState.WAITING,
    "ADD_CUSTOMIZED": TrialState.WAITING,
    "ADD_RESUMED": TrialState.WAITING,
    "RUNNING": TrialState.RUNNING,
    "SUCCEEDED": TrialState.COMPLETE,
    "EARLY_STOPPED": TrialState.PRUNED,
    "FAILED": TrialState.FAIL,
    "USER_TO_CANCEL": TrialState.FAIL,
    "USER_CANCELED": TrialState.FAIL,
    "SYS_CANCELED": TrialState.FAIL,
}
_MOST_LAYERS: Final = 3
"""A report is JSON in a text of JSON; older versions wrap it once more."""


@dataclass(slots=True)
class _Job:
    """A trial, from its events."""

    state: TrialState = TrialState.WAITING
    number: int | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    start_ms: int | None = None
    end_ms: int | None = None
    metrics: dict[str, float | None] = field(default_factory=dict)
    steps: dict[str, dict[int, float | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Profile:
    """What an experiment is configured to do."""

    experiment_id: str
    name: str
    direction: Direction | None
    space: object


def is_nni(tables: Collection[str]) -> bool:
    """Whether a database with these tables is NNI's."""
    return {"TrialJobEvent", "MetricData"} <= set(tables)


def read_nni(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read the database of an experiment.

    Raises:
        InvalidInputError: If it is truncated, damaged, of another schema, or has no trial.
        LimitExceededError: If it holds more than may be read.
    """
    with opened(path) as connection:
        _check(connection, options.limits)
        profile = _profile(connection, options)
        jobs = _jobs(connection)
        _report(connection, jobs)
    tried = [job for job in jobs.items() if job[1].parameters]
    if not tried:
        raise InvalidInputError("the database holds no trial of NNI with parameters", field="file")
    space = None if options.search_space else space_of_experiment(profile.space, [job.parameters for _, job in tried])
    records = [_record(key, job, profile, options) for key, job in tried]
    return history_of(records, options, _facts(profile, space))


def _facts(profile: _Profile, space: SearchSpace | None) -> SourceFacts:
    notes = () if space is not None else ("its search space has no counterpart, and is inferred from the trials",)
    return SourceFacts(SOURCE, "NNI's database", notes=notes, direction=profile.direction, space=space)


def _check(connection: sqlite3.Connection, limits: ImportLimits) -> None:
    """The tables as NNI makes them, and no more in them than may be read."""
    most = {"TrialJobEvent": limits.max_values, "MetricData": limits.max_values, "ExperimentProfile": limits.max_values}
    for table, columns in _TABLES.items():
        present = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if missing := sorted(columns - present):
            raise InvalidInputError(
                f"table {table!r} is not as NNI makes it, it lacks {', '.join(missing)}", field="file", value=table
            )
        count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # one of three words
        if count > most[table]:
            raise LimitExceededError(
                f"the database has {count:,} rows in {table}, {most[table]:,} are read",
                field="file",
                value=count,
                limit=most[table],
            )


def _profile(connection: sqlite3.Connection, options: ImportOptions) -> _Profile:
    """The configuration as it was last."""
    row = connection.execute("SELECT id, params FROM ExperimentProfile ORDER BY revision DESC LIMIT 1").fetchone()
    experiment_id, text = (str(row[0]), row[1]) if row else ("", None)
    body = _json(text, options.limits)
    config: Mapping[str, Any] = body if isinstance(body, dict) else {}
    name = config.get("experimentName")
    name = name if isinstance(name, str) and name.strip() else (options.default_name or "NNI")
    return _Profile(experiment_id, name, _direction(config), _unwrapped(config.get("searchSpace")))


def _direction(config: Mapping[str, Any]) -> Direction | None:
    """The direction that the tuner is configured with, as versions 1 to 3 write it."""
    tuner = config.get("tuner")
    advisor = config.get("advisor")
    for one in (tuner, advisor):
        arguments = one.get("classArgs") if isinstance(one, dict) else None
        if isinstance(arguments, dict) and arguments.get("optimize_mode") in tuple(Direction):
            return Direction(arguments["optimize_mode"])
    return None


def _jobs(connection: sqlite3.Connection) -> dict[str, _Job]:
    """Trials by their identifiers, in the order in which they came."""
    jobs: dict[str, _Job] = {}
    query = "SELECT timestamp, trialJobId, event, data, sequenceId FROM TrialJobEvent ORDER BY rowid"
    for moment, key, event, data, number in connection.execute(query):
        if not key or (event not in _STATES and event != "ADD_HYPERPARAMETER"):
            continue
        job = jobs.setdefault(str(key), _Job())
        state = _STATES.get(event, job.state)
        job.state = state
        if isinstance(number, int) and job.number is None:
            job.number = number
        if isinstance(moment, int) and state is TrialState.RUNNING:
            job.start_ms = moment
        if isinstance(moment, int) and state.is_finished:
            job.end_ms = moment
        body = _unwrapped(data)
        settings = body.get("parameters") if isinstance(body, dict) else None
        if isinstance(settings, dict) and not job.parameters:  # of several phases, the first one's
            job.parameters = flat_settings(settings)
    return jobs


def _report(connection: sqlite3.Connection, jobs: Mapping[str, _Job]) -> None:
    """Add what trials have reported: intermediate results by their place, and the final one."""
    query = "SELECT trialJobId, type, sequence, data FROM MetricData ORDER BY rowid"
    for key, kind, place, data in connection.execute(query):
        job = jobs.get(str(key))
        if job is None or kind not in ("PERIODICAL", "FINAL"):
            continue
        for name, value in _values(_unwrapped(data)):
            if kind == "FINAL":
                job.metrics.setdefault(name, value)  # a second final result is a mistake of the trial's
            elif isinstance(place, int) and place >= 0:
                job.steps.setdefault(name, {})[place] = value


def _values(body: object) -> Iterator[tuple[str, float | None]]:
    """A number, or an object of numbers of which ``default`` is the one that is tuned."""
    entries = body.items() if isinstance(body, dict) else ((DEFAULT, body),)
    for name, value in entries:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield str(name), float(value)


def _record(key: str, job: _Job, profile: _Profile, options: ImportOptions) -> RunRecord:
    metrics = dict(job.metrics)
    for name, steps in job.steps.items():  # a trial that was stopped has no final result
        if name not in metrics and job.state is TrialState.PRUNED:
            metrics[name] = steps[max(steps)]
    is_asked = options.metric is not None and options.metric in metrics
    if DEFAULT in metrics and not is_asked:
        metrics = {DEFAULT: metrics[DEFAULT]}
    took = None if job.start_ms is None or job.end_ms is None else (job.end_ms - job.start_ms) / 1_000
    return RunRecord(
        study=profile.name,
        state=job.state if metrics or job.state is not TrialState.COMPLETE else TrialState.FAIL,
        parameters=job.parameters,
        metrics=metrics,
        identity=f"{profile.experiment_id}|{key}",
        number=job.number,
        duration_s=took,
        steps=job.steps,
    )


def _unwrapped(given: object) -> object:
    """What a text of JSON holds, as deep as NNI wraps it; other texts are themselves."""
    for _ in range(_MOST_LAYERS):
        if not isinstance(given, str):
            break
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            break
    return given


def _json(text: object, limits: ImportLimits) -> object:
    if not isinstance(text, str) or len(text) > limits.max_text_bytes:
        return None
    return _unwrapped(text)
