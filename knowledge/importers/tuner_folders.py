"""Folders of KerasTuner (``oracle.json``, ``trial_*/trial.json``) and of BOHB (``configs.json``, ``results.json``)."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from knowledge.importers.folders import Folder, opened_folder
from knowledge.importers.keras_spaces import space_of_project
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.run_states import state_of
from warmtune.vocabulary.trial import TrialState

KERAS_TUNER: Final = "keras-tuner"
BOHB: Final = "bohb"


def is_keras_tuner(names: Iterable[str]) -> bool:
    """Whether a folder's files are a project of KerasTuner's."""
    bare = {PurePosixPath(name).name for name in names}
    return {"oracle.json", "trial.json"} <= bare


def is_bohb(names: Iterable[str]) -> bool:
    """Whether a folder's files are those of a run of BOHB's (hpbandster)."""
    return {"configs.json", "results.json"} <= {PurePosixPath(name).name for name in names}


def read_keras_tuner(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read a project that was sent as a zip.

    Raises:
        InvalidInputError: If no trial can be read.
        LimitExceededError: If it holds more than may be read.
    """
    records: list[RunRecord] = []
    directions: set[str] = set()
    with opened_folder(path, options.limits) as folder:
        for name in sorted(name for name in folder if PurePosixPath(name).name == "trial.json"):
            body = _object(folder.text(name))
            if body is not None:
                records.append(_keras_record(body, PurePosixPath(name), options))
                directions |= {str(one.get("direction")) for one in _metrics(body).values()}
        oracles = [name for name in folder if PurePosixPath(name).name == "oracle.json"]
        oracle = _object(folder.text(oracles[0])) if len(oracles) == 1 else None
    if not records:
        raise InvalidInputError("the folder has no trial of KerasTuner's that can be read", field="file")
    by_word = {"max": Direction.MAXIMIZE, "min": Direction.MINIMIZE}
    direction = by_word.get(next(iter(directions))) if len(directions) == 1 else None
    space = None if oracle is None else space_of_project(oracle, [record.parameters for record in records])
    facts = SourceFacts(KERAS_TUNER, "KerasTuner", direction=direction, space=space, has_unique_runs=False)
    return history_of(records, options, facts)


def _keras_record(body: dict[str, Any], name: PurePosixPath, options: ImportOptions) -> RunRecord:
    hyperparameters = body.get("hyperparameters")
    values = hyperparameters.get("values") if isinstance(hyperparameters, dict) else None
    steps = {str(key): _observations(one) for key, one in _metrics(body).items()}
    score = body.get("score")
    metrics = {key: list(points.values())[-1] for key, points in steps.items() if points}
    if not metrics and isinstance(score, (int, float)):
        metrics = {"score": float(score)}
    parameters = {str(k): v for k, v in (values or {}).items() if not str(k).startswith("tuner/")}
    return RunRecord(
        study=name.parent.parent.name or options.default_name or "project",
        state=state_of(body.get("status"), bool(metrics)),
        parameters=parameters,
        metrics=metrics,
        identity=str(body.get("trial_id", "")),
        steps={key: points for key, points in steps.items() if len(points) > 1},
    )


def _metrics(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    outer = body.get("metrics")
    inner = outer.get("metrics") if isinstance(outer, dict) else None
    return {k: v for k, v in inner.items() if isinstance(v, dict)} if isinstance(inner, dict) else {}


def _observations(metric: dict[str, Any]) -> dict[int, float | None]:
    """Values by step; of several executions of one trial, their mean."""
    points: dict[int, float | None] = {}
    for place, one in enumerate(metric.get("observations") or []):
        values = one.get("value") if isinstance(one, dict) else None
        numbers = [float(v) for v in values if isinstance(v, (int, float))] if isinstance(values, list) else []
        step = one.get("step") if isinstance(one, dict) else None
        if numbers:
            points[step if isinstance(step, int) else place] = sum(numbers) / len(numbers)
    return points


def read_bohb(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read the log of a run that was sent as a zip.

    Raises:
        InvalidInputError: If no result can be read.
        LimitExceededError: If it holds more than may be read.
    """
    with opened_folder(path, options.limits) as folder:
        records = [record for name in sorted(folder) if _is_results(name) for record in _bohb(folder, name, options)]
    if not records:
        raise InvalidInputError("the folder has no result of BOHB's that can be read", field="file")
    facts = SourceFacts(BOHB, "BOHB", direction=Direction.MINIMIZE, has_unique_runs=False)
    return history_of(records, options, facts)


def _is_results(name: str) -> bool:
    return PurePosixPath(name).name == "results.json"


def _bohb(folder: Folder, name: str, options: ImportOptions) -> Iterator[RunRecord]:
    where = PurePosixPath(name).parent
    given = str(where / "configs.json")
    configurations: dict[str, dict[str, Any]] = {}
    for line in folder.text(given).splitlines() if given in folder else ():
        entry = _list(line)
        if len(entry) > 1 and isinstance(entry[1], dict):
            configurations[json.dumps(entry[0])] = entry[1]
    for line in folder.text(name).splitlines():
        entry = _list(line)
        configuration = configurations.get(json.dumps(entry[0])) if len(entry) > 4 else None  # its fields
        if configuration is None:
            continue
        _, budget, times, result, error = entry[:5]
        loss = result.get("loss") if isinstance(result, dict) else None
        value = float(loss) if isinstance(loss, (int, float)) else None
        yield RunRecord(
            study=where.name or options.default_name or "run",
            state=TrialState.FAIL if error or value is None else TrialState.COMPLETE,
            parameters=configuration,
            metrics={"loss": value},
            identity=json.dumps(entry[0]),
            duration_s=_between(times),
            budget=float(budget) if isinstance(budget, (int, float)) else None,
        )


def _between(times: object) -> float | None:
    if not isinstance(times, dict):
        return None
    start, end = times.get("started"), times.get("finished")
    return float(end - start) if isinstance(start, (int, float)) and isinstance(end, (int, float)) else None


def _object(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _list(line: str) -> list[Any]:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return body if isinstance(body, list) else []
