"""Headers that begin with the sign of comments, as numpy.savetxt, bioinformatics and astronomy write them."""

import re
from dataclasses import replace
from typing import Final

from metafeatures.reading.dialect import SPACES, Dialect, is_number, line_end, split_record

_BEGINS_WITH_DIGIT: Final = re.compile(r"\s*[-+(]?[$€£]?\.?\d")


def with_commented_header(dialect: Dialect, comment: tuple[int, int], sample: bytes) -> Dialect:
    """The dialect with the last comment before the rows as its header, where it is one; else as it is.

    In the first line the sign belongs to the first name, as in pandas (``#id``, ``# id``), unless blanks divide names;
    so it does in a later one where it touches the name (``#CHROM``).
    """
    at, end = comment
    line = sample[at:end]
    bare = line.lstrip(b" \t#%")
    is_apart = line.lstrip()[1:2] in (b" ", b"\t") and (dialect.delimiter == SPACES or bool(sample[:at].strip()))
    names = split_record((bare if is_apart else line).decode("utf-8", errors="replace"), dialect)
    words = split_record(bare.decode("utf-8", errors="replace"), dialect)
    if len(names) != dialect.n_fields or len(words) != len(names):
        return dialect
    first, second = _next_records(sample, dialect)
    below_words = any(_is_value(cell) for cell, name in zip(first, words, strict=False) if not is_number(name))
    is_first_line = not sample[:at].strip() and not line.lstrip()[1:2].isspace()
    all_words = all(len(name.split()) == 1 and not is_number(name) for name in words) and not any(
        map(is_number, second)
    )
    if not below_words and not (is_first_line and all_words):
        return dialect
    return replace(
        dialect,
        header_at=at + len(line) - len(bare) if is_apart else at,
        header_fields=len(names),
        body_at=dialect.header_at,
        n_skipped=dialect.n_skipped - 1,
    )


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or begins like one, as dates do, so that it is no name."""
    return is_number(cell) or _BEGINS_WITH_DIGIT.match(cell) is not None


def _next_records(sample: bytes, dialect: Dialect) -> tuple[list[str], list[str]]:
    """The record taken for the header, and the first after it."""
    end = line_end(sample, dialect.body_at)
    places = ((dialect.header_at, dialect.body_at), (dialect.body_at, end))
    first, second = (sample[a:b].decode("utf-8", errors="replace") for a, b in places)
    return split_record(first, dialect), split_record(second, dialect)


def sign_of_all_lines(sample: bytes, *, is_whole: bool) -> bytes | None:
    """The sign of comments where every line begins with the same one, so that none can be a comment; else None."""
    lines = [line.lstrip() for line in sample.splitlines()]
    filled = [line for line in (lines if is_whole else lines[:-1]) if line]
    signs = {line[:1] for line in filled}
    return signs.pop() if len(filled) > 1 and signs in ({b"#"}, {b"%"}) else None


def without_signs(content: bytes, sign: bytes) -> bytes:
    """The text without a sign, and a blank after it, at the beginning of lines."""
    return re.sub(rb"(^|[\r\n])[ \t]*" + sign + rb"+ ?", rb"\1", content)
