"""Runs, written in every format, and what becomes of them when they are imported."""

import json
import random
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import create_trial

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy
from service.imports.study_storage import StudyOutcome, StudyWriter
from store.connections.database import Database
from store.pages import PageRequest
from store.studies import StoredStudy, StudyRepository
from tests.knowledge.importers.optuna_studies import journal
from warmtune.vocabulary.errors import ConflictError, WarmtuneError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.task import TaskKind

N = 25
FORMATS = ("optuna.db", "optuna.log", "trials.csv", "trials.json", "trials.parquet", "metadataset.zip", "wandb.json")
BINARY: dict[str, Any] = {"kind": TaskKind.BINARY, "metric": "accuracy"}

PARAMETERS = ("C", "depth", "kernel", "constant")
SPACE = {
    "C": FloatDistribution(0.01, 100.0, log=True),
    "depth": IntDistribution(1, 20),
    "kernel": CategoricalDistribution(["rbf", "poly", "linear"]),
    "constant": IntDistribution(1, 5),
}


def brought(database: Database, path: Path, **options: Any) -> list[StudyOutcome | WarmtuneError]:
    """What becomes of each study of a file."""
    given = ImportOptions(**{"default_name": path.stem, **BINARY, **options})
    history = read_history(path, given)
    studies = list(convert(history, given))
    assert all(isinstance(study, ConvertedStudy) for study in studies), studies
    record = record_of(history.source, history.version, path)
    with database.writing() as connection:
        return StudyWriter(record).keep(connection, [one for one in studies if isinstance(one, ConvertedStudy)])


def record_of(source: str, version: str, path: Path) -> ImportRecord:
    return ImportRecord(
        import_id=f"import_{uuid.uuid4().hex}",
        source=source,
        written_by=version,
        file_name=path.name,
        file_hash="0" * 64,
        sent_by=None,
        created_at=datetime.now(UTC),
    )


def only(outcomes: list[StudyOutcome | WarmtuneError]) -> StudyOutcome:
    (outcome,) = outcomes
    assert isinstance(outcome, StudyOutcome), outcome
    return outcome


def refusal(outcomes: list[StudyOutcome | WarmtuneError]) -> str:
    (outcome,) = outcomes
    assert isinstance(outcome, ConflictError), outcome
    return outcome.message


def stored(database: Database) -> list[StoredStudy]:
    with database.reading() as connection:
        repository = StudyRepository(connection)
        page = repository.page(PageRequest(limit=100))
        return [repository.get(one.study_id) for one in page.items]


def runs(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Trials of which every format can tell everything."""
    rng = random.Random(seed)
    return [
        {
            "C": rng.uniform(0.1, 10.0),
            "depth": rng.randint(1, 9),
            "kernel": rng.choice(["rbf", "poly"]),
            "constant": 3,
            "accuracy": rng.uniform(0.5, 1.0),
            "log_loss": rng.uniform(0.1, 1.0),
            "seconds": rng.uniform(1.0, 9.0),
        }
        for _ in range(count)
    ]


def written(folder: Path, name: str, given: list[dict[str, Any]], *, values: tuple[str, ...] = ("accuracy",)) -> Path:
    """Runs in a format, by the file's ending."""
    path = folder / name
    ending = path.suffix
    if ending in (".db", ".log"):
        storage: Any = f"sqlite:///{path}" if ending == ".db" else journal(path)
        ways = [StudyDirection.MAXIMIZE if value == "accuracy" else StudyDirection.MINIMIZE for value in values]
        study = optuna.create_study(storage=storage, study_name=path.stem, directions=ways)
        start = datetime(2026, 5, 1, 12, 0, 0) + timedelta(hours=len(name))  # formats don't agree on when it was
        study.add_trials([trial_of(run, values, start) for run in given])
    elif name.startswith("wandb"):
        shuffled = [{"id": f"r{i}", "state": "finished", **_as_run(run)} for i, run in enumerate(given)][::-1]
        path.write_text(json.dumps(shuffled))
    elif ending == ".zip":
        _metadataset(path, given)
    else:
        frame = pd.DataFrame([{f"params_{k}": run[k] for k in PARAMETERS} | _columns(run) for run in given])
        frame.insert(0, "number", range(len(given)))
        frame["state"] = "COMPLETE"
        if ending == ".csv":
            frame.to_csv(path, index=False)
        elif ending == ".json":
            frame.to_json(path, orient="records", double_precision=15)
        else:
            frame.to_parquet(path)
    return path


def trial_of(run: dict[str, Any], values: tuple[str, ...], start: datetime) -> optuna.trial.FrozenTrial:
    trial = create_trial(
        params={name: run[name] for name in PARAMETERS}, distributions=SPACE, values=[run[name] for name in values]
    )
    trial.datetime_start, trial.datetime_complete = start, start + timedelta(seconds=run["seconds"])
    return trial


def _columns(run: dict[str, Any]) -> dict[str, Any]:
    return {"value": run["accuracy"], "duration": run["seconds"]}


def _as_run(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "config": {name: run[name] for name in PARAMETERS},
        "summary": {"accuracy": run["accuracy"], "_runtime": run["seconds"]},
    }


def _metadataset(path: Path, given: list[dict[str, Any]]) -> None:
    parameters = [
        {"name": "C", "type": "float", "low": 0.01, "high": 100.0, "log": True},
        {"name": "depth", "type": "int", "low": 1, "high": 20},
        {"name": "kernel", "type": "categorical", "choices": ["rbf", "poly", "linear"]},
        {"name": "constant", "type": "int", "low": 1, "high": 5},
    ]
    frame = pd.DataFrame([{"task": "a task", **{k: r[k] for k in PARAMETERS}, "score": r["accuracy"]} for r in given])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trials.parquet", frame.to_parquet())
        archive.writestr("space.json", json.dumps({"hyperparameters": parameters}))
