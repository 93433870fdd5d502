"""The MCP server over HTTP: every caller has a key of its own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client as AgentClient
from mcp.client.streamable_http import streamable_http_client

from examples.agent import WARMTUNE
from tests.client.agents.sessions import KEY, answer, error, made_key
from tests.service.tables import iris_csv
from tests.serving import LiveService


@contextmanager
def over_http(service: LiveService, folder: Path, **environment: str) -> Iterator[tuple[str, Path]]:
    """`warmtune mcp --http-port` as a process of its own; its address and its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", WARMTUNE, "mcp", "--url", service.url, "--http-port", str(port)]
    log = folder / "mcp.log"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WARMTUNE_")}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--folder", str(folder)], env={**clean, **environment}, stdout=sink, stderr=sink
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp", log
    finally:
        process.terminate()
        process.wait(timeout=30)


@asynccontextmanager
async def caller(url: str, key: str | None) -> AsyncIterator[AgentClient]:
    """The SDK's client over streamable HTTP, with a key in the header."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60.0) as http,
        AgentClient(streamable_http_client(url, http_client=http)) as found,
    ):
        yield found


@pytest.mark.slow
def test_a_whole_session_over_http(guarded: LiveService, tmp_path: Path) -> None:
    key = made_key(guarded, "write")

    async def session(url: str) -> str:
        async with caller(url, key) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {"search_spaces", "describe", "recommend", "report", "suggest", "explain"}
            task = await answer(client, "describe", target="target", csv=iris_csv().decode(), name="over HTTP")
            assert (task["kind"], task["n_rows"]) == ("multiclass", 150)
            uploaded = await answer(client, "describe", target="target", csv=iris_csv().decode(), upload=True)
            assert uploaded["task_id"] == task["task_id"]
            about = {"task_id": task["task_id"], "search_space": "knn"}
            first = await answer(client, "recommend", **about, n=2)
            trials = [
                {"number": i, "params": one["params"], "value": 0.9 + i / 100}
                for i, one in enumerate(first["configurations"])
            ]
            report = await answer(client, "report", **about, trials=trials)
            following = await answer(client, "suggest", study_id=report["study_id"], n=2)
            assert len(following["configurations"]) == 2
            found = await answer(client, "explain", search_space="knn", kind="multiclass")
            assert found["sentence"]
            assert "trials.0.params.x" in await error(
                client, "report", **about, trials=[{"number": 0, "params": {"x": 1}, "value": 0.5}]
            )
            return str(report["study_id"])

    with over_http(guarded, tmp_path) as (url, log):
        study_id = asyncio.run(session(url))
        assert key not in log.read_text()
    kept = guarded.http.get(f"/v1/studies/{study_id}", headers={"Authorization": f"Bearer {KEY}"}).json()
    assert kept["n_trials"] == 2


@pytest.mark.slow
def test_over_http_every_caller_has_its_own_key_and_no_files(guarded: LiveService, tmp_path: Path) -> None:
    (tmp_path / "iris.csv").write_bytes(iris_csv())
    reader, gone = made_key(guarded, "read"), made_key(guarded, "write")
    key_id = "_".join(gone.split("_")[:2])
    guarded.http.delete(f"/v1/keys/{key_id}", headers={"Authorization": f"Bearer {KEY}"})

    async def session(url: str) -> None:
        for key, said in ((None, "send an API key"), ("nonsense", "unauthorized"), (gone, "unauthorized")):
            async with caller(url, key) as client:
                assert said in await error(client, "search_spaces"), key
        async with caller(url, reader) as client, caller(url, KEY) as other:
            assert (await answer(client, "search_spaces"))["search_spaces"]
            assert "requires write" in await error(client, "describe", target="target", csv=iris_csv().decode())
            assert "files of this machine" in await error(other, "describe", target="target", path="iris.csv")
            many = await asyncio.gather(*(answer(one, "search_spaces") for one in (client, other) * 5))
            assert all(one["search_spaces"] for one in many)
        async with httpx2.AsyncClient() as stranger:
            for hostile in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
                refused = await stranger.post(url, json={}, headers={"Content-Type": "application/json", **hostile})
                assert refused.status_code in (403, 421), hostile
            basic = await stranger.post(url, json=CALL, headers={**SPOKEN, "Authorization": f"Basic {KEY}"})
            assert "send an API key" in basic.text

    with over_http(guarded, tmp_path, WARMTUNE_API_KEY=KEY) as (url, log):
        asyncio.run(session(url))
        assert not [key for key in (KEY, reader, gone) if key in log.read_text()]


@pytest.mark.slow
def test_limits_of_a_key_hold_over_http(guarded: LiveService, tmp_path: Path) -> None:
    body = {"name": "limited", "owner": "tests", "scope": "write", "requests_per_minute": 3, "trials_per_day": 1}
    made = guarded.http.post("/v1/keys", json=body, headers={"Authorization": f"Bearer {KEY}"}).json()["key"]

    async def session(url: str) -> list[str]:
        async with caller(url, made) as client:
            found = [await client.call_tool("search_spaces", {}) for _ in range(6)]
            return ["".join(getattr(part, "text", "") for part in one.content) for one in found if one.is_error]

    with over_http(guarded, tmp_path) as (url, _):
        answers = asyncio.run(session(url))
    assert answers
    assert all("rate_limited" in text and "3 requests a minute" in text for text in answers)


@pytest.mark.slow
def test_nothing_is_described_over_http_without_a_valid_key(guarded: LiveService, tmp_path: Path) -> None:
    asked_for = {"target": "target", "csv": iris_csv().decode(), "keep": False}

    async def session(url: str) -> list[str]:
        found = []
        for key in (None, "nonsense"):
            async with caller(url, key) as client:
                found.append(await error(client, "describe", **asked_for))
        async with caller(url, KEY) as client:
            assert (await answer(client, "describe", **asked_for))["n_rows"] == 150
        return found

    with over_http(guarded, tmp_path) as (url, _):
        refused = asyncio.run(session(url))
    assert all("unauthorized" in text for text in refused), refused


@pytest.mark.slow
def test_one_key_holds_a_part_of_the_server_only(guarded: LiveService, tmp_path: Path) -> None:
    header = ",".join(f"c{n}" for n in range(300))
    rows = "\n".join(",".join(str((n * m) % 97) for m in range(301)) for n in range(1, 400))
    wide = {"target": "y", "csv": f"{header},y\n{rows}\n", "keep": False, "kind": "regression"}
    other_key = made_key(guarded, "read")

    async def session(url: str) -> tuple[list[str], dict[str, Any]]:
        async with caller(url, KEY) as greedy, caller(url, other_key) as other:
            many = [asyncio.create_task(greedy.call_tool("describe", wide)) for _ in range(20)]
            await asyncio.sleep(0.5)
            meanwhile = await answer(other, "search_spaces")
            found = await asyncio.gather(*many)
        return ["".join(getattr(part, "text", "") for part in one.content) for one in found if one.is_error], meanwhile

    with over_http(guarded, tmp_path) as (url, _):
        refused, meanwhile = asyncio.run(session(url))
    assert meanwhile["search_spaces"]
    assert refused
    assert all("rate_limited" in text or "too many tables" in text for text in refused), refused


SPOKEN = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search_spaces", "arguments": {}}}
