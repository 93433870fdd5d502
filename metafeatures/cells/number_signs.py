"""The signs of numbers, brought to one of each kind: digits, minus, blanks, apostrophes, exponents."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from metafeatures.cells.marks import SIGNS_TWICE

CURRENCY = (  # a backslash is the yen of Japanese codepages
    r"[A-Z]{0,3}\$|\\|[\x{a2}-\x{a5}\x{20a0}-\x{20cf}]"
    r"|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|MXN|ZAR|Rs\.?"
    r"|HUF|RON|BGN|RUB|UAH|TRY|ISK|HKD|SGD|TWD|KRW|THB|IDR|MYR|PHP|VND|PKR|BDT|NZD|AED|SAR|QAR|ILS|EGP|NGN|KES|GHS"
    r"|COP|CLP|ARS|PEN|UYU|Rp\.?|S/\.?|S?Fr\.|[Kk]r\.?|[KTU]Sh|[Dd]in\.|(?:TL|RM|Lek|Bs\.?|Gs\.?|Ft|zł|Kč|руб\.?) "
)
_MINUS = "[\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{FULLWIDTH HYPHEN-MINUS}\N{SMALL HYPHEN-MINUS}]"
_BLANK = (
    "[\N{NO-BREAK SPACE}\N{FIGURE SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{PUNCTUATION SPACE}\N{HAIR SPACE}\t]"
)
_APOSTROPHE = "[\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{PRIME}]"
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xFF10)  # Arabic, Persian, Devanagari, Bengali, full width
OTHER_DIGITS = "".join(rf"\x{{{zero:x}}}-\x{{{zero + 9:x}}}" for zero in _ZEROS)
_OTHER_DIGITS = f"[{OTHER_DIGITS}]"
_AS_DIGITS = {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)} | {
    0x66B: ".",
    0x66C: ",",
    0xFF0E: ".",
}
_EXPONENT = (  # of Fortran, in print, of Mathematica
    r"(\d\.?)(?:[dD]([+-]\d+)| ?[x*\x{d7}\x{b7}] ?10 ?(?:\^|\*\*) ?([+-]?\d+)|\*\^([+-]?\d+))"
)
_SUPERSCRIPT = r"[x*\x{d7}\x{b7}] ?10([\x{207a}\x{207b}]?[\x{b2}\x{b3}\x{b9}\x{2070}\x{2074}-\x{2079}]+)$"
_AS_PLAIN = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")
_SUPERSCRIPTS = re.compile("(?<=[x*×·])( ?)10([⁺⁻]?[⁰¹²³⁴-⁹]+)$")
_NO_CENTS = r"(\d)([.,])(?:--?|\x{2014})( ?[^\d]*)$"  # 12.- and 12,-- as prices are written
_AS_TEXT = (  # a formula that holds a text, a spreadsheet's mark of one, and quotes around some of the cells
    r"^(?:=\"([^\"]*)\"|'([-+]?[.,]?\d.*?)'?|\"([-+]?[.,]?\d[^\"]*)\")$"
)
_NOTHING = rf"^((?:{CURRENCY})) ?-$"  # zero, as accounting formats write it
_LONGEST = 48  # characters of a cell that may be a number in another notation than plain digits
_PLAIN = r"^[+-]?\d*\.?\d+(?:[eE][+-]?\d+)?$"


def with_plain_signs(labels: pa.Array) -> pa.Array:
    """Labels as numbers are written in programs, where that is a matter of signs; too long ones empty.

    Args:
        labels: Strings (large), none null, without blanks around.
    """
    return _plainly(_shortened(_tidied(labels)))


def _shortened(labels: pa.Array) -> pa.Array:
    """Labels that are too long for a number as empty ones, which are none; any reader takes plain digits."""
    is_long = pc.greater(pc.utf8_length(labels), _LONGEST)
    if pc.any(is_long).as_py():
        is_long = pc.and_(is_long, pc.invert(pc.match_substring_regex(labels, _PLAIN)))
    return pc.if_else(is_long, pa.scalar("", labels.type), labels) if pc.any(is_long).as_py() else labels


def _tidied(labels: pa.Array) -> pa.Array:
    """One sign for each thing: hyphen, blank, apostrophe."""
    if pc.all(pc.string_is_ascii(labels)).as_py() is not False:
        return labels
    if pc.any(pc.match_substring_regex(labels, "[Ââ]")).as_py():
        for twice, sign in SIGNS_TWICE.items():
            labels = pc.replace_substring(labels, twice, sign)
    if pc.any(pc.match_substring_regex(labels, _OTHER_DIGITS)).as_py():
        labels = pa.array([label.translate(_AS_DIGITS) for label in labels.to_pylist()], labels.type)
    if pc.any(pc.match_substring_regex(labels, _SUPERSCRIPT)).as_py():
        labels = pa.array([_SUPERSCRIPTS.sub(_raised, label) for label in labels.to_pylist()], labels.type)
    for pattern, sign in ((_MINUS, "-"), (_BLANK, " "), (_APOSTROPHE, "'"), ("\N{INFINITY}", "inf")):
        labels = pc.replace_substring_regex(labels, pattern, sign)
    return labels


def _raised(found: re.Match[str]) -> str:
    """A power of ten with its exponent behind a `^`."""
    return f"{found[1]}10^{found[2].translate(_AS_PLAIN)}"


def _plainly(labels: pa.Array) -> pa.Array:
    """Exponents as `1e5`, the dash of accounting formats (``$ -``) as a zero, and prices without cents with them."""
    for pattern, plain in (
        (_AS_TEXT, r"\1\2\3"),
        (_EXPONENT, r"\1e\2\3\4"),
        (_NOTHING, r"\1 0"),
        (_NO_CENTS, r"\1\200\3"),
    ):
        if pc.any(pc.match_substring_regex(labels, pattern)).as_py():
            labels = pc.replace_substring_regex(labels, pattern, plain)
    return labels
