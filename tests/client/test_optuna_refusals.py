"""A sampler that refuses a study leaves it as it was: Optuna has made a trial by then, and it waits for another."""

from pathlib import Path

import optuna
import pytest
from optuna.distributions import IntDistribution
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import ConflictError, InvalidInputError

SPACE = {"n": IntDistribution(1, 9)}


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_int("n", 1, 9) / 10


def _sampler(client: Client, described: TaskDescription, metric: str) -> WarmtuneSampler:
    return WarmtuneSampler(client, described, search_space=SPACE, metric=metric, n_startup=1)


@pytest.fixture(params=["memory", "sqlite", "journal"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> optuna.storages.BaseStorage:
    if request.param == "memory":
        return InMemoryStorage()
    if request.param == "sqlite":
        return RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    return JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))


def test_the_trial_waits_and_is_taken_by_the_next_sampler(
    client: Client, described: TaskDescription, storage: optuna.storages.BaseStorage
) -> None:
    study = optuna.create_study(
        direction="maximize", storage=storage, sampler=_sampler(client, described, "accuracy"), study_name="s"
    )
    study.optimize(_objective, n_trials=2)
    study.sampler = _sampler(client, described, "roc_auc")
    for _ in range(2):
        with pytest.raises(ConflictError):
            study.optimize(_objective, n_trials=1)
    with pytest.raises(ConflictError):
        study.ask()
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.WAITING]
    again = optuna.load_study(study_name="s", storage=storage, sampler=_sampler(client, described, "accuracy"))
    again.optimize(_objective, n_trials=2)
    assert [trial.state for trial in again.trials] == [TrialState.COMPLETE] * 4
    assert client.report(again).failed == 0


def test_an_enqueued_trial_keeps_its_place(
    client: Client, described: TaskDescription, storage: optuna.storages.BaseStorage
) -> None:
    study = optuna.create_study(direction="minimize", storage=storage, sampler=_sampler(client, described, "accuracy"))
    for n in (3, 5, 7):
        study.enqueue_trial({"n": n})
    with pytest.raises(InvalidInputError):  # accuracy goes up
        study.optimize(_objective, n_trials=3)
    study.sampler = optuna.samplers.RandomSampler()
    study.optimize(_objective, n_trials=4)
    assert [trial.params["n"] for trial in study.trials[:3]] == [3, 5, 7]
    assert len(study.trials) == 4


def test_threads_that_are_refused_leave_no_trial_running(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="minimize", sampler=_sampler(client, described, "accuracy"))
    with pytest.raises(InvalidInputError):
        study.optimize(_objective, n_trials=8, n_jobs=4)
    assert {trial.state for trial in study.trials} == {TrialState.WAITING}


class _Strict(InMemoryStorage):
    """Lets no trial wait."""

    def set_trial_state_values(
        self,
        trial_id: int,
        state: TrialState,
        values: list[float] | None = None,  # type: ignore[override]
    ) -> bool:
        if state is TrialState.WAITING:
            raise RuntimeError("no such change")
        return super().set_trial_state_values(trial_id, state, values)


def test_a_storage_that_lets_no_trial_wait_changes_no_refusal(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(
        direction="minimize", storage=_Strict(), sampler=_sampler(client, described, "accuracy")
    )
    with pytest.raises(InvalidInputError):
        study.optimize(_objective, n_trials=1)
