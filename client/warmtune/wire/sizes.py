"""How many items a list or mapping of a request may have: checked before any of them is looked at."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LIMIT_EXCEEDED = "limit_exceeded"
"""The type of the complaint about a size that is a documented limit."""


@dataclass(frozen=True, slots=True)
class ItemLimit:
    """An annotation of a list or mapping: so many items at most, and of a list's items the first wrong one is reported.

    Pydantic by itself looks at every item of a mapping before it counts them, and lists every mistake: of a million
    that takes minutes.

    Attributes:
        n: So many.
        is_limit: Whether more is a documented limit exceeded, or (else) a value out of range.
    """

    n: int
    is_limit: bool = True

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Count first."""
        schema = handler(source)
        if schema["type"] == "list":
            cast(core_schema.ListSchema, schema)["fail_fast"] = True
        return core_schema.no_info_before_validator_function(self._check, schema)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say it in the documentation."""
        described = handler(schema)
        described["maxItems" if described.get("type") == "array" else "maxProperties"] = self.n
        return described

    def _check(self, value: object) -> object:
        if isinstance(value, Sized) and not isinstance(value, (str, bytes)) and len(value) > self.n:
            kind = LIMIT_EXCEEDED if self.is_limit else "too_long"
            raise PydanticCustomError(
                kind,
                "there are {length} items, and {max_length} are allowed",
                {"length": len(value), "max_length": self.n},
            )
        return value
