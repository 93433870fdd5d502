"""A bounded sample of a table's raw cells, as the set encoder reads them: the same numbers in any unit, order or name.

A nominal column stands as indicators of its most frequent symbols, a classification target as indicators of its most
frequent classes: so all columns and all targets are of one form, a set of columns of numbers.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import rankdata

from metafeatures.kernels.columns import FloatArray
from metafeatures.limits import DEFAULT_LIMITS, TableLimits
from metafeatures.sample import Sample, draw_sample
from metafeatures.sampling import canonical_sample, stratified_prefix
from metafeatures.survey import check_columns, survey
from metafeatures.target import present_rows, read_target
from warmtune.vocabulary.task import TaskKind

CellArray = npt.NDArray[np.float32]

MAX_ROWS = 256
MAX_COLUMNS = 64
N_SYMBOLS = 4
N_CLASSES = 5
N_CELL_CHANNELS = 4
N_TARGET_CHANNELS = 3
_REACH = 4.0


@dataclass(frozen=True, slots=True)
class SetCells:
    """Cells of sampled rows; all finite, in [-4, 4].

    Attributes:
        columns: Shape ``(n, p, 4)``: place among the column's ranks; robustly scaled value; 1 if missing; 1 if
            the column is an indicator of a nominal column's symbol. A missing cell is 0 in the first two.
        targets: Shape ``(n, c, 3)``, a column for each class, one for a number: place among ranks; scaled value;
            1 for an indicator of a class.
    """

    columns: CellArray
    targets: CellArray


def read_cells(
    table: pa.Table,
    target: str,
    *,
    kind: TaskKind | None = None,
    nominal: Collection[str] | None = None,
    limits: TableLimits = DEFAULT_LIMITS,
) -> SetCells:
    """Cells of at most 256 rows and 64 columns of a task; which ones is decided by the content.

    Args:
        table: The dataset, see `metafeatures.describe.describe`; so are the other arguments.
        target: Name of the target column.
        kind: What is predicted; inferred where it is None.
        nominal: Columns to be treated as nominal besides those whose type says so.
        limits: Sizes above which a table is refused.

    Raises:
        InvalidTableError: If the table is no task.
        LimitExceededError: On more rows, columns, cells or classes than allowed.
    """
    nominal = frozenset(nominal or ())
    check_columns(table, target, nominal, limits)
    present, numbers = present_rows(table, target)
    column = present.column(target)
    found = read_target(column, target, kind, listed=target in nominal, limits=limits, rows=numbers)
    facts, hashes = survey(present, target, found, nominal, rows=numbers)
    rows = canonical_sample(hashes.keys, 4 * MAX_ROWS)
    sample = draw_sample(present, facts.profiles, found, rows)
    if sample.classes is not None:
        return cells_of(sample.head(stratified_prefix(sample.classes, MAX_ROWS)))
    return cells_of(sample.head(np.arange(min(sample.n, MAX_ROWS))))


def cells_of(sample: Sample) -> SetCells:
    """Cells of a sample's rows; numeric and nominal columns share the width in proportion to their number."""
    n_numeric, n_nominal = sample.numbers.shape[1], sample.codes.shape[1]
    kept = min(1.0, MAX_COLUMNS / max(n_numeric + N_SYMBOLS * n_nominal, 1))
    columns = [_number(sample.numbers[:, j]) for j in range(int(np.ceil(n_numeric * kept)))]
    for j in range(int(np.ceil(n_nominal * kept))):
        codes = sample.codes[:, j]
        for symbol in range(min(int(codes.max(initial=-1)) + 1, N_SYMBOLS)):
            columns.append(_indicator(codes == symbol, codes < 0))
    if not columns:  # only text: what remains is that there is nothing to see
        columns = [np.zeros((sample.n, N_CELL_CHANNELS))]
    if sample.classes is None:
        targets = [_number(np.asarray(sample.y))[:, :N_TARGET_CHANNELS]]
    else:
        none = np.zeros(sample.n, dtype=np.bool_)
        shown = range(min(int(sample.classes.max()) + 1, N_CLASSES))
        targets = [_indicator(sample.classes == c, none)[:, [0, 1, 3]] for c in shown]
    return SetCells(np.stack(columns, axis=1).astype(np.float32), np.stack(targets, axis=1).astype(np.float32))


def _number(values: FloatArray) -> FloatArray:
    """Channels of a numeric column, shape ``(n, 4)``; its magnitude is moderate, as in a `Sample`."""
    out = np.zeros((len(values), N_CELL_CHANNELS))
    missing = np.isnan(values)
    out[missing, 2] = 1.0
    x = values[~missing]
    if x.size == 0:
        return out
    q25, median, q75 = np.quantile(x, (0.25, 0.5, 0.75))
    spread = max(float(q75 - q25) / 1.349, 0.25 * float(x.std()))
    out[~missing, 0] = np.sqrt(3.0) * (2.0 * (rankdata(x) - 0.5) / x.size - 1.0)
    if spread > 0.0:
        out[~missing, 1] = np.clip(np.arcsinh((x - median) / spread), -_REACH, _REACH)
    return out


def _indicator(hit: npt.NDArray[np.bool_], missing: npt.NDArray[np.bool_]) -> FloatArray:
    """Channels of one symbol, shape ``(n, 4)``: plus or minus 1, and standardised."""
    out = np.zeros((len(hit), N_CELL_CHANNELS))
    present = ~missing
    share = float(hit[present].mean()) if present.any() else 0.0
    deviation = np.sqrt(share * (1.0 - share))
    out[present, 0] = np.where(hit[present], 1.0, -1.0)
    if deviation > 0.0:
        out[present, 1] = np.clip((hit[present] - share) / deviation, -_REACH, _REACH)
    out[missing, 2] = 1.0
    out[:, 3] = 1.0
    return out
