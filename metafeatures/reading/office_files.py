"""Which files of office programs are workbooks: zips by their members, older ones by the names of their streams."""

import mmap
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from metafeatures.limits import TableLimits
from metafeatures.reading.foreign import refusal
from metafeatures.reading.formats import TableFormat
from metafeatures.reading.signatures import TORCH, Foreign
from warmtune.vocabulary.errors import InvalidTableError, LimitExceededError

_MOST_MEMBERS: Final = 10_000
_SEND: Final = "send the table itself as CSV or .xlsx"
# what a zip is whose members say that it is more than one: by name of a member, in this order
_ZIPPED: Final = (
    ("word/document.xml", Foreign("a Word document", _SEND)),
    ("ppt/presentation.xml", Foreign("a PowerPoint document", _SEND)),
    ("Index/Document.iwa", Foreign("a Numbers or Pages document", "export the sheet as CSV or .xlsx")),
)
_OPEN_DOCUMENT: Final = Foreign("an OpenDocument file without a sheet (.odt, .odp)", _SEND)
_SHEET_TYPES: Final = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)
_TYPE_BYTES: Final = 200
_COMPOUND: Final = MappingProxyType(
    {
        "EncryptedPackage": Foreign("a workbook or document with a password", "save it without one"),
        "WordDocument": Foreign("an old Word document (.doc)", _SEND),
        "PowerPoint Document": Foreign("an old PowerPoint document (.ppt)", _SEND),
        "__properties_version1.0": Foreign("an e-mail (.msg)", "send the table itself as CSV"),
    }
)


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, from which members are read.

    Raises:
        InvalidTableError: If it, or a member that is read, is damaged or encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise InvalidTableError(
            f"the zip content is damaged or cut off: {error}", field="file", limit="whole zip"
        ) from error


def zip_members(path: Path) -> list[zipfile.ZipInfo]:
    """The members of a zip.

    Raises:
        InvalidTableError: If it is damaged.
        LimitExceededError: On too many of them.
    """
    with opened_zip(path) as archive:
        members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise LimitExceededError(
            f"the zip has {len(members):,} members", field="file", value=len(members), limit=f"{_MOST_MEMBERS} members"
        )
    return members


def zipped_workbook(path: Path) -> TableFormat | None:
    """Which workbook a zip is; None where it only packs files.

    Raises:
        InvalidTableError: If it is damaged, or a document or model that isn't read, by its name.
        LimitExceededError: On too many members.
    """
    names = {member.filename for member in zip_members(path)}
    if "xl/workbook.bin" in names:
        return TableFormat.XLSB
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return TableFormat.XLSX
    if "mimetype" in names and "content.xml" in names:
        return _open_document(path)
    _refuse_others(names)
    return None


def check_workbook_size(path: Path, limits: TableLimits) -> None:
    """Refuse a workbook that is larger than allowed; a zipped one by its members once unpacked.

    Raises:
        LimitExceededError: If it is.
        InvalidTableError: If the zip is damaged.
    """
    size = path.stat().st_size
    limits.check_bytes(sum(member.file_size for member in zip_members(path)) if zipfile.is_zipfile(path) else size)


def workbook_kind(path: Path) -> TableFormat:
    """Which workbook a file is.

    Raises:
        InvalidTableError: On an older file of an office program that is no workbook, or is encrypted, by its name.
    """
    if zipfile.is_zipfile(path):
        return zipped_workbook(path) or TableFormat.XLSX
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for stream, foreign in _COMPOUND.items():
            if content.find(stream.encode("utf-16-le")) >= 0:
                raise refusal(foreign)
    return TableFormat.XLS


def _open_document(path: Path) -> TableFormat:
    with opened_zip(path) as archive, archive.open("mimetype") as member:
        if member.read(_TYPE_BYTES).strip() not in _SHEET_TYPES:
            raise refusal(_OPEN_DOCUMENT)
    return TableFormat.ODS


def _refuse_others(names: Collection[str]) -> None:
    for name, foreign in _ZIPPED:
        if name in names:
            raise refusal(foreign)
    if any(name == "data.pkl" or name.endswith("/data.pkl") for name in names):
        raise refusal(TORCH)
    if "model.weights.h5" in names:
        raise refusal(Foreign("a Keras model (.keras)", "send the table itself"))
    if names and all(name.endswith(".npy") for name in names):
        raise refusal(Foreign("NumPy arrays (.npz)", "give the arrays to the SDK, or save one with numpy.savetxt"))
