"""Strict JSON parsing within limits, which yields to other threads."""

import json
from collections.abc import Iterator
from json.decoder import WHITESPACE, scanstring  # type: ignore[attr-defined]  # undocumented, but kept since 2.6
from typing import Final

from service.http.problems import MalformedRequestError
from service.http.validation import InvalidRequestError, joined
from warmtune.vocabulary.errors import LimitExceededError, shown

MAX_VALUES: Final = 3_000_000
"""Commas and brackets of one body: a few bytes of JSON can stand for a hundred bytes of memory."""
LARGE: Final = 64 * 2**10
"""Bytes from which on a body is read in pieces."""

_DEPTH: Final = 3
_skip = WHITESPACE.match


class _NonFinite:
    """Stands for the first NaN or infinity, until its place is found."""

    def __init__(self) -> None:
        self.text = ""

    def note(self, text: str) -> object:
        self.text = self.text or text
        return self


def parse_json(body: bytes, *, field: str = "body") -> object:
    """Read UTF-8 JSON; linear in time and memory.

    A large body is read in pieces: read at once, it would keep all other threads waiting, that of the event loop too.

    Raises:
        MalformedRequestError: If it is none, nested too deeply, has half a character, or names a field of an object
            twice: what stands between a client and this service may have read the other one.
        InvalidRequestError: On NaN or an infinity, naming its field.
        LimitExceededError: If it holds more values than `MAX_VALUES`.
    """
    _check_number_of_values(body, field)
    mark = _NonFinite()
    try:
        text = body.decode("utf-8")
        decoder = json.JSONDecoder(parse_constant=mark.note, object_pairs_hook=_unique)
        parsed = decoder.decode(text) if len(body) < LARGE else _Pieces(text, decoder).read()
    except _RepeatedFieldError as error:
        raise MalformedRequestError(
            f"an object of the {field} has the field {shown(error.name)} twice", field=field, value=error.name
        ) from None
    except UnicodeDecodeError as error:
        raise MalformedRequestError("JSON is UTF-8, and this is not", field=field) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequestError(f"the {field} is not JSON: {error.msg} ({where})", field=field) from error
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of more digits than Python reads
        raise MalformedRequestError(
            "the JSON is nested too deeply or has a number with too many digits", field=field
        ) from error
    if mark.text:
        raise _non_finite(parsed, mark)
    if b"\\ud" in body or b"\\uD" in body:
        _refuse_half_characters(parsed, field)
    return parsed


class _RepeatedFieldError(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of its fields."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RepeatedFieldError(name)
            seen.add(name)
    return found


def _check_number_of_values(body: bytes, field: str) -> None:
    n_values = sum(map(body.count, (b",", b"[", b"{")))
    if n_values > MAX_VALUES:
        raise LimitExceededError(
            f"the {field} holds too many values", field=field, value=n_values, limit=f"{MAX_VALUES} values"
        )


def _refuse_half_characters(parsed: object, field: str) -> None:
    """Half of a surrogate pair, escaped, passes as a text and fails where it is sent or stored."""
    for text in _texts(parsed):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise MalformedRequestError(f"the {field} has an unpaired surrogate in a string", field=field) from error


def _texts(parsed: object) -> Iterator[str]:
    stack = [parsed]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _non_finite(parsed: object, mark: _NonFinite) -> InvalidRequestError:
    field = joined(_path_to(parsed, mark), parsed)
    return InvalidRequestError(
        f"{field}: a number must be finite; JSON has neither NaN nor Infinity",
        field=field,
        value=float(mark.text),
        limit="finite number",
    )


def _path_to(parsed: object, wanted: object) -> list[str]:
    """The steps to an object within parsed JSON: one step back and forth for every value, whatever the depth."""
    path: list[str] = []
    walks = [_steps(parsed)]
    while walks:
        step = next(walks[-1], None)
        if step is None:
            walks.pop()
            if path:
                path.pop()
            continue
        name, child = step
        if child is wanted:
            return [*path, name]
        if isinstance(child, (dict, list)):
            path.append(name)
            walks.append(_steps(child))
    return []


def _steps(container: object) -> Iterator[tuple[str, object]]:
    if isinstance(container, dict):
        return iter(container.items())
    return ((str(index), item) for index, item in enumerate(container)) if isinstance(container, list) else iter(())


class _Pieces:
    """Reads the outer objects and lists in Python and what is in them by json's own scanner, item by item."""

    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self._text = text
        self._scan = decoder.scan_once  # type: ignore[attr-defined]  # undocumented, but kept since 2.6

    def read(self) -> object:
        """The whole text.

        Raises:
            JSONDecodeError: If it is no JSON.
        """
        value, end = self._value(_skip(self._text, 0).end(), _DEPTH)
        end = _skip(self._text, end).end()
        if end != len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, end)
        return value

    def _value(self, at: int, depth: int) -> tuple[object, int]:
        sign = self._text[at : at + 1]
        if depth and sign == "{":
            return self._object(at + 1, depth)
        if depth and sign == "[":
            return self._list(at + 1)
        try:
            found: tuple[object, int] = self._scan(self._text, at)
        except StopIteration as error:
            raise json.JSONDecodeError("Expecting value", self._text, error.value) from None
        return found

    def _object(self, at: int, depth: int) -> tuple[dict[str, object], int]:
        text, found = self._text, dict[str, object]()
        at = _skip(text, at).end()
        if text[at : at + 1] == "}":
            return found, at + 1
        while True:
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
            name, at = scanstring(text, at + 1, True)
            at = _skip(text, at).end()
            if text[at : at + 1] != ":":
                raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
            if name in found:
                raise _RepeatedFieldError(name)
            found[name], at = self._value(_skip(text, at + 1).end(), depth - 1)
            at, is_last = self._next(at, "}")
            if is_last:
                return found, at

    def _list(self, at: int) -> tuple[list[object], int]:
        text, found = self._text, list[object]()
        at = _skip(text, at).end()
        if text[at : at + 1] == "]":
            return found, at + 1
        while True:
            item, at = self._value(at, 0)
            found.append(item)
            at, is_last = self._next(at, "]")
            if is_last:
                return found, at

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Past a comma, to the next item; or past the closing bracket."""
        at = _skip(self._text, at).end()
        sign = self._text[at : at + 1]
        if sign == closing:
            return at + 1, True
        if sign != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", self._text, at)
        return _skip(self._text, at + 1).end(), False
