"""Group `information`: entropies, mutual information with the target, what follows from them.

Numbers (a numeric target too) are cut into at most `N_BINS` bins of equal frequency; equal values never part, so
that ties leave fewer bins. Of a nominal column's and the target's categories the `MAX_SYMBOLS` most frequent are
kept apart, the rest is one more. Missing is a symbol of its own: that a value is missing may say much about the
target. All figures are plug-in estimates in bits on the sample.
"""

import math

import numpy as np

from metafeatures.arrays import CodeArray, FloatArray
from metafeatures.arrow_arrays import read_only
from metafeatures.entry import Cost, Entry, Group, summarised
from metafeatures.facts import Gap, Values, gaps
from metafeatures.groups.target import entropy_bits
from metafeatures.kernels.information import bin_column, cross_counts
from metafeatures.sample import Sample, n_present
from metafeatures.summary import summarise

N_BINS = 10
MAX_SYMBOLS = 100
_INF = math.inf


def _entry(name: str, formula: str, high: float = 1.0, low: float = 0.0) -> Entry:
    return Entry(name, Group.INFORMATION, formula, "Michie et al. (1994)", Cost.SAMPLE, low=low, high=high)


NOMINAL_ENTRIES = tuple(summarised(_entry("nominal_entropy", "H(x) / log2(symbols in use), nominal columns")))
ENTRIES: tuple[Entry, ...] = (
    *summarised(_entry("entropy", "the entropy H(x) of columns, numbers in bins (bits)", _INF)),
    *NOMINAL_ENTRIES,
    *summarised(_entry("mutual_information", "I(x; y) / H(y), y the target")),
    _entry("mutual_information_max", "max over columns of I(x; y) / H(y)"),
    _entry("mutual_information_top3", "sum of the three largest I(x; y) / sum of all: 1 where few columns matter"),
    _entry("log_equivalent_columns", "ln(H(y) / mean I(x; y)), the equivalent number of attributes", _INF),
    _entry("log_noise_ratio", "ln((mean H(x) - mean I(x; y)) / mean I(x; y)), the noise to signal ratio", _INF, -_INF),
)


def information(sample: Sample, ordered: FloatArray) -> Values:
    """Compute the group; `ordered` is the sample's, see `Sample.ordered`, also for the shape."""
    y, n_y = _target_symbols(sample)
    h_y = entropy_bits(np.bincount(y, minlength=n_y).astype(np.float64))
    entropies, shares, gains = [], [], []
    for x, n_x, is_nominal in _columns(sample, ordered):
        table = cross_counts(read_only(x + np.int32(1)), read_only(y), n_x + 1, n_y)
        counts = table.sum(axis=1)
        h_x = entropy_bits(counts.astype(np.float64))
        entropies.append(h_x)
        gains.append(mutual_information(table.astype(np.float64), h_x, h_y))
        if is_nominal:
            n_used = int(np.count_nonzero(counts))
            shares.append(h_x / math.log2(n_used) if n_used > 1 else 0.0)
    values: Values = {}
    values |= summarise("entropy", np.array(entropies))
    values |= summarise("nominal_entropy", np.minimum(np.array(shares), 1.0)) or gaps(
        NOMINAL_ENTRIES, "no nominal column that varies"
    )
    if not gains or h_y == 0.0:
        reason = "no column that varies" if not gains else _one_symbol(sample)
        return gaps(ENTRIES, reason) | values
    gain, mean_h = np.array(gains), float(np.mean(entropies))
    relative = np.minimum(gain / h_y, 1.0)
    values |= summarise("mutual_information", relative)
    values["mutual_information_max"] = float(relative.max())
    return values | _ratios(gain, h_y, mean_h)


def _one_symbol(sample: Sample) -> str:
    """Why the target has no entropy."""
    if sample.y is None:
        return "the sample holds one class only"
    return f"the target's values fall into one of {N_BINS} bins of equal frequency: nearly all are equal"


def _ratios(gain: FloatArray, h_y: float, mean_h: float) -> Values:
    mean_gain = float(gain.mean())
    if mean_gain <= 0.0:
        gap = Gap("no column carries information on the target")
        return {"mutual_information_top3": gap, "log_equivalent_columns": gap, "log_noise_ratio": gap}
    noise = (mean_h - mean_gain) / mean_gain
    return {
        "mutual_information_top3": min(float(np.sort(gain)[-3:].sum() / gain.sum()), 1.0),
        "log_equivalent_columns": max(math.log(h_y / mean_gain), 0.0),
        "log_noise_ratio": math.log(noise) if noise > 0.0 else Gap("columns carry nothing but the target"),
    }


def mutual_information(table: FloatArray, h_x: float, h_y: float) -> float:
    """Plug-in mutual information of a contingency table in bits, at least 0.

    Args:
        table: Shape ``(n_rows, n_columns)``: counts of each pair of symbols, not negative.
        h_x: Entropy of its rows, in bits.
        h_y: Entropy of its columns.
    """
    return max(h_x + h_y - entropy_bits(table.ravel()), 0.0)


def _target_symbols(sample: Sample) -> tuple[CodeArray, int]:
    if sample.classes is not None:
        return lump(sample.classes), MAX_SYMBOLS + 1
    y = sample.y if sample.y is not None else np.zeros(sample.n)
    return equal_frequency_bins(y, np.sort(y)), N_BINS


def _columns(sample: Sample, ordered: FloatArray) -> list[tuple[CodeArray, int, bool]]:
    numbers = [
        (equal_frequency_bins(sample.numbers[:, j], ordered[:, j]), N_BINS, False) for j in range(ordered.shape[1])
    ]
    symbols = [(lump(sample.codes[:, j]), MAX_SYMBOLS + 1, True) for j in range(sample.codes.shape[1])]
    return numbers + symbols


def lump(codes: CodeArray) -> CodeArray:
    """Codes by falling frequency, all beyond the `MAX_SYMBOLS` most frequent as one.

    `codes` have shape ``(n,)``, and so has the result; -1 stays.
    """
    return np.ascontiguousarray(np.minimum(codes, np.int32(MAX_SYMBOLS)))


def equal_frequency_bins(x: FloatArray, ordered: FloatArray) -> CodeArray:
    """Bins of about equal frequency, from 0; equal values share one; -1 where missing.

    `x` has shape ``(n,)``, NaN where missing; so has `ordered`, the same values rising and NaN last, and the result.
    """
    present = ordered[: n_present(ordered)]
    if present.size == 0:
        return np.full(x.size, -1, dtype=np.int32)
    places = np.arange(1, N_BINS) * present.size // N_BINS
    edges = np.unique(present[places])
    edges = edges[edges > present[0]]
    return bin_column(read_only(np.ascontiguousarray(x)), read_only(edges))
