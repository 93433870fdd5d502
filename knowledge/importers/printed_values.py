"""Dictionaries as Python prints them, read as literals only: nothing in them is called or looked up."""

import ast
import re
from typing import Final

MAX_LENGTH: Final = 20_000
"""Signs of one dictionary."""
MAX_DEPTH: Final = 30
"""Brackets within brackets; the parser of literals needs stack for each."""

_SCALAR = re.compile(r"\b(?:np|numpy)\.(?:float|int|uint|str|bool)\w*\(('[^'()]*'|[-+.\w]*)\)")
_TRUTH = re.compile(r"\b(?:np|numpy)\.(True|False)_\b")
_NAMED = re.compile(r"(?<=[:,\[({ ])(nan|inf|-inf)(?=[,\])}\s])")


def printed_dictionary(text: str) -> dict[object, object] | None:
    """The dictionary that a text is a literal of, numpy's scalars as plain ones; None where it is none."""
    found = printed_literal(text)
    return found if isinstance(found, dict) else None


def printed_literal(text: str) -> object:
    """The value that a text is a literal of, numpy's scalars as plain ones; None where it is none."""
    if len(text) > MAX_LENGTH or _depth(text) > MAX_DEPTH:
        return None
    plain = _NAMED.sub("None", _TRUTH.sub(r"\1", _SCALAR.sub(r"\1", text.strip())))
    try:
        found: object = ast.literal_eval(plain)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return found


def _depth(text: str) -> int:
    """How deep brackets are nested at most, those within texts included."""
    deepest = depth = 0
    for sign in text:
        if sign in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in ")]}":
            depth -= 1
    return deepest
