"""Tables of any columns as plain numbers: two scalings of the same columns, fitted on the rows at hand."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from maml.task_models.columns import is_numeric, numbers_of, texts_of
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError

MAX_MAGNITUDE: Final = 1e100
"""Cells and targets lie within plus and minus this: the squares of larger ones overflow."""
MAX_LEVELS: Final = 12
"""Most frequent levels of a nominal column that get a column of their own; the others are all zeros."""
_N_QUANTILES: Final = 64
_CLIP: Final = 4.0
_FEW_MISSING: Final = 0.02


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows as numbers without gaps.

    Attributes:
        ranked: Shape ``(n, p)``: numeric columns by their normal scores, levels as standardised indicators.
        scaled: Shape ``(n, p)``: numeric columns standardised and clipped, which keeps what is linear linear.
    """

    ranked: FloatArray
    scaled: FloatArray

    def take(self, rows: NDArray[np.intp]) -> "EncodedRows":
        """Some of the rows."""
        return EncodedRows(self.ranked[rows], self.scaled[rows])


@dataclass(frozen=True, slots=True)
class _Numeric:
    """A numeric column's quantiles, centre and spread; missing cells become 0, and a column of their own."""

    quantiles: FloatArray
    centre: float
    spread: float
    marks_missing: bool

    @classmethod
    def fit(cls, values: FloatArray) -> "_Numeric":
        missing = np.isnan(values)
        known = values[~missing]
        if known.size == 0:
            known = np.zeros(1)
        grid = np.linspace(0.0, 1.0, min(_N_QUANTILES, max(known.size, 2)))
        spread = float(known.std())
        share = float(missing.mean())
        return cls(
            np.quantile(known, grid),
            float(known.mean()),
            spread if spread > 0 else 1.0,
            _FEW_MISSING < share < 1.0,
        )

    def columns(self, values: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        missing = np.isnan(values)
        filled = np.where(missing, self.centre, values)
        grid = np.linspace(0.0, 1.0, len(self.quantiles))
        # the mean of the interpolation from both sides gives tied values the middle of their ranks
        below = np.interp(filled, self.quantiles, grid)
        above = 1.0 - np.interp(-filled, -self.quantiles[::-1], grid)
        half = 0.5 / len(self.quantiles)
        ranked = ndtri(np.clip(0.5 * (below + above), half, 1.0 - half))
        scaled = np.clip((filled - self.centre) / self.spread, -_CLIP, _CLIP)
        if self.quantiles[0] == self.quantiles[-1]:
            ranked = scaled = np.zeros(len(values))
        mark = missing.astype(np.float64)
        marks = [mark] if self.marks_missing else []
        return [np.where(missing, 0.0, ranked), *marks], [np.where(missing, 0.0, scaled), *marks]


@dataclass(frozen=True, slots=True)
class _Nominal:
    """A nominal column's levels with their shares; what is missing or unknown is no level."""

    levels: tuple[str, ...]
    shares: tuple[float, ...]

    @classmethod
    def fit(cls, values: "pd.Series[str]") -> "_Nominal":
        counts = values.value_counts(normalize=True)  # ties in the order of appearance
        kept = counts.iloc[:MAX_LEVELS]
        return cls(tuple(str(level) for level in kept.index), tuple(float(share) for share in kept))

    def columns(self, values: "pd.Series[str]") -> tuple[list[FloatArray], list[FloatArray]]:
        columns = []
        for level, share in zip(self.levels, self.shares, strict=True):
            spread = np.sqrt(max(share * (1.0 - share), 0.02))  # a rare level must not outweigh everything
            columns.append(((values == level).to_numpy(dtype=np.float64) - share) / spread)
        return columns, columns


@dataclass(frozen=True, slots=True)
class TableEncoder:
    """How the columns of one table become numbers; immutable, made by `fit`."""

    parts: tuple[_Numeric | _Nominal, ...]

    @classmethod
    def fit(cls, table: pd.DataFrame) -> "TableEncoder":
        """Learn quantiles and levels from rows; no target is looked at.

        Args:
            table: At least one row and one column; numbers, booleans, times and durations are numeric (`is_numeric`),
                all else is nominal. Infinite values count as missing.

        Raises:
            InvalidInputError: If a number is larger than `MAX_MAGNITUDE`, naming its column.
        """
        return cls(tuple(_part(table.iloc[:, i]) for i in range(table.shape[1])))

    def encode(self, table: pd.DataFrame) -> EncodedRows:
        """Rows of the same columns as numbers; levels that weren't there in `fit` become zeros.

        Numbers beyond `MAX_MAGNITUDE` count as it: what a row is asked for must not stop an answer.
        """
        ranked: list[FloatArray] = []
        scaled: list[FloatArray] = []
        for i, part in enumerate(self.parts):
            column = table.iloc[:, i]
            values = (
                part.columns(numbers_of(column).clip(-MAX_MAGNITUDE, MAX_MAGNITUDE))
                if isinstance(part, _Numeric)
                else part.columns(texts_of(column))
            )
            ranked += values[0]
            scaled += values[1]
        if not ranked:  # nominal columns without a single cell: nothing is known of any row
            ranked = scaled = [np.zeros(len(table))]
        return EncodedRows(np.column_stack(ranked), np.column_stack(scaled))


def check_magnitude(values: FloatArray, *, field: str) -> None:
    """Refuse numbers that are too large to compute with.

    Args:
        values: Of any shape; NaN is not looked at.
        field: What they are.

    Raises:
        InvalidInputError: If one is larger than `MAX_MAGNITUDE`.
    """
    large = np.abs(values) > MAX_MAGNITUDE
    if large.any():
        raise InvalidInputError(
            "a number is too large to compute with",
            field=field,
            value=float(values[large][0]),
            limit=f"within ±{MAX_MAGNITUDE:g}",
        )


def _part(column: "pd.Series[Any]") -> _Numeric | _Nominal:
    if is_numeric(column):
        known = numbers_of(column)
        check_magnitude(known, field=f"X.{column.name}")
        return _Numeric.fit(known)
    return _Nominal.fit(texts_of(column))
