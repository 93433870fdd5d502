"""Without an address a service is started for the user, joined by all, and gone with the last of them."""

import asyncio
import copy
import gc
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution

from knowledge.pack.pack_file import shipped_version
from service.embedded import filled_meanwhile, settings_of_user
from store.connections.database import Database
from store.shipped import loaded_version
from warmtune.cli import opening
from warmtune.client import AsyncClient, Client
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.rest import own_service
from warmtune.rest.registration import folder_of_user
from warmtune.vocabulary.data_directory import data_directory
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError, MissingExtraError, ServiceError, UnavailableError

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 60.0
pytestmark = pytest.mark.slow
SCRIPT = """
import warmtune
with warmtune.Client() as client:
    client.health()
    print(client._opening.lease.process_id, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user of the test's own, whose service goes with it."""
    for name in ("WARMTUNE_URL", "WARMTUNE_API_KEY", "WARMTUNE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("WARMTUNE_EMBEDDED_GRACE_S", "0.5")
    monkeypatch.setenv("WARMTUNE_WARM_UP", "false")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(ROOT / "client"))))
    yield tmp_path / "warmtune" / "embedded"


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, "it has not come true"
        time.sleep(0.05)


def _is_gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def test_modules_in_the_users_own_folder_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("service", "store", "learning", "knowledge", "uvicorn", "alembic"):
        (own / f"{name}.py").write_text("raise SystemExit('the user has a module of this name')")
    monkeypatch.chdir(own)
    monkeypatch.syspath_prepend(str(own))
    with Client() as client:
        assert len(client.list_search_spaces().items) > 0


def test_a_blank_database_address_counts_as_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unset = folder_of_user()
    monkeypatch.setenv("WARMTUNE_DATABASE_URL", "  ")
    assert folder_of_user() == unset
    assert settings_of_user("t").database_url == f"sqlite:///{tmp_path / 'warmtune' / 'warmtune.db'}"


def test_a_relative_folder_of_data_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for given in ("data", "", " ", "./data"):
        monkeypatch.setenv("XDG_DATA_HOME", given)
        assert data_directory() == tmp_path / ".local" / "share" / "warmtune"


def _service_of(client: Client) -> int:
    lease = client._opening.lease
    assert lease is not None
    return lease.process_id


def test_a_client_that_nobody_closes_ends_its_use_with_itself() -> None:
    with Client() as kept:
        forgotten = copy.deepcopy(kept)
        forgotten.health()
        lease = forgotten._opening.lease
        assert lease is not None
        assert not lease.is_over
        del forgotten  # as scikit-learn's clones of a search are
        gc.collect()
        assert lease._connection.fileno() == -1
        kept.health()


def test_clients_share_a_service_that_ends_with_the_last(folder: Path) -> None:
    with Client() as first:
        with Client() as second:
            assert len(second.list_search_spaces().items) > 0
            assert _service_of(first) == _service_of(second)
        first.health()
        copied = pickle.loads(pickle.dumps(first))
    copied.health()
    process_id = _service_of(copied)
    copied.close()
    _wait_until(lambda: _is_gone(process_id))
    assert not list(folder.glob("*/service.json"))
    with pytest.raises(UnavailableError, match="closed"):
        first.health()


def test_only_its_user_may_ask_it(folder: Path) -> None:
    with Client() as client:
        url = client._opening.url
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/v1/tasks").status_code == 401
        registration = next(folder.glob("*/service.json"))
        assert registration.stat().st_mode & 0o077 == 0
        token = json.loads(registration.read_text())["token"]
        assert token not in repr(client) + repr(vars(client)) + repr(client._opening.lease)


def test_processes_that_start_at_once_get_one_service_that_outlives_their_crashes() -> None:
    users = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    seen = set()
    for user in users:
        assert user.stdout is not None
        seen.add(int(user.stdout.readline()))
    assert len(seen) == 1
    process_id = seen.pop()
    for user in users[:2]:
        user.kill()
        user.communicate()
    time.sleep(1.0)  # longer than the grace: the third is still there
    assert not _is_gone(process_id)
    users[2].communicate("\n")
    _wait_until(lambda: _is_gone(process_id))


def test_a_service_that_died_is_started_anew(described: TaskDescription) -> None:
    with Client() as client:
        client.health()
        before = _service_of(client)
        os.kill(before, signal.SIGKILL)
        _wait_until(lambda: _is_gone(before))
        client.create_task(described)
        assert _service_of(client) != before


def test_an_asynchronous_client_joins_the_service_that_takes_the_place_of_a_dead_one(
    described: TaskDescription,
) -> None:
    async def died_between() -> None:
        async with AsyncClient() as client:
            await client.health()
            lease = client._opening.lease
            assert lease is not None
            before = lease.process_id
            os.kill(before, signal.SIGKILL)
            await asyncio.to_thread(_wait_until, lambda: _is_gone(before))
            kept = await asyncio.gather(*(client.create_task(described) for _ in range(5)))
            assert len({task.task_id for task in kept}) == 1
            lease = client._opening.lease
            assert lease is not None and lease.process_id != before

    asyncio.run(died_between())


def test_a_study_needs_no_address(described: TaskDescription) -> None:
    space = {"x": FloatDistribution(0.0, 1.0)}
    sampler = WarmtuneSampler(None, described, search_space=space, metric="m")
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(lambda trial: trial.suggest_float("x", 0.0, 1.0), n_trials=2)
    assert study.trials[0].params == study.user_attrs["warmtune:batch"]["configurations"][0]
    with Client() as client:
        assert client.report(study).complete == 0
    sampler._link.connection.close()


def test_the_command_needs_no_address() -> None:
    command = [sys.executable, "-c", "from warmtune.cli.app import app; app()", "spaces", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "random_forest" in done.stdout


def test_where_the_service_is_not_installed_the_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_such_package.embedded", "service.no_such_module"):
        monkeypatch.setattr(own_service, "SERVICE", name)
        with pytest.raises(MissingExtraError, match="WARMTUNE_URL"):
            Client()


def test_a_service_that_can_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMTUNE_LOG_LEVEL", "LOUD")
    with pytest.raises(ServiceError, match=r"did not start(.|\n)*log_level"):
        Client()


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(UnavailableError, match="no service can be started"):
        Client()


@pytest.mark.parametrize(
    "given", [{"api_key": "k"}, {"verify": False}, {"transport": httpx.MockTransport(lambda r: httpx.Response(200))}]
)
def test_nothing_is_said_of_a_service_that_nobody_names(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=f"{next(iter(given))} belongs to a service") as caught:
        Client(**given)  # type: ignore[arg-type]
    assert caught.value.field == "url"


def test_a_stale_registration_is_no_service(folder: Path) -> None:
    place = folder_of_user()
    place.mkdir(parents=True)
    for content in ("", "{}", '{"url": "http://127.0.0.1:9", "join_port": 9, "token": "t", "process_id": 1}'):
        (place / "service.json").write_text(content)
        assert own_service._joined(place) is None


@pytest.mark.parametrize(("said", "expected"), [(None, False), ("true", True), ("false", False)])
def test_models_are_fitted_ahead_only_where_that_is_asked_for(
    said: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said is None:
        monkeypatch.delenv("WARMTUNE_WARM_UP", raising=False)
    else:
        monkeypatch.setenv("WARMTUNE_WARM_UP", said)
    settings = settings_of_user("a token")
    assert settings.warm_up is expected
    assert settings.api_keys.get_secret_value() == "a token"


def _recommend(table: Path) -> str:
    command = [sys.executable, "-m", "warmtune", "recommend", str(table), "--target", "y", "--search-space", "lightgbm"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _n_described(client: Client) -> int:
    """How many tables the service has read."""
    key = client._opening.key
    assert key is not None
    said = {"Authorization": f"Bearer {key.get_secret_value()}"}
    text = httpx.get(f"{client._opening.url}/metrics", headers=said).text
    found = re.search(r'warmtune_describe_seconds_count\{outcome="described"\} (\d+)', text)
    return int(found[1]) if found else 0


def test_a_command_describes_a_table_while_the_service_starts_and_has_it_read_once_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARMTUNE_EMBEDDED_GRACE_S", "30")
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(80, 4)), columns=list("abcd")).round(3)
    table.assign(y=np.where(table["a"] > 0, "yes", "no")).to_csv(tmp_path / "table.csv", index=False)
    first = _recommend(tmp_path / "table.csv")
    with Client() as client:
        assert client.is_embedded
        assert _n_described(client) == 0
        assert _recommend(tmp_path / "table.csv") == first
        assert _n_described(client) == 1
        monkeypatch.setattr(opening, "LARGEST_SENT_BYTES", 10)
        again = opening.Opening(None, None)
        assert not again.reads(tmp_path / "table.csv")
        again.client().close()


def test_a_command_with_an_address_reads_its_table_itself(service_url: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,y\n1,0\n")
    asked = opening.Opening(service_url, None)
    assert not asked.reads(tmp_path / "table.csv")
    with asked.client() as client:
        assert not client.is_embedded


def test_an_address_that_can_not_be_right_is_refused_before_the_table_is_read() -> None:
    with pytest.raises(InvalidInputError, match="http"):
        opening.Opening("ftp://nowhere", None)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the service fills the database itself")
def test_a_new_database_is_filled_by_another_process(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = settings_of_user("t")
    assert not (tmp_path / "warmtune").exists()
    with filled_meanwhile(settings):
        pass
    database = Database(settings.database_url)
    with database.reading() as connection:
        assert loaded_version(connection) == shipped_version()
    database.close()
    assert "knowledge_base_loaded" in capfd.readouterr().out
    with filled_meanwhile(settings):  # it is there
        pass
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the service fills the database itself")
def test_a_database_that_can_not_be_filled_ahead_is_left_to_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("WARMTUNE_DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'warmtune.db'}")
    with filled_meanwhile(settings_of_user("t")):
        pass
    assert "database_not_filled_ahead" in capfd.readouterr().out


def test_a_describing_process_is_started_ahead_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of_user("t").warm_describer
    monkeypatch.setenv("WARMTUNE_WARM_DESCRIBER", "false")
    assert not settings_of_user("t").warm_describer
