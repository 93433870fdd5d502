"""A new user's folder: histories of several tools among files that are none, read at once and counted once."""

import gzip
import json
import shutil
import zipfile
from pathlib import Path

import optuna
import pandas as pd
import pytest

from knowledge.importers.options import ImportOptions, options_from_json
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy, FileOptions, ForeignHistory, RefusedStudy
from tests.knowledge.importers.foreign_files import mlflow_store
from tests.knowledge.importers.optuna_studies import conditional, journal
from tests.knowledge.importers.test_mlflow_databases import written
from warmtune.histories.upload_file import packed
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind

IRIS = "sepal,petal,score,species\n" + "".join(f"{n / 7},{n / 3},{n % 5},{'ab'[n % 2]}\n" for n in range(30))


def fill(storage: object, name: str, *, n_trials: int, seed: int) -> optuna.Study:
    study = optuna.create_study(
        storage=storage,  # type: ignore[arg-type]
        study_name=name,
        direction="maximize",
        sampler=optuna.samplers.RandomSampler(seed=seed),
    )
    study.optimize(conditional, n_trials=n_trials, catch=(ValueError,))
    return study


def mixed_folder(root: Path) -> Path:
    """Everything that gathers in a folder of experiments."""
    root.mkdir()
    study = fill(f"sqlite:///{root / 'optuna.db'}", "search", n_trials=6, seed=0)
    shutil.copy(root / "optuna.db", root / "backup.db")
    study.optimize(conditional, n_trials=4, catch=(ValueError,))
    (root / "archive" / "old").mkdir(parents=True)
    shutil.copy(root / "optuna.db", root / "archive" / "old" / "optuna.db")
    study.trials_dataframe().to_csv(root / "search.csv", index=False)
    fill(journal(root / "optuna.log"), "another search", n_trials=5, seed=1)
    for name, content in mlflow_store().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(str(content))
    (root / "mlruns/1" / f"{1:032x}" / "artifacts").mkdir()
    (root / "mlruns/1" / f"{1:032x}" / "artifacts" / "data.csv").write_text(IRIS)
    written(root / "mlflow.db")
    rows = [f"run-{n},{'finished' if n else 'failed'},{n + 1.5},2026-01-0{n + 1},{n / 4},{n},{n / 8}" for n in range(6)]
    head = "Name,State,Runtime,Created,lr,depth,val_accuracy"
    (root / "wandb_export.csv").write_text("\n".join([head, *rows]))
    for n in range(3):
        trial = root / "ray_results" / "train_fn" / f"t{n}"
        trial.mkdir(parents=True)
        report = {"accuracy": n / 4, "training_iteration": 1, "config": {"x": n / 8}, "trial_id": f"t{n}"}
        (trial / "result.json").write_text(json.dumps(report))
        (trial / "params.json").write_text(json.dumps({"x": n / 8}))
    (root / "grid.csv").write_text(
        "param_C,param_kernel,mean_fit_time,mean_test_score\n0.5,rbf,0.25,0.75\n2.0,rbf,0.25,0.875\n8.0,linear,0.5,0.5\n"
    )
    trials = [{"number": n, "alpha": n / 16, "accuracy": 0.5 + n / 32, "state": "complete"} for n in range(5)]
    (root / "trials.json").write_text(json.dumps(trials))
    (root / "README.md").write_text("# our experiments\n")
    (root / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / "empty.csv").write_bytes(b"")
    (root / "iris.csv").write_text(IRIS)
    (root / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
    (root / "settings.json").write_text('{"seed": 1, "folds": 5}')
    return root


def read(folder: Path, **given: object) -> ForeignHistory:
    options = ImportOptions(**given)  # type: ignore[arg-type]
    with packed(folder) as upload:
        return read_history(upload.content, options)


def test_all_histories_of_a_folder_are_read_once_and_the_rest_is_named(tmp_path: Path) -> None:
    history = read(mixed_folder(tmp_path / "experiments"), metric="accuracy")
    assert history.source == "folder"
    assert {study.name: len(study.trials) for study in history.studies} == {
        "search": 10,
        "another search": 5,
        "train_fn": 3,
        "wandb_export": 6,
        "grid": 3,
        "trials": 5,
        "it's one / run 0": 3,
        "forests / search": 3,
    }
    options = ImportOptions(metric="accuracy", kind=TaskKind.BINARY)
    metrics = {study.name: study.metric for study in convert(history, options) if isinstance(study, ConvertedStudy)}
    of_r2 = {"it's one / run 0", "forests / search"}  # what a file says counts more than what is said of all
    assert metrics == {study.name: "r2" if study.name in of_r2 else "accuracy" for study in history.studies}
    said = "\n".join(history.notes)
    for line in (
        "optuna.db: optuna-sqlite (Optuna",
        "optuna.log: optuna-journal (Optuna's journal), 1 study, 5 trials: another search",
        "ray_results/train_fn: ray (Ray Tune), 1 study, 3 trials: train_fn",
        "mlruns: mlflow-files (MLflow's file store), 1 study, 3 trials: it's one / run 0",
        "wandb_export.csv: the table is read as Weights & Biases' runs",
        "grid.csv: the table is read as scikit-learn's cv_results_",
        "skipped archive/old/optuna.db: the same file as optuna.db",
        "backup.db: study 'search' is left out, since optuna.db has its 6 trials (study 'search' there has 10)",
        "search.csv: study 'search' is left out, since optuna.db has its 10 trials (study 'search' there has 10)",
        "skipped README.md: a text or a program, by its name",
        "skipped plot.png: a picture, a model or an array: its content was not sent",
        "skipped empty.csv: empty",
        "skipped .DS_Store: hidden",
        "skipped iris.csv: perhaps a dataset: it was not sent",
    ):
        assert line in said, line
    assert "artifacts" not in said
    assert not history.refused
    assert "skipped settings.json: no table of trials (this is a JSON object" in said


@pytest.mark.parametrize("table", ["a.csv", "z.csv"])
def test_of_two_files_with_the_same_trials_the_one_that_knows_more_is_read(tmp_path: Path, table: str) -> None:
    root = tmp_path / "runs"
    root.mkdir()
    study = fill(f"sqlite:///{root / 'optuna.db'}", "search", n_trials=6, seed=0)
    study.trials_dataframe().to_csv(root / table, index=False)
    with packed(root) as upload:
        history = read_history(upload.content, ImportOptions())
    assert [one.name for one in history.studies] == ["search"]
    assert history.studies[0].distributions
    assert f"{table}: study '{table[0]}' is left out, since optuna.db has its 6 trials" in "\n".join(history.notes)


def test_a_history_that_cannot_be_read_is_refused_alone(tmp_path: Path) -> None:
    folder = mixed_folder(tmp_path / "experiments")
    (folder / "two_metrics.csv").write_text("number,x,loss,score\n0,1,2,3\n1,2,3,4\n2,3,4,5\n")
    whole = (folder / "optuna.log").read_bytes()
    (folder / "broken.log").write_bytes(whole[:300] + b"\n{}\n" + whole[300:])
    (folder / "broken.db").write_bytes((folder / "optuna.db").read_bytes()[:9_000])
    history = read(folder)
    why = {refused.name: refused.reason for refused in history.refused}
    assert "several metrics (loss, score)" in why["two_metrics.csv"]
    assert "line" in why["broken.log"]
    assert len(history.studies) == 8
    assert "broken.db" in "\n".join([*why, *history.notes])


def test_a_folder_without_any_history_says_what_its_files_are(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# nothing")
    (tmp_path / "iris.csv").write_text(IRIS)
    (tmp_path / "zeros.csv").write_text("")
    with pytest.raises(InvalidInputError, match=r"nothing in the folder is a history: .*README.md.*iris.csv"):
        read(tmp_path)


def test_a_lone_history_among_other_files_is_found(tmp_path: Path) -> None:
    fill(journal(tmp_path / "deep.log"), "alone", n_trials=4, seed=3)
    (tmp_path / "notes.md").write_text("x")
    assert [study.name for study in read(tmp_path).studies] == ["alone"]


def test_histories_that_only_resemble_each_other_are_both_taken(tmp_path: Path) -> None:
    for name, shift in (("one.csv", 0.0), ("two.csv", 0.001)):
        rows = "".join(f"{n},{n / 8},{0.5 + n / 16 + shift}\n" for n in range(6))
        (tmp_path / name).write_text(f"number,x,accuracy\n{rows}")
    same = "".join(f"{n},{n / 8 + 1},{0.5 + n / 16}\n" for n in range(6))  # the values of the first, at other places
    (tmp_path / "three.csv").write_text(f"number,x,accuracy\n{same}")
    assert {study.name for study in read(tmp_path).studies} == {"one", "two", "three"}


MIXED_WAYS = {
    "lgb_1.csv": "number,leaves,own_loss\n0,3,0.5\n1,7,0.25\n2,9,0.125\n",
    "lgb_2.csv": "number,leaves,own_loss\n0,2,0.5\n1,6,0.75\n2,8,0.375\n",
    "gains/svm.csv": "number,C,profit\n0,3.5,10\n1,7.25,20\n2,9.5,15\n",
    "unknown.csv": "number,C,something\n0,3.5,1.5\n1,7.25,2.5\n2,9.5,3.5\n",
    "rmse.csv": "number,alpha,rmse\n0,0.5,10.5\n1,0.25,20.5\n2,0.125,15.5\n",
}


def directions(folder: Path, **given: object) -> tuple[dict[str, str], dict[str, str]]:
    """By file: the direction of what is taken, and why the rest is refused."""
    options = ImportOptions(**given)  # type: ignore[arg-type]
    with packed(folder, columns=["own_loss"]) as upload:
        history = read_history(upload.content, options)
    found = list(convert(history, options))
    taken = {one.file: str(one.direction) for one in found if isinstance(one, ConvertedStudy)}
    return taken, {one.name: one.reason for one in (*history.refused, *found) if isinstance(one, RefusedStudy)}


def mixed_ways(folder: Path) -> Path:
    for name, text in MIXED_WAYS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    study = fill(f"sqlite:///{folder / 'own.db'}", "own", n_trials=6, seed=0)
    assert study.direction.name == "MAXIMIZE"
    return folder


ROLES = {"own_loss": "metric", "profit": "metric", "something": "metric"}


def test_options_of_single_files_take_a_folder_of_mixed_directions(tmp_path: Path) -> None:
    given: dict[str, object] = {
        "kind": TaskKind.BINARY,
        "direction": Direction.MINIMIZE,
        "per_file": (
            ("gains/*", FileOptions(direction=Direction.MAXIMIZE)),
            ("rmse.csv", FileOptions(kind=TaskKind.REGRESSION)),
        ),
    }
    folder = mixed_ways(tmp_path / "runs")
    # tables whose metric nobody can guess: each file has its own column, so that roles can't be said of all
    for name in ("lgb_1.csv", "lgb_2.csv"):
        (folder / name).write_text((folder / name).read_text().replace("own_loss", "score"))
    (folder / "gains/svm.csv").write_text(MIXED_WAYS["gains/svm.csv"].replace("profit", "score"))
    (folder / "unknown.csv").unlink()
    taken, refused = directions(folder, **given)
    assert refused == {}
    assert taken == {
        "lgb_1.csv": "minimize",
        "lgb_2.csv": "minimize",
        "gains/svm.csv": "maximize",
        "rmse.csv": "minimize",
        "own.db": "maximize",  # the file's own word
    }


def test_files_of_which_nothing_is_known_are_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    folder = mixed_ways(tmp_path / "runs")
    for name, text in MIXED_WAYS.items():
        (folder / name).write_text(
            text.replace("something", "score").replace("own_loss", "loss").replace("profit", "value")
        )
    per_file = (("lgb*.csv", FileOptions(direction=Direction.MINIMIZE)), ("typo*", FileOptions(metric="auc")))
    taken, refused = directions(folder, kind=TaskKind.BINARY, per_file=per_file)
    assert taken.keys() == {"lgb_1.csv", "lgb_2.csv", "own.db", "rmse.csv"}
    assert refused.keys() == {"unknown.csv", "gains/svm.csv"}
    assert "is unknown, so pass its direction" in refused["unknown.csv"]
    assert "--direction 'PATTERN=VALUE'" in refused["unknown.csv"]
    with packed(folder) as upload:
        history = read_history(upload.content, ImportOptions(per_file=per_file))
    assert "no file of the folder fits 'typo*'" in history.notes


def test_what_is_said_of_a_single_file_must_not_contradict_it(tmp_path: Path) -> None:
    folder = mixed_ways(tmp_path / "runs")
    per_file = (("own.db", FileOptions(direction=Direction.MINIMIZE)),)
    _, refused = directions(folder, kind=TaskKind.BINARY, per_file=per_file)
    assert "the source has maximize, but minimize was passed" in refused["own.db"]


def test_options_survive_the_way_to_the_process_that_reads() -> None:
    options = ImportOptions(per_file=(("a*", FileOptions("m", Direction.MINIMIZE, TaskKind.BINARY, 1)),))
    assert options_from_json(json.loads(json.dumps(options.to_json()))) == options


@pytest.mark.parametrize("copy", ["a copy of runs.db", "archive/r.db", "runs (1).db", "backup.db", "Kopie.db", "r.bak"])
def test_what_is_called_a_copy_is_one(tmp_path: Path, copy: str) -> None:
    fill(f"sqlite:///{tmp_path / 'runs.db'}", "search", n_trials=6, seed=0)
    (tmp_path / copy).parent.mkdir(exist_ok=True)
    shutil.copy(tmp_path / "runs.db", tmp_path / copy)
    assert f"skipped {copy}: the same file as runs.db" in read(tmp_path).notes


DATASETS = {
    "iris.csv": IRIS,
    "states.csv": "state,score,income\nOhio,3,4\nUtah,4,5\n",
    "heroes.csv": "number,name,value\n1,Ann,3\n2,Bob,4\n",
    "groups.tsv": "group\tscore\ta\n1\t2\t3\n2\t3\t4\n",
    "semicolons.csv": "length;width;class\n1,5;2,5;a\n1,7;2,9;b\n",
    "flowers.json": json.dumps([{"sepal": n, "species": "a"} for n in range(5)]),
    "flowers.jsonl": "\n".join(json.dumps({"sepal": n, "species": "a"}) for n in range(5)),
    "old.arff": "@relation r\n@attribute a numeric\n@data\n1\n",
}


def test_datasets_are_reported_before_anything_is_sent(tmp_path: Path) -> None:
    folder = mixed_folder(tmp_path / "experiments")
    for name, text in DATASETS.items():
        (folder / name).write_text(text)
    (folder / "packed.csv.gz").write_bytes(gzip.compress(IRIS.encode()))
    frame = pd.DataFrame({"sepal": [1.0, 2.0], "species": ["a", "b"]})
    frame.to_parquet(folder / "flowers.parquet")
    frame.to_excel(folder / "flowers.xlsx", index=False)
    trials = pd.DataFrame({"number": range(3), "accuracy": [0.5, 0.75, 0.625], "C": [1.0, 2.0, 3.0]})
    trials.to_excel(folder / "sheet.xlsx", index=False)
    trials.assign(accuracy=trials.accuracy + 0.01).to_parquet(folder / "columns.parquet")
    with packed(folder) as upload, zipfile.ZipFile(upload.content) as archive:
        sent = {info.filename for info in archive.infolist() if info.file_size}
        names = {*DATASETS, "packed.csv.gz", "flowers.parquet", "flowers.xlsx"}
        assert not names & sent
        assert {"optuna.db", "search.csv", "grid.csv", "trials.json", "wandb_export.csv", "settings.json"} <= sent
        assert {"mlruns/1/meta.yaml", "ray_results/train_fn/t0/result.json", "sheet.xlsx", "columns.parquet"} <= sent
        history = read_history(upload.content, ImportOptions(metric="accuracy"))
    said = "\n".join(history.notes)
    assert "perhaps a dataset: it was not sent" in said
    assert {"sheet", "columns"} <= {study.name for study in history.studies}
