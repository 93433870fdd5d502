"""Pages in a real browser: everything they load comes from the service itself."""

import re
from pathlib import Path

import pytest

from service.app import create_app
from service.http.guards import CONTENT_SECURITY_POLICY
from service.settings import Settings
from tests.service.browser import visit
from tests.serving import LiveService
from warmtune.wire.base import Problem


def operations(service: LiveService) -> dict[str, dict[str, object]]:
    paths = service.http.get("/openapi.json").json()["paths"]
    return {f"{method} {path}": operation for path, methods in paths.items() for method, operation in methods.items()}


@pytest.mark.parametrize(
    ("path", "file"),
    [("/docs", "/static/swagger-ui/swagger-ui-bundle.js"), ("/redoc", "/static/redoc/redoc.standalone.js")],
)
def test_documentation_is_rendered_and_asks_nobody_else(
    live_service: LiveService, tmp_path: Path, path: str, file: str
) -> None:
    seen = visit(live_service.url + path, tmp_path)
    assert {live_service.url + name for name in (path, file, "/openapi.json")} <= seen.requests
    assert all(url.startswith((f"{live_service.url}/", "data:", "blob:")) for url in seen.requests), seen.requests
    plain = re.sub(r"<wbr\s*/?>|\u200b", "", seen.dom)
    summaries = {str(operation["summary"]) for operation in operations(live_service).values()}
    assert len(summaries) > 15
    shown = {summary for summary in summaries if summary.replace("'", "&#39;") in plain or summary in plain}
    assert shown == summaries


def test_scripts_come_from_the_service_only() -> None:
    policy = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"


def test_every_operation_has_worked_examples(live_service: LiveService) -> None:
    for name, operation in operations(live_service).items():
        bodies = [operation.get("requestBody"), *operation["responses"].values()]  # type: ignore[attr-defined]
        for body in bodies:
            for media_type, media in ((body or {}).get("content") or {}).items():
                assert "example" in media, (
                    f"{name}: {media_type} has no example; its body's model_config names one of "
                    "client/warmtune/wire/examples.py"
                )
                if media_type == "application/problem+json":
                    Problem.model_validate(media["example"])
        assert re.fullmatch(r"[a-z_]+", str(operation["operationId"]))
        assert operation["summary"]
        assert operation["description"]
    names = [operation["operationId"] for operation in operations(live_service).values()]
    assert len(set(names)) == len(names)


def test_references_of_the_document_lead_somewhere(live_service: LiveService) -> None:
    text = live_service.http.get("/openapi.json").text
    schemas = live_service.http.get("/openapi.json").json()["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= set(schemas)
    assert "HTTPValidationError" not in schemas


def test_an_application_is_made_without_opening_anything(tmp_path: Path) -> None:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'never.db'}"))
    assert app.openapi()["info"]["title"] == "Warmtune"
    assert list(tmp_path.iterdir()) == []
