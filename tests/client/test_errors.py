import pytest

from warmtune.vocabulary import errors
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError, shown

FAMILY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, WarmtuneError)]


def test_codes_are_stable_and_distinct() -> None:
    assert {kind.__name__: kind.code for kind in FAMILY} == {
        "WarmtuneError": "error",
        "InvalidInputError": "invalid_input",
        "InvalidTableError": "invalid_table",
        "InvalidSearchSpaceError": "invalid_search_space",
        "InvalidConfigurationError": "invalid_configuration",
        "LimitExceededError": "limit_exceeded",
        "NotFoundError": "not_found",
        "ConflictError": "conflict",
        "UnauthorizedError": "unauthorized",
        "ForbiddenError": "forbidden",
        "MissingExtraError": "missing_extra",
        "StudyStorageError": "study_storage_error",
        "ServiceError": "service_error",
        "UnavailableError": "unavailable",
        "RateLimitError": "rate_limited",
        "StorageFullError": "storage_full",
    }


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("InvalidTableError", ValueError),
        ("NotFoundError", LookupError),
        ("UnauthorizedError", PermissionError),
        ("ForbiddenError", PermissionError),
        ("MissingExtraError", ImportError),
        ("UnavailableError", ConnectionError),
    ],
)
def test_errors_can_be_caught_as_the_natural_builtin(name: str, builtin: type[Exception]) -> None:
    with pytest.raises(builtin, match="why"):
        raise getattr(errors, name)("why")


def test_field_value_and_limit_are_kept_for_display() -> None:
    error = InvalidInputError("too many", field="n", value=["x" * 300], limit=10, code="n_too_large")
    assert (error.code, error.field, error.limit, str(error)) == ("n_too_large", "n", "10", "too many")
    assert error.value is not None
    assert len(error.value) == 120


def test_long_values_are_cut_visibly() -> None:
    assert shown("ab") == "'ab'"
    assert shown("a" * 200).endswith("…")


def deep(n: int) -> object:
    value: object = 1
    for _ in range(n):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, (2,), ()], "b": {}}, "{'a': [1, (2,), ()], 'b': {}}"),
        (["x" * 200], "['" + "x" * 117 + "…"),
        (list(range(10**6)), repr(list(range(60)))[:119] + "…"),
        (deep(900), "[" * 20 + "…" + "]" * 20),
        (True, "True"),
        (None, "None"),
    ],
    ids=["nested", "text", "list", "deep", "truth", "nothing"],
)
def test_what_is_shown_is_short_and_costs_no_more(value: object, text: str) -> None:
    assert shown(value) == text
