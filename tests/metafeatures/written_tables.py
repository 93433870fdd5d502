"""Tables as people write them into files, for property tests: columns of every notation, rows that are none."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

Cells = list[object]
Column = Callable[[np.random.Generator, int], Cells]


def _texts(write: Callable[[float, int], str]) -> Column:
    return lambda rng, n: [write(float(v), k) for k, v in enumerate(rng.normal(size=n).round(2) * 1_000)]


def _dates(form: str) -> Column:
    return lambda rng, n: [
        (pd.Timestamp("2020-01-15") + pd.Timedelta(days=int(d))).strftime(form) for d in rng.integers(0, 900, n)
    ]


def _picked(*values: object) -> Column:
    return lambda rng, n: [values[int(k)] for k in rng.integers(0, len(values), n)]


COLUMNS: dict[str, Column] = {
    "floats": lambda rng, n: rng.normal(size=n).round(3).tolist(),
    "floats with gaps": lambda rng, n: [None if v > 1 else round(float(v), 3) for v in rng.normal(size=n)],
    "integers": lambda rng, n: rng.integers(0, 9, n).tolist(),
    "long integers": lambda rng, n: (rng.integers(0, 9, n) + 2**60).tolist(),
    "booleans": lambda rng, n: [bool(v) for v in rng.random(n) < 0.5],
    "booleans with gaps": _picked(True, False, None),
    "words": _picked("red", "green", "blue"),
    "words with gaps": _picked("red", None, "NA", "?", " red "),
    "encoded twice": _picked("cafÃ©", "thÃ©", "water"),
    "codes with zeros": lambda rng, n: [f"{v:05d}" for v in rng.integers(0, 999, n)],
    "money": _texts(lambda v, k: f"${abs(v):,.2f}"),
    "percent": _texts(lambda v, k: f"{v:.1f}%"),
    "minus behind": _texts(lambda v, k: f"{abs(v):.1f}{'-' if v < 0 else ''}"),
    "parentheses": _texts(lambda v, k: f"({-v:.1f})" if v < 0 else f"{v:.1f}"),
    "Swiss": _texts(lambda v, k: f"{v:,.2f}".replace(",", "'")),
    "one unit": _texts(lambda v, k: f"{v:.1f} kg"),
    "two units": _texts(lambda v, k: f"{v:.1f} {'kg' if k % 2 else 'g'}"),
    "flags": _texts(lambda v, k: ": c" if k % 7 == 0 else f"{v:.1f}{' p' if k % 3 == 0 else ''}"),
    "footnotes": _texts(lambda v, k: f"{v:.1f}{'*' if k % 3 == 0 else ''}"),
    "odd cells": _texts(lambda v, k: "n/a" if k % 7 == 0 else "call" if k == 3 else str(v)),
    "ISO dates": _dates("%Y-%m-%d"),
    "dates with slashes": _dates("%Y/%m/%d"),
    "German dates": _dates("%d.%m.%Y"),
    "SAS dates": _dates("%d%b%Y"),
    "American dates": _dates("%m/%d/%Y"),
    "basic moments": _dates("%Y%m%dT%H%M%S"),
    "months": _dates("%Y-%m"),
    "times of day": lambda rng, n: [f"{h:02d}:30" for h in rng.integers(0, 24, n)],
    "nothing": lambda rng, n: [None] * n,
    "constant": lambda rng, n: ["x"] * n,
    "hashes": _picked("#a1", "#b2", "#c3"),
}
NAMES = ("a", "b", "#c", "Total", "d e", "größe", "1", "index", "n\nm", "Unnamed: 0")
FORMATS = ("csv", "json", "jsonl", "xlsx")


@st.composite
def written_tables(draw: st.DrawFn) -> tuple[pd.DataFrame, str, list[str]]:
    """A frame of one to four columns and a target ``y``, the format to write it in, and lines to put among the rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(4, 30))
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=len(kinds), max_size=len(kinds), unique=True))
    target = draw(st.sampled_from(sorted(COLUMNS)))
    columns = {name: COLUMNS[kind](rng, n) for name, kind in zip(names, kinds, strict=True)}
    frame = pd.DataFrame({**columns, "y": COLUMNS[target](rng, n)}, dtype=object)
    form = draw(st.sampled_from(FORMATS))
    lines = st.lists(st.sampled_from(["# a remark", "// another", ""]), max_size=2)
    has_long = "long integers" in (*kinds, target)  # with a gap among them, pandas rounds them to floats
    extra = draw(lines) if form == "csv" and not has_long else []
    return frame, form, extra


def write(frame: pd.DataFrame, form: str, extra: list[str], path: Path) -> None:
    """Write a frame into a file, for CSV with more lines before the last one."""
    if form == "csv":
        *lines, last = frame.to_csv(index=False).splitlines()
        path.write_text("\n".join([*lines, *extra, last]) + "\n", encoding="utf-8")
    elif form == "xlsx":
        frame.to_excel(path, index=False)
    else:
        records = [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]
        text = "\n".join(map(json.dumps, records)) if form == "jsonl" else json.dumps(records)
        path.write_text(text, encoding="utf-8")
