"""JSON documents of runs, an object each: NNI, SigOpt, Vizier, Katib, FLAML, Nevergrad, SMAC, Hyperopt, and their like.

A run has an object of parameters (``config``, ``params``, ``assignments``, ...) and results beside it: numbers of usual
names, or an object of metrics.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from knowledge.importers.json_files import read_json
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.run_spellings import from_hyperopt, is_hyperopt, nevergrad_parameters
from knowledge.importers.smac_history import is_run_history, smac_runs
from knowledge.importers.values import ForeignHistory
from knowledge.importers.wandb_runs import flat_settings
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metric_readings import read_metric
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.run_states import state_of

SOURCE: Final = "runs"
_PARAMETERS: Final = (
    "config",
    "params",
    "parameters",
    "parameter",
    "assignments",
    "hyperparameters",
    "hparams",
    "parameterAssignments",
)
_RESULTS: Final = ("metrics", "summary", "results", "result", "final_measurement", "finalMeasurement", "observation")
_VALUES: Final = frozenset({"value", "loss", "validation_loss", "val_loss", "score", "objective", "cost", "fitness"})
_SECONDS: Final = ("trial_time", "duration", "duration_s", "runtime", "seconds", "time")
_BUDGETS: Final = ("budget", "fidelity", "sample_size")
_LOSSES: Final = ("loss", "cost", "fitness", "error")

_FLAML_MARK: Final = {"curr_best_record_id"}
"""The last line of FLAML's log is no run, but says which one is the best."""

Body = Mapping[str, Any]


def is_runs_document(body: object) -> bool:
    """Whether JSON is a document of runs."""
    return is_run_history(body) or bool(_runs(body))


def is_runs_line(line: bytes) -> bool:
    """Whether a line of JSON is a run."""
    try:
        body = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and _is_run(body)


def read_runs_document(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read a document of runs, whole or a line a run.

    Raises:
        InvalidInputError: If it has none.
        LimitExceededError: If it has more than may be read.
    """
    try:
        body = read_json(path)
    except InvalidInputError:
        body = list(_lines(path))
    if is_run_history(body):
        records = smac_runs(body, options.default_name or "SMAC")
        facts = SourceFacts(SOURCE, "SMAC's runhistory", direction=Direction.MINIMIZE, has_unique_runs=False)
        return history_of(records, options, facts)
    runs = _runs(body)
    if not runs:
        raise InvalidInputError("the file has no run with an object of parameters", field="file")
    records = [_record(run, place, options) for place, run in enumerate(runs)]
    names = {name for record in records for name, value in record.metrics.items() if value is not None}
    are_losses = bool(names) and all(name.lower().endswith(_LOSSES) for name in names)
    direction = Direction.MINIMIZE if are_losses else None
    return history_of(
        records, options, SourceFacts(SOURCE, _maker(runs[0]), direction=direction, has_unique_runs=False)
    )


def _lines(path: Path) -> Iterator[object]:
    """JSON Lines; a last line that was cut off is left out."""
    lines = path.read_bytes().splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == len(lines):
                return
            raise InvalidInputError(f"line {number} is not JSON: {error}", field=f"file.line {number}") from error


def _runs(body: object) -> list[Body]:
    """The runs of a document: a list of them, or an object that has the list."""
    several: list[Any] = body if isinstance(body, list) else []
    if isinstance(body, dict):
        lists = (body[key] for key in ("items", "data", "trials", "runs") if isinstance(body.get(key), list))
        several = next(lists, [])
    runs = [_plain(run) for run in several if isinstance(run, dict) and run.keys() != _FLAML_MARK]
    return runs if runs and all(map(_is_run, runs)) else []


def _plain(run: Body) -> Body:
    """A run of Katib's or Hyperopt's as one like the others."""
    return from_hyperopt(run) if is_hyperopt(run) else _from_katib(run)


def _from_katib(run: Body) -> Body:
    """Its runs are Kubernetes' objects."""
    spec, status = run.get("spec"), run.get("status")
    if not (isinstance(spec, dict) and "parameterAssignments" in spec):
        return run
    status = status if isinstance(status, dict) else {}
    ends = [one.get("type") for one in _objects(status.get("conditions")) if str(one.get("status")) == "True"]
    owner = next(iter(_objects(_object(run.get("metadata")).get("ownerReferences"))), {})
    return {
        "parameterAssignments": spec["parameterAssignments"],
        "observation": _object(status.get("observation")),
        "state": ends[-1] if ends else None,
        "study": owner.get("name"),
    }


def _is_run(run: Body) -> bool:
    if "#loss" in run:
        return True
    return _parameters(run) is not None and any(value is not None for value in _metrics(run).values())


def _parameters(run: Body) -> dict[str, object] | None:
    if "#loss" in run:  # Nevergrad: what is its own begins with the sign
        return nevergrad_parameters(run)
    for key in _PARAMETERS:
        given = run.get(key)
        if isinstance(given, dict):
            flat = flat_settings(given)
            return flat | {"learner": run["learner"]} if isinstance(run.get("learner"), str) else flat
        if isinstance(given, list) and given and all(isinstance(one, dict) and _name(one) for one in given):
            return {_name(one): one.get("value") for one in given}
    return None


def _metrics(run: Body) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for key in _RESULTS:
        found |= _named_values(run.get(key))
    found |= _named_values(run.get("values"))
    for key, value in run.items():
        if key.removeprefix("#") in _VALUES or read_metric(key).is_known:
            found.setdefault(key.removeprefix("#"), _number(value))
    return found


def _named_values(given: object) -> dict[str, float | None]:
    """Metrics by name: an object of numbers, of objects with a value, or a list of objects with name and value."""
    if isinstance(given, list):
        return {_name(one): _value(one) for one in _objects(given) if _name(one)}
    if not isinstance(given, dict):
        return {}
    found: dict[str, float | None] = {}
    for key, value in given.items():
        if key == "metrics":
            found |= _named_values(value)
        elif (number := _value(value) if isinstance(value, dict) else _number(value)) is not None:
            found[str(key)] = number
    return found


def _name(entry: Body) -> str:
    """What a parameter or metric is called; empty where it is neither. Vizier says what an identifier is of."""
    return str(entry.get("name") or entry.get("parameterId") or entry.get("metricId") or "")


def _value(entry: Body) -> float | None:
    for key in ("value", "latest", "mean"):
        if key in entry:
            return _number(entry[key])
    return 0.0 if "metricId" in entry else None  # protocol buffers leave zeros out


def _record(run: Body, place: int, options: ImportOptions) -> RunRecord:
    parameters = _parameters(run) or {}
    metrics = _metrics(run)
    task_key = options.task_by or next((key for key in ("dataset", "task") if key in run or key in parameters), None)
    task = None if task_key is None else run.get(task_key, parameters.get(task_key))
    study_key = options.study_by or "study"
    study = run.get(study_key) or parameters.get(study_key)
    has_value = any(value is not None for value in metrics.values())
    return RunRecord(
        study=str(study or options.default_name or "runs"),
        state=state_of("failed" if run.get("failed") is True else run.get("state", run.get("status")), has_value),
        parameters=parameters,
        metrics=metrics,
        identity=str(run.get("id") or run.get("trialJobId") or place),
        task=None if task is None else str(task),
        duration_s=next((found for key in _SECONDS if (found := _number(run.get(key))) is not None), None),
        budget=next((found for key in _BUDGETS if (found := _number(run.get(key))) is not None), None),
    )


def _maker(run: Body) -> str:
    marks: Sequence[tuple[str, Callable[[Body], bool]]] = (
        ("Nevergrad", lambda one: "#loss" in one),
        ("FLAML", lambda one: "learner" in one and "validation_loss" in one),
        ("Katib", lambda one: "parameterAssignments" in one),
        ("SigOpt", lambda one: "assignments" in one),
        ("NNI", lambda one: "parameter" in one),
        ("Hyperopt", lambda one: one.get("maker") == "Hyperopt"),
        ("Vizier", lambda one: "finalMeasurement" in one),
    )
    return next((name for name, is_one in marks if is_one(run)), "a document of runs")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)  # type: ignore[arg-type]  # whatever a document holds: what isn't a number is none
    except (TypeError, ValueError, OverflowError):
        return None


def _object(value: object) -> Body:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Body]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
