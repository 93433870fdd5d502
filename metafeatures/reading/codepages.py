"""Which codepage of another alphabet than the Latin one a text is written in.

A few words have to do: of a table's text often only some labels aren't ASCII. charset-normalizer, which is made for
prose, confuses Japanese with Korean and codepages of Cyrillic letters on so little. Here the encodings of East
Asia are distinguished by script (kana, Hangul, the rows of common Chinese characters), the others by how common their
letters are.
"""

import codecs
import math
import re
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

_CHUNK_BYTES: Final = 1 << 20
_SAMPLE_BYTES: Final = 1 << 15
_RUN: Final = re.compile(rb"[\x80-\xff]+")
_BESIDE_ASCII: Final = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")
_FOUR_BYTES: Final = re.compile(rb"[\x81-\xfe]\d[\x81-\xfe]\d")  # of gb18030: emoji, rare characters
_PAIRS: Final = re.compile(rb"(?:[\xa1-\xfe][\xa1-\xfe])+")
_LETTER: Final = rb"A-Za-z\xc0-\xff"
_SIGN_IN_WORD: Final = re.compile(  # in cp1252: superscripts, fractions, an inverted question mark, a yen; a capital Y
    rb"[%b][\xb3\xb9\xbf\xbe\xbc\xa5\xb6][%b]|[a-z\xe0-\xff]\x9f|[ \xa0\d]z\xb3(?![%b])" % (_LETTER, _LETTER, _LETTER)
)
_ISO_LETTER: Final = re.compile(rb"[A-Za-z\xa1-\xff][\xb1\xb6]|[\xb1\xb6][a-z\xa1-\xff]")
_CONTROL: Final = re.compile(rb"[\x80-\x9f]")
_MOSTLY: Final = 0.5
_SURELY: Final = 0.9
_SOME: Final = 0.15
_LEAST_CHARACTERS: Final = 4  # of Latin letters a few can make such pairs, by chance
_LEAST_SCORE: Final = 0.15  # above letters that are all as common
_CAPITAL_INSIDE: Final = 2.0  # what such words cost: one codepage's small letters are another's capitals
_SMALL_LETTERS: Final = 0.3  # what they are worth
_ALPHABETS: Final = MappingProxyType(  # letters by falling frequency, and where they are written so
    {
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґў": ("cp1251", "koi8_u", "cp866", "iso8859_5"),
        "αοιετσνηυρπκμλωςδγχθάίόέήφβξζψύώϊΐϋΰ": ("cp1253", "iso8859_7"),
        "יוהלאתרבמשנכדעקחםפטזגסצןךףץ": ("cp1255",),
        "الينمورتبعدهسفكقحجشأصطخةذضثزغىإئءظؤآ": ("cp1256", "iso8859_6"),
        "านรกเ่้งมอัีิยลวดทสตาปบคุหแจพำะ์ืชขึูใไผโถ็ศณธษฟซญฐฉภ": ("cp874",),
    }
)


def likely_codepage(path: Path) -> str | None:
    """The codepage of a text that isn't UTF-8, where it is one of another alphabet; None where it may be Latin.

    Among Latin letters those beyond ASCII mostly stand alone, in other alphabets in runs. Which Latin codepage a text
    is in can't be detected from a few words, and wrongly detected it would be worse than the usual one; only letters of
    Polish and its neighbours are known where the usual one has signs that stand in no word.
    """
    sample = _odd_lines(path)
    runs = _RUN.findall(sample)
    is_one_sign = len(set(b"".join(runs))) == 1  # perhaps a delimiter
    name = (None if is_one_sign else _of_other_alphabets(sample, runs)) or _of_central_europe(sample)
    return name if name is not None and _decodes(path, name) else None


def _of_other_alphabets(sample: bytes, runs: list[bytes]) -> str | None:
    in_runs = sum(len(run) == 1 for run in runs) < _MOSTLY * len(runs)
    may_be_words = in_runs and len(_BESIDE_ASCII.findall(sample)) <= _SOME * len(runs)
    name = _japanese(sample)
    if name is None and may_be_words:
        name = _of_pairs(sample, runs)
    name = name or _of_two_bytes(sample)
    if name is None and may_be_words:
        name = _of_an_alphabet(sample)
    return name


def _odd_lines(path: Path) -> bytes:
    """Lines that aren't ASCII, of the beginning or else of the first piece that has such."""
    with path.open("rb") as file:
        while (piece := file.read(_CHUNK_BYTES)) and piece.isascii():
            continue
    odd = b"".join(line for line in piece.splitlines(keepends=True) if not line.isascii())
    return odd[: odd.rfind(b"\n", 0, _SAMPLE_BYTES) + 1] or odd[:_SAMPLE_BYTES]


def _japanese(sample: bytes) -> str | None:
    """Japanese where there are kana among its characters."""
    kana = {name: _share(sample, name, "\u3041", "\u30ff") for name in ("cp932", "euc_jp")}
    japanese = max(kana, key=lambda name: kana[name])
    return japanese if kana[japanese] >= _SOME else None


def _of_two_bytes(sample: bytes) -> str | None:
    """Japanese without kana, or Chinese in Big5, whose second bytes may be ASCII."""
    for name, first, last in (("cp932", 0x88, 0x98), ("big5hkscs", 0xA4, 0xC6)):  # the rows of common characters
        odd = [c.encode(name) for c in _decoded(sample, name) if not c.isascii()]
        n_common = sum(len(pair) == 2 and first <= pair[0] <= last for pair in odd)
        if len(set(odd)) >= _LEAST_CHARACTERS and n_common >= _SURELY * len(odd):
            return name
    return None


def _of_pairs(sample: bytes, runs: list[bytes]) -> str | None:
    """Korean, or simplified Chinese, whose characters are two bytes beyond ASCII each, but for emoji."""
    if _FOUR_BYTES.search(sample):
        sample = _FOUR_BYTES.sub(b" ", sample)
        runs = _RUN.findall(sample)
    if not runs or not all(_PAIRS.fullmatch(run) for run in runs):
        return None
    if _share(sample, "cp949", "\uac00", "\ud7a3") >= _SURELY:
        return "cp949"
    leads = [lead for run in runs for lead in run[::2]]  # common characters lie in the first rows
    return "gb18030" if sum(0xB0 <= lead <= 0xD7 for lead in leads) >= _SURELY * len(leads) else None


def _share(sample: bytes, name: str, first: str, last: str) -> float:
    """Share of the characters beyond ASCII that lie in a range; 0 where the sample isn't in that encoding."""
    odd = [c for c in _decoded(sample, name) if not c.isascii()]
    return sum(first <= c <= last for c in odd) / len(odd) if odd else 0.0


def _of_an_alphabet(sample: bytes) -> str | None:
    """The codepage in which the letters are the commonest ones of their alphabet."""
    scored = [
        (_commonness(text, letters), name)
        for letters, names in _ALPHABETS.items()
        for name in names
        if (text := _decoded(sample, name))
    ]
    score, best = max(scored, key=lambda item: item[0], default=(-math.inf, ""))
    return best if score >= _LEAST_SCORE else None


def _commonness(text: str, letters: str) -> float:
    """How common a text's letters are, above such that are all as common; minus infinity for other letters."""
    odd = [c for c in text if not c.isascii()]
    found = [c for c in odd if c.lower() in letters]
    if len(found) < _SURELY * len(odd):
        return -math.inf
    weights = [-math.log(rank + 2.0) for rank in range(len(letters))]
    others = (len(odd) - len(found)) * weights[-1]
    mean = (sum(weights[letters.index(c.lower())] for c in found) + others) / len(odd)
    n_inside = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    small = sum(not c.isupper() for c in found) / len(found)
    cost = _CAPITAL_INSIDE * n_inside / len(found)
    return mean - sum(weights) / len(weights) + _SMALL_LETTERS * small - cost


def _of_central_europe(sample: bytes) -> str | None:
    """The codepage of a text whose words would hold superscripts, fractions or question marks in the usual one."""
    if not _SIGN_IN_WORD.search(sample):
        return None
    return "iso8859_2" if _ISO_LETTER.search(sample) and not _CONTROL.search(sample) else "cp1250"


def _decoded(sample: bytes, name: str) -> str:
    """The sample in an encoding; "" where it isn't in it."""
    try:
        return sample.decode(name)
    except UnicodeDecodeError:
        return ""


def _decodes(path: Path, name: str) -> bool:
    """Whether the whole file is in an encoding."""
    decoder = codecs.getincrementaldecoder(name)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
