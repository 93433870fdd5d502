"""What all bodies have in common."""

from decimal import Decimal
from numbers import Real
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    GetPydanticSchema,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from warmtune.vocabulary.task import MAX_NAME_LENGTH
from warmtune.vocabulary.text import ACTING_SIGNS
from warmtune.wire import examples

MAX_CONFIGURATIONS = 1_000
MAX_TRIALS_PER_REQUEST = 10_000
UNKNOWN_FIELD = "unknown_field"
"""The type of the complaint about a field that a body doesn't have; its context names it."""


def _taking(others: str) -> GetPydanticSchema:
    """A union of numbers and others that says what it takes; by itself it complains of each branch, booleans first."""
    allowed = f"a finite number, {others}"

    def said(source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type="scalar",
            custom_error_message=f"Input should be {allowed}",
            custom_error_context={"expected": allowed},
        )

    return GetPydanticSchema(said)


Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH, pattern=rf"^[^{ACTING_SIGNS}]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Label = Annotated[bool | int | FiniteFloat | str, Field(union_mode="smart"), _taking("a text or a boolean")]
WireValue = Annotated[
    bool | int | FiniteFloat | str | None, Field(union_mode="smart"), _taking("a text, a boolean or null")
]
ColumnNames = Annotated[list[str], Field(max_length=10_000)]
Encoding = Annotated[
    str, Field(max_length=40, description="Encoding of a text file, if its detection fails: cp1251, shift_jis, ...")
]
Delimiter = Annotated[str, Field(max_length=10, description="Delimiter of a text file, if its detection fails")]


def _refuse_lookalike(value: object) -> object:
    """Refuse what only counts as a number: ``True`` would be 1, and the text ``"5"`` would be 5, numpy's alike."""
    if type(value) in (int, float):  # all that JSON has
        return value
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise PydanticCustomError("number_type", "Input should be a number")
    return value


BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
NumberOnly = BeforeValidator(_refuse_lookalike)
Number = Annotated[FiniteFloat, NumberOnly]
Whole = Annotated[int, NumberOnly]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[Whole, Field(ge=1, le=MAX_CONFIGURATIONS)]


def with_example(example: examples.Example) -> ConfigDict:
    """Settings of a body that is documented by a worked example; the rest comes from its base."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class Body(BaseModel):
    """Any body; its schema names the bounds of a `Number` or `Whole` as JSON Schema does."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Rename what pydantic leaves as it is where a bound stands outside of a validator."""
        made = handler(schema)
        for field in handler.resolve_ref_schema(made).get("properties", {}).values():
            _name_bounds(field)
        return made


def _name_bounds(schema: object) -> None:
    if isinstance(schema, list):
        for one in schema:
            _name_bounds(one)
    elif isinstance(schema, dict):
        for ours, theirs in BOUNDS.items():
            if ours in schema:
                schema[theirs] = schema.pop(ours)
        for part in ("anyOf", "items", "prefixItems", "additionalProperties"):
            _name_bounds(schema.get(part))


class RequestBody(Body):
    """A body that clients send: unknown fields are an error, so that a typo is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown_fields(cls, body: object) -> object:
        """Refuse the first unknown field by itself: pydantic lists all of them, and there may be a million."""
        if isinstance(body, dict):
            for name in body:
                if name not in cls.model_fields:
                    raise PydanticCustomError(UNKNOWN_FIELD, "this field is unknown", {"name": name})
        return body


class ResponseBody(Body):
    """A body that the service sends: clients ignore fields they don't know yet."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Problem(ResponseBody):
    """RFC 9457 problem details; the media type is ``application/problem+json``."""

    model_config = with_example(examples.PROBLEM)

    type: str = Field(description="URI reference of the kind of problem; `code` with a prefix")
    title: str = Field(description="The kind of problem, in words")
    status: int = Field(description="The HTTP status")
    detail: str = Field(description="What is wrong here and what to do")
    code: str = Field(description="Stable, machine-readable name of the failure")
    field: str | None = Field(default=None, description="Dotted path of the offending input")
    value: str | None = Field(default=None, description="The offending value, shortened")
    limit: str | None = Field(default=None, description="The violated limit, in words")
    request_id: str | None = Field(default=None, description="Also in the X-Request-ID header and in the logs")
    retry_after_s: FiniteFloat | None = Field(
        default=None, description="With 429: seconds after which the request may be repeated"
    )
