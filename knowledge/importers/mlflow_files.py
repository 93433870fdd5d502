"""MLflow's file store (``mlruns``), read from its plain files; MLflow itself is not needed.

The runs below one parent run are a study, and so are the runs of an experiment that have no parent. The last value of a
metric counts; its whole history becomes intermediate values.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from knowledge.importers.folders import Folder, opened_folder
from knowledge.importers.mlflow_runs import USED_TAGS, Run, history_of_runs
from knowledge.importers.options import ImportOptions
from knowledge.importers.values import ForeignHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_finite_number

SOURCE: Final = "mlflow-files"
_META = "meta.yaml"


def read_file_store(path: Path, options: ImportOptions) -> ForeignHistory:
    """Read an MLflow file store that was sent as a zip.

    Raises:
        InvalidInputError: If it has no run.
        LimitExceededError: If it holds more than may be read.
    """
    with opened_folder(path, options.limits) as folder:
        experiments: dict[str, str] = {}
        deleted: set[str] = set()
        runs: list[Run] = []
        metas = [(name, _flat_yaml(folder.text(name))) for name in folder if PurePosixPath(name).name == _META]
        for _, meta in metas:
            if "experiment_id" in meta and "name" in meta and not {"run_id", "model_id"} & meta.keys():
                experiments[meta["experiment_id"]] = meta["name"]
                if not _is_active(meta):
                    deleted.add(meta["experiment_id"])
        for name, meta in metas:
            if "run_id" in meta and _is_active(meta) and meta.get("experiment_id") not in deleted:
                runs.append(_run(folder, str(PurePosixPath(name).parent), meta, options))
    if not runs:
        raise InvalidInputError("the folder has no run of MLflow's", field="file")
    return history_of_runs(runs, experiments, options, source=SOURCE, version="MLflow's file store")


def _is_active(meta: Mapping[str, str]) -> bool:
    """Neither a deleted run nor a deleted experiment, whose runs stay marked as active."""
    return meta.get("lifecycle_stage", "active") == "active"


def is_file_store(names: Iterable[str]) -> bool:
    """Whether a folder's files are such a store's."""
    return any(PurePosixPath(name).name == _META for name in names)


def _run(folder: Folder, where: str, meta: Mapping[str, str], options: ImportOptions) -> Run:
    tags = {
        _below(name, f"{where}/tags"): folder.text(name)
        for name in folder.tree(f"{where}/tags")
        if _is_read(name, options)
    }
    return Run(
        run_id=meta["run_id"],
        experiment_id=meta.get("experiment_id", ""),
        name=meta.get("run_name") or tags.get("mlflow.runName", ""),
        status=meta.get("status", ""),
        start_ms=_number(meta.get("start_time")),
        end_ms=_number(meta.get("end_time")),
        parameters={_below(name, f"{where}/params"): folder.text(name) for name in folder.tree(f"{where}/params")},
        metrics={
            _below(name, f"{where}/metrics"): _points(folder.text(name)) for name in folder.tree(f"{where}/metrics")
        },
        tags=tags,
    )


def _is_read(tag: str, options: ImportOptions) -> bool:
    """Of MLflow's own tags, few say something of a trial."""
    last = tag.rpartition("/")[2]
    return not last.startswith("mlflow.") or last in USED_TAGS or last == options.task_by


def _below(name: str, where: str) -> str:
    """A parameter's name is its path below the folder: names may have slashes."""
    return name[len(where) + 1 :]


def _points(text: str) -> dict[int, float | None]:
    """Values by step; the lines are ``time value step``, the last of a step counts."""
    points: dict[int, float | None] = {}
    for place, line in enumerate(text.splitlines()):
        parts = line.split()
        if len(parts) >= 2:
            step = int(parts[2]) if len(parts) > 2 and parts[2].lstrip("-").isdecimal() else place
            points[step] = _number(parts[1])
    return points


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if is_finite_number(number) else None


def _flat_yaml(text: str) -> dict[str, str]:
    """The scalars of a flat YAML file, as MLflow writes them; anything nested is passed over."""
    found = {}
    for line in text.splitlines():
        key, colon, value = line.partition(": ")
        if colon and key and not key[0].isspace():
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
                value = value[1:-1].replace("''", "'")
            found[key] = "" if value == "null" else value
    return found
