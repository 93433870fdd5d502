"""Values with their types beside them, as databases write them to JSON: MongoDB, DynamoDB, Firestore, SPARQL."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

_OF_MONGODB: Final = frozenset(
    ("$oid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$date", "$uuid", "$symbol")
)
_OF_FIRESTORE: Final = frozenset(
    ("stringValue", "integerValue", "doubleValue", "booleanValue", "timestampValue", "referenceValue", "nullValue")
)
_OF_SPARQL: Final = frozenset(("type", "value", "datatype", "xml:lang"))
_KINDS_OF_SPARQL: Final = ("uri", "literal", "typed-literal", "bnode")
_OF_DYNAMODB: Final = frozenset(("N", "S", "BOOL", "NULL"))


def untyped(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """A column of objects such as ``{"$numberInt": "3"}`` or ``{"N": "3"}`` as one of their values; None of others.

    Where rows have different types, all are texts. ``{"NULL": true}`` is missing.
    """
    if not pt.is_struct(column.type) or column.type.num_fields == 0:
        return None
    kinds = {field.name: field.type for field in column.type}
    parts_of = dict(zip(kinds, column.flatten(), strict=True))
    if {"type", "value"} <= kinds.keys() <= _OF_SPARQL and _is_of_sparql(parts_of["type"]):
        return parts_of["value"]
    known = kinds.keys() <= _OF_MONGODB or kinds.keys() <= _OF_FIRESTORE
    if not known and not (kinds.keys() <= _OF_DYNAMODB and _is_of_dynamodb(kinds)):
        return None
    parts = [part for name, part in parts_of.items() if name not in ("NULL", "nullValue")]
    plain = [untyped(part) if pt.is_struct(part.type) else part for part in parts]
    values = [part for part in plain if part is not None]
    if len(values) < len(plain) or any(pt.is_nested(part.type) for part in values):
        return None
    if not values:
        return pa.chunked_array([pa.nulls(len(column))])
    return values[0] if len(values) == 1 else pc.coalesce(*(part.cast(pa.string()) for part in values))


def _is_of_dynamodb(kinds: dict[str, pa.DataType]) -> bool:
    """Whether numbers and texts are written as texts, and the others as booleans."""
    return all(
        _is_text(kind) if name in ("N", "S") else pt.is_boolean(kind) or pt.is_null(kind)
        for name, kind in kinds.items()
    )


def _is_of_sparql(kind_of_each: pa.ChunkedArray) -> bool:
    """Whether a column of types names only those that a query's answer has."""
    if not _is_text(kind_of_each.type):
        return False
    named = pc.unique(kind_of_each).drop_null()
    return all(name in _KINDS_OF_SPARQL for name in named.to_pylist())


def _is_text(kind: pa.DataType) -> bool:
    stored = kind.value_type if pt.is_dictionary(kind) else kind
    return bool(pt.is_string(stored) or pt.is_large_string(stored))
