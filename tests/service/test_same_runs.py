"""The same runs in another format, or under another metric, are not stored a second time; other runs are."""

import json
import random
import uuid
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial
from sqlalchemy import delete, select

from knowledge.importers.options import ImportOptions
from knowledge.importers.run_content import RunContent, marks_of, runs_of_rows, same_runs
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy, TaskFacts
from service.imports.older_studies import mark_older_studies
from service.imports.study_storage import StudyOutcome, StudyWriter
from store.connections.database import Database
from store.connections.scope import everywhere
from store.deletion import delete_study
from store.pages import PageRequest
from store.run_marks import RunMarkRepository
from store.studies import StoredStudy, StudyRepository
from store.tables import run_marks, trials
from tests.conftest import fresh_database
from tests.knowledge.importers.optuna_studies import journal
from warmtune.vocabulary.errors import ConflictError, WarmtuneError
from warmtune.vocabulary.history import ImportRecord
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures, TaskKind

N = 25
FORMATS = ("optuna.db", "optuna.log", "trials.csv", "trials.json", "trials.parquet", "metadataset.zip", "wandb.json")
BINARY: dict[str, Any] = {"kind": TaskKind.BINARY, "metric": "accuracy"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
        opened.migrate()
        yield opened.of_default()
        opened.close()
        return
    with fresh_database(str(request.getfixturevalue("postgres_server"))) as url:
        opened = Database(url)
        opened.migrate()
        yield opened.of_default()
        opened.close()


def brought(database: Database, path: Path, **options: Any) -> list[StudyOutcome | WarmtuneError]:
    """What becomes of each study of a file."""
    given = ImportOptions(**{"default_name": path.stem, **BINARY, **options})
    history = read_history(path, given)
    studies = list(convert(history, given))
    assert all(isinstance(study, ConvertedStudy) for study in studies), studies
    record = _record_of(history.source, history.version, path)
    with database.writing() as connection:
        return StudyWriter(record).keep(connection, [one for one in studies if isinstance(one, ConvertedStudy)])


def _record_of(source: str, version: str, path: Path) -> ImportRecord:
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


PARAMETERS = ("C", "depth", "kernel", "constant")
SPACE = {
    "C": FloatDistribution(0.01, 100.0, log=True),
    "depth": IntDistribution(1, 20),
    "kernel": CategoricalDistribution(["rbf", "poly", "linear"]),
    "constant": IntDistribution(1, 5),
}


def written(folder: Path, name: str, given: list[dict[str, Any]], *, values: tuple[str, ...] = ("accuracy",)) -> Path:
    """Runs in a format, by the file's ending."""
    path = folder / name
    ending = path.suffix
    if ending in (".db", ".log"):
        storage: Any = f"sqlite:///{path}" if ending == ".db" else journal(path)
        ways = [StudyDirection.MAXIMIZE if value == "accuracy" else StudyDirection.MINIMIZE for value in values]
        study = optuna.create_study(storage=storage, study_name=path.stem, directions=ways)
        start = datetime(2026, 5, 1, 12, 0, 0) + timedelta(hours=len(name))  # formats don't agree on when it was
        study.add_trials([_trial(run, values, start) for run in given])
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


def _trial(run: dict[str, Any], values: tuple[str, ...], start: datetime) -> optuna.trial.FrozenTrial:
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


@pytest.mark.parametrize("first", ["optuna.db", "trials.csv", "metadataset.zip"])
def test_every_format_of_the_same_runs_is_one_study(database: Database, tmp_path: Path, first: str) -> None:
    given = runs(N)
    assert only(brought(database, written(tmp_path, first, given))).taken.is_new
    before = stored(database)
    for name in FORMATS:
        if name == first:
            continue
        outcome = only(brought(database, written(tmp_path, name, given)))
        counts = (outcome.taken.is_new, outcome.taken.n_new, outcome.taken.n_unchanged)
        assert counts == (False, 0, N), (name, outcome)
        assert outcome.taken.study_id == before[0].study_id
        is_said = any(f"imported from {first}" in note for note in outcome.notes)
        assert is_said or Path(name).stem == Path(first).stem  # tables of one name are known by it
    assert stored(database) == before


def test_another_metric_of_a_file_is_refused_and_says_what_to_do(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    pd.DataFrame(runs(N)).drop(columns=["seconds"]).to_csv(path, index=False)
    first = only(brought(database, path)).taken.study_id
    said = refusal(brought(database, path, metric="log_loss"))
    assert f"study {first} (two), filed under accuracy (maximize), imported from two.csv" in said
    assert f"To file them under log_loss (minimize) instead: warmtune forget {first}" in said
    assert len(stored(database)) == 1
    with database.writing() as connection:
        delete_study(connection, first)
    assert only(brought(database, path, metric="log_loss")).taken.is_new
    assert [study.key.metric for study in stored(database)] == ["log_loss"]


def test_another_metric_in_another_format_is_known_by_its_seconds(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    first = only(brought(database, written(tmp_path, "optuna.db", given))).taken.study_id
    other = written(tmp_path, "loss.log", given, values=("log_loss",))
    assert first in refusal(brought(database, other, metric="log_loss"))
    assert len(stored(database)) == 1


def test_one_objective_of_two_is_refused_where_both_are_stored(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    path = written(tmp_path, "both.db", given, values=("accuracy", "log_loss"))
    assert only(brought(database, path, metric=None)).taken.is_new
    said = refusal(brought(database, path, objective=1, metric="log_loss"))
    assert "filed under objective_0 (maximize), objective_1 (minimize)" in said
    single = written(tmp_path, "single.log", given, values=("log_loss",))
    assert "filed under objective_0" in refusal(brought(database, single, metric="log_loss"))
    assert len(stored(database)) == 1


@pytest.mark.filterwarnings("ignore:.*set_metric_names is experimental")
def test_a_format_that_has_one_of_two_objectives_adds_nothing(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "both.db"
    study = optuna.create_study(
        storage=f"sqlite:///{path}",
        study_name="both",
        directions=[StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE],
    )
    study.set_metric_names(["accuracy", "log_loss"])
    study.add_trials([_trial(run, ("accuracy", "log_loss"), datetime(2026, 1, 1)) for run in runs(N)])
    first = only(brought(database, path, metric=None)).taken.study_id
    outcome = only(brought(database, written(tmp_path, "one.csv", runs(N))))
    assert (outcome.taken.study_id, outcome.taken.n_new) == (first, 0)
    said = " ".join(outcome.notes)
    assert "filed under accuracy (maximize), log_loss (minimize)" in said
    assert f"to file them under accuracy (maximize) alone: warmtune forget {first}" in said


def test_flags_are_the_same_in_every_spelling() -> None:
    rows = [("true", "b"), (True, "b"), (1, "b"), ("True", "b"), (1.0, "b")]
    marks = {
        marks_of([(0, "complete", 0.5, None, json.dumps({"x": flag, "y": word}), None, None, None)], identity="i")
        for flag, word in rows
    }
    assert len(marks) == 1


@pytest.mark.parametrize(("one", "other"), [("A", "a"), ("1_000", 1000), (None, "none"), ("x_1", "X_1")])
def test_categories_of_other_spelling_are_others(one: object, other: object) -> None:
    studies = [
        runs_of_rows([(0, "complete", 0.5, None, json.dumps({"x": value}), None, None, None)]) for value in (one, other)
    ]
    assert same_runs(studies[0], studies[0], is_same_task=True)
    assert not same_runs(*studies, is_same_task=True)


def test_another_direction_is_another_filing(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    pd.DataFrame(runs(N))[["C", "depth", "accuracy"]].rename(columns={"accuracy": "gain"}).to_csv(path, index=False)
    how: dict[str, Any] = {"metric": "gain", "columns": {"gain": "metric"}}
    assert only(brought(database, path, direction=Direction.MAXIMIZE, **how)).taken.is_new
    assert "filed under gain (maximize)" in refusal(brought(database, path, direction=Direction.MINIMIZE, **how))


@pytest.mark.parametrize(("first", "second"), [("optuna.db", "more.csv"), ("trials.csv", "wandb.json")])
def test_a_study_that_went_on_grows_in_another_format(
    database: Database, tmp_path: Path, first: str, second: str
) -> None:
    given = runs(N)
    given[-1] |= {"C": given[0]["C"], "depth": given[0]["depth"], "kernel": given[0]["kernel"]}  # within all ranges
    study_id = only(brought(database, written(tmp_path, first, given[:-1]))).taken.study_id
    for n_new in (1, 0):
        outcome = only(brought(database, written(tmp_path, second, given)))
        assert (outcome.taken.study_id, outcome.taken.n_new) == (study_id, n_new)
    (study,) = stored(database)
    assert (study.n_trials, study.best_value) == (N, max(run["accuracy"] for run in given))


def test_a_trial_that_ran_when_it_was_stored_is_complete_in_another_format(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    path = written(tmp_path, "optuna.db", given[:-1])
    study = optuna.load_study(storage=f"sqlite:///{path}", study_name="optuna")
    settings = {name: given[-1][name] for name in PARAMETERS}
    study.add_trial(create_trial(state=TrialState.RUNNING, params=settings, distributions=SPACE))
    first = only(brought(database, path)).taken
    assert first.n_new == N
    for counts in ((0, 1, N - 1), (0, 0, N)):
        taken = only(brought(database, written(tmp_path, "ended.csv", given))).taken
        assert taken.study_id == first.study_id
        assert (taken.n_new, taken.n_changed, taken.n_unchanged) == counts
    assert stored(database)[0].best_value == max(run["accuracy"] for run in given)
    with database.reading() as connection:
        states = connection.execute(everywhere(select(trials.c.state))).scalars().all()
    assert states == ["complete"] * N


def test_what_does_not_fit_the_stored_search_space_is_refused(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    given[-1]["C"] = 55.0
    first = only(brought(database, written(tmp_path, "trials.csv", given[:-1]))).taken.study_id
    said = refusal(brought(database, written(tmp_path, "optuna.db", given)))
    assert "a part of its runs is stored already" in said
    assert f"warmtune forget {first}" in said
    assert stored(database)[0].n_trials == N - 1


def test_a_dataset_that_becomes_known_moves_the_study_in_any_format(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    brought(database, written(tmp_path, "trials.csv", given))
    facts = TaskFacts(kind=TaskKind.BINARY, meta_features=MetaFeatures({"n_rows": 150.0}, version="1"))
    outcome = only(brought(database, written(tmp_path, "optuna.db", given), tasks={"*": facts}))
    assert (outcome.taken.is_moved, outcome.taken.n_new) == (True, 0)
    (study,) = stored(database)
    assert study.task_id == outcome.task_id
    again = only(brought(database, tmp_path / "optuna.db", tasks={"*": facts}))
    assert not again.taken.is_moved


def test_one_design_on_several_datasets_is_several_studies(database: Database, tmp_path: Path) -> None:
    design = runs(N)
    other = [run | {"accuracy": run["accuracy"] * 0.9, "seconds": run["seconds"] + 1} for run in design]
    perfect = [run | {"accuracy": 1.0, "seconds": 1.0} for run in design]
    for name, given in (("one", design), ("two", other), ("three", perfect), ("four", perfect)):
        assert only(brought(database, written(tmp_path, f"{name}.csv", given))).taken.is_new, name
    assert only(brought(database, written(tmp_path, "again.json", design))).taken.n_new == 0
    assert len(stored(database)) == 4


def test_a_study_of_fewer_parameters_with_the_same_results_is_another(database: Database, tmp_path: Path) -> None:
    facts = TaskFacts(kind=TaskKind.BINARY, meta_features=MetaFeatures({"n_rows": 150.0}, version="1"))
    grid = [
        {"max_depth": depth, "n_estimators": trees, "accuracy": 0.9 + depth / 100 + trees / 1e5}
        for trees in (50, 100)
        for depth in (2, 3, 4)
    ]
    stump = [{"max_depth": run["max_depth"], "accuracy": run["accuracy"]} for run in grid[:3]]
    for name, given in (("forest_adult", grid), ("tree_iris", stump)):
        pd.DataFrame(given).to_csv(tmp_path / f"{name}.csv", index=False)
    first = only(brought(database, tmp_path / "forest_adult.csv"))
    second = only(brought(database, tmp_path / "tree_iris.csv", tasks={"*": facts}))
    assert second.taken.is_new
    assert {study.study_id: study.task_id for study in stored(database)} == {
        first.taken.study_id: first.task_id,
        second.taken.study_id: second.task_id,
    }


def test_a_part_of_a_study_does_not_move_it_to_its_dataset(database: Database, tmp_path: Path) -> None:
    first = only(brought(database, written(tmp_path, "trials.csv", runs(N))))
    facts = TaskFacts(kind=TaskKind.BINARY, meta_features=MetaFeatures({"n_rows": 150.0}, version="1"))
    part = only(brought(database, written(tmp_path, "part.db", runs(N)[:-1]), tasks={"*": facts}))
    assert (part.taken.study_id, part.taken.is_moved) == (first.taken.study_id, False)
    assert stored(database)[0].task_id == first.task_id


@pytest.mark.parametrize(
    ("further", "is_same"),
    [
        ([{}, {}], True),
        ([{"kernel": "rbf"}, {"kernel": "rbf"}], True),  # a format that knows values only leaves it out
        ([{"kernel": "rbf"}, {"kernel": "poly"}], False),
        ([{"gamma": "0.1"}, {}], False),
        ([{"kernel": "rbf"}], False),  # one run doesn't show what never changes
    ],
)
def test_what_one_study_alone_has_must_never_change(further: list[dict[str, str]], is_same: bool) -> None:
    part = [RunContent({"C": "1"}, ("0.9733",), "")]
    whole = [RunContent({"C": "1", **more}, ("0.9733",), "") for more in further]
    assert (same_runs(part, whole, is_same_task=True) is not None) == is_same
    assert (same_runs(whole[:1], part * 2, is_same_task=True) is not None) == (not further[0])


def test_the_few_trials_of_an_aborted_study_are_no_part_of_another(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    assert only(brought(database, written(tmp_path, "aborted.csv", given[:1]))).taken.is_new
    assert only(brought(database, written(tmp_path, "whole.db", given))).taken.is_new


def test_equal_studies_of_one_source_stay(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "copies.db"
    for name in ("a", "b"):
        study = optuna.create_study(storage=f"sqlite:///{path}", study_name=name, direction="maximize")
        study.add_trials([_trial(run, ("accuracy",), datetime(2026, 1, 1)) for run in runs(N)])
    assert all(isinstance(one, StudyOutcome) and one.taken.is_new for one in brought(database, path))
    assert all(isinstance(one, StudyOutcome) and not one.taken.n_new for one in brought(database, path))
    assert len(stored(database)) == 2


def test_projects_with_numbered_runs_and_the_same_name_are_two(database: Database, tmp_path: Path) -> None:
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        given = runs(N, seed)
        history = {
            "data": [[i + 1, None, 0, 0.0, run["log_loss"], 1.0, 1, 0.0, 1.0, {}] for i, run in enumerate(given)],
            "configs": {str(i + 1): {"C": run["C"], "depth": run["depth"]} for i, run in enumerate(given)},
        }
        path = folder / "runhistory.json"
        path.write_text(json.dumps(history))
        assert only(brought(database, path, metric="log_loss")).taken.is_new
        assert only(brought(database, path, metric="log_loss")).taken.n_new == 0
    assert len(stored(database)) == 2


def test_studies_from_before_there_were_marks_are_found(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    brought(database, written(tmp_path, "optuna.db", given))
    with database.writing() as connection:
        connection.execute(everywhere(delete(run_marks)))
    mark_older_studies(database)
    assert only(brought(database, written(tmp_path, "trials.csv", given))).taken.n_new == 0
    with database.reading() as connection:
        assert connection.execute(everywhere(select(run_marks.c.mark))).scalars().all()
        assert len(connection.execute(everywhere(select(trials.c.number))).all()) == N


def test_two_imports_at_once_store_the_same_runs_once(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    paths = [written(tmp_path, name, given) for name in ("optuna.db", "trials.csv", "wandb.json", "optuna.log")]
    together = Barrier(len(paths))

    def bring(path: Path) -> list[StudyOutcome | WarmtuneError]:
        together.wait()
        return brought(database, path)

    with ThreadPoolExecutor(len(paths)) as threads:
        outcomes = [only(found) for found in threads.map(bring, paths)]
    assert sorted(outcome.taken.n_new for outcome in outcomes) == [0, 0, 0, N]
    assert len(stored(database)) == 1


def rounded(seed: int) -> list[dict[str, Any]]:
    """Runs whose marks many studies have: scores of three places, common categories, one parameter that tells."""
    rng = random.Random(seed)
    return [
        {
            "kernel": rng.choice(["rbf", "poly"]),
            "depth": rng.randint(1, 3),
            "C": rng.choice([0.1, 1.0, 10.0, 100.0]),
            "accuracy": rng.randint(940, 975) / 1000,
        }
        for _ in range(N)
    ]


def test_the_copy_is_found_among_many_with_common_marks(database: Database, tmp_path: Path) -> None:
    for seed in range(40):
        frame = pd.DataFrame(rounded(seed))
        frame.to_csv(tmp_path / f"s{seed}.csv", index=False)
        assert only(brought(database, tmp_path / f"s{seed}.csv")).taken.is_new
    for seed in range(40):
        path = tmp_path / f"again{seed}.json"
        pd.DataFrame(rounded(seed)).to_json(path, orient="records", double_precision=15)
        assert only(brought(database, path)).taken.n_new == 0, seed
    assert len(stored(database)) == 40


def test_studies_of_the_same_import_take_no_places(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    first = only(brought(database, written(tmp_path, "trials.csv", given))).taken.study_id
    path = tmp_path / "many.db"
    for name, n_equal in (("a", 24), ("b", 24), ("c", 24), ("d", 24), ("e", 24), ("copy", N)):
        study = optuna.create_study(storage=f"sqlite:///{path}", study_name=name, direction="maximize")
        changed = [run | ({"accuracy": 0.1} if at >= n_equal else {}) for at, run in enumerate(given)]
        study.add_trials([_trial(run, ("accuracy",), datetime(2026, 1, 1)) for run in changed])
    history = read_history(path, ImportOptions(default_name="many", **BINARY))
    studies = list(convert(history, ImportOptions(default_name="many", **BINARY)))
    record = _record_of(history.source, history.version, path)
    outcomes = []
    for one in studies:  # a batch for each, as with many trials
        assert isinstance(one, ConvertedStudy)
        with database.writing() as connection:
            outcomes += StudyWriter(record).keep(connection, [one])
    assert [outcome.taken.study_id == first for outcome in outcomes if isinstance(outcome, StudyOutcome)] == [
        False
    ] * 5 + [True]


def test_a_mark_that_too_many_have_is_left_out(database: Database, tmp_path: Path) -> None:
    for seed in (1, 2):
        brought(database, written(tmp_path, f"s{seed}.csv", runs(N, seed)))
    with database.writing() as connection:
        seqs = list(connection.execute(everywhere(select(run_marks.c.study_seq).distinct())).scalars())
        RunMarkRepository(connection).keep({seqs[0]: [7, 8], seqs[1]: [7]})
        repository = RunMarkRepository(connection)
        assert {mark: len(held) for mark, held in repository.having([7, 8, 9], most=2).items()} == {7: 2, 8: 1}
        assert set(repository.having([7, 8, 9], most=1)) == {8}


def test_marks_go_with_their_study(database: Database, tmp_path: Path) -> None:
    outcome = only(brought(database, written(tmp_path, "optuna.db", runs(N))))
    with database.writing() as connection:
        delete_study(connection, outcome.taken.study_id)
        assert not connection.execute(everywhere(select(run_marks.c.mark))).all()
