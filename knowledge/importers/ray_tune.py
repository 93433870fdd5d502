"""Ray Tune's experiment folders: ``result.json`` (a line a report) and ``params.json`` of each trial.

A folder of trials is a study. The pickles beside them are passed over. A data frame of results is a table; its columns
are known to `trial_table`.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from knowledge.importers.folders import Folder, opened_folder
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory
from knowledge.importers.wandb_runs import flat_settings
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.trial import TrialState

SOURCE: Final = "ray"
_RESULT = "result.json"
_OWN = frozenset(
    {
        "trial_id",
        "date",
        "timestamp",
        "pid",
        "hostname",
        "node_ip",
        "done",
        "training_iteration",
        "time_total_s",
        "time_this_iter_s",
        "time_since_restore",
        "iterations_since_restore",
        "timesteps_since_restore",
        "timesteps_total",
        "episodes_total",
        "warmup_time",
    }
)


def is_experiment(names: Iterable[str]) -> bool:
    """Whether a folder's files are such an experiment's."""
    return any(PurePosixPath(name).name == _RESULT for name in names)


def read_experiment(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an experiment folder that was sent as a zip.

    Raises:
        InvalidInputError: If no trial can be read.
        LimitExceededError: If it holds more than may be read.
    """
    with opened_folder(path, options.limits) as folder:
        found = sorted(name for name in folder if PurePosixPath(name).name == _RESULT)
        records = [record for name in found if (record := _record(folder, name, options)) is not None]
    if not records:
        raise InvalidInputError("the folder has no result of Ray Tune's that can be read", field="file")
    return history_of(records, options, SourceFacts(SOURCE, "Ray Tune"))


def _record(folder: Folder, name: str, options: ImportOptions) -> RunRecord | None:
    where = PurePosixPath(name).parent
    reports = [report for line in folder.text(name).splitlines() if (report := _report(line)) is not None]
    config = reports[-1].get("config") if reports else None
    if not isinstance(config, dict):
        parameters = str(where / "params.json")
        config = _report(folder.text(parameters)) if parameters in folder else None
    if config is None:
        return None
    settings = flat_settings(config)
    steps: dict[str, dict[int, float | None]] = {}
    for place, report in enumerate(reports, start=1):
        step = report.get("training_iteration")
        for key, value in report.items():
            if key not in _OWN and isinstance(value, (int, float)) and not isinstance(value, bool):
                steps.setdefault(key, {})[step if isinstance(step, int) else place] = float(value)
    last = reports[-1] if reports else {}
    is_failed = str(where / "error.txt") in folder or not reports
    task_key = options.task_by or next((key for key in ("dataset", "task") if key in settings), None)
    seconds = last.get("time_total_s")
    return RunRecord(
        study=where.parent.name or "experiment",
        state=TrialState.FAIL if is_failed else TrialState.COMPLETE if last.get("done", True) else TrialState.PRUNED,
        parameters=settings,
        metrics={key: list(points.values())[-1] for key, points in steps.items()},
        identity=str(last.get("experiment_id") or where.parent.name),
        task=None if task_key is None or task_key not in settings else str(settings[task_key]),
        duration_s=float(seconds) if isinstance(seconds, (int, float)) else None,
        steps={key: points for key, points in steps.items() if len(points) > 1},
    )


def _report(line: str) -> Mapping[str, Any] | None:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
