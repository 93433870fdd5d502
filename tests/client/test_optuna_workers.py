"""Several workers of one study on Optuna's journal: threads of this process, and another process."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from tests.client.sampling import kept_study, n_distinct
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest.calls import Call
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.recommendation import Recommendation

ResultT = TypeVar("ResultT")
SPACE = {"x": FloatDistribution(0.0, 1.0), "z": FloatDistribution(0.0, 1.0)}
WORKER = """
import sys
import optuna
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler

url, journal, task_id = sys.argv[1:]
space = {"x": FloatDistribution(0.0, 1.0), "z": FloatDistribution(0.0, 1.0)}
with Client(url) as client:
    sampler = WarmtuneSampler(client, task_id, search_space=space, metric="journal", n_startup=4, seed=1)
    study = optuna.load_study(
        study_name="shared", storage=JournalStorage(JournalFileBackend(journal)), sampler=sampler
    )
    study.optimize(lambda t: t.suggest_float("x", 0.0, 1.0) - t.suggest_float("z", 0.0, 1.0), n_trials=5)
"""


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.0, 1.0) - trial.suggest_float("z", 0.0, 1.0)


class Overtaken(Client):
    """Between one answer and its use, another worker begins with the first configuration of it."""

    study: optuna.Study | None = None
    stored: Sequence[str] = ()
    taken: Mapping[str, object] | None = None

    def send(self, call: Call[ResultT]) -> ResultT:
        answer = super().send(call)
        if self.study is not None and self.taken is None and isinstance(answer, Recommendation):
            self.taken = dict(answer.configurations[0].configuration)
            self.study.enqueue_trial(dict(self.taken))
            trial = self.study.ask()
            for name in self.stored:
                trial.suggest_float(name, 0.0, 1.0)
        return answer


@pytest.mark.parametrize("stored", [["x", "z"], ["x"]], ids=["whole", "in-part"])
def test_what_another_worker_took_meanwhile_is_asked_for_anew(
    service_url: str, described: TaskDescription, stored: Sequence[str]
) -> None:
    """Storages have no lock around a question: workers that ask at once may be answered alike."""
    storage = InMemoryStorage()
    with Overtaken(service_url) as client:
        sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="overtaken", n_startup=1, seed=0)
        study = optuna.create_study(study_name="s", direction="maximize", storage=storage, sampler=sampler)
        study.optimize(_objective, n_trials=2)
        client.stored, client.study = stored, optuna.load_study(study_name="s", storage=storage)
        trial = study.ask()
        _objective(trial)
    assert client.taken is not None
    assert trial.params != client.taken


def test_threads_and_a_process_share_a_study_on_a_journal(
    client: Client, service_url: str, described: TaskDescription, tmp_path: Path
) -> None:
    task_id = client.create_task(described).task_id
    journal = str(tmp_path / "journal.log")
    sampler = WarmtuneSampler(client, task_id, search_space=SPACE, metric="journal", n_startup=4, seed=0)
    study = optuna.create_study(
        study_name="shared", direction="maximize", storage=JournalStorage(JournalFileBackend(journal)), sampler=sampler
    )
    other = subprocess.Popen(
        [sys.executable, "-c", WORKER, service_url, journal, task_id], stderr=subprocess.PIPE, text=True
    )
    study.optimize(_objective, n_trials=9, n_jobs=3)
    _, errors = other.communicate(timeout=300)
    assert other.returncode == 0, errors
    client.report(study)
    trials = study.get_trials()
    assert len(trials) == 14
    # no storage has a lock: between a worker's last look at the others and its first parameter there is a moment
    assert n_distinct([t.params for t in trials]) >= 13
    kept = client.list_trials(kept_study(client, study).study_id).items
    assert [(t.number, dict(t.configuration), t.value) for t in kept] == [(t.number, t.params, t.value) for t in trials]
