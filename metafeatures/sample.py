"""The rows that the heavier groups look at, as arrays in canonical order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from metafeatures.arrays import CodeArray, FloatArray, IndexArray
from metafeatures.arrow_arrays import CodedColumn, to_codes, to_floats
from metafeatures.kernels.columns import count_and_place
from metafeatures.profile import NominalProfile, NumericProfile, Profile
from metafeatures.standardise import standardised
from metafeatures.target import Target


@dataclass(frozen=True, slots=True)
class Sample:
    """Sampled rows; rows, columns and category codes are in an order that the content alone decides.

    Attributes:
        numbers: Shape ``(n, n_numeric)``, Fortran order: numeric and date columns that vary, each times its
            profile's factor, NaN where missing.
        numeric: Their profiles.
        codes: Shape ``(n, n_nominal)``, Fortran order: nominal columns that vary; 0 is a column's most frequent
            category within the sample, -1 missing.
        nominal: Their profiles.
        classes: Shape ``(n,)``, class codes by falling frequency; None for regression.
        y: Shape ``(n,)``, standardised regression target; None for classification.
    """

    numbers: FloatArray
    numeric: tuple[NumericProfile, ...]
    codes: CodeArray
    nominal: tuple[NominalProfile, ...]
    classes: CodeArray | None
    y: FloatArray | None

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.numbers.shape[0])

    @property
    def n_columns(self) -> int:
        """Numeric and nominal columns."""
        return int(self.numbers.shape[1] + self.codes.shape[1])

    def ordered(self) -> FloatArray:
        """Each numeric column in rising order, NaN last; shape and order of memory as `numbers`."""
        return np.asfortranarray(np.sort(self.numbers, axis=0))

    def head(self, rows: IndexArray) -> "Sample":
        """The sample of these positions only; shape of `rows` ``(m,)``, each from 0 to ``n - 1``."""
        return Sample(
            numbers=np.asfortranarray(self.numbers[rows]),
            numeric=self.numeric,
            codes=np.asfortranarray(self.codes[rows]),
            nominal=self.nominal,
            classes=None if self.classes is None else self.classes[rows],
            y=None if self.y is None else self.y[rows],
        )


def draw_sample(table: pa.Table, profiles: Sequence[Profile], target: Target, rows: IndexArray) -> Sample:
    """Gather rows of the columns that vary.

    Args:
        table: All columns.
        profiles: Of its features.
        target: Of all rows.
        rows: Shape ``(n,)``: positions in the table, in the order that the sample's rows have.
    """
    numeric = sorted((p for p in profiles if isinstance(p, NumericProfile) and p.varies), key=lambda p: (p.key, p.name))
    nominal = sorted((p for p in profiles if isinstance(p, NominalProfile) and p.varies), key=lambda p: (p.key, p.name))
    numbers = np.empty((len(rows), len(numeric)), dtype=np.float64, order="F")
    for j, number_profile in enumerate(numeric):
        numbers[:, j] = to_floats(table.column(number_profile.name))[rows] * number_profile.factor
    codes = np.empty((len(rows), len(nominal)), dtype=np.int32, order="F")
    taken = pa.array(rows)
    for j, nominal_profile in enumerate(nominal):
        coded = to_codes(table.column(nominal_profile.name).take(taken))
        codes[:, j] = by_frequency(coded)
    return Sample(
        numbers=numbers,
        numeric=tuple(numeric),
        codes=codes,
        nominal=tuple(nominal),
        classes=None
        if target.classes is None
        else by_frequency(CodedColumn(target.classes.codes[rows], target.classes.labels)),
        y=None if target.numbers is None else standardised(target.numbers[rows]),
    )


def n_present(ordered: FloatArray) -> int:
    """How many values of a column in rising order aren't NaN, which comes last.

    `ordered` has shape ``(n,)``.
    """
    return int(np.searchsorted(ordered, np.inf, side="right"))


def by_frequency(coded: CodedColumn) -> CodeArray:
    """Codes by falling frequency, ties by first occurrence: the labels themselves don't matter.

    Shape ``(n,)``; -1 where missing.
    """
    n_labels = len(coded.labels)
    counts, first = count_and_place(coded.codes, n_labels)
    rank = np.empty(n_labels + 1, dtype=np.int32)
    rank[np.lexsort((first, -counts))] = np.arange(n_labels, dtype=np.int32)
    rank[n_labels] = -1  # code -1 indexes the last place
    return rank[coded.codes]
