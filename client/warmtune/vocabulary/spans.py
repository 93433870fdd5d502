"""Spans: what takes time says so to whoever traces. By default nobody does, and a span costs next to nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, Protocol, TypeAlias

Attribute: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Attribute]


class Span(Protocol):
    """A stretch of work that is under way."""

    def note(self, attributes: Attributes, *, name: str | None = None, failed: bool = False) -> None:
        """Say more of it.

        Args:
            attributes: By name.
            name: A better one than it was begun with.
            failed: Whether it went wrong without raising.
        """


class _Untraced:
    """The span of work that nobody traces."""

    def note(self, attributes: Attributes, *, name: str | None = None, failed: bool = False) -> None:
        """Nobody listens."""


Opener: TypeAlias = Callable[[str, Attributes, Mapping[str, str]], AbstractContextManager[Span]]
"""Begins a span: its name, what is known of it, and the headers by which another process continues its own trace."""

_NOBODY: Final[AbstractContextManager[Span]] = nullcontext(_Untraced())
_NOTHING: Final[Mapping[str, str]] = {}
_openers: Final[list[Opener]] = []


def span(
    name: str, attributes: Attributes = _NOTHING, *, headers: Mapping[str, str] = _NOTHING
) -> AbstractContextManager[Span]:
    """The work of a `with` block as a span, within that of the block around it.

    Args:
        name: Of few different ones: never with an identifier in it.
        attributes: What is known of the work when it begins.
        headers: Of a request, which may say what it is part of elsewhere.
    """
    return _openers[-1](name, attributes, headers) if _openers else _NOBODY


def is_traced() -> bool:
    """Whether anybody traces; for what would cost something to find out."""
    return bool(_openers)


@contextmanager
def traced_by(opener: Opener) -> Iterator[None]:
    """Let an opener begin all spans of this process within the block."""
    _openers.append(opener)
    try:
        yield
    finally:
        _openers.remove(opener)
