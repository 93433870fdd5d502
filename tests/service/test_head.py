"""HEAD is answered like GET, without the body and without the work of it."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from service.http.head_requests import HeadAsGet

N_PARTS = 1_000


def served(made: list[int]) -> Starlette:
    def parts() -> Iterator[bytes]:
        for number in range(N_PARTS):
            made.append(number)
            yield b"part\n"

    def streamed(_request: Request) -> Response:
        return StreamingResponse(parts(), media_type="text/csv")

    def whole(_request: Request) -> Response:
        return PlainTextResponse("whole")

    routes = [Route("/streamed", streamed), Route("/whole", whole)]
    return Starlette(routes=routes, middleware=[Middleware(HeadAsGet)])


async def asked(app: Starlette, method: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warmtune") as client:
        return await client.request(method, path)


def test_of_a_body_in_parts_head_makes_the_first_only() -> None:
    made: list[int] = []
    head = asyncio.run(asked(served(made), "HEAD", "/streamed"))
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "text/csv; charset=utf-8")
    assert len(made) < 5
    made.clear()
    got = asyncio.run(asked(served(made), "GET", "/streamed"))
    assert (got.content, len(made)) == (b"part\n" * N_PARTS, N_PARTS)


@pytest.mark.parametrize(("path", "status"), [("/whole", 200), ("/nowhere", 404)])
def test_headers_are_those_of_get(path: str, status: int) -> None:
    head, got = (asyncio.run(asked(served([]), method, path)) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (status, b"")
    assert dict(head.headers) == dict(got.headers)
