"""MLflow's runs as studies, and the pages of a tracking server's REST API that they may come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from knowledge.importers.json_files import read_json
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "mlflow-server"
FORMAT: Final = "warmtune-mlflow-runs-1"
_PARENT = "mlflow.parentRunId"
USED_TAGS: Final = frozenset({_PARENT, "mlflow.runName"})
"""Of MLflow's own tags, those that are read; what runs are grouped by may be any other."""
_TASK_TAGS = ("dataset", "task", "dataset_name", "data")
_STATES = {
    "1": TrialState.RUNNING,
    "RUNNING": TrialState.RUNNING,
    "2": TrialState.WAITING,
    "SCHEDULED": TrialState.WAITING,
    "3": TrialState.COMPLETE,
    "FINISHED": TrialState.COMPLETE,
    "4": TrialState.FAIL,
    "FAILED": TrialState.FAIL,
    "5": TrialState.FAIL,
    "KILLED": TrialState.FAIL,
}


@dataclass(frozen=True, slots=True)
class Run:
    """A run.

    Attributes:
        run_id: MLflow's.
        experiment_id: MLflow's.
        name: For people.
        status: MLflow's word or number for it.
        start_ms: Milliseconds since 1970.
        end_ms: Milliseconds since 1970.
        parameters: All are texts in MLflow.
        metrics: Values by step, oldest first.
        tags: MLflow's own included.
    """

    run_id: str
    experiment_id: str
    name: str
    status: str
    start_ms: float | None
    end_ms: float | None
    parameters: Mapping[str, str]
    metrics: Mapping[str, Mapping[int, float | None]]
    tags: Mapping[str, str]


def read_server_pages(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read what `warmtune import http://...` has fetched from a tracking server.

    Raises:
        InvalidInputError: If it is something else.
    """
    body = read_json(path)
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise InvalidInputError("the file doesn't hold the runs of an MLflow server", field="file", limit=FORMAT)
    try:
        experiments = {str(e["experiment_id"]): str(e["name"]) for e in body["experiments"]}
        runs = [_run(run) for run in body["runs"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"a run is not as MLflow gives it: {error!r}", field="file") from error
    return history_of_runs(runs, experiments, options, source=SOURCE, version="an MLflow tracking server")


def history_of_runs(
    runs: Sequence[Run], experiments: Mapping[str, str], options: ImportOptions, *, source: str, version: str
) -> ForeignHistory:
    """Studies of runs: those below one parent together, else those of an experiment that have none.

    Raises:
        InvalidInputError: If nothing says which metric is meant.
    """
    by_id = {run.run_id: run for run in runs}
    parents = {run.tags[_PARENT] for run in runs if run.tags.get(_PARENT) not in (None, "", run.run_id)}
    if parents >= by_id.keys():
        raise InvalidInputError("no run is a trial: each is the parent of another", field="file")
    records = []
    for run in sorted(runs, key=lambda run: (run.start_ms or 0.0, run.run_id)):
        if run.run_id in parents:
            continue  # what a search as a whole has logged is no trial
        parent = by_id.get(run.tags.get(_PARENT, ""))
        if parent is run:
            parent = None  # as if it had none
        experiment = experiments.get(run.experiment_id, run.experiment_id) or "runs"
        study = experiment if parent is None else f"{experiment} / {parent.name or parent.run_id}"
        tags = {**(parent.tags if parent else {}), **run.tags}
        records.append(
            RunRecord(
                study=study,
                state=_STATES.get(run.status, TrialState.FAIL),
                parameters=run.parameters,
                metrics={name: list(points.values())[-1] for name, points in run.metrics.items() if points},
                identity=run.run_id if parent is None else parent.run_id,
                task=_task(tags, options) or experiment,
                duration_s=_seconds(run),
                steps={name: points for name, points in run.metrics.items() if len(points) > 1},
                metadata={
                    name: text
                    for name, text in tags.items()
                    if name == options.task_by or not name.startswith("mlflow.")
                },
            )
        )
    return history_of(records, options, SourceFacts(source, version))


def _task(tags: Mapping[str, str], options: ImportOptions) -> str | None:
    names = _TASK_TAGS if options.task_by is None else (options.task_by,)
    return next((tags[name] for name in names if tags.get(name)), None)


def _seconds(run: Run) -> float | None:
    return None if run.start_ms is None or run.end_ms is None else (run.end_ms - run.start_ms) / 1000


def _run(body: Mapping[str, Any]) -> Run:
    info, data = body["info"], body.get("data", {})
    histories = body.get("histories", {})
    metrics = {str(m["key"]): {int(m.get("step", 0)): _float(m["value"])} for m in data.get("metrics", [])}
    for name, points in histories.items():
        metrics[name] = {int(step): _float(value) for step, value in points}
    return Run(
        run_id=str(info["run_id"]),
        experiment_id=str(info["experiment_id"]),
        name=str(info.get("run_name", "")),
        status=str(info.get("status", "")),
        start_ms=_float(info.get("start_time")),
        end_ms=_float(info.get("end_time")),
        parameters={str(p["key"]): str(p["value"]) for p in data.get("params", [])},
        metrics=metrics,
        tags={str(t["key"]): str(t["value"]) for t in data.get("tags", [])},
    )


def _float(value: object) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    return float(str(value))
