"""Optuna's files, read as Optuna itself reads them."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from knowledge.importers.options import ImportLimits, ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import RefusedStudy
from store.trial_rows import trial_row
from tests.knowledge.importers.converted_trials import trials_of
from tests.knowledge.importers.optuna_conversion import converted, taken
from tests.knowledge.importers.optuna_studies import RECORDED, fill, journal, recorded, scratch_database
from warmtune.vocabulary.errors import LimitExceededError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.objectives import Objective
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import TrialState


@pytest.fixture(scope="module")
def database() -> Iterator[Path]:
    path = scratch_database()
    fill(f"sqlite:///{path}")
    yield Path(path)
    shutil.rmtree(Path(path).parent)


@pytest.mark.parametrize("kind", ["database", "journal_file"])
def test_trials_are_those_of_optunas_own_api(kind: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(kind)
    storage = f"sqlite:///{path}" if kind == "database" else journal(path)
    history = read_history(path, ImportOptions())
    assert [study.name for study in history.studies] == sorted(
        optuna.get_all_study_names(storage), key=["conditional 0", "conditional 1", "pair", "odd"].index
    )
    for study in history.studies:
        own = optuna.load_study(study_name=study.name, storage=storage)
        assert study.directions == tuple(Direction(d.name.lower()) for d in own.directions)
        assert len(study.trials) == len(own.trials)
        for ours, theirs in zip(study.trials, own.trials, strict=True):
            assert (ours.number, ours.state.name) == (theirs.number, theirs.state.name)
            assert ours.configuration == theirs.params
            assert list(ours.configuration) == list(theirs.params)
            values = [v for v in theirs.values or () if math.isfinite(v)]
            assert [v for v in ours.values if v is not None and math.isfinite(v)] == values
            assert dict(ours.intermediate_values) == theirs.intermediate_values
            seconds = None if theirs.duration is None else theirs.duration.total_seconds() or None  # 0: nobody measured
            assert ours.duration_s == pytest.approx(seconds, abs=1e-5)


def test_a_journal_and_a_database_of_one_storage_convert_alike(database: Path, journal_file: Path) -> None:
    both = [converted(read_history(path, ImportOptions())) for path in (database, journal_file)]
    for name in ("conditional 0", "conditional 1"):
        left, right = (taken(found[name]) for found in both)
        assert left.space.content_key == right.space.content_key
        assert [t.configuration for t in trials_of(left)] == [t.configuration for t in trials_of(right)]


@pytest.mark.parametrize("kind", ["database", "journal_file", "recorded"])
def test_rows_are_those_that_the_store_writes_for_reported_trials(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path: Path = recorded(tmp_path) if kind == "recorded" else request.getfixturevalue(kind)
    history = read_history(path, ImportOptions())
    n_rows = 0
    for study in convert(history, ImportOptions(kind=TaskKind.REGRESSION, objective=0)):
        if isinstance(study, RefusedStudy):
            continue
        for row, trial in zip(study.rows, trials_of(study), strict=True):
            assert row == trial_row(trial)
            if trial.state is TrialState.COMPLETE:
                assert study.space.validate(trial.configuration) == trial.configuration
        n_rows += len(study.rows)
    assert n_rows > 20


def test_a_conditional_study_is_taken_whole(database: Path) -> None:
    found = converted(read_history(database, ImportOptions()), kind=None)
    study = taken(found["conditional 0"])
    assert (study.metric, study.direction, study.task.kind) == ("accuracy", Direction.MAXIMIZE, TaskKind.MULTICLASS)
    assert study.task_name == "toy 0"
    assert not study.left_out
    assert len(trials_of(study)) == 30
    assert {t.state for t in trials_of(study)} == {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    assert all(len(t.intermediate_values) == 3 for t in trials_of(study))
    conditions = {(c.parameter, c.parent): c.values for c in study.space.conditions}
    assert conditions["C", "model"] == ("svm",)
    assert conditions["max_depth", "model"] == ("forest",)
    assert conditions["subsample", "max_depth"][-8:] == tuple(range(9, 17))  # 8 was not tried
    for trial in trials_of(study):
        if trial.state is TrialState.COMPLETE:
            assert study.space.validate(trial.configuration) == trial.configuration


def test_studies_of_one_objective_share_a_search_space(database: Path) -> None:
    found = converted(read_history(database, ImportOptions()))
    spaces = [taken(found[f"conditional {n}"]).space for n in range(2)]
    assert spaces[0].content_key == spaces[1].content_key


def test_all_objectives_are_taken_or_the_one_that_is_chosen(database: Path) -> None:
    both = taken(converted(read_history(database, ImportOptions()))["pair"])
    assert (both.metric, both.direction) == ("objective_0", Direction.MINIMIZE)
    assert both.further == (Objective("objective_1", Direction.MAXIMIZE),)
    assert [trial.values[1] for trial in trials_of(both)] == [2.0, 2.0, 2.0]
    assert all(trial.values[0] == trial.value == trial.configuration["x"] for trial in trials_of(both))
    refused = converted(read_history(database, ImportOptions()), metric="accuracy")["pair"]
    assert isinstance(refused, RefusedStudy)
    assert "2 objectives" in refused.reason
    second = taken(converted(read_history(database, ImportOptions()), objective=1)["pair"])
    assert second.direction is Direction.MAXIMIZE
    assert [trial.value for trial in trials_of(second)] == [2.0, 2.0, 2.0]


def test_odd_trials_are_adjusted_and_reported(database: Path) -> None:
    found = converted(read_history(database, ImportOptions()))
    parts = {name: s for name, s in found.items() if name.startswith("odd")}
    assert sorted(parts) == ["odd [with c]", "odd [without c]"]  # nothing explains when c was asked for
    without = taken(parts["odd [without c]"])
    by_number = {trial.number: trial for trial in trials_of(without)}
    assert by_number[0].state is TrialState.FAIL  # infinite
    assert by_number[1].state is TrialState.COMPLETE
    assert (by_number[4].state, by_number[4].constraints) == (TrialState.COMPLETE, (0.5, -1.0))
    assert by_number[5].state is TrialState.RUNNING
    adjusted = {note.text: note.n_trials for note in without.adjusted}
    assert adjusted["it is complete without a finite value: it counts as failed"] == 1
    assert any("range changed midway" in text for text in adjusted)
    assert without.space.parameters["x"].high == 2.0  # type: ignore[attr-defined]


def test_what_optuna_3_has_written_is_read(tmp_path: Path) -> None:
    history = read_history(recorded(tmp_path), ImportOptions())
    assert history.version.startswith("Optuna 3.6")
    found = converted(history)
    conditional = taken(converted(history, kind=None)["conditional"])
    assert conditional.metric == "accuracy"
    assert [trial.state.value for trial in trials_of(conditional)].count("complete") == 10
    assert {c.parameter for c in conditional.space.conditions} == {"C", "max_depth"}
    steps = taken(found["steps"])
    assert (steps.metric, steps.direction) == ("rmse", Direction.MINIMIZE)
    assert steps.space.parameters["c"].choices == (None, True, "a")  # type: ignore[attr-defined]


def test_a_compressed_file_is_the_same(tmp_path: Path) -> None:
    plain = converted(read_history(recorded(tmp_path), ImportOptions()))
    assert converted(read_history(RECORDED, ImportOptions())) == plain


def test_only_the_chosen_studies_are_read(database: Path, journal_file: Path) -> None:
    for path in (database, journal_file):
        options = ImportOptions(studies=frozenset({"odd"}), limits=ImportLimits(max_trials=100))
        assert [study.name for study in read_history(path, options).studies] == ["odd"]


def test_reading_writes_nothing(database: Path) -> None:
    before = (database.read_bytes(), sorted(database.parent.iterdir()))
    read_history(database, ImportOptions())
    assert (database.read_bytes(), sorted(database.parent.iterdir())) == before


def test_more_than_may_be_taken_is_refused_before_it_is_read(tmp_path: Path, journal_file: Path) -> None:
    path = recorded(tmp_path)
    for limits in (ImportLimits(max_trials=5), ImportLimits(max_studies=1), ImportLimits(max_values=10)):
        for source in (path, journal_file):
            with pytest.raises(LimitExceededError):
                read_history(source, ImportOptions(limits=limits))


@pytest.mark.skipif(not hasattr(optuna.trial.Trial, "set_constraint"), reason="Optuna 5 has it")
@pytest.mark.parametrize("journal", [False, True])
def test_named_constraints_of_optuna_5_are_regarded(tmp_path: Path, *, journal: bool) -> None:
    path = tmp_path / ("study.log" if journal else "study.db")
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    storage = optuna.storages.JournalStorage(backend) if journal else f"sqlite:///{path}"
    study = optuna.create_study(storage=storage, study_name="limited", direction="maximize")

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0.0, 1.0)
        trial.set_constraint("memory", x - 0.5)
        trial.set_constraint("seconds", -1.0)
        return x

    for x in (0.25, 0.75):
        study.enqueue_trial({"x": x})
    study.optimize(objective, n_trials=2)
    found = taken(converted(read_history(path, ImportOptions(metric="accuracy")))["limited"])
    assert [trial.state for trial in trials_of(found)] == [TrialState.COMPLETE, TrialState.COMPLETE]
    assert [trial.constraints for trial in trials_of(found)] == [(-0.25, -1.0), (0.25, -1.0)]
