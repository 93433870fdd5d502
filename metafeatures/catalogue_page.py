"""The catalogue as a page of the documentation.

``python -m metafeatures.catalogue_page docs/metafeatures.md`` writes it; a test fails where the page is stale.
"""

import argparse
import math
from pathlib import Path

from metafeatures.catalogue import CATALOGUE, VERSION
from metafeatures.cells.target import CLASS_VALUES
from metafeatures.describe import FIT_ROWS, SAMPLE_ROWS
from metafeatures.entry import ALL_KINDS, CLASSIFICATION, Cost, Entry, Group
from metafeatures.groups.complexity import MAX_ROWS
from metafeatures.profile import TEXT_SYMBOLS
from metafeatures.target import CLASS_ROWS

_INTRODUCTION = f"""# Meta-features

A task is known by {len(CATALOGUE)} numbers, version `{VERSION}`. This page is generated from the catalogue in
`metafeatures/`: `python -m metafeatures.catalogue_page docs/metafeatures.md`.

## The contract

- A value is a finite number in the range that its row names. What doesn't apply, or could not be computed, is a gap
  with its reason: never NaN, never a silent zero. Values and gaps together are the whole catalogue, in its order.
- Counts and moments are exact over all rows, in two passes around the mean. Quantiles, information and correlations
  use at most {SAMPLE_ROWS:,} rows, models at most {FIT_ROWS:,}, distances at most {MAX_ROWS}.
- Which rows is decided by the content. Rows are ranked by a hash of what survives a change of units and names: a
  number's place between its column's extremes, the frequency of a category. So the order of rows and columns, the
  names of columns, categories and classes, and the units of numbers change nothing (but `asinh_mean` and `log_sd`,
  which are in the column's own unit), and the same table gives the same values on every machine, up to rounding.
- A deadline in milliseconds drops what has not begun by then, cheapest first in, costliest first out; each of these
  gaps says so. Counts, moments and auto-sklearn's values are always computed.

## What a column is used as

| column | used as |
|---|---|
| no value in any row | empty: counted |
| boolean, dictionary, string; or listed as nominal | nominal |
| of these, unless listed: more than {TEXT_SYMBOLS} symbols and more than half as many as rows | text-like: counted |
| integer, float, decimal | numeric |
| date, time, timestamp, duration | a number of seconds |
| list, struct, binary | refused |

A missing value is a null or a NaN. In the information group it is a symbol of its own; in correlations and models a
missing number counts as the column's mean, a missing category as none of the symbols. Infinities are refused, with
column and row. Rows in messages count from 1, a header doesn't, rows without a target value do.

## What the target makes

Rows without a target value are dropped and counted. Where the kind is not given: strings, categories, booleans and
what is listed as nominal are classes; integers are where at most {CLASS_VALUES} values differ and each occurs
{CLASS_ROWS} times on average; floats are where there are two values, both whole; all else is regression.

## The content hash

The same content gives the same task. The hash covers kind, target name, column names, which columns are numbers and
which are labels, and the set of rows with their exact values. It does not depend on the order of rows or columns, on
file format or compression, on whether whole numbers are stored as integers or floats, labels as strings or
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
