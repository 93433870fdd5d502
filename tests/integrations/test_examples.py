"""The scripts of `examples/` do what they say, each against a live service."""

import re
import runpy
import sys
from collections.abc import Iterator

import optuna
import pytest

from tests.serving import ROOT, LiveService, start_service
from warmtune import Client

ADMIN = "the-key-of-an-operator"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def url(live_service: LiveService, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WARMTUNE_URL", live_service.url)
    return live_service.url


def printed_by(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", [name])
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


def test_first_use(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by("first_use", monkeypatch, capsys)
    origins = re.findall(r"^trial \d: [01]\.\d{4}, (\w+)$", printed, flags=re.MULTILINE)
    assert len(origins) == 5
    assert "sampled" not in origins[:3] and origins[3:] == ["sampled", "sampled"]
    assert "complete=5" in printed


def test_own_search_space(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by("own_search_space", monkeypatch, capsys)
    starts = re.findall(r"^(.*): started from (\w+): (.*)$", printed, flags=re.MULTILINE)
    assert [name for name, _, _ in starts[:2]] == ["iris", "wine"]
    assert [len(values.split(", ")) for _, _, values in starts] == [6] * 4
    assert [starts[0][1], starts[3][1]] == ["defaults", "portfolio"]
    with Client(url) as client:
        assert [study.n_trials for study in client.list_studies(search_space="example_svc", own=True).items] == [6] * 4


def test_team(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = start_service(tmp_path_factory.mktemp("team"), api_keys=ADMIN)
    try:
        monkeypatch.setenv("WARMTUNE_URL", service.url)
        monkeypatch.setenv("WARMTUNE_API_KEY", ADMIN)
        printed = printed_by("team", monkeypatch, capsys)
        with Client() as admin:
            assert [one.name for one in admin.list_workspaces().items] == ["default"]
    finally:
        assert service.stop() == 0
    assert re.findall(r"^(\w+) \(key wt_\w+\): .* studies of the team: (\d)$", printed, flags=re.MULTILINE) == [
        ("ada", "1"),
        ("grace", "2"),
    ]
    assert "studies that another team sees: 0" in printed


def test_old_studies(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by("old_studies", monkeypatch, capsys)
    filed = re.findall(r"^(.*): 12 complete trials filed, best [01]\.\d{4}$", printed, flags=re.MULTILINE)
    assert sorted(filed) == ["digits to 4", "iris", "wine"]
    assert re.search(r"^(portfolio|neighbours) \(confidence", printed, flags=re.MULTILINE)


def test_sklearn_pipeline(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by("sklearn_pipeline", monkeypatch, capsys)
    assert len(re.findall(r"^(?:0\.\d{4}|stopped) +\w+ +\{'model__C'", printed, flags=re.MULTILINE)) == 6
    assert "sampled" not in printed
    assert re.search(r"^on 188 other rows: 0\.9\d+ by", printed, flags=re.MULTILINE)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_boosters_by_their_own_cv(
    library: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip(library)
    printed = printed_by(f"{library}_cv", monkeypatch, capsys)
    trials = re.findall(r"^trial \d: (\w+), (\d\.\d{4}) after (\d+) rounds$", printed, flags=re.MULTILINE)
    assert len(trials) == 6
    assert {state for state, _, _ in trials} <= {"complete", "pruned"}
    assert all(int(rounds) % 10 == 0 and int(rounds) >= 10 for _, _, rounds in trials)
    best = re.search(r"^best: (0\.\d{4}) by", printed, flags=re.MULTILINE)
    assert best is not None
    assert best[1] == min(value for state, value, _ in trials if state == "complete")
