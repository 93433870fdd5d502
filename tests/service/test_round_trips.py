"""What is exported and imported elsewhere is the same, on both databases; what a format has no place for is said."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import fresh_database
from tests.knowledge.importers.optuna_studies import journal
from tests.service.past_studies import ok
from tests.service.round_trip_studies import fill, odd_optuna_studies
from tests.serving import LiveService, start_service
from warmtune.client import Client
from warmtune.vocabulary.history import ImportReport

_OF_IMPORTS = ("warmtune:import", "warmtune:source", "dataset")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def running_on(kind: str, directory: Path, request: pytest.FixtureRequest) -> Iterator[LiveService]:
    """A service on a new database of its own."""
    with ExitStack() as stack:
        if kind == "sqlite":
            url = f"sqlite:///{directory / 'own.db'}"
        else:
            url = stack.enter_context(fresh_database(str(request.getfixturevalue("postgres_server"))))
        running = start_service(directory, database_url=url)
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def origin(
    kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LiveService]:
    """A service that has studies of every kind."""
    directory = tmp_path_factory.mktemp("o")
    odd_optuna_studies(journal(directory / "odd.log"))
    with running_on(kind, directory, request) as running:
        fill(running)
        with Client(running.url) as client:
            report = client.import_history(directory / "odd.log", kind="binary")
            assert report.n_studies == {"new": 2, "grown": 0, "moved": 0, "unchanged": 0, "refused": 0}, report
        yield running


@pytest.fixture
def target(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[LiveService]:
    """An empty one, on a database of the same kind."""
    with running_on(kind, tmp_path / "target", request) as running:
        yield running


def studies_of(service: LiveService) -> list[dict[str, Any]]:
    """All studies with all that they hold, in an order that doesn't depend on when they came."""
    found = []
    for study in ok(service, "GET", "/v1/studies", limit=500, own="true")["items"]:
        path = f"/v1/studies/{study['study_id']}"
        task = ok(service, "GET", f"/v1/tasks/{study['task_id']}")
        metadata = {key: value for key, value in study["metadata"].items() if key not in _OF_IMPORTS}
        judged = {key: study[key] for key in ("metric", "direction", "metrics", "directions", "best_value", "n_trials")}
        found.append(
            {
                **judged,
                "name": study["name"] or "",
                "metadata": metadata,
                "task": {key: task[key] for key in ("name", "kind", "meta_features", "gaps", "version")},
                "space": {key: study[key] for key in ("search_space", "search_space_key")},
                "trials": ok(service, "GET", f"{path}/trials", limit=500)["items"],
            }
        )
    return sorted(found, key=lambda study: (study["task"]["name"], study["metric"], str(study["trials"])))


def moved(origin: LiveService, target: LiveService, path: Path | str, **options: Any) -> tuple[Any, ImportReport]:
    """What exporting has reported, and importing elsewhere; a second import must change nothing."""
    with Client(origin.url) as client:
        exported = client.export_history(path)
    with Client(target.url) as client:
        report = client.import_history(path, **options)
        before = [studies_of(target), ok(target, "GET", "/v1/tasks", limit=500), ok(target, "GET", "/v1/imports")]
        again = client.import_history(path, **options)
    assert again.n_trials["new"] == again.n_trials["changed"] == 0
    assert again.n_studies["unchanged"] == report.n_studies["new"]
    assert before == [studies_of(target), ok(target, "GET", "/v1/tasks", limit=500), ok(target, "GET", "/v1/imports")]
    return exported, report


@pytest.mark.parametrize("form", ["exported.log", "sqlite"])
def test_an_optuna_storage_loses_nothing(origin: LiveService, target: LiveService, tmp_path: Path, form: str) -> None:
    path = str(tmp_path / form) if form.endswith(".log") else f"sqlite:///{tmp_path / 'exported.db'}"
    exported, report = moved(origin, target, path)
    assert exported.notes == ()
    assert (exported.n_studies, report.n_studies["new"], report.n_studies["refused"]) == (8, 8, 0)
    assert report.n_trials["left_out"] == 0
    theirs, ours = studies_of(origin), studies_of(target)
    for one in (*theirs, *ours):
        one["name"] = one["name"].split(" (study_")[0] if not one["name"].startswith("study_") else ""
    assert ours == theirs


def test_a_service_knows_its_own_export(origin: LiveService, tmp_path: Path) -> None:
    before = studies_of(origin)
    for name in ("own.log", "own.csv", "own"):
        with Client(origin.url) as client:
            client.export_history(tmp_path / name)
            report = client.import_history(tmp_path / name, kind="binary")
        assert report.n_trials["new"] == 0, report
        assert all("stored already" in refused.reason for refused in report.refused), report
        assert studies_of(origin) == before


def by_name(service: LiveService) -> dict[str, dict[str, Any]]:
    return {study["name"] or study["metric"]: study for study in studies_of(service)}


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_a_table_says_what_it_loses(origin: LiveService, target: LiveService, tmp_path: Path, form: str) -> None:
    exported, report = moved(origin, target, tmp_path / f"exported.{form}", kind="binary")
    assert [note.split(":")[0] for note in exported.notes] == [
        "search spaces, meta-features and metadata are left out",
        "intermediate values of 3 trials are left out",
        "of 2 studies, only the first objective is written",
    ]
    assert (report.n_studies["new"], report.n_studies["refused"], report.n_trials["left_out"]) == (8, 0, 0)
    kept = ("number", "state", "value", "duration_s", "constraints")
    ours = {name.split(" (study_")[0]: study for name, study in by_name(target).items() if "/" not in name}
    for name, theirs in by_name(origin).items():
        one = next(s for n, s in ours.items() if n == name or (n.startswith("study_") and s["metric"] == name))
        if theirs["name"] == "all states":
            continue  # two have the name
        assert (one["metric"], one["direction"]) == (theirs["metric"], theirs["direction"])
        assert one["best_value"] == theirs["best_value"]
        pairs = zip(one["trials"], theirs["trials"], strict=True)
        assert all(mine[key] == other[key] for mine, other in pairs for key in kept), name
        assert [set(t["params"]) for t in one["trials"]] == [set(t["params"]) for t in theirs["trials"]]
    both = [
        [len(s["trials"]) for s in studies_of(one) if s["name"].startswith("all states")] for one in (origin, target)
    ]
    assert both[0] == both[1]


def test_a_folder_says_what_it_loses(origin: LiveService, target: LiveService, tmp_path: Path) -> None:
    with Client(origin.url) as client:
        constrained = next(s for s in client.list_studies(own=True).items if s.name == "constrained")
        exported = client.export_history(tmp_path / "one", task_id=constrained.task_id)
    assert exported.notes == (
        "score is log_loss, negated",
        "1 studies over other search spaces or metrics are left out",
        "infeasible trials, written as failed: 1",
        "numbers of trials, names and metadata of studies are left out",
    )
    with Client(target.url) as client:
        client.import_history(tmp_path / "one", kind="binary")
    (study,) = studies_of(target)
    theirs = by_name(origin)["constrained"]
    assert study["space"]["search_space_key"] == theirs["space"]["search_space_key"]
    assert study["task"]["meta_features"] == theirs["task"]["meta_features"]
    assert [(t["state"], t["value"]) for t in study["trials"]] == [
        ("fail", None),
        *[("complete", -t["value"]) for t in theirs["trials"][1:]],
    ]
    assert [t["params"] for t in study["trials"]] == [t["params"] for t in theirs["trials"]]
    exported, _ = moved(origin, target, tmp_path / "exported", kind="binary")
    assert "pruned, running and waiting trials, left out: 3" in exported.notes
    assert "studies that become one with others of a task of the same name: 1" in exported.notes
