"""The MCP server by the SDK's own client: in process, over the standard streams, and over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client as AgentClient

import warmtune
from examples.agent import server_command
from tests.client.agents.sessions import answer, asked, error, made_key
from tests.service.tables import iris_csv
from tests.serving import LiveService
from warmtune.agents.server import LocalAccess, make_server


@asynccontextmanager
async def agent(service: LiveService, folder: Path, api_key: str | None = None) -> AsyncIterator[AgentClient]:
    with warmtune.Client(service.url, api_key=api_key, timeout_s=180.0) as client:
        async with AgentClient(make_server(LocalAccess(client, folder))) as found:
            yield found


def test_tools_are_typed_and_say_whether_they_write(live_service: LiveService, tmp_path: Path) -> None:
    async def session() -> Any:
        async with agent(live_service, tmp_path) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}, client.instructions

    tools, instructions = asked(session)
    assert set(tools) == {"search_spaces", "describe", "recommend", "report", "suggest", "explain"}
    for tool in tools.values():
        assert tool.description
        assert tool.output_schema is not None
        assert "context" not in tool.input_schema["properties"]
        assert tool.name in instructions
    assert tools["recommend"].input_schema["properties"]["n"]["maximum"] == 100
    assert tools["recommend"].input_schema["required"] == ["task_id", "search_space"]
    reads = {name for name, tool in tools.items() if tool.annotations.read_only_hint}
    assert reads == {"search_spaces", "recommend", "suggest", "explain"}


def test_a_whole_session(live_service: LiveService, tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_bytes(iris_csv())

    async def session() -> None:
        async with agent(live_service, tmp_path) as client:
            spaces = await answer(client, "search_spaces")
            assert {"knn", "auto"} <= {one["name"] for one in spaces["search_spaces"]}
            task = await answer(client, "describe", target="target", path="iris.csv", with_meta_features=True)
            assert (task["kind"], task["n_rows"]) == ("multiclass", 150)
            assert task["meta_features"]["n_rows"] == 150.0
            again = await answer(client, "describe", target="target", csv=iris_csv().decode())
            assert again["task_id"] == task["task_id"]
            about = {"task_id": task["task_id"], "search_space": "knn"}
            first = await answer(client, "recommend", **about, n=3)
            assert [one["rank"] for one in first["configurations"]] == [1, 2, 3]
            assert first["explanation"]
            trials = [
                {"number": i, "params": one["params"], "value": 0.9 + i / 100}
                for i, one in enumerate(first["configurations"])
            ]
            report = await answer(client, "report", **about, trials=trials, name="an agent's")
            assert (report["accepted"], report["n_trials"]) == (3, 3)
            study_id = report["study_id"]
            repeated = await answer(client, "report", study_id=study_id, trials=trials)
            assert (repeated["accepted"], repeated["unchanged"]) == (0, 3)
            odd = await answer(client, "report", study_id=study_id, trials=[{**trials[0], "number": 7, "value": 87.0}])
            assert "trial 7" in odd["quarantined"][0]
            following = await answer(client, "suggest", study_id=study_id, n=2)
            assert following["study_id"] == study_id
            assert len(following["configurations"]) == 2
            found = await answer(client, "explain", search_space="knn", kind="multiclass", task_id=task["task_id"])
            assert found["sentence"]
            assert found["kind_group"] == "classification"

    asked(session)
    kept = live_service.http.get("/v1/studies", params={"limit": 5}).json()["items"]
    assert any(study["name"] == "an agent's" and study["n_trials"] == 4 for study in kept)


def test_a_search_space_of_the_agents_own(live_service: LiveService, tmp_path: Path) -> None:
    space = {
        "parameters": {
            "x": {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
        }
    }

    async def session() -> Any:
        async with agent(live_service, tmp_path) as client:
            task = await answer(client, "describe", target="target", csv=iris_csv().decode())
            return await answer(client, "recommend", task_id=task["task_id"], search_space=space, n=2)

    assert all(0.0 <= one["params"]["x"] <= 1.0 for one in asked(session)["configurations"])


def test_an_argument_that_a_tool_has_not_is_refused_by_its_name(live_service: LiveService, tmp_path: Path) -> None:
    async def session() -> list[str]:
        async with agent(live_service, tmp_path) as client:
            return [
                await error(client, "suggest", study_id="study_of_nobody", pendin=[]),
                await error(client, "recommend", task_id="t", search_space="knn", context={"n": 1}),
                await error(client, "search_spaces", limit=3),
            ]

    near, injected, other = asked(session)
    assert "suggest has no argument 'pendin'; did you mean 'pending'?" in near
    assert "field: pendin" in near and "limit: study_id, n, pending" in near
    assert "recommend has no argument 'context'" in injected
    assert "search_spaces has no argument 'limit'" in other


def test_errors_say_what_is_wrong_and_what_is_allowed(live_service: LiveService, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_bytes(iris_csv())
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.csv").symlink_to(outside)

    async def session() -> list[str]:
        async with agent(live_service, folder) as client:
            task = await answer(client, "describe", target="target", csv=iris_csv().decode())
            about = {"task_id": task["task_id"], "search_space": "knn"}
            return [
                await error(client, "recommend", task_id=task["task_id"], search_space="nothing"),
                await error(client, "recommend", task_id="task_of_nobody", search_space="knn"),
                await error(client, "recommend", **about, n=101),
                await error(client, "recommend", **about, metric="rmse"),
                await error(client, "report", trials=[{"number": 0, "params": {}, "value": 0.5}]),
                await error(client, "report", **about, trials=[{"number": 0, "params": {"x": 1}, "value": 0.5}]),
                await error(client, "report", study_id="s", trials=[]),
                await error(client, "describe", target="target", path="../outside.csv"),
                await error(client, "describe", target="target", path="link.csv"),
                await error(client, "describe", target="target", path=str(outside)),
                await error(client, "describe", target="target", path="nothing.csv"),
                await error(client, "describe", target="target"),
                await error(client, "describe", target="nobody", csv=iris_csv().decode()),
                await error(client, "describe", target="y", csv="y\n" * 1_000_001),
                await error(client, "suggest", study_id="study_of_nobody"),
                await error(client, "explain", search_space="knn", kind="multiclass", by="n_neighbors"),
            ]

    answers = asked(session)
    for text, part in zip(
        answers,
        [
            "no search space of this name",
            "no such task",
            "less than or equal to 100",
            "rmse",
            "limit: a study_id, or a task_id and a search_space",
            "trials.0.params.x",
            "at least 1 item",
            *["forbidden: the file is outside"] * 3,
            "nothing.csv",
            "either a file's path or the table",
            "nobody",
            "limit: 2000000",
            "not_found: there is no such study",
            "not a categorical parameter",
        ],
        strict=True,
    ):
        assert part in text, (part, text)
        assert "Traceback" not in text


@pytest.mark.slow
def test_a_key_goes_as_far_as_at_the_api(guarded: LiveService, tmp_path: Path) -> None:
    async def session(key: str) -> tuple[dict[str, Any], list[str]]:
        async with agent(guarded, tmp_path, key) as client:
            spaces = await answer(client, "search_spaces")
            answers = [await error(client, "describe", target="target", csv=iris_csv().decode())]
            return spaces, answers

    spaces, answers = asyncio.run(session(made_key(guarded, "read")))
    assert spaces["search_spaces"]
    assert "forbidden" in answers[0]
    assert "requires write" in answers[0]


@pytest.mark.slow
def test_the_command_speaks_over_the_standard_streams(guarded: LiveService, tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_bytes(iris_csv())
    key = made_key(guarded, "write")

    async def session() -> None:
        async with AgentClient(server_command(guarded.url, tmp_path, api_key=key)) as client:
            task = await answer(client, "describe", target="target", path="iris.csv")
            assert task["task_id"]
            assert "not_found" in await error(client, "suggest", study_id="none")

    asked(session)
