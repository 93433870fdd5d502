"""Text in any usual encoding, and what is no text at all."""

from pathlib import Path

import pytest

from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal
from warmtune.vocabulary.errors import InvalidTableError

TEXT = "größe,Straße,y\n1,ä – ö,0\n2,ü,1\n3,ß,0\n"


@pytest.mark.parametrize(
    ("encoding", "mark", "found_as"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("cp1252", b"", "cp1252"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "utf-32-le"),
    ],
)
def test_the_text_is_the_same_in_any_encoding(encoding: str, mark: bytes, found_as: str, tmp_path: Path) -> None:
    found = read_bytes(tmp_path, mark + TEXT.encode(encoding))
    assert columns(found) == {"größe": [1, 2, 3], "Straße": ["ä – ö", "ü", "ß"], "y": [0, 1, 0]}
    assert found.reading.encoding == found_as
    assert codes(found) == ([] if found_as == "utf-8" else ["encoding"])


def test_the_place_of_the_first_other_character_is_reported(tmp_path: Path) -> None:
    content = b'# a\nn,"a\nb",y\n1,"x\ny",0\n2,caf\xe9,1\n'
    (_, notice) = read_bytes(tmp_path, content).reading.notices[::-1]
    assert (notice.code, notice.row, notice.column) == ("encoding", 2, "a\nb")
    assert "cp1252" in notice.text


def test_bytes_that_cp1252_lacks_make_it_latin_1(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"a,y\ncaf\xe9,0\n\x81\x8d,1\n" * 3)
    assert found.reading.encoding == "latin-1"


def test_a_few_other_bytes_spoil_no_utf8(tmp_path: Path) -> None:
    content = "größe,y\nä,0\nö,1\nü,0\n".encode() + b"caf\xe9,1\n\x96,0\n"
    found = read_bytes(tmp_path, content)
    assert columns(found)["größe"] == ["ä", "ö", "ü", "café", "–"]
    (notice,) = found.reading.notices
    assert (found.reading.encoding, notice.row, notice.column) == ("utf-8 with cp1252", 4, "größe")


def test_two_byte_order_marks_are_reported(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"\xef\xbb\xbf\xef\xbb\xbfa,y\n1,0\n2,1\n")
    assert (found.table.column_names, codes(found)) == (["a", "y"], ["byte_order_marks"])


@pytest.mark.parametrize(
    "content",
    [
        "a,y\nä,0\nö,1\nü".encode()[:-1],  # in the middle of a character
        b"\xff\xfe" + "a,y\n1,0\n2,1\n".encode("utf-16-le")[:-1],
    ],
)
def test_text_that_ends_in_the_middle_of_a_character_was_cut_off(content: bytes, tmp_path: Path) -> None:
    assert "whole file" in refusal(tmp_path, content).message


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 40, b"\x00" * 5_000, b"a,y\n" + bytes(range(128, 160)) * 90 + b"\x03\x04" * 90]
)
def test_binary_noise_is_called_so(content: bytes, tmp_path: Path) -> None:
    assert "binary" in refusal(tmp_path, content).message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le"])
def test_an_encoding_that_the_file_has_not_is_refused(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidTableError, match="pass another encoding") as raised:
        read_bytes(tmp_path, b"a,y\n" + b"1,u\n2,v\n3,w\n" * 9 + b"1", encoding=encoding)
    assert raised.value.limit == encoding


@pytest.mark.parametrize("n_sound", [6, 10, 20])
def test_halves_in_two_encodings_are_each_read_in_theirs(n_sound: int, tmp_path: Path) -> None:
    content = b"a,y\n" + "1,grün\n".encode() * n_sound + "2,grün\n".encode("cp1252") * 10
    found = read_bytes(tmp_path, content)
    assert set(columns(found)["y"]) == {"grün"}
    assert (found.reading.encoding, codes(found)) == ("utf-8 with cp1252", ["encoding"])


def test_pairs_that_happen_to_be_utf8_make_no_chinese_text_such(tmp_path: Path) -> None:
    text = "".join(f"{'天地玄黄宇宙洪荒日月盈昃辰宿列张'[i % 16 :] or '天'},{i}\n" for i in range(60))
    assert read_bytes(tmp_path, f"a,y\n{text}".encode("gb18030")).reading.encoding == "gb18030"
