"""What pydantic complains of, in words: where a value stands, and the limit that it breaks."""

from collections.abc import Mapping, Sequence

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


def place_of(location: Sequence[int | str], given: object, *, is_missing: bool = False) -> list[str]:
    """The steps from what was given to what is complained of.

    Args:
        location: pydantic's `loc`; it appends branches of unions and steps of validators: words that nobody has given.
        given: What was checked, as JSON has it.
        is_missing: Whether the last step is to a field that isn't there.
    """
    kept: list[str] = []
    here = given
    for index, part in enumerate(location):
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, Mapping) and isinstance(part, int) and str(part) in here:
            here = here[str(part)]
        elif isinstance(here, (list, tuple)) and isinstance(part, int) and part < len(here):
            here = here[part]
        elif not (is_missing and index == len(location) - 1):
            continue
        kept.append(str(part))
    return kept
