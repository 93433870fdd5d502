"""Characters around cells and names that are no part of them."""

from types import MappingProxyType
from typing import Final

INVISIBLE: Final = "\ufeff\u200b\u2060\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks without width: byte order marks, joiners, and the directions that editors of right-to-left scripts write."""

TYPOGRAPHIC_QUOTES: Final = (("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«"), ("「", "」"))
"""Pairs that stand around a cell as plain quotes do; what a file reads as quotes, a frame holds in its cells."""

SIGNS_TWICE: Final = MappingProxyType(
    {
        "Â£": "£",
        "Â¥": "¥",
        "Â¢": "¢",
        "Â°": "°",
        "Â\N{NO-BREAK SPACE}": "\N{NO-BREAK SPACE}",
        "â‚¬": "€",
        "âˆ’": "\N{MINUS SIGN}",
        "â€“": "\N{EN DASH}",
        "â€™": "\N{RIGHT SINGLE QUOTATION MARK}",
        "â€¯": "\N{NARROW NO-BREAK SPACE}",
    }
)
"""Signs that stand beside numbers, by what becomes of them where UTF-8 is read as cp1252 and written as UTF-8 again."""
