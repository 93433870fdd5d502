"""Over real HTTP a table is the task that the SDK makes of it, or is refused with the same words."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.bad_tables import BAD
from benchmarks.tables_refusals import by_http, by_sdk
from tests.metafeatures.frames import tables
from tests.metafeatures.written_tables import write, written_tables
from tests.serving import LiveService
from warmtune.client import Client
from warmtune.tables.description import describe_task, pack_table
from warmtune.vocabulary.errors import WarmtuneError
from warmtune.vocabulary.identity import task_id_of

SOME = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
Outcome = tuple[object, ...]


def by_upload(client: Client, X: object, y: object) -> Outcome:
    """As the service describes what the SDK sends."""
    try:
        kept = client.create_task(pack_table(X, y))
    except WarmtuneError as error:
        return (error.code, error.field, error.message)
    assert kept.understanding is not None
    uses = [(use.name, use.role) for use in kept.understanding.columns]
    return (kept.task_id, kept.kind, uses, [notice.code for notice in kept.understanding.notices])


def by_the_sdk(X: object, y: object) -> Outcome:
    """As the SDK describes it here."""
    try:
        found = describe_task(X, y, deadline_ms=0.0)
    except WarmtuneError as error:
        return (error.code, error.field, error.message)
    assert found.understanding is not None
    uses = [(use.name, use.role) for use in found.understanding.columns]
    task_id = task_id_of(found.kind, found.meta_features, content_hash=found.content_hash)
    return (task_id, found.kind, uses, [notice.code for notice in found.understanding.notices])


@pytest.mark.slow
@given(tables())
@SOME
def test_frames_of_any_type(live_service: LiveService, drawn: tuple[object, object, list[str]]) -> None:
    X, y, _ = drawn
    with Client(live_service.url, timeout_s=120.0) as client:
        assert by_upload(client, X, y) == by_the_sdk(X, y)


@pytest.mark.slow
@given(written_tables())
@SOME
def test_files_of_any_notation(
    live_service: LiveService, tmp_path: Path, drawn: tuple[pd.DataFrame, str, list[str]]
) -> None:
    frame, form, extra = drawn
    path = tmp_path / f"table.{form}"
    write(frame, form, extra, path)
    with Client(live_service.url, timeout_s=120.0) as client:
        assert by_upload(client, path, "y") == by_the_sdk(path, "y")


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_the_same_words(live_service: LiveService, tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(BAD[name])
    answer = by_http(live_service.url, path)
    assert answer.status in ("413", "422")
    assert answer.says(by_sdk(path))
