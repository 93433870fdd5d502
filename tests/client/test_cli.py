import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from tests.client.test_client_calls import CSV, SPACE
from warmtune.cli.app import app
from warmtune.client import Client
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.task import MetaFeatures, TaskKind

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "my table.csv"
    path.write_bytes(CSV)
    return str(path)


def _run(*arguments: str, url: str | None = None) -> Result:
    environment = {"WARMTUNE_URL": url, "COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    return CliRunner().invoke(app, list(arguments), env=environment, catch_exceptions=False)


@pytest.mark.parametrize("how", [(), ("--upload",)])
def test_recommend_prints_a_table_of_80_columns(service_url: str, table: str, how: tuple[str, ...]) -> None:
    done = _run("recommend", table, "--target", "y", "--search-space", "random_forest", *how, url=service_url)
    assert (done.exit_code, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    first_words = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert [word for word in first_words if word.isdigit()] == [str(rank) for rank in range(1, 11)]
    assert "n_estimators=" in done.stdout


def test_recommend_prints_json_as_the_api_writes_it(service_url: str, table: str) -> None:
    arguments = ("--target", "y", "--search-space", "svm_rbf", "--n", "3", "--metric", "roc_auc", "--format", "json")
    done = _run("recommend", table, *arguments, url=service_url)
    answer = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (answer["metric"], answer["direction"], answer["task_id"]) == ("roc_auc", "maximize", None)
    assert [c["rank"] for c in answer["configurations"]] == [1, 2, 3]
    with Client(service_url) as client:
        space = client.get_search_space("svm_rbf").search_space
    assert all(space.validate(c["params"]) for c in answer["configurations"])


def test_recommend_takes_a_search_space_from_a_file(service_url: str, table: str, tmp_path: Path) -> None:
    path = tmp_path / "space.json"
    path.write_text(json.dumps(SPACE.to_json()))
    arguments = ("--target", "y", "--search-space", str(path), "--format", "json", "--metric", "cost")
    done = _run("recommend", table, *arguments, "--direction", "minimize", "--time-budget", "60", url=service_url)
    answer = json.loads(done.stdout)
    assert answer["direction"] == "minimize"
    assert all(set(c["params"]) == {"x", "k"} for c in answer["configurations"])


@pytest.mark.parametrize(
    ("change", "field", "exit_code"),
    [
        ({"data": "none.csv"}, "file", 2),
        ({"--target": "z"}, "target", 2),
        ({"--search-space": "none"}, "search_space", 4),
        ({"--search-space": "none.json"}, "search_space", 2),
        ({"--n": "0"}, "n", 2),
        ({"--metric": "profit"}, "direction", 2),
        ({"--time-budget": "-1"}, "time_budget_s", 2),
    ],
)
def test_wrong_input_is_one_clear_line(
    service_url: str, table: str, change: dict[str, str], field: str, exit_code: int
) -> None:
    options = {"--target": "y", "--search-space": "random_forest"} | {k: v for k, v in change.items() if k != "data"}
    flat = [part for option in options.items() for part in option]
    done = _run("recommend", change.get("data", table), *flat, url=service_url)
    assert (done.exit_code, done.stdout) == (exit_code, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"field: {field}" in done.stderr
    as_json = _run("recommend", change.get("data", table), *flat, "--format", "json", url=service_url)
    error = json.loads(as_json.stderr)["error"]
    assert (error["field"], error["exit_code"], as_json.exit_code, as_json.stdout) == (field, exit_code, exit_code, "")


@pytest.mark.slow
def test_a_service_that_cannot_be_reached_is_exit_code_3() -> None:
    done = _run("spaces", "--url", NOWHERE)
    assert (done.exit_code, done.stdout) == (3, "")
    assert NOWHERE in done.stderr
    assert json.loads(_run("tasks", "--url", NOWHERE, "--format", "json").stderr)["error"]["code"] == "unavailable"


def test_usage_errors_are_exit_code_2() -> None:
    assert _run("recommend").exit_code == 2
    assert _run("no-such-command").exit_code == 2
    assert _run("spaces", "--url", "nonsense").exit_code == 2


def test_spaces_are_listed_and_shown(service_url: str) -> None:
    listed = _run("spaces", url=service_url).stdout
    assert max(map(len, listed.splitlines())) <= 80
    assert "hist_gradient_boosting" in listed
    shown = _run("spaces", "svm_rbf", "--kind", "regression", url=service_url).stdout
    assert "epsilon" in shown
    as_json = json.loads(_run("spaces", "svm_rbf", "--format", "json", url=service_url).stdout)
    assert as_json["name"] == "svm_rbf"
    assert _run("spaces", "none", url=service_url).exit_code == 4


def test_tasks_and_neighbours_are_listed(service_url: str, client: Client, described: TaskDescription) -> None:
    task = client.create_task(described)
    client.create_task(dataclasses.replace(described, name="👩‍🔬" * 30))  # three code points, two columns of a terminal
    lines = _run("tasks", "--limit", "500", url=service_url).stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert task.task_id in [line.split()[0] for line in lines if line]
    listed = json.loads(_run("tasks", "--kind", "binary", "--limit", "2", "--format", "json", url=service_url).stdout)
    assert all(set(entry) == {"task_id", "name", "kind", "created_at"} for entry in listed)
    near = json.loads(_run("neighbours", task.task_id, "--n", "2", "--format", "json", url=service_url).stdout)
    assert [entry["similarity"] for entry in near] == sorted((e["similarity"] for e in near), reverse=True)
    assert all(entry["n_shared"] > 0 and not entry["reason"] for entry in near)
    assert _run("neighbours", task.task_id, url=service_url).exit_code == 0
    foreign = client.create_task(TaskDescription(TaskKind.BINARY, MetaFeatures({"nobody_knows_this": 1.0}), "foreign"))
    shown = _run("neighbours", foreign.task_id, "--n", "2", url=service_url).stdout
    assert shown.count("unknown") == 3  # two rows, and why
    assert "known of both" in shown


def test_importance_prints_a_table_that_fits(service_url: str) -> None:
    shown = _run("importance", "knn", "--kind", "regression", url=service_url).stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "n_neighbors" in shown
    found = json.loads(_run("importance", "knn", "--kind", "regression", "--format", "json", url=service_url).stdout)
    assert next(iter(found["shares"])) == "n_neighbors"
    assert _run("importance", "nonesuch", "--kind", "regression", url=service_url).exit_code == 4


def test_help_names_every_command() -> None:
    done = _run("--help")
    assert done.exit_code == 0
    for name in ("recommend", "describe", "spaces", "tasks", "neighbours", "serve"):
        assert name in done.stdout
        assert _run(name, "--help").exit_code == 0


def test_the_version_is_printed() -> None:
    assert _run("--version").stdout.startswith("warmtune 0.")
    as_module = subprocess.run(
        [sys.executable, "-m", "warmtune", "--version"], check=True, capture_output=True, text=True
    )
    assert as_module.stdout == _run("--version").stdout


def test_a_port_in_use_is_named(service_url: str, tmp_path: Path) -> None:
    port = service_url.rpartition(":")[2]
    done = _run("serve", "--port", port, "--database-url", f"sqlite:///{tmp_path / 'warmtune.db'}")
    assert done.exit_code == 2
    assert "field: port" in done.stderr


def test_explain_prints_a_sentence_and_a_tree(service_url: str, table: str) -> None:
    done = _run("explain", "svm_rbf", "--kind", "regression", url=service_url)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "tasks, regret" in done.stdout
    found = json.loads(_run("explain", "svm_rbf", "--kind", "regression", "--format", "json", url=service_url).stdout)
    assert done.stdout == f"{found['sentence']}\n\n{found['text']}\n"
    arguments = ("recommend", table, "--target", "y", "--search-space", "svm_rbf", "--explain")
    explained = _run(*arguments, url=service_url)
    assert max(map(len, explained.stdout.splitlines())) <= 80
    assert "wins" in explained.stdout.splitlines()[-1] or "best" in explained.stdout
