"""Meta-datasets in one folder: ``trials.parquet``, ``space.json`` and, if there is one, ``metafeatures.parquet``.

A row is a trial of a task; ``score`` is to be maximised; parameters are in natural units, missing where inactive.
"""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from knowledge.importers.folders import Folder, opened_folder
from knowledge.importers.options import ImportOptions
from knowledge.importers.records import RunRecord, SourceFacts, history_of
from knowledge.importers.values import ForeignHistory, TaskFacts
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError
from warmtune.vocabulary.exported_note import EXPORTED_FROM
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import TrialState

if TYPE_CHECKING:
    import pyarrow as pa

SOURCE: Final = "metadataset"
_TRIALS, _SPACE, _FEATURES = "trials.parquet", "space.json", "metafeatures.parquet"
_SECONDS = ("seconds", "duration_s", "time", "runtime")
_NO_METRIC = frozenset({"task", "config_id", "origin", EXPORTED_FROM, *_SECONDS})


def is_metadataset(names: Iterable[str]) -> bool:
    """Whether a folder's files are such a meta-dataset's."""
    return {_TRIALS, _SPACE} <= set(names)


def read_metadataset(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read a folder that was sent as a zip.

    Raises:
        InvalidInputError: If a file is missing or not as it should be.
        LimitExceededError: If it holds more than may be read.
    """
    with opened_folder(path, options.limits) as folder:
        if not is_metadataset(folder):
            raise InvalidInputError("the folder lacks trials.parquet or space.json", field="file")
        space = read_space(folder.text(_SPACE))
        table = _table(folder, _TRIALS, options)
        features = _table(folder, _FEATURES, options) if _FEATURES in folder else None
    columns = table.column_names
    if "task" not in columns:
        raise InvalidInputError("trials.parquet has no column 'task'", field="file")
    metrics = [name for name in columns if name not in space.parameters and name not in _NO_METRIC]
    chosen = options.metric if options.metric in metrics else "score"
    tasks = {} if features is None else _facts(features.to_pylist(), options.kind)
    facts = SourceFacts(
        SOURCE,
        "a meta-dataset",
        notes=(f"columns read as metrics: {', '.join(metrics)}",),
        direction=Direction.MAXIMIZE if chosen == "score" else None,
        space=space,
        tasks=tasks,
        has_unique_runs=False,
    )
    order, wanted = tuple(space.in_dependency_order()), metrics if chosen != "score" else ["score"]
    records = [_record(row, space, wanted, order) for row in table.to_pylist()]
    return history_of(records, options, facts)


def read_space(text: str) -> SearchSpace:
    """The search space of ``space.json``.

    Raises:
        InvalidSearchSpaceError: If it is none.
    """
    try:
        entries = json.loads(text)["hyperparameters"]
        distributions = {str(entry["name"]): _distribution(entry) for entry in entries}
        conditions = tuple(
            Condition(str(entry["name"]), str(entry["condition"]["parent"]), tuple(entry["condition"]["values"]))
            for entry in entries
            if entry.get("condition")
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InvalidSearchSpaceError(f"space.json doesn't have the expected form: {error!r}", field="file") from error
    return SearchSpace(distributions, conditions=conditions)


def _distribution(entry: Mapping[str, Any]) -> BaseDistribution:
    if entry["type"] == "categorical":
        return CategoricalDistribution(entry["choices"])
    step = entry.get("step")
    if entry["type"] == "int":
        return IntDistribution(int(entry["low"]), int(entry["high"]), bool(entry.get("log")), int(step or 1))
    step = None if step is None else float(step)
    return FloatDistribution(float(entry["low"]), float(entry["high"]), bool(entry.get("log")), step)


def _table(folder: Folder, name: str, options: ImportOptions) -> "pa.Table":
    from metafeatures.limits import TableLimits  # noqa: PLC0415  # Arrow, which other sources need not wait for
    from metafeatures.reading import read_table  # noqa: PLC0415

    limits = options.limits
    with TemporaryDirectory(prefix="warmtune-") as directory:
        path = Path(directory) / name
        path.write_bytes(folder.read(name, max_bytes=limits.max_unpacked_bytes))
        return read_table(
            path,
            limits=TableLimits(
                max_rows=limits.max_trials, max_cells=limits.max_values, max_bytes=limits.max_unpacked_bytes
            ),
        )


def _record(row: Mapping[str, Any], space: SearchSpace, metrics: list[str], order: tuple[str, ...]) -> RunRecord:
    parameters: dict[str, ParameterValue] = {}
    for name in order:
        value, distribution = row.get(name), space.parameters[name]
        if value is None or (isinstance(value, float) and math.isnan(value)):
            # an empty cell is an inactive parameter, unless None is a choice of an active one
            if _has_none(distribution) and space.is_active(name, parameters):
                parameters[name] = None
            continue
        is_whole = isinstance(distribution, IntDistribution) and is_finite_number(value)
        parameters[name] = int(value) if is_whole else value
    values = {name: float(row[name]) if is_finite_number(row.get(name)) else None for name in metrics}
    seconds = next((row[name] for name in _SECONDS if is_finite_number(row.get(name))), None)
    has_value = any(value is not None for value in values.values())
    return RunRecord(
        study=str(row["task"]),
        state=TrialState.COMPLETE if has_value else TrialState.FAIL,
        parameters=parameters,
        metrics=values,
        task=str(row["task"]),
        duration_s=None if seconds is None else float(seconds),
        metadata={EXPORTED_FROM: str(row[EXPORTED_FROM])} if row.get(EXPORTED_FROM) else {},
    )


def _has_none(distribution: BaseDistribution) -> bool:
    return isinstance(distribution, CategoricalDistribution) and None in distribution.choices


def _facts(rows: list[dict[str, Any]], kind: TaskKind | None) -> dict[str, TaskFacts]:
    facts = {}
    for row in rows:
        values = {name: float(value) for name, value in row.items() if name != "task" and is_finite_number(value)}
        if values and "task" in row:
            facts[str(row["task"])] = TaskFacts(kind=kind, meta_features=MetaFeatures(values, version="metadataset"))
    return facts
