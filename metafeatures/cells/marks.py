"""Characters around cells and names that are no part of them."""

from typing import Final

INVISIBLE: Final = "\ufeff\u200b\u2060\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Marks without width: byte order marks, joiners, and the directions that editors of right-to-left scripts write."""

TYPOGRAPHIC_QUOTES: Final = (("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("»", "«"), ("「", "」"))
"""Pairs that stand around a cell as plain quotes do; what a file reads as quotes, a frame holds in its cells."""
