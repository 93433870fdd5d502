"""Sessions of an agent, by the SDK's own client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import Client as AgentClient

from tests.serving import LiveService

KEY = "the-key-of-the-settings"


def asked(session: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        return await session()

    return asyncio.run(run())


async def answer(client: AgentClient, tool: str, **arguments: Any) -> dict[str, Any]:
    found = await client.call_tool(tool, arguments)
    assert not found.is_error, found.content
    assert isinstance(found.structured_content, dict)
    return found.structured_content


async def error(client: AgentClient, tool: str, **arguments: Any) -> str:
    found = await client.call_tool(tool, arguments)
    assert found.is_error, found.structured_content
    return "".join(getattr(part, "text", "") for part in found.content)


def made_key(service: LiveService, scope: str) -> str:
    body = {"name": scope, "owner": "tests", "scope": scope}
    made = service.http.post("/v1/keys", json=body, headers={"Authorization": f"Bearer {KEY}"})
    return str(made.json()["key"])
