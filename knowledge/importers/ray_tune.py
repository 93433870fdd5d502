"""Ray Tune's experiment folders: ``result.json`` (a line a report) or ``progress.csv`` of each trial, ``params.json``.

A folder of trials is a study. The pickles beside them are passed over. A data frame of results is a table; its columns
are known to `trial_table`.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from knowledge.importers.folders import Folder, opened_folder
from knowledge.importers.options import ImportOptions
from knowledge.importers.ray_states import state_of_trial, statuses
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory
from knowledge.importers.wandb_runs import flat_settings
from warmtune.vocabulary.errors import InvalidInputError

SOURCE: Final = "ray"
_RESULT, _PROGRESS = "result.json", "progress.csv"
_CONFIG = "config/"
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
    return any(PurePosixPath(name).name in (_RESULT, _PROGRESS) for name in names)


def read_experiment(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an experiment folder that was sent as a zip.

    Raises:
        InvalidInputError: If no trial can be read.
        LimitExceededError: If it holds more than may be read.
    """
    with opened_folder(path, options.limits) as folder:
        by_trial = {PurePosixPath(name).parent: name for name in folder if PurePosixPath(name).name == _PROGRESS}
        by_trial |= {PurePosixPath(name).parent: name for name in folder if PurePosixPath(name).name == _RESULT}
        known = statuses(folder)
        found = [trial for name in sorted(by_trial.values()) if (trial := _trial(folder, name)) is not None]
    last_steps: dict[PurePosixPath, int] = {}
    for trial in found:
        last_steps[trial.study] = max(last_steps.get(trial.study, 0), trial.step)
    records = [_record(trial, known, last_steps[trial.study], options) for trial in found]
    if not records:
        raise InvalidInputError("the folder has no result of Ray Tune's that can be read", field="file")
    return history_of(records, options, SourceFacts(SOURCE, "Ray Tune"))


@dataclass(frozen=True, slots=True)
class _Trial:
    study: PurePosixPath
    settings: dict[str, object]
    reports: Sequence[Mapping[str, Any]]
    has_error: bool

    @property
    def last(self) -> Mapping[str, Any]:
        return self.reports[-1] if self.reports else {}

    @property
    def step(self) -> int:
        """Of the last report."""
        step = self.last.get("training_iteration")
        return step if isinstance(step, int) else len(self.reports)


def _trial(folder: Folder, name: str) -> _Trial | None:
    where = PurePosixPath(name).parent
    reports = _progress(folder.text(name)) if name.endswith(_PROGRESS) else _results(folder.text(name))
    config = reports[-1].get("config") if reports else None
    if not isinstance(config, dict):
        parameters = str(where / "params.json")
        config = _report(folder.text(parameters)) if parameters in folder else None
    if config is None:
        return None
    return _Trial(where.parent, flat_settings(config), reports, str(where / "error.txt") in folder)


def _record(trial: _Trial, known: Mapping[str, str], last_step: int, options: ImportOptions) -> RunRecord:
    steps: dict[str, dict[int, float | None]] = {}
    for place, report in enumerate(trial.reports, start=1):
        step = report.get("training_iteration")
        for key, value in report.items():
            if key not in _OWN and isinstance(value, (int, float)) and not isinstance(value, bool):
                steps.setdefault(key, {})[step if isinstance(step, int) else place] = float(value)
    settings, last = trial.settings, trial.last
    task_key = options.task_by or next((key for key in ("dataset", "task") if key in settings), None)
    seconds = last.get("time_total_s")
    return RunRecord(
        study=trial.study.name or "experiment",
        state=state_of_trial(
            known.get(str(last.get("trial_id"))),
            is_failed=trial.has_error or not trial.reports,
            is_done=last.get("done") is True,
            step=trial.step,
            last_step=last_step,
        ),
        parameters=settings,
        metrics={key: list(points.values())[-1] for key, points in steps.items()},
        identity=str(last.get("experiment_id") or trial.study.name),
        task=None if task_key is None or task_key not in settings else str(settings[task_key]),
        duration_s=float(seconds) if isinstance(seconds, (int, float)) else None,
        steps={key: points for key, points in steps.items() if len(points) > 1},
    )


def _results(text: str) -> list[Mapping[str, Any]]:
    return [report for line in text.splitlines() if (report := _report(line)) is not None]


def _progress(text: str) -> list[Mapping[str, Any]]:
    """The same from a CSV, whose cells of numbers are numbers and whose ``config/`` columns are the configuration."""
    reports: list[Mapping[str, Any]] = []
    for row in csv.DictReader(io.StringIO(text)):
        cells = {str(key): _cell(value) for key, value in row.items() if isinstance(value, str) and value != ""}
        config = {key.removeprefix(_CONFIG): value for key, value in cells.items() if key.startswith(_CONFIG)}
        report = {key: value for key, value in cells.items() if not key.startswith(_CONFIG)}
        reports.append({**report, "config": config} if config else report)
    return reports


def _cell(text: str) -> object:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(text, text)


def _report(line: str) -> Mapping[str, Any] | None:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
