"""The sampler with a real service and a real Optuna."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution

import warmtune
from tests.client.sampling import SPACE, kept_study, n_distinct, new_study, params_of, recommended, score_of, suggested
from tests.serving import ROOT
from tests.values import number
from warmtune.client import Client
from warmtune.optuna.memory import recall, remember
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.suggest import suggest
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError


def test_the_first_trials_are_the_recommended_batch_and_the_next_what_the_service_suggests(
    client: Client, service_url: str, described: TaskDescription
) -> None:
    study = new_study(WarmtuneSampler(service_url, described, search_space=SPACE, n_startup=4, report=False))
    study.optimize(score_of, n_trials=6)
    assert params_of(study)[:4] == recommended(client, described, n=4)
    for n_trials in (4, 5):
        assert study.trials[n_trials].params == suggested(client, described, SPACE, study.trials[:n_trials])


@pytest.mark.parametrize(("name", "n_trials"), [("random_forest", 6), (None, 9)])
def test_what_the_trials_say_matters_with_past_tasks_and_without(
    client: Client, described: TaskDescription, name: str | None, n_trials: int
) -> None:
    space = SPACE if name is None else client.get_search_space(name, kind=described.kind).search_space
    numeric = next(n for n, d in space.parameters.items() if isinstance(d, FloatDistribution))
    studies = []
    for sign in (1.0, -1.0):
        sampler = WarmtuneSampler(client, described, search_space=name or SPACE, n_startup=3, report=False, seed=0)
        study = new_study(sampler)

        def signed(trial: optuna.Trial, sign: float = sign) -> float:
            return sign * number(suggest(trial, space)[numeric])

        study.optimize(signed, n_trials=n_trials)
        studies.append(params_of(study))
    assert studies[0][:3] == studies[1][:3]
    assert studies[0][3:] != studies[1][3:]


def test_studies_that_minimise_are_served_as_well(client: Client, described: TaskDescription) -> None:
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="log_loss", n_startup=2)
    study = new_study(sampler, direction="minimize")
    study.optimize(lambda trial: 1.0 - score_of(trial), n_trials=5)
    kept = kept_study(client, study)
    assert (kept.direction, kept.n_trials, kept.best_value) == ("minimize", 5, study.best_value)


def test_finished_trials_are_reported_the_last_one_included(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space="random_forest", n_startup=2))
    forest = client.get_search_space("random_forest", kind=described.kind).search_space

    def objective(trial: optuna.Trial) -> float:
        suggest(trial, forest)
        if trial.number == 1:
            raise ValueError("as objectives do")
        trial.report(0.25, step=3)
        if trial.number == 2:
            raise optuna.TrialPruned
        return 0.5

    study.optimize(objective, n_trials=4, catch=(ValueError,))
    memory = recall(study)
    assert memory is not None
    assert memory.subject.search_space_name == "random_forest"
    kept = client.list_trials(memory.study_id).items
    assert [(t.number, t.state.value, t.value) for t in kept] == [
        (0, "complete", 0.5),
        (1, "fail", None),
        (2, "pruned", 0.25),
        (3, "complete", 0.5),
    ]
    assert [t.configuration for t in kept] == params_of(study)
    assert client.report(study).accepted == 0
    assert [r for r in caplog.records if r.name.startswith("warmtune")] == []


def test_what_was_reported_while_it_ended_may_be_forgotten_and_sent_again(
    client: Client, described: TaskDescription
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=2))
    study.optimize(score_of, n_trials=2)
    # another process wrote its own at that moment
    study.set_user_attr("warmtune:reported", "forgotten")
    study.optimize(score_of, n_trials=2)
    assert kept_study(client, study).n_trials == 4
    study.set_user_attr("warmtune:reported", "forgotten")
    assert client.report(study).accepted == 0


def test_reporting_can_be_declined(client: Client, described: TaskDescription) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=1, report=False))
    study.optimize(score_of, n_trials=2)
    assert recall(study) is None


def test_a_service_that_was_set_up_anew_gets_the_study_again(client: Client, described: TaskDescription) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=2))
    study.optimize(score_of, n_trials=2)
    memory = recall(study)
    assert memory is not None
    remember(study, memory.model_copy(update={"study_id": "gone"}))
    study.optimize(score_of, n_trials=1)
    assert kept_study(client, study).n_trials == 3


def test_threads_share_a_sampler(client: Client, described: TaskDescription) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=6))
    study.optimize(score_of, n_trials=12, n_jobs=4)
    assert params_of(study)[:6] == recommended(client, described, n=6)
    assert n_distinct(params_of(study)) == 12
    assert kept_study(client, study).n_trials == 12


WORKER = """
import sys
import optuna
from tests.client.test_optuna_sampler import SPACE, score_of
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.task import MetaFeatures, TaskKind

url, storage = sys.argv[1:]
task = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 500.0, "n_columns": 12.0}, version="by hand"))
sampler = WarmtuneSampler(url, task, search_space=SPACE, n_startup=6)
study = optuna.load_study(study_name="shared", storage=storage, sampler=sampler)
print("ready", flush=True)
sys.stdin.readline()
study.optimize(score_of, n_trials=5)
"""


def test_processes_share_a_study_on_one_storage(service_url: str, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.create_study(study_name="shared", storage=storage, direction="maximize")
    command = [sys.executable, "-c", WORKER, service_url, storage]
    workers = [
        subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        for stderr in (subprocess.PIPE, subprocess.PIPE)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert params_of(study)[:6] == study.user_attrs["warmtune:batch"]["configurations"]
    assert len(study.trials) == 10
    assert n_distinct(params_of(study)) == 10


def test_trials_that_are_asked_for_at_once_differ(client: Client, described: TaskDescription) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=1, report=False))
    study.optimize(score_of, n_trials=1)
    trials = [study.ask() for _ in range(3)]
    assert n_distinct([suggest(trial, SPACE) for trial in reversed(trials)]) == 3


def test_workers_that_know_nothing_of_each_other_take_different_suggestions(
    client: Client, described: TaskDescription, tmp_path: Path
) -> None:
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = new_study(optuna.samplers.RandomSampler(seed=0), storage=storage, study_name="s")
    study.optimize(score_of, n_trials=2)
    workers = []
    for _ in range(3):
        sampler = WarmtuneSampler(client, described, search_space=SPACE, n_startup=0, report=False)
        workers.append(optuna.load_study(study_name="s", storage=storage, sampler=sampler))
    trials = [worker.ask() for worker in workers]
    for trial in trials:  # all three ask the service before any has said what it evaluates
        assert trial.relative_params == {}
    assert n_distinct([suggest(trial, SPACE) for trial in reversed(trials)]) == 3


def test_enqueued_trials_keep_their_values_and_take_no_place_in_the_batch(
    client: Client, described: TaskDescription
) -> None:
    best = recommended(client, described, n=3)
    mine = {"kernel": "linear", "C": 7.0, "degree": 2}
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=3, report=False))
    study.enqueue_trial(mine)
    study.enqueue_trial(best[1])
    study.optimize(score_of, n_trials=4)
    assert params_of(study) == [mine, best[1], best[0], best[2]]


def test_enqueued_trials_that_still_run_take_no_place_either(client: Client, described: TaskDescription) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=2, report=False))
    study.enqueue_trial({"kernel": "linear", "C": 7.0, "degree": 2})
    trials = [study.ask() for _ in range(3)]
    assert [suggest(trial, SPACE) for trial in trials][1:] == recommended(client, described, n=2)


@pytest.mark.parametrize("pruner", [optuna.pruners.MedianPruner(n_startup_trials=1), optuna.pruners.HyperbandPruner()])
def test_pruned_studies_are_served_and_reported(
    client: Client, described: TaskDescription, pruner: optuna.pruners.BasePruner
) -> None:
    study = new_study(WarmtuneSampler(client, described, search_space=SPACE, n_startup=4), pruner=pruner)

    def objective(trial: optuna.Trial) -> float:
        score = score_of(trial)
        for step in range(1, 5):
            trial.report(score * step / 4, step)
            if trial.number == 2 or trial.should_prune():
                raise optuna.TrialPruned
        return score

    study.optimize(objective, n_trials=8)
    assert params_of(study)[:4] == recommended(client, described, n=4)
    kept = client.list_trials(kept_study(client, study).study_id).items
    assert [(t.state.value, t.value) for t in kept] == [(t.state.name.lower(), t.value) for t in study.trials]


def test_a_resumed_cold_study_goes_on_with_suggestions(client: Client, described: TaskDescription) -> None:
    study = new_study(optuna.samplers.RandomSampler(seed=0))
    study.optimize(score_of, n_trials=6)
    study.sampler = WarmtuneSampler(client, described, search_space=SPACE, n_startup=5, report=False)
    study.optimize(score_of, n_trials=1)
    assert "warmtune:batch" not in study.user_attrs
    assert study.trials[6].params == suggested(client, described, SPACE, study.trials[:6])


def test_data_itself_and_one_line_will_do(service_url: str) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] > 0).astype(int)
    plain = dict(SPACE.parameters)
    sampler = warmtune.optuna.WarmtuneSampler(service_url, X, y, search_space=plain, n_startup=2)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(lambda trial: number(suggest(trial, plain)["C"]), n_trials=2)
    assert params_of(study) == study.user_attrs["warmtune:batch"]["configurations"]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda sampler: pickle.loads(pickle.dumps(sampler))])
def test_copies_go_on(
    service_url: str, described: TaskDescription, duplicate: Callable[[WarmtuneSampler], WarmtuneSampler]
) -> None:
    study = new_study(WarmtuneSampler(service_url, described, search_space=SPACE, n_startup=2, report=False))
    study.optimize(score_of, n_trials=1)
    waiting = study.ask()
    assert isinstance(study.sampler, WarmtuneSampler)
    study.sampler = duplicate(study.sampler)
    study.sampler.reseed_rng()
    suggest(waiting, SPACE)
    study.tell(waiting, 0.1)
    study.optimize(score_of, n_trials=1)
    assert params_of(study)[:2] == study.user_attrs["warmtune:batch"]["configurations"]
    assert n_distinct(params_of(study)) == 3


def test_what_cannot_work_is_said_at_once(client: Client, described: TaskDescription) -> None:
    with pytest.raises(InvalidInputError) as caught:
        WarmtuneSampler(client, described, n_startup=-1)
    assert caught.value.field == "n_startup"
    with pytest.raises(InvalidInputError):
        WarmtuneSampler("ftp://there", described)
    with pytest.raises(InvalidSearchSpaceError):
        WarmtuneSampler(client, described, search_space={})
    wrong_way = new_study(WarmtuneSampler(client, described), direction="minimize")
    with pytest.raises(InvalidInputError, match="accuracy") as refused:
        wrong_way.ask()
    assert refused.value.field == "metric"
