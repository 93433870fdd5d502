"""Text of mainframes."""

from pathlib import Path

import pytest

from tests.metafeatures.reading.reading import codes, columns, read_bytes, refusal

TEXT = "id,name,amount,y\n" + "".join(f"{k},item {k % 7},{k / 4},{k % 2}\n" for k in range(60))


@pytest.mark.parametrize("page", ["cp037", "cp500", "cp1140", "cp273"])
@pytest.mark.parametrize("end", ["\n", "\x85", "\r\n"])
def test_ebcdic_is_read(page: str, end: str, tmp_path: Path) -> None:
    plain = read_bytes(tmp_path, TEXT.encode())
    found = read_bytes(tmp_path, TEXT.replace("\n", end).encode(page))
    assert columns(found) == columns(plain)
    assert (found.reading.encoding, codes(found)) == ("cp037", ["encoding"])
    said = read_bytes(tmp_path, TEXT.replace("\n", end).encode(page), encoding=page)
    assert columns(said) == columns(plain)


def test_records_without_ends_of_lines_are_named(tmp_path: Path) -> None:
    records = "".join(f"{k:>6}{k % 7:>8}{k % 2:>4}" for k in range(60))
    assert "no ends of lines" in refusal(tmp_path, records.encode("cp037")).message


@pytest.mark.parametrize("page", ["cp1251", "koi8-r", "cp1253", "iso8859-5", "cp866"])
def test_other_pages_are_no_ebcdic(page: str, tmp_path: Path) -> None:
    letters = "αβγδεζηθ" if page == "cp1253" else "абвгдежз"
    text = f"{letters};y\n" + "".join(f"{letters[k % 8] * 9};{k % 2}\n" for k in range(60))
    for end in ("\n", "\r"):
        content = text.replace("\n", end).encode(page)
        assert read_bytes(tmp_path, content).reading.encoding != "cp037"
