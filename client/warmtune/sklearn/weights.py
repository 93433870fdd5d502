"""Weights of rows, as every library takes them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.errors import InvalidInputError

FIELD = "sample_weight"


def with_checked_weights(params: Mapping[str, object], *, n_rows: int) -> Mapping[str, object]:
    """Parameters of `fit`, with ``sample_weight``, if there is one, of shape ``(n_rows,)`` and finite.

    Raises:
        InvalidInputError: If it is no such column, or all zero.
    """
    if params.get(FIELD) is None:
        return params
    return {**params, FIELD: _checked(params[FIELD], n_rows=n_rows)}


def _checked(given: object, *, n_rows: int) -> NDArray[np.float64]:
    raw = np.asarray(given)
    if raw.shape != (n_rows,):
        raise InvalidInputError(
            f"sample_weight has the shape {raw.shape}; X has {n_rows} rows",
            field=FIELD,
            value=str(raw.shape),
            limit=f"a number for each of {n_rows} rows",
        )
    try:
        weights = raw.astype(np.float64) if raw.dtype.kind not in "US" else None
    except (TypeError, ValueError):
        weights = None
    if weights is None:
        raise InvalidInputError(
            f"sample_weight holds values that are no numbers, such as {str(raw[0])!r}", field=FIELD, limit="numbers"
        )
    is_odd = ~np.isfinite(weights)
    if is_odd.any():
        row = int(is_odd.argmax())
        raise InvalidInputError(
            f"sample_weight is {weights[row]} in row {row} (from 0)",
            field=FIELD,
            value=float(weights[row]),
            limit="finite",
        )
    if not weights.any():
        raise InvalidInputError("sample_weight is 0 in every row", field=FIELD, value=0, limit="a weight above 0")
    return weights
