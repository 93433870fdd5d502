"""The limit that a value breaks, in words, from what pydantic complains of."""

from collections.abc import Mapping

_LIMITS = ("ge", "gt", "le", "lt", "max_length", "min_length", "pattern", "expected")
_WORDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "max_length": "at most", "min_length": "at least"}


def limit_of(complaint: Mapping[str, object]) -> str | None:
    """The limit of one of `ValidationError.errors()`, or None where it has none that can be said."""
    context = complaint.get("ctx")
    kind = str(complaint.get("type"))
    # an integer of more digits than a float holds is called no number
    if kind == "finite_number" or (kind == "float_type" and isinstance(complaint.get("input"), int)):
        return "finite number"
    if not isinstance(context, Mapping):
        return None
    return next((f"{_WORDS.get(name, '')} {context[name]}".strip() for name in _LIMITS if name in context), None)
