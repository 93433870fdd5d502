"""Workbooks, written as the programs of an office write them."""

import io
import zipfile
from xml.sax.saxutils import escape


def workbook(rows: list[list[object]], *, sheets: tuple[str, ...] = ("Sheet1",)) -> bytes:
    """An .xlsx file with the rows on each of its sheets: numbers, booleans, texts, and None for an empty cell."""
    names = "".join(f'<sheet name="{escape(s)}" sheetId="{k}" r:id="rId{k}"/>' for k, s in enumerate(sheets, 1))
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    packages = "http://schemas.openxmlformats.org/package/2006"
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{spreadsheet}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{k}.xml" ContentType="{spreadsheet}.worksheet+xml"/>'
            for k in range(1, len(sheets) + 1)
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{packages}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packages}/relationships">'
        + "".join(
            f'<Relationship Id="rId{k}" Type="{office}/worksheet" Target="worksheets/sheet{k}.xml"/>'
            for k in range(1, len(sheets) + 1)
        )
        + "</Relationships>",
    }
    body = "".join(f'<row r="{k}">{_xml_cells(row, k)}</row>' for k, row in enumerate(rows, start=1))
    for k in range(1, len(sheets) + 1):
        parts[f"xl/worksheets/sheet{k}.xml"] = f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + part)
    return sink.getvalue()


def _xml_cells(row: list[object], number: int) -> str:
    return "".join(_xml_cell(cell, f"{_letters(place)}{number}") for place, cell in enumerate(row) if cell is not None)


def _xml_cell(cell: object, reference: str) -> str:
    if isinstance(cell, bool):
        return f'<c r="{reference}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, (int, float)):
        return f'<c r="{reference}"><v>{cell!r}</v></c>'
    text = escape(str(cell))
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(place: int) -> str:
    """The name of a spreadsheet's column: A, B, ... Z, AA, ..."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
