"""The same runs in another format, or under another metric, are not stored a second time."""

from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial
from sqlalchemy import select

from knowledge.importers.values import TaskFacts
from store.connections.database import Database
from store.connections.scope import everywhere
from store.deletion import delete_study
from store.tables import trials
from tests.service.same_runs.histories import (
    FORMATS,
    PARAMETERS,
    SPACE,
    N,
    brought,
    only,
    refusal,
    runs,
    stored,
    trial_of,
    written,
)
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures, TaskKind


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
    assert f"To store them under log_loss (minimize) instead: warmtune forget {first}" in said
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
    study.add_trials([trial_of(run, ("accuracy", "log_loss"), datetime(2026, 1, 1)) for run in runs(N)])
    first = only(brought(database, path, metric=None)).taken.study_id
    outcome = only(brought(database, written(tmp_path, "one.csv", runs(N))))
    assert (outcome.taken.study_id, outcome.taken.n_new) == (first, 0)
    said = " ".join(outcome.notes)
    assert "filed under accuracy (maximize), log_loss (minimize)" in said
    assert f"to store them under accuracy (maximize) alone: warmtune forget {first}" in said


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
