"""Named tensors and a JSON header in one safetensors file: able to run nothing, read as if a stranger had made it."""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from maml.tensors.parameters import Params
from warmtune.vocabulary.errors import InvalidInputError, NotFoundError
from warmtune.vocabulary.text import is_unicode

MAX_NESTING: Final = 32
"""Levels of the header's JSON: what is deeper can be read, but not always be sent or kept."""
MAX_MAGNITUDE: Final = 1e6
"""Parameters lie within plus and minus this: those that were ever learned are below a hundred."""
_KEY: Final = "warmtune"
_FLOATS: Final = (torch.float32, torch.float64)
_MAX_QUOTED: Final = 300


def to_tensor_file(tensors: Params, header: dict[str, object]) -> bytes:
    """One safetensors file of tensors on any device, with a JSON header under ``warmtune``."""
    # safetensors refuses tensors that share memory
    owned = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    return save(owned, metadata={_KEY: json.dumps(header, allow_nan=False)})


def from_tensor_file(content: bytes, form: str) -> tuple[Params, dict[str, object]]:
    """Inverse of `to_tensor_file`; to be called within `refusing`, since bytes can be wrong in many ways.

    Args:
        content: The file.
        form: What the header says under ``format``.

    Raises:
        InvalidInputError: If the header is of another form, nested too deeply, or holds what is no JSON.
    """
    tensors = load(content)
    length = int.from_bytes(content[:8], "little")  # eight bytes of length, then the file's own JSON
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_KEY])
    _check_json(header)
    found = header.get("format") if isinstance(header, dict) else header
    if not isinstance(header, dict) or found != form:
        raise InvalidInputError("the file has another format", field="format", value=found, limit=form)
    return tensors, header


@contextmanager
def refusing(what: str, field: str) -> Iterator[None]:
    """Name whatever goes wrong within as the fault of a file.

    Args:
        what: What the file should be, with its article.
        field: Where the file was given.

    Raises:
        InvalidInputError: Naming that field; the message says where in the file.
    """
    try:
        yield
    except (InvalidInputError, NotFoundError) as error:
        if error.field == field and isinstance(error, InvalidInputError):
            raise
        message = f"not {what}: {error.field}: {error.message[:_MAX_QUOTED]}"
        raise InvalidInputError.restored(
            message, field=field, value=error.value, limit=error.limit, code=None
        ) from error
    except (
        SafetensorError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise InvalidInputError(f"not {what}: {str(error)[:_MAX_QUOTED]}", field=field) from error


def check_parameters(params: Params) -> None:
    """Refuse parameters that are not finite or too large.

    Raises:
        InvalidInputError: If a tensor isn't one of floats, or has one that isn't finite or beyond `MAX_MAGNITUDE`;
            naming the tensor.
    """
    for name, value in params.items():
        if value.dtype not in _FLOATS:
            raise InvalidInputError(
                "a parameter has another type", field=name, value=str(value.dtype), limit=", ".join(map(str, _FLOATS))
            )
        wrong = ~(value.abs() <= MAX_MAGNITUDE)  # NaN is not below
        if wrong.any():
            raise InvalidInputError(
                "a parameter is not finite or too large",
                field=name,
                value=float(value[wrong][0]),
                limit=f"within ±{MAX_MAGNITUDE:g}",
            )


def _check_json(header: object) -> None:
    """Refuse what Python reads as JSON but nobody else does, and what is nested too deeply; without recursion."""
    waiting: list[tuple[object, int]] = [(header, 1)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, dict | list):
            if level > MAX_NESTING:
                raise InvalidInputError("the header is nested too deeply", field="header", limit=MAX_NESTING)
            waiting.extend((child, level + 1) for child in item)
            if isinstance(item, dict):
                waiting.extend((child, level + 1) for child in item.values())
        elif isinstance(item, float) and not math.isfinite(item):
            raise InvalidInputError("a number must be finite", field="header", value=item, limit="finite number")
        elif isinstance(item, str) and not is_unicode(item):
            raise InvalidInputError(
                "a text has half a surrogate pair", field="header", value=item, limit="whole characters"
            )
