"""A service with keys, for agents."""

from typing import Any

import pytest

from tests.client.agents.sessions import KEY
from tests.serving import start_service


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    service = start_service(tmp_path_factory.mktemp("agents"), api_keys=KEY)
    yield service
    assert service.stop() == 0
