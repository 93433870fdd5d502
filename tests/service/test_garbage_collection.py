"""Garbage collection: off while the service starts, on again once it listens."""

import gc
from collections.abc import Iterator

import pytest

from service.garbage_collection import pause_collection, resume_collection


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_during_a_start() -> None:
    pause_collection()
    assert not gc.isenabled()


def test_what_a_start_made_is_not_looked_at_again_but_later_garbage_is() -> None:
    pause_collection()
    resume_collection()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 1_000
