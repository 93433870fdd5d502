"""Several workers of one study on Optuna's journal: threads of this process, and another process."""

import subprocess
import sys
from pathlib import Path

import optuna
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from tests.client.sampling import kept_study
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription

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
    assert len({tuple(sorted(t.params.items())) for t in trials}) == 14
    kept = client.list_trials(kept_study(client, study).study_id).items
    assert [(t.number, dict(t.configuration), t.value) for t in kept] == [(t.number, t.params, t.value) for t in trials]
