"""Long studies of quick trials: several suggestions an answer, several trials a report, and nothing lost."""

import copy
import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from tests.client.sampling import kept_study, n_distinct, params_of
from warmtune.client import Client
from warmtune.optuna.late_report import LONGEST_WAIT_S, LateReport
from warmtune.optuna.memory import recall
from warmtune.optuna.prefetch import MAX_AT_ONCE, MIN_TRIALS, TRIALS_A_SUGGESTION, PrefetchedAnswer, n_at_once
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import ExpectedGain, RankedConfiguration

SPACE = {"x": FloatDistribution(0.0, 1.0), "z": FloatDistribution(0.0, 1.0)}
BEGUN = datetime(2026, 1, 1)


class _Counted(httpx.HTTPTransport):
    """Counts requests by the last part of their path."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.paths[request.url.path.rsplit("/", 1)[-1]] += 1
        return super().handle_request(request)


def _finished(
    number: int, *, value: float | None = 0.5, seconds: float = 0.0, state: TrialState = TrialState.COMPLETE
) -> optuna.trial.FrozenTrial:
    parameters = {"x": 0.5, "z": 0.1}
    trial = optuna.trial.create_trial(params=parameters, distributions=dict(SPACE), value=value, state=state)
    trial.number, trial.datetime_start = number, BEGUN
    trial.datetime_complete = BEGUN + timedelta(seconds=seconds)
    return trial


def _objective(trial: optuna.Trial) -> float:
    x, z = trial.suggest_float("x", 0.0, 1.0), trial.suggest_float("z", 0.0, 1.0)
    return -((x - 0.3) ** 2) - abs(z - 0.6)


def _long_study(client: Client, task: TaskDescription, metric: str, n: int = 150) -> optuna.Study:
    sampler = WarmtuneSampler(client, task, search_space=SPACE, metric=metric, seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    past = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    past.optimize(_objective, n_trials=n)
    study.add_trials(past.trials)
    return study


@pytest.mark.parametrize(
    ("n", "seconds", "question_s", "expected"),
    [
        (MIN_TRIALS - 1, 0.0, 0.1, 1),
        (MIN_TRIALS, 0.0, 0.1, MIN_TRIALS // TRIALS_A_SUGGESTION),
        (10_000, 0.0, 0.1, MAX_AT_ONCE),
        (10_000, 5.0, 0.1, 1),
        (10_000, 0.0, None, 1),
    ],
)
@pytest.mark.slow
def test_only_long_studies_of_quick_trials_ask_for_several(
    n: int, seconds: float, question_s: float | None, expected: int
) -> None:
    assert n_at_once([_finished(number, seconds=seconds) for number in range(n)], question_s) == expected


def _ahead() -> PrefetchedAnswer:
    gain = ExpectedGain(mean=0.01, low=0.0, high=0.1, probability=0.2)
    ranked = [RankedConfiguration(rank, {"x": rank / 10}, expected_gain=gain) for rank in (1, 2, 3)]
    return PrefetchedAnswer(study_name="s", key="k", basis=None, ranked=ranked, number=1, best=0.5)


@pytest.mark.parametrize(
    ("trials", "place"),
    [
        ([_finished(0), _finished(1)], 1),
        ([_finished(0), _finished(1, value=0.59), _finished(2)], 2),
        ([_finished(0), _finished(1, value=0.61)], None),
        ([_finished(0), _finished(1, value=None, state=TrialState.FAIL)], None),
        ([_finished(0), _finished(1), _finished(2), _finished(3)], None),
    ],
    ids=["the next", "the one after it", "after a surprise", "after a failure", "used up"],
)
def test_what_is_left_of_an_answer_holds_until_something_unexpected_happens(
    trials: Sequence[optuna.trial.FrozenTrial], place: int | None
) -> None:
    ahead, number = _ahead(), len(trials)
    running = _finished(number, value=None, state=TrialState.RUNNING)
    found = ahead.following("k", number, [*trials, running], Direction.MAXIMIZE)
    assert found == (None if place is None else ahead.ranked[place])
    assert ahead.following("k", number, [*trials, running, running], Direction.MAXIMIZE) is None  # another worker's


@pytest.mark.parametrize(("question_s", "place"), [(0.6, 1), (0.5, None), (0.1, None)])
def test_a_surprise_is_worth_a_question_once_the_trials_took_as_long(question_s: float, place: int | None) -> None:
    ahead = replace(_ahead(), question_s=question_s)
    running = _finished(2, value=None, state=TrialState.RUNNING)
    # a second, in which the question is contained
    surprising = _finished(1, value=0.61, seconds=1.0)
    found = ahead.following("k", 2, [_finished(0), surprising, running], Direction.MAXIMIZE)
    assert found == (None if place is None else ahead.ranked[place])


def test_a_long_study_asks_and_reports_seldom_and_loses_nothing(service_url: str, described: TaskDescription) -> None:
    counted = _Counted()
    with Client(service_url, transport=counted) as client:
        study = _long_study(client, described, "long")
        study.optimize(_objective, n_trials=3)
        counted.paths.clear()
        study.optimize(_objective, n_trials=60)
        assert counted.paths["suggestions"] <= 20
        assert counted.paths["trials"] <= 20
        assert n_distinct(params_of(study)[150:]) == 63
    with Client(service_url) as client:  # the first was closed at once
        assert kept_study(client, study).n_trials == 213
        assert client.report(study).accepted == 0


def test_copies_of_a_long_study_report_their_own(client: Client, described: TaskDescription) -> None:
    study = _long_study(client, described, "long copies")
    study.optimize(_objective, n_trials=5)
    copies = [study, copy.deepcopy(study), pickle.loads(pickle.dumps(study))]
    for n, one in enumerate(copies, start=8):
        one.optimize(lambda trial, n=n: _objective(trial) - n / 100, n_trials=n)
        client.report(one)
    assert [kept_study(client, one).n_trials for one in copies] == [155 + n for n in (8, 9, 10)]
    assert len({memory.study_id for one in copies if (memory := recall(one)) is not None}) == 3


@pytest.mark.slow
def test_what_is_put_off_is_sent_without_a_further_trial() -> None:
    sent: list[str] = []
    study, late = optuna.create_study(), LateReport()
    late.put_off(study, lambda one: sent.append(one.study_name))
    thread = late._thread
    assert thread is not None and not thread.daemon  # the process waits for it
    thread.join(30.0)
    assert sent == [study.study_name]


def test_no_report_is_put_off_for_ever() -> None:
    study, late = optuna.create_study(), LateReport()
    assert late.may_wait(study)
    late.put_off(study, lambda one: None)
    assert late.may_wait(study)
    late._since[study.study_name] -= LONGEST_WAIT_S
    late.put_off(study, lambda one: None)  # a further trial doesn't make the first one younger
    assert not late.may_wait(study)
    late.flush()
    assert late.may_wait(study)


def test_what_was_sent_meanwhile_is_not_sent_again() -> None:
    sent: list[str] = []
    study, late = optuna.create_study(), LateReport()
    late.put_off(study, lambda one: sent.append(one.study_name))
    late.sent(study)
    late.flush()
    thread = late._thread
    if thread is not None:
        thread.join(30.0)
    assert sent == []
