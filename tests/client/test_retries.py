"""How long a client waits before it sends a call again."""

import httpx
import pytest

from warmtune.rest.retries import Retry

BUSY = httpx.Response(503)


@pytest.mark.parametrize(("attempt", "waits"), [(1, (0.1, 0.2)), (2, (0.2, 0.4)), (3, (0.4, 0.8))])
def test_without_a_word_of_the_service_waits_double(attempt: int, waits: tuple[float, float]) -> None:
    delays = [Retry().delay_s(attempt, BUSY, jitter=jitter) for jitter in (0.0, 1.0)]
    assert delays == pytest.approx(waits)


def test_what_the_service_asks_for_is_waited_and_no_more_than_may_be() -> None:
    asked = httpx.Response(503, headers={"Retry-After": "3"})
    assert Retry().delay_s(1, asked, jitter=0.0) == 3.0
    assert Retry(max_delay_s=1.0).delay_s(1, asked, jitter=0.0) == 1.0


def test_the_last_attempt_is_the_answer() -> None:
    assert Retry(attempts=2).delay_s(2, BUSY, jitter=0.0) is None
    assert Retry().delay_s(1, httpx.Response(404), jitter=0.0) is None


def test_the_answer_to_an_earlier_attempt_is_waited_for_as_long_as_the_service_may_take() -> None:
    under_way = httpx.Response(409, json={"field": "header.idempotency-key"})
    other = httpx.Response(409, json={"field": "name"})
    retry = Retry(attempts=2, first_delay_s=0.0)
    assert retry.delay_s(1, under_way, jitter=0.0, left_s=60.0) is None  # of somebody else's
    assert retry.delay_s(2, under_way, jitter=0.0, left_s=0.0) is None
    assert [retry.delay_s(n, under_way, jitter=0.0, left_s=9.0) for n in (2, 10, 5_000)] == [0.1] * 3
    assert Retry().delay_s(5_000, under_way, jitter=0.0, left_s=float("inf")) == 5.0
    assert retry.delay_s(2, other, jitter=0.0, left_s=60.0) is None
    assert retry.delay_s(2, BUSY, jitter=0.0, left_s=60.0) is None
