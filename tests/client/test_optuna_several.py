"""Studies with several objectives: warm, sampled, reported whole, never a traceback."""

import logging
import math
import threading
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.study import StudyDirection

from tests.client.sampling import kept_study
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.optuna.suggest import suggest
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import ConflictError, InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import TrialState

SPACE = {"x": FloatDistribution(0.0, 1.0), "z": FloatDistribution(0.0, 1.0)}
WAYS = (StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE)


def _two(trial: optuna.Trial) -> tuple[float, float]:
    """A front along x; z only harms."""
    x, z = trial.suggest_float("x", 0.0, 1.0), trial.suggest_float("z", 0.0, 1.0)
    return x - z, x**2 + z


def _sampler(client: Client, task: TaskDescription, metric: object, **more: object) -> WarmtuneSampler:
    return WarmtuneSampler(client, task, search_space=SPACE, metric=metric, seed=0, **more)  # type: ignore[arg-type]


def test_the_sampler_finds_the_front_and_everything_is_reported(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    study = optuna.create_study(directions=WAYS, sampler=_sampler(client, described, ["gain", "price"]))
    study.optimize(_two, n_trials=18)
    kept = kept_study(client, study)
    assert [(one.metric, one.direction) for one in kept.objectives] == [
        ("gain", Direction.MAXIMIZE),
        ("price", Direction.MINIMIZE),
    ]
    sent = client.list_trials(kept.study_id).items
    assert [list(trial.values) for trial in sent] == [trial.values for trial in study.trials]
    assert kept.best_value == max(trial.values[0] for trial in study.trials)
    late = study.trials[-8:]
    assert sum(trial.params["z"] < 0.2 for trial in late) >= 5  # where the front lies
    spread = [trial.params["x"] for trial in study.best_trials]
    assert max(spread) - min(spread) > 0.4
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert client.suggestions(kept.study_id, n=2).configurations[1].rank == 2


def test_a_warm_start_is_by_all_objectives_and_a_report_is_whole(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(directions=WAYS, sampler=optuna.samplers.RandomSampler(seed=0))
    started = client.warm_start(study, described, search_space="random_forest", metric=["accuracy", "duration_s"], n=4)
    assert "hypervolume of accuracy, duration_s" in started.reason
    assert started.n_enqueued == 4
    forest = client.get_search_space("random_forest", kind=described.kind).search_space

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        suggest(trial, forest)
        if trial.number == 2:
            raise ValueError("as objectives do")
        return 0.5 + 0.1 * trial.number, math.nan if trial.number == 3 else 2.0

    study.optimize(objective, n_trials=5, catch=(ValueError,), callbacks=[client.reporter()])
    assert client.report(study).accepted == 0
    sent = client.list_trials(started.study_id).items
    assert [trial.state for trial in sent] == [
        TrialState.COMPLETE,
        TrialState.COMPLETE,
        TrialState.FAIL,
        TrialState.FAIL,
        TrialState.COMPLETE,
    ]
    assert [trial.values for trial in sent if trial.values] == [(0.5, 2.0), (0.6, 2.0), (0.9, 2.0)]
    with pytest.raises(ConflictError, match="another metric"):
        client.warm_start(study, described, search_space="random_forest", metric=["accuracy", "price"])


def test_only_the_first_metric_needs_a_name(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(directions=WAYS, sampler=_sampler(client, described, "gain_alone"))
    study.optimize(_two, n_trials=2)
    assert [one.metric for one in kept_study(client, study).objectives] == ["gain_alone", "objective_1"]


def test_an_old_study_of_several_objectives_is_filed(client: Client, described: TaskDescription) -> None:
    old = optuna.create_study(directions=WAYS, sampler=optuna.samplers.RandomSampler(seed=0))
    old.optimize(_two, n_trials=6)
    filed = client.report(old, described, metric=["gain_old", "price_old"])
    assert (filed.complete, filed.accepted) == (6, 6)
    assert client.report(old, described, metric=["gain_old", "price_old"]).accepted == 0
    assert [list(t.values) for t in client.list_trials(filed.study_id).items] == [t.values for t in old.trials]


def test_each_metric_of_past_studies_is_learned_from(client: Client) -> None:
    for number in range(4):
        task = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 10.0 + number}), name=f"several {number}")
        old = optuna.create_study(directions=WAYS, sampler=optuna.samplers.RandomSampler(seed=number))
        old.optimize(_two, n_trials=15)
        client.report(old, task, metric=["gain_past", "price_past"])
    cheap = client.recommend(task, SPACE, metric="price_past", direction="minimize", n=1).configurations[0]
    assert float(str(cheap.configuration["x"])) + float(str(cheap.configuration["z"])) < 0.7
    both = client.recommend(task, SPACE, metric=["gain_past", "price_past"], direction=["maximize", "minimize"], n=4)
    assert "hypervolume of gain_past, price_past on 4 tasks" in both.reason


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (["accuracy"] * 2, "2 different"),
        (["a", "b", "c"], "2 different"),
        (["log_loss", "b"], "known to minimize"),
        (["a", "accuracy"], "known to maximize"),
    ],
)
def test_mistakes_are_named(client: Client, described: TaskDescription, metric: list[str], message: str) -> None:
    study = optuna.create_study(directions=WAYS, sampler=_sampler(client, described, metric))
    with pytest.raises(InvalidInputError, match=message):
        study.optimize(_two, n_trials=1)
    with pytest.raises(InvalidInputError, match=message):
        client.warm_start(study, described, search_space=SPACE, metric=metric)


def test_several_metrics_of_a_study_with_one_objective_are_refused(client: Client, described: TaskDescription) -> None:
    study = optuna.create_study(direction="maximize", sampler=_sampler(client, described, ["a", "b"]))
    with pytest.raises(InvalidInputError, match="a study of 1 objectives"):
        study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=1)


def test_without_a_service_it_is_tpe(described: TaskDescription) -> None:
    with Client("http://127.0.0.1:9", retry=Retry(attempts=1)) as nobody:
        warm = optuna.create_study(directions=WAYS, sampler=_sampler(nobody, described, "m"))
        warm.optimize(_two, n_trials=5)
    cold = optuna.create_study(directions=WAYS, sampler=optuna.samplers.TPESampler(seed=0))
    cold.optimize(_two, n_trials=5)
    assert [t.params for t in warm.trials] == [t.params for t in cold.trials]


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")  # `multivariate`, in Optuna 4
def test_one_sampler_serves_studies_of_one_storage(client: Client, described: TaskDescription, tmp_path: Path) -> None:
    """Optuna's own samplers keep what they have seen of a study, and refuse another one in the same database."""
    own = optuna.samplers.TPESampler(seed=0, multivariate=True)
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="gain", fallback=own)
    studies = [
        optuna.create_study(
            storage=f"sqlite:///{tmp_path}/s.db", study_name=name, direction="maximize", sampler=sampler
        )
        for name in ("one", "two")
    ]
    for _ in range(2):
        for study in studies:
            study.optimize(lambda trial: _two(trial)[0] + trial.suggest_float("w", 0.0, 1.0), n_trials=2)
    assert [len(study.trials) for study in studies] == [4, 4]
    assert sampler._fallbacks.of_study(studies[0]) is own
    # each draws by itself, from the same seed: what one has drawn changes nothing for the other
    assert studies[0].trials[0].params["w"] == studies[1].trials[0].params["w"]


def test_a_fallback_that_can_not_be_copied_serves_all(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    class Locked(optuna.samplers.RandomSampler):
        def __init__(self) -> None:
            super().__init__(seed=0)
            self.lock = threading.Lock()

    fallback = Locked()
    sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="gain", fallback=fallback, report=False)
    for _ in range(3):
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.optimize(lambda trial: trial.suggest_float("w", 0.0, 1.0), n_trials=2)
        assert len(study.trials) == 2
        assert sampler._fallbacks.of_study(study) is fallback
    assert [record.message for record in caplog.records if "can't be copied" in record.message] == [
        "Locked can't be copied: its draws of several studies depend on each other"
    ]
    sampler.reseed_rng()
