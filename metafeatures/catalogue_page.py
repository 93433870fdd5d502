"""The catalogue as a page of the documentation.

``python -m metafeatures.catalogue_page docs/metafeatures.md`` writes it; a test fails where the page is stale.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from metafeatures.catalogue import CATALOGUE
from metafeatures.cells.target import CLASS_VALUES
from metafeatures.cells.text import NUMBERS_SHARE
from metafeatures.describe import FIT_ROWS, SAMPLE_ROWS
from metafeatures.encoding import MAX_WIDTH
from metafeatures.entry import ALL_KINDS, CLASSIFICATION, Cost, Entry, Group
from metafeatures.groups.complexity import MAX_ROWS
from metafeatures.groups.correlation import MAX_COLUMNS
from metafeatures.groups.information import MAX_SYMBOLS, N_BINS
from metafeatures.profile import TEXT_SYMBOLS
from metafeatures.scores import MAX_AUC_CLASSES
from metafeatures.target import CLASS_ROWS
from metafeatures.version import VERSION
from warmtune.vocabulary.missing_words import MISSING_AMONG_NUMBERS, MISSING_WORDS


def _words(words: Sequence[str]) -> str:
    """Words as a line of code spans; the empty one in words."""
    return ", ".join("an empty or blank cell" if word == "" else f"`{word}`" for word in words)


_INTRODUCTION = f"""# Meta-features

A task is known by {len(CATALOGUE)} numbers, version `{VERSION}`. This page is generated from the catalogue in
`metafeatures/`: `python -m metafeatures.catalogue_page docs/metafeatures.md`.

## The contract

- A value is a finite number in the range that its row names. What doesn't apply, or could not be computed, is a gap
  with its reason: never NaN, never a silent zero. Values and gaps together are the whole catalogue, in its order.
- Counts and moments are exact over all rows, in two passes around the mean. Quantiles, information and correlations
  use at most {SAMPLE_ROWS:,} rows, models at most {FIT_ROWS:,}, distances at most {MAX_ROWS}.
- Which rows is decided by the content. Rows are ranked by a hash of what survives a change of units and names: a
  number's place between its column's extremes, the frequency of a category, each salted with what its column is known
  by. Rows, columns and categories that look alike are distinguished by the company that they keep; see
  `metafeatures/row_keys.py` for what is left then.
- The order of rows and of columns, the names of columns, categories and classes, and what cells are stored as change no
  bit of any value. Another unit of a numeric column changes `asinh_mean`, `log_sd` and `share_integral`, which are in
  the column's own unit; a shift (degrees Celsius for kelvin) also `asinh_mean_to_sd` and what counts zeros. All else
  stays: to the last bit where the unit is a power of two of the other, else up to rounding, and trees, outliers,
  nearest neighbours and bins don't change at all. The same table gives the same values on every machine, but for
  rounding.
- A deadline in milliseconds drops what has not begun by then, cheapest first in, costliest first out; each of these
  gaps says so. Counts, moments and auto-sklearn's values are always computed.

## What a column is used as

Names have no blanks around; empty and repeated ones get numbers (`Unnamed: 3`, `a.1`), as pandas gives them.

| column | used as |
|---|---|
| no value in any row | empty: counted |
| without a name, and without a value, or the first one and different in every row | left out |
| boolean, dictionary (category), text; or listed as nominal | nominal |
| of these, unless listed: more than {TEXT_SYMBOLS} symbols and more than half as many as rows | text-like: counted |
| text of which {NUMBERS_SHARE:.0%} of the present cells read as numbers | numeric, the other cells missing |
| text of which {NUMBERS_SHARE:.0%} read as ISO 8601 (`2020-01-31`, `2020-01-31T10:00:00Z`) or a time of day | date |
| integer, float, decimal | numeric |
| date, time, timestamp, duration; a period counts from its beginning | date: a number of seconds |
| interval; category of anything | nominal, by label |
| text in bytes | as text, if it is UTF-8 |
| list, struct, complex number, other bytes | refused, with column and remedy |

Numbers may be written with a currency before or a unit after them (the same in {NUMBERS_SHARE:.0%} of the cells; a
percent sign is one), with thousands parted, a decimal comma, in parentheses where negative, with signs and blanks that
no keyboard has, in hexadecimal. A mark that can be both (`1,234`) is what the column's other cells, else the table's
other columns say, else thousands. Dates in another order (`01/02/2020`) are labels. Blanks and quotes around a cell
don't count; `true` and `false` are booleans in any spelling, together with `0` and `1` too. What was read so, and every
cell that wasn't, gives a notice.

A missing value is a null, a NaN, or in a column of text one of

{_words(MISSING_WORDS)}

and where the other cells are numbers or dates also, in capitals or not,

{_words(MISSING_AMONG_NUMBERS[len(MISSING_WORDS) :])}

In the information group missing is a symbol of its own; in correlations and models of sums or distances a missing
number counts as the column's mean, a missing category as none of the symbols; trees take both for less than all
others. Infinities are refused, with column and row. Rows in messages count from 1, a header doesn't, rows without a
target value do.

## What is left out, cut and capped

- A column with one value (or none) counts in the group `simple` and in auto-sklearn's counts; moments, correlations,
  information and models leave it out, unless some of its cells are missing. So do they with one that is constant in the
  sample.
- Numbers are cut into {N_BINS} bins of equal frequency for the information group; equal values share one, so that
  ties leave fewer. A target whose values fall into one bin has no entropy: gaps say so.
- Of a column's and of the target's symbols the {MAX_SYMBOLS} most frequent count apart in the information group, the
  rest as one; models see the 8 most frequent.
- Correlations use at most {MAX_COLUMNS} columns of each kind, models at most {MAX_WIDTH}; which ones is decided by the
  content.
- R2 is clipped to [-1, 1]; an AUC is the mean over the {MAX_AUC_CLASSES} most frequent classes.
- A value within a billionth of an outlier's fence, or of a bin's border, is on it.

## What the target makes

Rows without a target value are dropped and counted. A given kind decides; else a metric whose name is known does
(`rmse` means numbers, `roc_auc` classes, and so do scikit-learn's names of scorers); else one rule, whatever the values
are stored as: text that isn't numbers, categories, booleans and what is listed as nominal are classes; two different
values are always classes; whole numbers are where at most {CLASS_VALUES} values differ and each occurs {CLASS_ROWS}
times on average; all else is regression.

A target of text is numbers where {NUMBERS_SHARE:.0%} of its cells are; rows with another cell are dropped, and the
first is reported. Where at most {CLASS_VALUES} numbers differ, a word that occurs twice is a class beside them. Where
more differ, and half of the cells are numbers, the target is refused with its first odd cell.

## The content hash

The same content gives the same task. The hash covers kind, target name, column names, which columns are numbers and
which are labels, and the set of rows with their exact values. It does not depend on the order of rows or columns, on
file format or compression, on whether numbers are stored as integers, floats or text, labels as strings or
dictionaries, or on the unit of a timestamp's storage.

## The catalogue

`cost`: 0 passes over all rows, 1 sorting and counting on the sample, 2 pairs of columns, 3 models. `kinds`: c for
classification, r for regression. Statistics of columns come as `.mean`, `.sd`, `.q10`, `.median`, `.q90` over columns.
Logarithms are natural unless said.
"""

_HEADINGS = {
    Group.SIMPLE: "Simple",
    Group.TARGET: "Target",
    Group.STATISTICAL: "Statistical",
    Group.INFORMATION: "Information",
    Group.MODEL: "Model-based",
    Group.LANDMARKING: "Landmarking",
    Group.COMPLEXITY: "Complexity",
    Group.AUTOSKLEARN: "auto-sklearn's 37",
}


def catalogue_page() -> str:
    """The page, in Markdown."""
    parts = [_INTRODUCTION]
    for group in Group:
        entries = [entry for entry in CATALOGUE if entry.group is group]
        parts.append(
            f"\n### {_HEADINGS[group]} ({len(entries)})\n\n| name | formula | range | kinds | cost | source |\n"
        )
        parts.append("|---|---|---|---|---|---|\n")
        parts.extend(_row(entry) for entry in entries)
    return "".join(parts)


def _row(entry: Entry) -> str:
    kinds = "c, r" if entry.kinds == ALL_KINDS else "c" if entry.kinds == CLASSIFICATION else "r"
    formula = entry.formula.replace("|", "\\|")
    span = f"{_bound(entry.low, '[', '(')}, {_bound(entry.high, ']', ')')}"
    return f"| `{entry.name}` | {formula} | {span} | {kinds} | {int(Cost(entry.cost))} | {entry.source} |\n"


def _bound(value: float, closed: str, opened: str) -> str:
    bracket = closed if math.isfinite(value) else opened
    text = f"{value:g}" if math.isfinite(value) else "-∞" if value < 0 else "∞"
    return f"{bracket}{text}" if bracket in "[(" else f"{text}{bracket}"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Write the catalogue of meta-features as a page of the docs.")
    parser.add_argument("path", type=Path)
    parser.parse_args().path.write_text(catalogue_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
