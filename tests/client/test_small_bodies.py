"""Proxies that take small bodies only, and services that ask for a wait, or know more than this client."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus

import httpx
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import FrozenTrial, create_trial

from tests.client.fronts import front
from warmtune.client import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest.retries import Retry
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import LimitExceededError, RateLimitError
from warmtune.vocabulary.recommendation import Strategy
from warmtune.wire.recommendations import RecommendationResponse

SPACE: dict[str, BaseDistribution] = {"x": FloatDistribution(0.0, 1.0)}
LIMIT = 20_000
PAGE = b"<html><h1>413 Request Entity Too Large</h1></html>"
NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


class _SmallBodies(httpx.BaseTransport):
    """A proxy before the service that takes no body of more than `LIMIT` bytes."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.n_refused = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if len(request.read()) > LIMIT:
            self.n_refused += 1
            return httpx.Response(413, content=PAGE, request=request)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def _with_curve(x: float, n_steps: int) -> FrozenTrial:
    curve = {step: x + step / 7.0 for step in range(n_steps)}
    return create_trial(params={"x": x}, distributions=SPACE, value=x, intermediate_values=curve)


def _objective(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0.0, 1.0)


@pytest.mark.parametrize("n_steps", [3, 200])
def test_batches_become_as_small_as_they_must(service_url: str, described: TaskDescription, n_steps: int) -> None:
    transport = _SmallBodies()
    study = optuna.create_study(direction="maximize")
    study.add_trials([_with_curve(i / 100.0, n_steps) for i in range(50)])
    with Client(service_url, transport=transport) as client:
        filed = client.report(study, described, metric="accuracy")
        assert (filed.complete, filed.skipped) == (50, ())
        assert client.get_study(filed.study_id).n_trials == 50
    assert (transport.n_refused > 0) == (n_steps == 200)
    assert transport.n_refused < 8  # the size that was found holds for all batches after it


@pytest.mark.parametrize("is_last", [False, True])
def test_a_trial_that_is_too_large_by_itself_is_named(
    service_url: str, described: TaskDescription, is_last: bool
) -> None:
    study = optuna.create_study(direction="maximize")
    sizes = [5, 5, 5, 4_000] if is_last else [5, 4_000, 5, 5]
    study.add_trials([_with_curve(i / 10.0, n_steps) for i, n_steps in enumerate(sizes)])
    with Client(service_url, transport=_SmallBodies()) as client:
        filed = client.report(study, described, metric="accuracy")
        assert filed.complete == 3
        assert [(one.number, type(one.error)) for one in filed.skipped] == [(sizes.index(4_000), LimitExceededError)]


def test_a_sampler_reports_through_such_a_proxy(service_url: str, described: TaskDescription) -> None:
    transport = _SmallBodies()
    with Client(service_url, transport=transport) as client:
        sampler = WarmtuneSampler(client, described, search_space=SPACE, metric="accuracy", seed=0)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.add_trials([_with_curve(i / 100.0, 200) for i in range(30)])
        study.optimize(_objective, n_trials=2)
        assert client.report(study).complete == 0  # nothing is left
    assert transport.n_refused > 0


@pytest.mark.parametrize(
    ("header", "now", "seconds"),
    [
        (NOW + timedelta(seconds=3), NOW, 3.0),
        (NOW - timedelta(days=9), NOW, 0.5),  # over already: the usual wait
        (NOW + timedelta(hours=1), NOW, 5.0),
    ],
)
def test_a_date_to_wait_for_counts_from_the_answers_own(header: datetime, now: datetime, seconds: float) -> None:
    retry = Retry(attempts=6, first_delay_s=1, max_delay_s=5)
    dates = {"Retry-After": format_datetime(header, usegmt=True), "Date": format_datetime(now, usegmt=True)}
    assert retry.delay_s(1, httpx.Response(503, headers=dates), jitter=0) == seconds


def test_a_date_without_the_answers_own_counts_from_now() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    retry = Retry(attempts=6, first_delay_s=1, max_delay_s=1e6)
    delay_s = retry.delay_s(1, httpx.Response(503, headers={"Retry-After": until}), jitter=0)
    assert delay_s is not None
    assert 250 < delay_s <= 300


@pytest.mark.parametrize("header", ["600", format_datetime(datetime(2100, 1, 1, tzinfo=UTC), usegmt=True)])
@pytest.mark.slow
def test_a_proxys_limit_says_how_long(header: str) -> None:
    with (
        front(HTTPStatus.TOO_MANY_REQUESTS, b"slow down", Retry_After=header) as server,
        Client(server.url) as client,
        pytest.raises(RateLimitError) as refused,
    ):
        client.get_search_space("svm_rbf")
    assert refused.value.retry_after_s is not None
    assert refused.value.retry_after_s >= 600.0
    assert len(server.requests) == 1


def test_a_strategy_of_a_newer_service_is_taken_by_its_name(client: Client, described: TaskDescription) -> None:
    answer = client.recommend(described, "svm_rbf", n=1)
    body = RecommendationResponse.from_domain(answer).model_dump(mode="json") | {"strategy": "telepathy"}
    strategy = RecommendationResponse.model_validate(body).strategy
    assert strategy == "telepathy"
    assert strategy not in list(Strategy)
