"""Workbooks of other programs than today's Excel, byte by byte: .ods, .xlsb and .xls."""

import io
import struct
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[object]]

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def ods(rows: Rows, *, kind: str = _ODS, after: str = "") -> bytes:
    """A sheet of LibreOffice; `after` is XML behind its rows."""
    body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(f' xmlns:{name}="{_NAMES}{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Sheet1">{body}{after}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{_NAMES}manifest:1.0"/>')
    return sink.getvalue()


def xlsb(rows: Rows) -> bytes:
    """A binary workbook of Excel."""
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    sheet = _part(129) + _part(148, size) + _part(145)
    for k, row in enumerate(rows):
        sheet += _part(0, struct.pack("<IIHBBBII", k, 0, 300, 0, 0, 0, 0, 0))
        sheet += b"".join(_xlsb_cell(column, cell) for column, cell in enumerate(row) if cell is not None)
    sheet += _part(146) + _part(130)
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Sheet1")
    book = _part(131) + _part(143) + _part(156, bundle) + _part(144) + _part(132)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    packages = "http://schemas.openxmlformats.org/package/2006"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{packages}/content-types"/>')
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{packages}/relationships">'
            f'<Relationship Id="rId1" Type="{office}" Target="worksheets/sheet1.bin"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return sink.getvalue()


def xls(rows: Rows) -> bytes:
    """A workbook of Excel 97."""
    first = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 0))
    size = len(first) + 4 + 8 + len(b"Sheet1") + 4
    book = first + _record(0x0085, struct.pack("<IBBBB", size, 0, 0, len(b"Sheet1"), 0) + b"Sheet1") + _record(0x000A)
    book += _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 0))
    for k, row in enumerate(rows):
        book += b"".join(_xls_cell(k, column, cell) for column, cell in enumerate(row) if cell is not None)
    return compound(book + _record(0x000A), "Workbook")


def compound(content: bytes, stream: str) -> bytes:
    """A compound file with one stream."""
    content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
    n = len(content) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, n + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    folder = _entry("Root Entry", 5, child=1, begin=0xFFFFFFFE, size=0)
    folder += _entry(stream, 2, child=0xFFFFFFFF, begin=2, size=len(content))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + table + folder.ljust(512, b"\0") + content


def _entry(name: str, kind: int, *, child: int, begin: int, size: int) -> bytes:
    wide = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<HBBIII", len(wide), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return wide.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", begin, size)


def _ods_cell(cell: object) -> str:
    if cell is None:
        return "<table:table-cell/>"
    kind = "boolean" if isinstance(cell, bool) else "float" if isinstance(cell, (int, float)) else "string"
    text = str(cell).lower() if isinstance(cell, bool) else escape(str(cell))
    value = "" if kind == "string" else f' office:{"value" if kind == "float" else "boolean-value"}="{text}"'
    return f'<table:table-cell office:value-type="{kind}"{value}><text:p>{text}</text:p></table:table-cell>'


def _part(kind: int, content: bytes = b"") -> bytes:
    """A record of a binary workbook, its type and length in groups of seven bits."""
    types = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return types + length + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _xlsb_cell(column: int, cell: object) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(cell, bool):
        return _part(4, place + bytes([cell]))
    if isinstance(cell, (int, float)):
        return _part(5, place + struct.pack("<d", cell))
    return _part(6, place + _wide(str(cell)))


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _xls_cell(row: int, column: int, cell: object) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(cell, bool):
        return _record(0x0205, place + struct.pack("<BB", cell, 0))
    if isinstance(cell, (int, float)):
        return _record(0x0203, place + struct.pack("<d", cell))
    text = str(cell)
    return _record(0x0204, place + struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))
