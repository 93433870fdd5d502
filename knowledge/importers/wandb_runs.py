"""Weights & Biases' runs as JSON: a list of runs with ``config`` and ``summary``, as its public API gives them.

``json.dump([{"name": r.name, "state": r.state, "config": r.config, "summary": dict(r.summary)} for r in runs], ...)``.
The CSV that its pages export is a table; `trial_table` knows its columns.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from knowledge.importers.json_files import read_json
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "wandb"
_STATES = {
    "finished": TrialState.COMPLETE,
    "crashed": TrialState.FAIL,
    "failed": TrialState.FAIL,
    "killed": TrialState.FAIL,
    "preempted": TrialState.FAIL,
    "running": TrialState.RUNNING,
    "pending": TrialState.WAITING,
}


def is_runs(body: object) -> bool:
    """Whether JSON is such a list."""
    return isinstance(body, list) and bool(body) and isinstance(body[0], dict) and {"config", "summary"} <= set(body[0])


def read_runs(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read runs.

    Raises:
        InvalidInputError: If it is no such list.
    """
    body = read_json(path)
    if not isinstance(body, list) or not is_runs(body):
        raise InvalidInputError("the file is not a list of runs with config and summary", field="file")
    records = []
    for place, run in enumerate(body):
        if not isinstance(run, dict) or not isinstance(run.get("config"), dict):
            raise InvalidInputError(f"run {place} has no config", field=f"file.{place}.config")
        records.append(_record(run, options))
    records.reverse()  # the public API gives the newest first
    return history_of(records, options, SourceFacts(SOURCE, "Weights & Biases"))


def _record(run: Mapping[str, Any], options: ImportOptions) -> RunRecord:
    config = flat_settings({key: value for key, value in run["config"].items() if not str(key).startswith("_")})
    summary = run.get("summary") if isinstance(run.get("summary"), dict) else {}
    metrics = {str(k): _number(v) for k, v in (summary or {}).items() if not str(k).startswith("_")}
    numeric = {name: value for name, value in metrics.items() if value is not None}
    runtime = (summary or {}).get("_runtime", run.get("runtime"))
    task_key = options.task_by or next((key for key in ("dataset", "task") if key in config), None)
    return RunRecord(
        study=_study(run, options),
        state=_STATES.get(str(run.get("state", "finished")).lower(), TrialState.FAIL),
        parameters=config,
        metrics=numeric,
        identity=str(run.get("id") or run.get("name") or ""),
        task=None if task_key is None or task_key not in config else str(config[task_key]),
        duration_s=_number(runtime),
    )


def _study(run: Mapping[str, Any], options: ImportOptions) -> str:
    names = (options.study_by,) if options.study_by else ("sweep", "group", "project")
    for name in names:
        value = run.get(name, run["config"].get(name) if name else None)
        if isinstance(value, str) and value:
            return value
    return options.default_name or "runs"


def flat_settings(config: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """Nested settings by their dotted path; W&B's own files wrap each as ``{"value": ...}``."""
    flat: dict[str, object] = {}
    for key, given in config.items():
        is_wrapped = isinstance(given, dict) and "value" in given and set(given) <= {"value", "desc"}
        value = given["value"] if is_wrapped else given
        if isinstance(value, dict) and len(prefix) < 200:
            flat |= flat_settings(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _number(value: object) -> float | None:
    if isinstance(value, dict) and "max" in value:  # a summary that keeps extremes
        value = value["max"]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
