"""Deleting tasks and studies over HTTP: what was learned from them goes too."""

import pytest
from typer.testing import CliRunner

from tests.service.past_studies import ok, with_line_studies
from tests.serving import LiveService
from warmtune.cli.app import app
from warmtune.client import Client
from warmtune.vocabulary.errors import ConflictError, NotFoundError


def line_tasks(service: LiveService) -> list[str]:
    studies = ok(service, "GET", "/v1/studies", search_space="line", limit=500)["items"]
    return sorted({study["task_id"] for study in studies})


def advice(service: LiveService, task_id: str) -> dict[str, object]:
    body = {"task_id": task_id, "search_space": "line", "metric": "accuracy", "n_configurations": 3}
    return ok(service, "POST", "/v1/recommendations", body)


def test_advice_no_longer_draws_on_what_was_deleted(live_service: LiveService) -> None:
    with_line_studies(live_service)
    asked, deleted, *_ = line_tasks(live_service)
    assert deleted in str(advice(live_service, asked))
    with Client(live_service.url) as client:
        client.delete_task(deleted)
        with pytest.raises(NotFoundError):
            client.get_task(deleted)
        with pytest.raises(NotFoundError):
            client.delete_task(deleted)
    assert deleted not in line_tasks(live_service)
    assert deleted not in str(advice(live_service, asked))
    neighbours = ok(live_service, "GET", f"/v1/tasks/{asked}/neighbours", n=50)
    assert deleted not in str(neighbours)


def test_the_command_deletes_a_study(live_service: LiveService) -> None:
    with_line_studies(live_service)
    study = ok(live_service, "GET", "/v1/studies", search_space="line", limit=1)["items"][0]["study_id"]
    result = CliRunner().invoke(app, ["forget", study, "--url", live_service.url])
    assert result.exit_code == 0, result.output
    with Client(live_service.url) as client, pytest.raises(NotFoundError):
        client.get_study(study)


def test_what_ships_stays(live_service: LiveService) -> None:
    with Client(live_service.url) as client:
        own = {study.study_id for study in client.list_studies(search_space="knn", own=True, limit=500).items}
        found = client.list_studies(search_space="knn", limit=500).items
        shipped = next(study for study in found if study.study_id not in own)
        with pytest.raises(ConflictError, match="ships"):
            client.delete_study(shipped.study_id)
        with pytest.raises(ConflictError, match="ships"):
            client.delete_task(shipped.task_id)
