"""Which page of a list is asked for."""

from typing import Annotated

from fastapi import Depends, Query

from store.pages import MAX_PAGE, PageRequest


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items of this page")] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
) -> PageRequest:
    return PageRequest(cursor=cursor, limit=limit)


AskedPage = Annotated[PageRequest, Depends(_page_request)]
