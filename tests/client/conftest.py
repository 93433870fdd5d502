import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import optuna
import pytest

from warmtune.client import Client
from warmtune.dataset import TaskDescription
from warmtune.task import MetaFeatures, TaskKind

optuna.logging.set_verbosity(optuna.logging.ERROR)


@pytest.fixture(scope="session")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real service with a database of its own."""
    directory = tmp_path_factory.mktemp("service")
    environment = os.environ | {
        "WARMTUNE_DATABASE_URL": f"sqlite:///{directory / 'warmtune.db'}",
        "WARMTUNE_PORT": "0",
    }
    log = directory / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.server"], env=environment, stdout=output, stderr=output
        )
        while not (lines := [line for line in log.read_text().splitlines() if '"listening"' in line]):
            if process.poll() is not None:
                raise RuntimeError(f"the service ended: {log.read_text()}")
            time.sleep(0.05)
        yield json.loads(lines[0])["url"]
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def client(service_url: str) -> Iterator[Client]:
    with Client(service_url) as client:
        yield client


@pytest.fixture
def described() -> TaskDescription:
    """A task by a few meta-features; the same in every test, so that its studies pile up in the service."""
    features = {"n_rows": 500.0, "n_columns": 12.0, "class_entropy": 0.9}
    return TaskDescription(TaskKind.BINARY, MetaFeatures(features, version="by hand"), name="by hand")
