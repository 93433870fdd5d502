"""The catalogue as a page of the documentation.

``python -m metafeatures.catalogue_page docs/metafeatures.md`` writes it; a test fails where the page is stale.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from metafeatures.catalogue import CATALOGUE, UNIT_DEPENDENT
from metafeatures.cells.numbers import NUMBERS_SHARE
from metafeatures.cells.target import CLASS_VALUES
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


def _in_words(names: Sequence[str]) -> str:
    """Two names or more, quoted, with "and" before the last."""
    quoted = [f"`{name}`" for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"


_INTRODUCTION = f"""# Meta-features

A task is described by {len(CATALOGUE)} numbers, version `{VERSION}`. This page is generated from the catalogue in
`metafeatures/`: `python -m metafeatures.catalogue_page docs/metafeatures.md`.

## The contract

- A value is a finite number in the range given in its row. A value that doesn't apply, or can't be computed, is a gap
  with its reason, never NaN or a silent zero. Values and gaps together cover the whole catalogue, in its order.
- Counts and moments are exact over all rows, in two passes around the mean. Quantiles, information and correlations
  use at most {SAMPLE_ROWS:,} rows, models at most {FIT_ROWS:,}, distances at most {MAX_ROWS}.
- The sample of rows depends on the content only. Rows are ranked by a hash of quantities that don't depend on units and
  names: a number's position between its column's extremes and a category's frequency, each salted with its column's
  content. Rows, columns and categories with equal content are distinguished by the rows they occur in;
  `metafeatures/row_keys.py` describes the remaining ties.
- The order of rows and of columns, the names of columns, categories and classes, and the storage types change no bit of
  any value. Another unit of a numeric column changes {_in_words(UNIT_DEPENDENT)}, which are in the
  column's own unit; a shift (degrees Celsius for kelvin) also changes `asinh_mean_to_sd` and counts of zeros. All other
  values stay: exactly if the ratio of the units is a power of two, else up to rounding; trees, outliers, nearest
  neighbours and bins don't change at all. The same table gives the same values on every machine, up to rounding.
- A deadline in milliseconds drops the groups that have not started by then. Cheap groups are computed first. Each gap
  names the deadline as its reason. Counts, moments and auto-sklearn's values are always computed.

## Roles of columns

Blanks around names are removed; empty and repeated names get numbers (`Unnamed: 3`, `a.1`), as pandas gives them.

| column | used as |
|---|---|
| no value in any row | empty: only counted |
| without a name, and either empty or the first column with a different value in every row | left out |
| boolean, dictionary (category), text; or listed as nominal | nominal |
| of these, unless listed: over {TEXT_SYMBOLS} symbols and more than half as many as rows | text-like: only counted |
| text of which {NUMBERS_SHARE:.0%} of the present cells are numbers | numeric, others missing |
| text of which {NUMBERS_SHARE:.0%} are dates, times, durations ([notations](tables.md#cells)) | date, others missing |
| integer, float, decimal | numeric |
| date, time, timestamp, duration; a period by its beginning | date: a number of seconds |
| interval; category of anything | nominal, by label |
| text in bytes | as text, if it is UTF-8 |
| struct (dictionaries, objects of JSON) | spread into one column for each part |
| list, complex number, other bytes | refused, with column and remedy |

Numbers may be written with a currency before or a unit after them (the same in {NUMBERS_SHARE:.0%} of the cells; a
percent sign is one), with thousands separators, a decimal comma, in parentheses if negative, with typographic signs and
blanks, or in hexadecimal. A mark with two meanings (`1,234`) is interpreted by the column's other cells, else by the
table's other columns, else as a thousands separator. Dates whose day and month can't be distinguished (`01/02/2020` in
every cell) are text. Blanks and quotes around a cell are ignored; `true` and `false` are booleans in any spelling,
together with `0` and `1` too. A notice reports each conversion, and every cell that wasn't converted.

A missing value is a null, a NaN, or in a column of text one of

{_words(MISSING_WORDS)}

and where the other cells are numbers or dates also, in capitals or not,

{_words(MISSING_AMONG_NUMBERS[len(MISSING_WORDS) :])}

In the information group a missing value is a separate symbol. In correlations and in models of sums or distances a
missing number counts as the column's mean, and a missing category as none of the symbols; in trees both are less than
all others. Infinities are refused, with column and row. Row numbers in messages start at 1, without the header, and
include rows without a target value.

## Left-out columns, bins and caps

- A column with one value (or none) counts in the group `simple` and in auto-sklearn's counts; moments, correlations,
  information and models leave it out, unless some of its cells are missing. The same holds for a column that is
  constant in the sample.
- Numbers are binned into {N_BINS} bins of equal frequency for the information group; equal values share a bin, so ties
  give fewer bins. A target with all values in one bin has no entropy, which gives gaps.
- In the information group the {MAX_SYMBOLS} most frequent symbols of a column or target are distinguished, and the rest
  is one symbol; models use the 8 most frequent.
- Correlations use at most {MAX_COLUMNS} columns of each kind, models at most {MAX_WIDTH}; the content
  decides which.
- R2 is clipped to [-1, 1]; an AUC is the mean over the {MAX_AUC_CLASSES} most frequent classes.
- A value within a billionth of an outlier's fence, or of a bin's border, counts as lying on it.

## The kind of task

Rows without a target value are dropped and counted. The kind of task is the given one, else that of a known metric
(`rmse` means regression, `roc_auc` classification; scikit-learn's scorer names are known too). Otherwise these rules
apply, whatever the storage type:

- text that isn't numbers, categories, booleans and columns listed as nominal are classes;
- two different values are always classes;
- whole numbers are classes if at most {CLASS_VALUES} values differ and each occurs {CLASS_ROWS} times on average;
- everything else is regression.

A text target is numeric if {NUMBERS_SHARE:.0%} of its cells are numbers; rows with other cells are dropped, and the
first is reported. If at most {CLASS_VALUES} numbers differ, a word that occurs twice is an additional class. If more
differ, and half of the cells are numbers, the target is refused, with the first cell that isn't a number.

## The content hash

The same content gives the same task. The hash covers kind, which columns are numbers, dates and labels, which labels
are categories only because the column is listed as nominal, which column is the target, and the set of rows with their
exact values. It does not depend on the names of columns, on the order of rows or columns, on file format or
compression, on whether numbers are stored as integers, floats or text, labels as strings or dictionaries, or on the
unit of a timestamp's storage. Columns that hold the same values in other rows are distinguished by the rows that hold
which value, so that another table made by exchanging cells between them is another task, unless no row distinguishes
them (`metafeatures/content_hash.py`).

## The catalogue

`cost`: 0 passes over all rows, 1 sorting and counting on the sample, 2 pairs of columns, 3 models. `kinds`: c for
classification, r for regression. Statistics over columns have the suffixes `.mean`, `.sd`, `.q10`, `.median`, `.q90`.
Logarithms are natural unless stated.
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
