"""`optuna-dashboard` beside Warmtune: studies with our attributes open in its API, and what it writes does no harm."""

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
import pytest

from tests.client.sampling import SPACE, score_of
from tests.serving import LiveService
from warmtune import Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind

dashboard = pytest.importorskip("optuna_dashboard", reason="not installed: pip install optuna-dashboard")

TASK = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 100.0}, version="by hand"), name="dashboard")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


def asked(storage: optuna.storages.BaseStorage, path: str, **changed: object) -> tuple[str, Any]:
    """What the dashboard's application answers, without a server."""
    status = []
    body = json.dumps(changed).encode()
    environment = {
        "REQUEST_METHOD": "PUT" if changed else "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "here",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
    }
    answer = b"".join(dashboard.wsgi(storage)(environment, lambda line, headers, exc=None: status.append(line)))
    return status[0], json.loads(answer) if answer else None


def test_a_study_of_ours_opens_in_the_dashboard_and_its_notes_do_no_harm(
    live_service: LiveService, tmp_path: Path
) -> None:
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/studies.db")
    with Client(live_service.url) as client:
        sampler = WarmtuneSampler(client, TASK, search_space=SPACE, metric="dashboard", n_startup=2)
        study = optuna.create_study(storage=storage, study_name="ours", direction="maximize", sampler=sampler)
        study.optimize(score_of, n_trials=4, callbacks=[client.reporter()])
        status, listed = asked(storage, "/api/studies")
        assert status.startswith("200") and [one["study_name"] for one in listed["study_summaries"]] == ["ours"]
        status, shown = asked(storage, f"/api/studies/{study._study_id}")
        assert status.startswith("200") and len(shown["trials"]) == 4
        ours = {one["key"] for one in shown["user_attrs"]} if "user_attrs" in shown else set()
        assert ours <= set(study.user_attrs)
        for path in (f"/api/studies/{study._study_id}/param_importances?evaluator=ped_anova", "/api/meta"):
            assert asked(storage, quote(path.partition("?")[0]))[0].startswith("200")
        status, _ = asked(storage, f"/api/studies/{study._study_id}/note", body="good", version=1)
        assert status.startswith("204")
        study.optimize(score_of, n_trials=2)
        assert client.report(study).accepted == 0
        memory = study.user_attrs["warmtune:study"]
        assert client.get_study(memory["study_id"]).n_trials == 6
