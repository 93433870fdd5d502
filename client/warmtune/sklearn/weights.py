"""Weights of rows, as every library takes them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from warmtune.sklearn.plain_numbers import finite_numbers
from warmtune.vocabulary.arrays import unmasked
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
    try:
        raw = np.asarray(unmasked(given))
    except ValueError:  # lists of several lengths
        raw = np.empty((0, 0))
    if raw.shape != (n_rows,):
        raise InvalidInputError(
            f"sample_weight must be a number for each of the {n_rows} rows of X, its shape is {raw.shape}",
            field=FIELD,
            value=str(raw.shape),
            limit=f"({n_rows},)",
        )
    weights = finite_numbers(
        raw, field=FIELD, error=InvalidInputError, remedy="give those rows a weight, or leave them out"
    )
    if not weights.any():
        raise InvalidInputError("sample_weight is 0 in every row", field=FIELD, value=0, limit="a weight above 0")
    return weights
