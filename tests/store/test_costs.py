"""What trials have cost, by search space."""

from dataclasses import replace

from store.connections.database import Database
from store.costs import SpaceCost, costs_by_space
from store.trials import TrialRepository
from tests.store.samples import KEY, keep_study, make_trial
from warmtune.vocabulary.trial import Trial, TrialState


def report(database: Database, study_id: str, trials: list[Trial], *, name: str, metric: str = KEY.metric) -> None:
    study = keep_study(database, study_id, key=replace(KEY, metric=metric), search_space_name=name)
    with database.writing() as connection:
        TrialRepository(connection).report(study, trials)


def test_trials_are_counted_by_state_and_the_dearest_space_comes_first(database: Database) -> None:
    failed, pruned = make_trial(1, value=None, state=TrialState.FAIL), make_trial(2, state=TrialState.PRUNED)
    report(database, "study_1", [make_trial(0), replace(failed, duration_s=0.5), pruned], name="svm")
    report(database, "study_2", [replace(make_trial(0), duration_s=None)], name="svm")
    report(database, "study_3", [replace(make_trial(0), duration_s=9.0)], name="mlp", metric="f1")
    with database.reading() as connection:
        assert costs_by_space(connection) == (
            SpaceCost("mlp", "f1", 1, 1, 0, 0, 9.0, 0.0, 9.0),
            SpaceCost("svm", KEY.metric, 2, 4, 1, 1, 3.0, 0.5, 1.25),
        )


def test_sums_beyond_the_largest_number_are_bounded(database: Database) -> None:
    report(database, "study_1", [replace(make_trial(n), duration_s=1e308) for n in range(3)], name="svm")
    with database.reading() as connection:
        (cost,) = costs_by_space(connection)
    assert cost.duration_s == 3e290
    assert cost.longest_s == 1e308
