"""Group `simple`: counts, types, missing values, ratios, symbols; exact, over all rows."""

import math

import numpy as np

from metafeatures.entry import Cost, Entry, Group, summarised
from metafeatures.facts import Facts, Gap, Values
from metafeatures.profile import NumericProfile
from metafeatures.roles import Role
from metafeatures.summary import summarise

_INF = math.inf


def _entry(name: str, formula: str, high: float = 1.0, low: float = 0.0) -> Entry:
    return Entry(name, Group.SIMPLE, formula, "Michie et al. (1994)", Cost.EXACT, low=low, high=high)


ENTRIES: tuple[Entry, ...] = (
    _entry("n_rows", "rows with a target value, n", _INF),
    _entry("n_columns", "feature columns, p", _INF),
    _entry("log_n_rows", "ln n", _INF),
    _entry("log_n_columns", "ln p", _INF),
    _entry("log_rows_per_column", "ln(n / p)", _INF, -_INF),
    _entry("n_numeric", "numeric columns, dates not included", _INF),
    _entry("n_nominal", "nominal columns, booleans included", _INF),
    _entry("n_date", "date, time and duration columns", _INF),
    _entry("n_text", "text-like columns (see the rules on roles)", _INF),
    _entry("share_numeric", "numeric columns / p"),
    _entry("share_nominal", "nominal columns / p"),
    _entry("share_date", "date columns / p"),
    _entry("share_text", "text-like columns / p"),
    _entry("share_boolean", "nominal columns with two symbols / p"),
    _entry("share_integral", "numeric columns whose values are all whole / p"),
    _entry("share_constant", "columns with at most one distinct value / p"),
    _entry("share_empty", "columns without a value / p"),
    _entry("share_missing_cells", "missing cells / (n p)"),
    _entry("share_missing_columns", "columns with a missing cell / p"),
    _entry("share_missing_rows", "rows with a missing cell / n"),
    _entry("share_zero_cells", "zeros / present cells, in numeric columns"),
    *summarised(_entry("missing", "the share of missing cells")),
    *summarised(_entry("log_symbols", "ln(symbols in use), nominal columns", _INF)),
    _entry("log_symbols_sum", "ln(1 + symbols in use, summed over nominal columns)", _INF),
    _entry("log_width", "ln(1 + numeric columns + symbols): the width after one-hot encoding", _INF),
    *summarised(_entry("rare_symbols", "the share of rows whose symbol occurs in under 1 % of rows, nominal columns")),
)


_OF_NOMINAL = tuple(e.name for e in ENTRIES if e.name.startswith(("log_symbols.", "rare_symbols.")))


def simple(facts: Facts) -> Values:
    """Compute the group."""
    n, p = facts.n_rows, len(facts.profiles)
    numeric = [c for c in facts.numeric if c.role is Role.NUMERIC]
    symbols = np.array([len(c.counts) for c in facts.nominal], dtype=np.float64)
    missing = np.array([c.n_missing for c in facts.profiles], dtype=np.float64)
    n_text = sum(c.role is Role.TEXT for c in facts.other)
    n_empty = sum(c.role is Role.EMPTY for c in facts.other)
    n_date = len(facts.numeric) - len(numeric)
    n_constant = n_empty + sum(c.is_constant for c in facts.numeric) + sum(c.is_constant for c in facts.nominal)
    values: Values = {
        "n_rows": n,
        "n_columns": p,
        "log_n_rows": math.log(n),
        "log_n_columns": math.log(p),
        "log_rows_per_column": math.log(n / p),
        "n_numeric": len(numeric),
        "n_nominal": len(facts.nominal),
        "n_date": n_date,
        "n_text": n_text,
        "share_numeric": len(numeric) / p,
        "share_nominal": len(facts.nominal) / p,
        "share_date": n_date / p,
        "share_text": n_text / p,
        "share_boolean": sum(len(c.counts) == 2 for c in facts.nominal) / p,
        "share_integral": sum(c.n_integral == c.n for c in numeric) / p,
        "share_constant": n_constant / p,
        "share_empty": n_empty / p,
        "share_missing_cells": float(missing.sum()) / (n * p),
        "share_missing_columns": float(np.count_nonzero(missing)) / p,
        "share_missing_rows": facts.n_rows_missing / n,
        "share_zero_cells": _zeros(numeric),
        "log_symbols_sum": math.log1p(float(symbols.sum())),
        "log_width": math.log1p(len(facts.numeric) + float(symbols.sum())),
    }
    values |= summarise("missing", missing / n)
    values |= {name: Gap("no nominal column") for name in _OF_NOMINAL}
    values |= summarise("log_symbols", np.log(np.maximum(symbols, 1.0)))
    rare = np.array([float(c.counts[c.counts < 0.01 * c.n].sum()) / c.n for c in facts.nominal], dtype=np.float64)
    values |= summarise("rare_symbols", rare)
    return values


def _zeros(numeric: list[NumericProfile]) -> float | Gap:
    n_present = sum(c.n for c in numeric)
    return sum(c.n_zero for c in numeric) / n_present if n_present else Gap("no numeric column")
