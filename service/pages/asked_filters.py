"""What a page's address asks for that the page can't give, in words for people; what it can give stays."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

_SHOWN: Final = 60
"""Characters of a value that are said again."""


@dataclass(frozen=True, slots=True)
class RefusedField:
    """A field of an address or a form that isn't as it has to be.

    Attributes:
        name: Of the field.
        value: As it was given, shortened; None where it is missing.
        reason: Why, with the limit that it breaks.
    """

    name: str
    value: str | None
    reason: str

    def __str__(self) -> str:
        given = "" if self.value is None else f" “{self.value}”"
        return f"{self.name}{given}: {self.reason}"


def refused_fields(errors: Sequence[Mapping[str, object]]) -> tuple[RefusedField, ...]:
    """Pydantic's complaints about single fields, one for each of them."""
    found: dict[str, RefusedField] = {}
    for error in errors:
        place = error.get("loc")
        parts = [str(part) for part in place] if isinstance(place, Sequence) and not isinstance(place, str) else []
        name = parts[1] if len(parts) > 1 else "body"
        is_missing = error.get("type") == "missing"
        found.setdefault(name, RefusedField(name, None if is_missing else _short(error.get("input")), _reason(error)))
    return tuple(found.values())


def unasked_fields(query: str, known: Collection[str]) -> tuple[RefusedField, ...]:
    """What a query asks for beside the names that a page knows, and what it asks for twice."""
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    names = ", ".join(known) or "nothing"
    found = [
        RefusedField(_short(name), _short(values[0]), f"the page can't be asked for this; it can be for {names}")
        for name, values in given.items()
        if name not in known
    ]
    twice = (name for name, values in given.items() if name in known and len(values) > 1)
    return (*found, *(RefusedField(name, _short(" and ".join(given[name])), "may be given once") for name in twice))


def without(query: str, names: Collection[str]) -> str:
    """A query without fields, the others as they were."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if _short(name) not in names])


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _reason(error: Mapping[str, object]) -> str:
    context = error.get("ctx")
    limits = context if isinstance(context, Mapping) else {}
    words = _WORDS.get(str(error.get("type")))
    return words(limits) if words is not None else str(error.get("msg"))


_WORDS: Final[Mapping[str, Callable[[Mapping[object, object]], str]]] = {
    "missing": lambda _: "is needed",
    "enum": lambda limits: f"has to be one of {limits.get('expected')}",
    "literal_error": lambda limits: f"has to be one of {limits.get('expected')}",
    "int_parsing": lambda _: "has to be a whole number",
    "int_parsing_size": lambda _: "has to be a whole number of fewer digits",
    "int_from_float": lambda _: "has to be a whole number",
    "bool_parsing": lambda _: "has to be true or false",
    "greater_than_equal": lambda limits: f"has to be at least {limits.get('ge')}",
    "less_than_equal": lambda limits: f"has to be at most {limits.get('le')}",
    "string_too_long": lambda limits: f"may have at most {limits.get('max_length')} characters",
}
