"""What the holder of a key may ask for: requests a minute, trials and bytes a day, jobs at once."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from service.api_keys.rates import RequestRates
from service.api_keys.ring import Caller
from store.connections.scope import SHIPPED
from tests.service.asking import problem_in
from tests.service.tables import iris_csv
from tests.serving import LiveService, start_service
from warmtune import Client
from warmtune.rest.retries import Retry
from warmtune.vocabulary.api_key import KeyLimits, Scope
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import RateLimitError
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

GIVEN = "the-key-of-the-settings"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("limits"), api_keys=GIVEN, key_max_jobs="2", job_workers="1")
    yield started
    assert started.stop() == 0


@contextmanager
def client(service: LiveService, **limits: int) -> Iterator[Client]:
    with Client(service.url, api_key=GIVEN) as operator:
        key = operator.create_key("limited", owner="tests", limits=KeyLimits(**limits)).key
    with Client(service.url, api_key=key, retry=Retry(attempts=2, max_delay_s=0.5)) as limited:
        yield limited


def study_of(limited: Client) -> str:
    task = limited.create_task(TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 5.0})))
    return limited.create_study(task.task_id, search_space="mlp", metric="accuracy").study_id


def failed(numbers: range) -> list[Trial]:
    return [Trial(n, {}, value=None, state=TrialState.FAIL) for n in numbers]


def test_requests_a_minute(service: LiveService) -> None:
    with client(service, requests_per_minute=5) as limited:
        for _ in range(5):
            limited.list_tasks(limit=1)
        with pytest.raises(RateLimitError) as refused:
            limited.list_tasks(limit=1)
        assert refused.value.limit == "5 requests a minute"
        assert refused.value.retry_after_s is not None
        assert 10 < refused.value.retry_after_s <= 12
        with Client(service.url, api_key=GIVEN) as other:
            other.list_tasks(limit=1)  # others are not concerned


def test_the_answer_says_when_to_ask_again(service: LiveService) -> None:
    with Client(service.url, api_key=GIVEN) as operator:
        key = operator.create_key("limited", owner="tests", limits=KeyLimits(requests_per_minute=1)).key
    headers = {"Authorization": f"Bearer {key}"}
    assert service.http.get("/v1/tasks", headers=headers).status_code == 200
    refused = service.http.get("/v1/tasks", headers=headers)
    problem = problem_in(refused)
    assert (refused.status_code, problem.code) == (429, "rate_limited")
    assert problem.retry_after_s is not None
    assert int(refused.headers["Retry-After"]) >= problem.retry_after_s > 50


def test_a_short_wait_is_waited_by_the_client(service: LiveService) -> None:
    with client(service, requests_per_minute=240) as limited:
        for _ in range(250):  # ten more than a minute's worth: each waits a quarter of a second
            limited.list_tasks(limit=1)


def test_rates_refill_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    caller, rates = (
        Caller("wt_1", Scope.READ, SHIPPED, KeyLimits(requests_per_minute=6), has_made_key=True),
        RequestRates(),
    )
    taken = 0
    for second in range(120):
        now = 1_000.0 + second
        for _ in range(3):
            try:
                rates.check(caller)
                taken += 1
            except RateLimitError as refused:
                assert refused.retry_after_s is not None
                assert 0 < refused.retry_after_s <= 10
    assert taken == 6 + 11


@pytest.mark.parametrize(("limit", "n_services", "at_once"), [(60, 1, 60), (60, 3, 20), (5, 2, 2), (1, 4, 1)])
def test_services_share_a_keys_requests(
    monkeypatch: pytest.MonkeyPatch, limit: int, n_services: int, at_once: int
) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    caller = Caller("wt_1", Scope.READ, SHIPPED, KeyLimits(requests_per_minute=limit), has_made_key=True)
    services = [RequestRates(n_services=n_services) for _ in range(n_services)]

    def taken() -> list[int]:
        counts = [0] * n_services
        for number, rates in enumerate(services):
            for _ in range(2 * limit):
                try:
                    rates.check(caller)
                    counts[number] += 1
                except RateLimitError:
                    break
        return counts

    assert taken() == [at_once] * n_services
    later = 0
    for minute in range(1, 41):
        now = 1_000.0 + 60.0 * minute
        later += sum(taken())
    assert later <= limit * 40 + n_services
    assert later >= min(limit * 40 * 0.79, limit * 40 - n_services)


def test_trials_a_day(service: LiveService) -> None:
    with client(service, trials_per_day=10) as limited:
        study = study_of(limited)
        limited.report_trials(study, failed(range(8)))
        with pytest.raises(RateLimitError) as refused:
            limited.report_trials(study, failed(range(8, 12)))
        assert refused.value.retry_after_s is not None
        assert limited.get_study(study).n_trials == 8
        limited.report_trials(study, failed(range(8, 10)))  # what was refused was not counted
        with pytest.raises(RateLimitError):
            limited.report_trials(study, failed(range(10, 11)))


def test_bytes_of_uploads_a_day(service: LiveService) -> None:
    size = len(iris_csv())
    with Client(service.url, api_key=GIVEN) as operator:
        limits = KeyLimits(upload_bytes_per_day=2 * size)
        key = operator.create_key("limited", owner="tests", limits=limits).key

    def upload() -> int:
        files = {"file": ("iris.csv", iris_csv())}
        headers = {"Authorization": f"Bearer {key}"}
        data = {"request": '{"target": "target"}'}
        return service.http.post("/v1/tasks", files=files, data=data, headers=headers).status_code

    assert [upload(), upload(), upload()] == [200, 200, 429]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/octet-stream"}
    sent = service.http.put("/v1/neural/models/mine", content=b"x", headers=headers)
    assert sent.status_code == 429  # whatever way a file comes


def test_jobs_at_once(service: LiveService) -> None:
    with client(service, max_jobs=1) as limited:
        asked: dict[str, Any] = {"search_space": "mlp", "kind": "binary", "metric": "accuracy", "algorithm": "maml"}
        first = limited.train_neural_model("one", n_steps=20_000, **asked)
        with pytest.raises(RateLimitError) as refused:
            limited.train_neural_model("two", n_steps=20_000, **asked)
        assert refused.value.limit == "1 jobs"
        limited.cancel_job(first.job_id)
        deadline = time.monotonic() + 60
        while not limited.get_job(first.job_id).state.is_final:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        second = limited.train_neural_model("two", n_steps=20_000, **asked)
        limited.cancel_job(second.job_id)


def test_the_settings_limit_keys_without_their_own(service: LiveService) -> None:
    with client(service) as unlimited:
        asked: dict[str, Any] = {"search_space": "mlp", "kind": "binary", "metric": "accuracy", "algorithm": "maml"}
        jobs = [unlimited.train_neural_model(f"n{n}", n_steps=20_000, **asked) for n in range(2)]
        with pytest.raises(RateLimitError):
            unlimited.train_neural_model("n2", n_steps=20_000, **asked)
        for job in jobs:
            unlimited.cancel_job(job.job_id)


@contextmanager
def signed_in(service: LiveService, **limits: int) -> Iterator[tuple[httpx.Client, str]]:
    """A browser whose key has limits, and the key's identifier."""
    with Client(service.url, api_key=GIVEN) as operator:
        made = operator.create_key("limited", owner="tests", limits=KeyLimits(**limits))
    with httpx.Client(base_url=service.url, timeout=60.0) as pages:
        assert pages.post("/sign-in", data={"key": made.key}).status_code == 303
        yield pages, made.key_id


def form_token(pages: httpx.Client) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', pages.get("/operations").text)
    assert found is not None
    return found[1]


def test_requests_a_minute_hold_on_pages(service: LiveService) -> None:
    with signed_in(service, requests_per_minute=4) as (pages, key_id):  # signing in is one
        assert [pages.get("/studies").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert int(pages.get("/studies").headers["Retry-After"]) > 5
        assert pages.post("/sign-out").status_code == 303  # this is never refused
    shown = [line for line in service.log_lines() if line.get("path") == "/studies" and line.get("caller") == key_id]
    assert {line["status"] for line in shown} == {200, 429}  # the log says whose a page was


def test_jobs_at_once_and_bytes_of_uploads_hold_on_pages(service: LiveService) -> None:
    with signed_in(service, max_jobs=1, upload_bytes_per_day=50) as (pages, key_id):
        asked = {"form_token": form_token(pages), "space": "mlp", "kind": "binary", "metric": "accuracy"}
        queued = [pages.post("/operations/refits", data=asked) for _ in range(2)]
        assert [answer.status_code for answer in queued] == [303, 429]
        pages.post(f"{queued[0].headers['location']}/cancel", data=asked)
        files = {"file": ("history.csv", b"number,value,params_x\n" + b"0,0.5,0.5\n" * 9)}
        refused = pages.post("/operations/imports", data={"form_token": asked["form_token"]}, files=files)
        assert refused.status_code == 429
        assert f"the key {key_id} may send 50 bytes of uploads a day" in refused.text
