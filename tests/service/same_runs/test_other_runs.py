"""Runs that are other ones, however much they have in common, are studies of their own."""

import json
from datetime import datetime
from pathlib import Path

import optuna
import pandas as pd
import pytest

from knowledge.importers.run_content import RunContent, marks_of, runs_of_rows, same_runs
from knowledge.importers.values import TaskFacts
from service.imports.study_storage import StudyOutcome
from store.connections.database import Database
from tests.service.same_runs.histories import (
    N,
    brought,
    only,
    runs,
    stored,
    trial_of,
    written,
)
from warmtune.vocabulary.task import MetaFeatures, TaskKind


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
        study.add_trials([trial_of(run, ("accuracy",), datetime(2026, 1, 1)) for run in runs(N)])
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
