"""What a service has learned is there after it was killed, and for other services on its database."""

import time
from pathlib import Path

from tests.service.past_studies import ok, with_line_studies
from tests.serving import LiveService, start_service

QUESTION = {
    "task": {"kind": "binary", "meta_features": {"n_rows": 130.0, "n_columns": 5.0}},
    "search_space": "line",
    "metric": "accuracy",
}


def count(service: LiveService, event: str) -> int:
    return sum(line["event"] == event for line in service.log_lines())


def answer(service: LiveService) -> object:
    answered = ok(service, "POST", "/v1/recommendations", QUESTION)
    return {name: value for name, value in answered.items() if name != "recommendation_id"}


def until_kept(service: LiveService) -> None:
    deadline = time.monotonic() + 60.0
    while not count(service, "snapshot_stored"):
        assert time.monotonic() < deadline, service.log.read_text()
        time.sleep(0.05)


def test_a_killed_service_need_not_learn_again(tmp_path: Path) -> None:
    service = with_line_studies(start_service(tmp_path))
    try:
        before = answer(service)
        until_kept(service)
    finally:
        service.kill()
    service = start_service(tmp_path)
    try:
        assert answer(service) == before
        assert (count(service, "model_loaded"), count(service, "model_fitted")) == (1, 0)
    finally:
        assert service.stop() == 0


def test_another_service_on_postgresql_need_not_learn_what_one_has_learned(tmp_path: Path, postgres_url: str) -> None:
    one = with_line_studies(start_service(tmp_path / "one", database_url=postgres_url))
    other = start_service(tmp_path / "other", database_url=postgres_url)
    try:
        answered = answer(one)
        until_kept(one)
        assert answer(other) == answered
        assert (count(other, "model_loaded"), count(other, "model_fitted")) == (1, 0)
    finally:
        assert [one.stop(), other.stop()] == [0, 0]
