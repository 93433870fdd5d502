"""`warmtune keys`, `workspaces`, `audit` and `shares` against a real service; each as a process of its own once."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from tests.service.past_studies import LINE, peak_at, random_lines
from tests.serving import LiveService, start_service
from warmtune import Client
from warmtune.cli.app import app
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

pytestmark = pytest.mark.slow  # all of them ask a service of their own
GIVEN = "the-key-of-the-settings"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    started = start_service(tmp_path_factory.mktemp("team"), api_keys=GIVEN)
    yield started
    assert started.stop() == 0


def run(service: LiveService, *arguments: str, key: str = GIVEN, answer: str | None = None) -> Result:
    environment = {"WARMTUNE_URL": service.url, "WARMTUNE_API_KEY": key}
    return CliRunner().invoke(app, list(arguments), env=environment, input=answer)


def done(service: LiveService, *arguments: str, key: str = GIVEN) -> str:
    result = run(service, *arguments, key=key)
    assert result.exit_code == 0, result.output
    return result.stdout


def process(service: LiveService, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WARMTUNE_URL": service.url, "WARMTUNE_API_KEY": GIVEN}
    return subprocess.run(
        [sys.executable, "-c", "from warmtune.cli.app import app; app()", *arguments],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def make_key(service: LiveService, *, workspace: str, scope: str = "admin") -> str:
    return done(
        service, "keys", "create", "for tests", "--owner", "tests", "--workspace", workspace, "--scope", scope
    ).strip()


def test_a_key_is_printed_once_opens_the_service_and_is_revoked(service: LiveService) -> None:
    made = process(service, "keys", "create", "nightly", "--owner", "data team", "--scope", "read", "--days", "30")
    assert (made.returncode, made.stderr) == (0, "")
    key = made.stdout.strip()
    key_id = "_".join(key.split("_")[:2])
    assert re.fullmatch(r"wt_[0-9a-f]{8}", key_id)
    assert "lightgbm" in done(service, "spaces", key=key)
    listed = json.loads(done(service, "keys", "list", "--format", "json"))
    assert key not in json.dumps(listed)
    (mine,) = [one for one in listed if one["key_id"] == key_id]
    assert (mine["owner"], mine["scope"], mine["workspace"], mine["revoked_at"]) == (
        "data team",
        "read",
        "default",
        None,
    )
    assert key_id in done(service, "keys", "list")
    assert done(service, "keys", "revoke", key_id) == f"{key_id} is revoked\n"
    assert re.search(rf"^{key_id} .* revoked$", done(service, "keys", "list"), re.MULTILINE)
    refused = run(service, "spaces", key=key)
    assert refused.exit_code != 0
    assert "key" in refused.stderr


def test_limits_of_a_key_are_its_own(service: LiveService) -> None:
    limits = ["--requests-per-minute", "7", "--trials-per-day", "8", "--upload-bytes-per-day", "9", "--max-jobs", "2"]
    key = done(service, "keys", "create", "limited", "--owner", "tests", *limits).strip()
    listed = json.loads(done(service, "keys", "list", "--format", "json"))
    (mine,) = [one for one in listed if key.startswith(one["key_id"])]
    named = ("requests_per_minute", "trials_per_day", "upload_bytes_per_day", "max_jobs")
    found = mine.get("limits", mine)
    assert [found[name] for name in named] == [7, 8, 9, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "create", "x"), "--owner"),
        (("keys", "create", "x", "--owner", "o", "--scope", "root"), "root"),
        (("keys", "create", "x", "--owner", "o", "--days", "0"), "days"),
        (("keys", "create", "x", "--owner", "o", "--workspace", "nobody"), "workspace"),
        (("keys", "create", "a\x1bb", "--owner", "o"), "name"),
        (("keys", "revoke", "wt_00000000"), "key"),
        (("workspaces", "create", "Not A Name"), "name"),
        (("workspaces", "create", "default"), "name"),
        (("workspaces", "delete", "nobody", "--yes"), "workspace"),
        (("workspaces", "delete", "default", "--yes"), "default"),
        (("audit", "--workspace", "nobody"), "workspace"),
        (("audit", "--limit", "0"), "limit"),
        (("shares", "accept", "share_none"), "shared model"),
        (("shares", "end", "share_none"), "shared model"),
        (("shares", "give", "nobody", "--search-space", "lightgbm", "--kind", "binary"), "workspace"),
        (("shares", "give", "default", "--search-space", "lightgbm", "--kind", "rainbow"), "rainbow"),
    ],
    ids=" ".join,
)
def test_what_is_refused_says_why(service: LiveService, arguments: tuple[str, ...], said: str) -> None:
    result = run(service, *arguments)
    assert result.exit_code not in (0, 1), result.output
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert "\x1b" not in result.stderr


def test_a_workspace_is_made_listed_and_deleted_after_a_question(service: LiveService) -> None:
    assert process(service, "workspaces", "create", "short-lived").stdout == "short-lived is there\n"
    make_key(service, workspace="short-lived")
    listed = {one["name"]: one for one in json.loads(done(service, "workspaces", "list", "--format", "json"))}
    assert listed["short-lived"]["n_keys"] == 1
    assert re.search(r"short-lived\s+1\s", done(service, "workspaces", "list"))
    asked = run(service, "workspaces", "delete", "short-lived", answer="n\n")
    assert asked.exit_code == 1
    assert "short-lived" in done(service, "workspaces", "list")
    assert run(service, "workspaces", "delete", "short-lived", answer="y\n").exit_code == 0
    assert "short-lived" not in done(service, "workspaces", "list")


def test_only_operators_administer_workspaces(service: LiveService) -> None:
    done(service, "workspaces", "create", "inner")
    key = make_key(service, workspace="inner")
    for arguments in (("list",), ("create", "more"), ("delete", "inner", "--yes")):
        refused = run(service, "workspaces", *arguments, key=key)
        assert refused.exit_code not in (0, 1)
        assert "default" in refused.stderr


def test_the_trail_names_who_did_what(service: LiveService) -> None:
    done(service, "workspaces", "create", "trailed")
    key = make_key(service, workspace="trailed", scope="admin")
    key_id = "_".join(key.split("_")[:2])
    made = done(service, "keys", "create", "another", "--owner", "o", key=key).strip()
    rows = json.loads(done(service, "audit", "--format", "json", key=key))
    assert [(row["caller"], row["method"], row["route"], row["status"]) for row in rows] == [
        (key_id, "POST", "/v1/keys", 201)
    ]
    assert made.startswith(rows[0]["object"])
    shown = done(service, "audit", "--workspace", "trailed", "--caller", key_id)
    assert key_id in shown
    assert "/v1/keys" in shown
    assert json.loads(done(service, "audit", "--caller", "wt_00000000", "--format", "json")) == []
    assert process(service, "audit", "--limit", "1").stdout


def test_a_model_is_shared_by_commands(service: LiveService) -> None:
    for name in ("gives", "takes"):
        done(service, "workspaces", "create", name)
    giver, taker = make_key(service, workspace="gives"), make_key(service, workspace="takes")
    with Client(service.url, api_key=giver) as client:
        client.put_search_space("line", LINE)
        for number in range(5):
            described = MetaFeatures({"n_rows": 100.0 + number, "n_columns": 4.0})
            task = client.create_task(TaskDescription(TaskKind.BINARY, described, name=f"ledger {number}"))
            study = client.create_study(task.task_id, "line", metric="accuracy")
            lines = enumerate(random_lines(8)(number))
            trials = [Trial(i, params, value=peak_at(0.3)(params), state=TrialState.COMPLETE) for i, params in lines]  # type: ignore[arg-type]
            client.report_trials(study.study_id, trials)
    asked = ("shares", "give", "takes", "--search-space", "line", "--kind", "binary", "--metric", "accuracy")
    given = done(service, *asked, key=giver)
    share_id = given.split()[0]
    assert given == f"{share_id} for takes waits to be accepted there\n"
    assert re.search(
        rf"^{share_id} +received +gives .* waits$", done(service, "shares", "list", key=taker), re.MULTILINE
    )
    assert done(service, "shares", "accept", share_id, key=taker).startswith(f"answers use {share_id} of gives")
    (seen,) = json.loads(done(service, "shares", "list", "--format", "json", key=giver))
    assert (seen["side"], seen["workspace"], seen["search_space"]) == ("given", "takes", "line")
    assert seen["accepted_at"] is not None
    assert "is accepted already" in done(service, *asked, key=giver)
    assert done(service, "shares", "end", share_id, key=giver) == f"{share_id} has ended\n"
    assert json.loads(done(service, "shares", "list", "--format", "json", key=taker)) == []
