"""What the client's tests share."""

from collections.abc import Iterator

import optuna
import pytest

from tests.serving import LiveService
from warmtune.client import Client
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture
def service_url(live_service: LiveService) -> str:
    """The address of a real service."""
    return live_service.url


@pytest.fixture
def client(service_url: str) -> Iterator[Client]:
    """A client of it."""
    with Client(service_url) as client:
        yield client


@pytest.fixture
def described() -> TaskDescription:
    """A task by a few meta-features; the same in every test, so that its studies pile up in the service."""
    features = {"n_rows": 500.0, "n_columns": 12.0, "class_entropy": 0.9}
    return TaskDescription(TaskKind.BINARY, MetaFeatures(features, version="by hand"), name="by hand")
