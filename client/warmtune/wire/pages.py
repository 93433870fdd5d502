"""Pages of lists: the bodies of all of them have the same two fields."""

from typing import Generic, Protocol, Self, TypeVar, cast, get_args

from warmtune.vocabulary.page import Page
from warmtune.wire.base import ResponseBody

BodyT = TypeVar("BodyT")
DomainT = TypeVar("DomainT")


class _ItemBody(Protocol[DomainT]):
    """What the body of an item has."""

    @classmethod
    def from_domain(cls, item: DomainT, /) -> Self: ...

    def to_domain(self) -> DomainT: ...


class PageBody(ResponseBody, Generic[BodyT, DomainT]):
    """A page of a list whose items have bodies of one class, each made by `from_domain` and read by `to_domain`.

    A subclass names both classes: ``class StudyPage(PageBody[StudyResponse, StudySummary])``.
    """

    items: list[BodyT]
    next_cursor: str | None = None

    @classmethod
    def from_domain(cls, page: Page[DomainT]) -> Self:
        """The body of a page."""
        (item_class,) = get_args(cls.model_fields["items"].annotation)
        body = cast("type[_ItemBody[DomainT]]", item_class)
        return cls(items=[cast("BodyT", body.from_domain(item)) for item in page.items], next_cursor=page.next_cursor)

    def to_domain(self) -> Page[DomainT]:
        """Inverse of `from_domain`."""
        bodies = cast("list[_ItemBody[DomainT]]", self.items)
        return Page(tuple(body.to_domain() for body in bodies), self.next_cursor)
