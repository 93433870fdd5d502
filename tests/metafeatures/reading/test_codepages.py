"""Text in codepages of other alphabets, and encodings and delimiters that are said."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import ipc

from tests.metafeatures.reading.reading import codes, columns, read_bytes
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError

CYRILLIC = ("красный", "синий", "зелёный")
WORDS = {
    "cp1251": CYRILLIC,
    "koi8-r": CYRILLIC,
    "shift_jis": ("赤い", "青い", "緑色"),
    "euc-jp": ("赤い", "青い", "緑色"),
    "gbk": ("红色的", "蓝色的", "绿色的"),
    "big5": ("紅色的", "藍色的", "綠色的"),
    "cp866": CYRILLIC,
    "cp1255": ("אדום", "כחול", "ירוק"),
    "euc-kr": ("빨강색", "파랑색", "초록색"),
    "cp1253": ("κόκκινο", "μπλε", "πράσινο"),
}
POLISH = ("żółty", "małe", "książka", "święto", "źrebię")
WESTERN = ("été", "hôpital", "garçon", "Straße", "år", "niño")


def table_of(words: tuple[str, ...], name: str = "word") -> str:
    return f"n,{name},y\n" + "".join(f"{i},{words[i % len(words)]},{i % 2}\n" for i in range(24))


def cells_of(words: tuple[str, ...]) -> list[object]:
    return [words[i % len(words)] for i in range(24)]


@pytest.mark.parametrize("encoding", list(WORDS))
def test_other_alphabets_are_recognised_by_their_letters(encoding: str, tmp_path: Path) -> None:
    words = WORDS[encoding]
    found = read_bytes(tmp_path, table_of(words, name=words[0]).encode(encoding))
    assert columns(found)[words[0]] == cells_of(words)
    assert codes(found) == ["encoding"]
    assert found.reading.encoding is not None
    assert found.reading.encoding in found.reading.notices[0].text


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859_2"])
@pytest.mark.parametrize("words", [POLISH, POLISH[:1], POLISH[1:2]])
def test_polish_is_known_where_its_letters_would_be_signs(
    words: tuple[str, ...], encoding: str, tmp_path: Path
) -> None:
    found = read_bytes(tmp_path, table_of(words).encode(encoding))
    assert columns(found)["word"] == cells_of(words)


def test_signs_beside_words_are_no_letters_of_polish(tmp_path: Path) -> None:
    words = ("5 m³", "¿qué?", "½ l", "£5", "x³ + 1", "1±2", "§ 5 ¶", "œuvre", "¥en")
    found = read_bytes(tmp_path, table_of(words).encode("cp1252"))
    assert columns(found)["word"] == cells_of(words)
    assert found.reading.encoding == "cp1252"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_latin_letters_are_taken_for_no_other_alphabet(encoding: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, table_of(WESTERN).encode(encoding))
    assert columns(found)["word"] == cells_of(WESTERN)
    assert found.reading.encoding == "cp1252"
    assert "pass the encoding" in found.reading.notices[0].text


@pytest.mark.parametrize("encoding", ["cp1250", "mac-roman", "cp850", "utf-8", "shift_jis", "utf-16", "cp500"])
def test_an_encoding_that_is_said_is_used_without_a_notice(encoding: str, tmp_path: Path) -> None:
    words = WORDS.get(encoding, ("bébé", "ß", "ö"))
    found = read_bytes(tmp_path, table_of(words).encode(encoding), encoding=encoding)
    assert columns(found)["word"] == cells_of(words)
    assert codes(found) == []


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be"])
def test_utf_32_needs_no_mark(encoding: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, table_of(WESTERN).encode(encoding))
    assert (columns(found)["word"], found.reading.encoding) == (cells_of(WESTERN), encoding)


def test_a_text_that_is_not_in_the_encoding_said_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTableError, match="isn't all utf-8"):
        read_bytes(tmp_path, table_of(WESTERN).encode("cp1252"), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["base64", "unicode_escape", "idna", "no such", "", "utf\0"])
def test_what_is_no_encoding_of_files_is_refused(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_bytes(tmp_path, b"a,y\n1,0\n", encoding=encoding)
    assert caught.value.field == "encoding"


def test_a_delimiter_that_is_said_goes_before_what_would_be_found(tmp_path: Path) -> None:
    content = b"a;b,y\n1;2,0\n3;4,1\n"
    assert columns(read_bytes(tmp_path, content, delimiter=";")) == {"a": [1, 3], "b,y": [2.0, 4.1]}
    assert columns(read_bytes(tmp_path, content, delimiter=",")) == {"a;b": ["1;2", "3;4"], "y": [0, 1]}
    assert columns(read_bytes(tmp_path, b"a:y\n1:0\n2:1\n", delimiter=":")) == {"a": [1, 2], "y": [0, 1]}
    assert columns(read_bytes(tmp_path, b"a b,c\n1 2\n3 4\n", delimiter="spaces")) == {"a": [1, 3], "b,c": [2, 4]}
    assert columns(read_bytes(tmp_path, b"a,b\ty\n1,x\t0\n", delimiter="tab")) == {"a,b": ["1,x"], "y": [0]}


@pytest.mark.parametrize("delimiter", ["", "ab", "a", "1", '"', "\n", "ä", "."])
def test_what_cannot_stand_between_cells_is_refused(delimiter: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_bytes(tmp_path, b"a,y\n1,0\n", delimiter=delimiter)
    assert caught.value.field == "delimiter"


def test_a_file_without_a_delimiter_or_an_encoding_refuses_it(tmp_path: Path) -> None:
    arrow = pa.BufferOutputStream()
    with ipc.new_file(arrow, pa.schema([("a", pa.int64())])) as writer:
        writer.write_table(pa.table({"a": [1, 2]}))
    content = arrow.getvalue().to_pybytes()
    with pytest.raises(InvalidInputError, match="an encoding of its own"):
        read_bytes(tmp_path, content, encoding="cp1251")
    with pytest.raises(InvalidInputError, match="no delimiter"):
        read_bytes(tmp_path, content, delimiter=";")


def test_japanese_behind_escapes_is_no_ascii(tmp_path: Path) -> None:
    rows = "".join(f"{k}.5,{('あかい', '青い')[k % 2]},{k % 3}\n" for k in range(12))
    found = read_bytes(tmp_path, f"a,b,y\n{rows}".encode("iso-2022-jp"))
    assert columns(found)["b"] == ["あかい", "青い"] * 6
    assert (found.reading.encoding, codes(found)) == ("iso2022_jp", ["encoding"])


def test_thai_is_known_by_its_letters(tmp_path: Path) -> None:
    rows = "".join(f"{k}.5,{('สีแดง', 'สีน้ำเงิน', 'สีเขียว')[k % 3]},{k % 2}\n" for k in range(12))
    found = read_bytes(tmp_path, f"a,b,y\n{rows}".encode("cp874"))
    assert columns(found)["b"] == ["สีแดง", "สีน้ำเงิน", "สีเขียว"] * 4
    assert found.reading.encoding == "cp874"
