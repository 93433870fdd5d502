"""Which page of a list is asked for."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from store.pages import MAX_PAGE, PageRequest

_OF_THE_PAGE: Final = frozenset({"limit", "cursor"})


async def _page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items of this page")] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
) -> PageRequest:
    asked = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _OF_THE_PAGE)
    return PageRequest(cursor=cursor, limit=limit, of=f"{request.url.path}?{urlencode(asked)}")


AskedPage = Annotated[PageRequest, Depends(_page_request)]
