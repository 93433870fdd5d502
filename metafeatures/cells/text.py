"""Columns of text: missing words, numbers and times among the cells, else labels without blanks and quotes around.

Whatever is decided is decided by the labels and how many cells hold each: the order of rows changes nothing.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types as pt

from metafeatures.cells.durations import WITH_UNITS, parse_durations
from metafeatures.cells.marks import INVISIBLE, TYPOGRAPHIC_QUOTES
from metafeatures.cells.number_signs import OTHER_DIGITS
from metafeatures.cells.numbers import NUMBERS_SHARE, Decimal, ParsedNumbers, parse_numbers
from metafeatures.cells.serial_dates import with_serials
from metafeatures.cells.shared_units import with_shared_unit
from metafeatures.cells.times import ParsedTimes, parse_times
from metafeatures.cells.types import encoded
from metafeatures.kernels.columns import count_codes
from warmtune.vocabulary.missing_words import MISSING_AMONG_NUMBERS, MISSING_WORDS

_BEGINS_LIKE_A_NUMBER = (  # or a time; much cheaper than to look for all of one
    r"^[^A-Za-z0-9]{0,8}(?:[A-Z]{1,3}\$?|[A-Z][a-z]{1,2}|[KTU]Sh|SFr|kr|din)?[^A-Za-z0-9]{0,4}\d|^[^A-Za-z0-9]{0,4}(?:(?i:inf)|\x{221e})"
    rf"|^[^A-Za-z0-9]{{0,8}}[{OTHER_DIGITS}]"
    r"|^(?i:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)[a-z]{0,8}[., ]{1,2} ?\d"
    r"|^(?i:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}[., ]{1,2} ?)?"
    r"(?i:jan|feb|m[aä]r|apr|mai|may|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]{0,6}[-/., ]{1,2}['\x{2019}]?\d"
    r"|^[+-]?P(?:\d|T\d)"
)
_BEGINNING = re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), _BEGINS_LIKE_A_NUMBER))
_FEW = 40  # labels that Python looks through faster than Arrow is called
_MANY_ROWS = 100_000
_BOOLEANS = ("true", "false")
_SPELT = (*_BOOLEANS, "1", "0")


@dataclass(frozen=True, slots=True)
class Labels:
    """A column of text by its labels.

    Attributes:
        codes: Shape ``(n_rows,)``: into `texts`, -1 where the cell is null; of one byte each where a long column has
            few labels.
        texts: Strings (large), as they stand in the table; distinct.
        tidy: The same without blanks and quotes around.
        counts: Shape ``(n_labels,)``: cells that hold each.
        column: The column itself, as one dictionary.
    """

    codes: npt.NDArray[np.int32] | npt.NDArray[np.int8]
    texts: pa.Array
    tidy: pa.Array
    counts: npt.NDArray[np.int64]
    column: pa.DictionaryArray

    def first_row(self, label: int) -> int:
        """Position of the first cell that holds a label."""
        return int(np.argmax(self.codes == label))

    def spread(self, values: pa.Array) -> pa.ChunkedArray:
        """Values of the ``n_labels`` labels as a column of ``n_rows``, null where the cell or the label's value is."""
        places = pa.array(self.codes, mask=self.codes < 0)
        return pa.chunked_array([values.take(places)])


@dataclass(frozen=True, slots=True)
class TextAs:
    """What the labels of a column may be read as.

    Attributes:
        missing: Shape ``(n_labels,)``: words that are missing whatever the column is.
        missing_among_numbers: The same, where the column is numbers or times.
        numbers: The labels as numbers; None where none is one.
        times: The labels as moments or times of day; None where none is.
    """

    missing: npt.NDArray[np.bool_]
    missing_among_numbers: npt.NDArray[np.bool_]
    numbers: ParsedNumbers | None
    times: ParsedTimes | None

    def share(self, labels: Labels, fits: npt.NDArray[np.bool_]) -> float:
        """Share of the cells that aren't missing whose label fits; 0 where all are missing.

        Args:
            labels: Of the column.
            fits: Shape ``(n_labels,)``: which of them fit.
        """
        weights = np.where(self.missing_among_numbers, 0, labels.counts)
        total = int(weights.sum())
        return float(weights[fits].sum()) / total if total else 0.0


def labels_in(column: pa.ChunkedArray) -> Labels:
    """The labels of a column of strings, or of a dictionary of strings."""
    if not pt.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    chunk = column.unify_dictionaries().combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = chunk.chunk(0)
    indices = chunk.indices.cast(pa.int32())
    codes = indices.fill_null(-1).to_numpy() if indices.null_count else indices.to_numpy()
    texts = chunk.dictionary.cast(pa.large_string())
    if texts.null_count:  # a dictionary may itself hold a null
        texts = texts.fill_null("")
    codes = np.ascontiguousarray(codes, dtype=np.int32)
    counts = count_codes(codes, len(texts))
    if len(codes) >= _MANY_ROWS and len(texts) <= np.iinfo(np.int8).max:
        narrow = codes.astype(np.int8)  # all columns of text are held at once
        places = pa.array(narrow, mask=narrow < 0) if indices.null_count else pa.array(narrow)
        return Labels(
            narrow, texts, tidied(texts), counts, pa.DictionaryArray.from_arrays(places, chunk.dictionary, safe=False)
        )
    return Labels(codes, texts, tidied(texts), counts, chunk)


def tidied(texts: pa.Array) -> pa.Array:
    """Labels without the blanks around them, nor quotes where all of them stand in quotes."""
    trimmed = pc.utf8_trim_whitespace(texts)
    if not pc.all(pc.string_is_ascii(trimmed)).as_py():
        trimmed = pc.utf8_trim_whitespace(pc.utf8_trim(trimmed, characters=INVISIBLE))
        trimmed = _without_typographic(trimmed)
    for quote in ("'", '"'):
        if not pc.any(pc.starts_with(trimmed, quote)).as_py():
            continue
        empty = pc.equal(trimmed, "")
        quoted = pc.match_substring_regex(trimmed, f"^{quote}.*{quote}$")
        if pc.all(pc.or_(quoted, empty)).as_py() and pc.any(quoted).as_py():
            return pc.utf8_trim_whitespace(pc.replace_substring_regex(trimmed, f"^{quote}(.*){quote}$", r"\1"))
    return trimmed


def _without_typographic(texts: pa.Array) -> pa.Array:
    """Labels without the typographic quotes around them."""
    for opening, closing in TYPOGRAPHIC_QUOTES:
        if pc.any(pc.starts_with(texts, opening)).as_py():
            texts = pc.replace_substring_regex(texts, f"^{opening}\\s*(.*?)\\s*{closing}$", r"\1")
    return texts


def read_text(labels: Labels, *, prefer: Decimal = Decimal.POINT) -> TextAs:
    """Look what the labels may be read as."""
    missing = _one_of(labels.tidy, MISSING_WORDS)
    among_numbers = missing | _one_of(pc.utf8_lower(labels.tidy), MISSING_AMONG_NUMBERS, is_lower=True)
    weights = np.where(among_numbers, 0, labels.counts)
    if not weights.any():
        return TextAs(missing, among_numbers, None, None)
    if not _may_be_numbers(labels.tidy):
        return TextAs(missing, among_numbers, None, None)
    numbers = parse_numbers(labels.tidy, weights, prefer=prefer)
    is_numeric = float(weights[numbers.is_number].sum()) >= NUMBERS_SHARE * float(weights.sum())
    reads_all = bool(numbers.is_number[weights > 0].all())
    if is_numeric and not reads_all and numbers.spelling.unit:  # `2 h 30 min` among hours
        durations = parse_durations(labels.tidy, weights)
        is_numeric = durations is None or durations.mass <= int(weights[numbers.is_number].sum())
    times = None if is_numeric else parse_times(labels.tidy, weights)
    if times is not None:
        times = with_serials(times, numbers, weights)
    if not reads_all and not _are_times(times, weights):
        numbers = _with_unit(numbers, labels.tidy, weights, prefer)
    elif not reads_all and times is not None and times.words == WITH_UNITS:  # `1 hour` beside `2 hours`
        united = _with_unit(numbers, labels.tidy, weights, prefer)
        if weights[united.is_number].sum() >= weights[times.values.is_valid().to_numpy(zero_copy_only=False)].sum():
            return TextAs(missing, among_numbers, united, None)
        numbers = replace(numbers, is_number=np.zeros_like(numbers.is_number))
    return TextAs(missing, among_numbers, numbers if numbers.is_number.any() else None, times)


def _are_times(times: ParsedTimes | None, weights: npt.NDArray[np.int64]) -> bool:
    if times is None:
        return False
    fits = times.values.is_valid().to_numpy(zero_copy_only=False)
    return float(weights[fits].sum()) >= NUMBERS_SHARE * float(weights.sum())


def _with_unit(
    numbers: ParsedNumbers, texts: pa.Array, weights: npt.NDArray[np.int64], prefer: Decimal
) -> ParsedNumbers:
    """The numbers without a unit that all share, if nearly all are such and more than are read with it."""
    found = with_shared_unit(texts, weights, prefer=prefer)
    if found is None:
        return numbers
    mass = int(weights[found.is_number].sum())
    is_more = mass > int(weights[numbers.is_number].sum()) and mass >= NUMBERS_SHARE * float(weights.sum())
    return found if is_more else numbers


def label_column(labels: Labels, missing: npt.NDArray[np.bool_]) -> pa.ChunkedArray:
    """The column as a dictionary of its tidy labels, or as booleans where they spell true and false.

    Args:
        labels: Of the column.
        missing: Shape ``(n_labels,)``: which of them are taken for missing; their cells become null.
    """
    kept = pc.if_else(pa.array(missing | (labels.counts == 0)), pa.scalar(None, pa.large_string()), labels.tidy)
    if len(kept) > _FEW:  # more than true and false can be spelt
        return _dictionary(labels, kept)
    lower = pc.utf8_lower(kept)
    other = pc.invert(pc.is_in(lower, value_set=pa.array(_SPELT, pa.large_string())))
    is_word = pc.is_in(lower, value_set=pa.array(_BOOLEANS, pa.large_string()))
    if pc.any(is_word).as_py() and not pc.any(pc.and_(other, pc.is_valid(kept))).as_py():
        truth = pc.is_in(lower, value_set=pa.array(("true", "1"), pa.large_string()))
        return labels.spread(pc.if_else(pc.is_valid(kept), truth, pa.scalar(None, pa.bool_())))
    return _dictionary(labels, kept)


def _dictionary(labels: Labels, kept: pa.Array) -> pa.ChunkedArray:
    if kept.null_count == 0 and kept.equals(labels.texts):
        return pa.chunked_array([labels.column])
    return encoded(pa.array(labels.codes, mask=labels.codes < 0), kept)


def _may_be_numbers(texts: pa.Array) -> bool:
    if len(texts) <= _FEW:
        return any(_BEGINNING.search(text) for text in texts.to_pylist())
    return bool(pc.any(pc.match_substring_regex(texts, _BEGINS_LIKE_A_NUMBER)).as_py())


def _one_of(texts: pa.Array, words: tuple[str, ...], *, is_lower: bool = False) -> npt.NDArray[np.bool_]:
    if len(texts) <= _FEW:
        known = _word_set(words, is_lower)
        return np.array([text in known for text in texts.to_pylist()], dtype=np.bool_)
    found: npt.NDArray[np.bool_] = pc.is_in(texts, value_set=_value_set(words, is_lower)).to_numpy(zero_copy_only=False)
    return found


@lru_cache(maxsize=8)
def _word_set(words: tuple[str, ...], is_lower: bool) -> frozenset[str]:
    return frozenset(word.lower() for word in words) if is_lower else frozenset(words)


@lru_cache(maxsize=8)
def _value_set(words: tuple[str, ...], is_lower: bool) -> pa.Array:
    return pa.array(sorted(_word_set(words, is_lower)), pa.large_string())
