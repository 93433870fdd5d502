"""A folder of several histories, beside files that are none: each read by its own reader, nothing counted twice."""

import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from knowledge.importers.folder_parts import FolderPart, inner_name, parts_of
from knowledge.importers.folders import Folder, opened_folder
from knowledge.importers.options import ImportOptions, matches
from knowledge.importers.repeated_studies import PlacedStudy, originality, without_repeated
from knowledge.importers.single_file_folders import ONE_FILE_HISTORIES
from knowledge.importers.sources import SourceKind
from knowledge.importers.values import ForeignHistory, RefusedStudy, TaskFacts, shown_name
from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError

SOURCE: Final = "folder"
MAX_PARTS: Final = 2_000
_NAMES_SHOWN: Final = 5
_LONG_ENDING: Final = 12
_LONG_NAME: Final = 200
_MANY: Final = 3
"""So many files that are skipped for one reason are named, before they are counted."""


class HistoryReader(Protocol):
    """Reads what is no folder of several histories."""

    def __call__(self, path: Path, options: ImportOptions, *, source: SourceKind | None = None) -> ForeignHistory:
        """See `knowledge.importers.source_reader.read_history`."""
        ...


@dataclass(slots=True)
class _FolderContent:
    """What the parts have given so far."""

    studies: list[PlacedStudy] = field(default_factory=list)
    refused: list[RefusedStudy] = field(default_factory=list)
    tasks: dict[str, TaskFacts] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def is_mixed(folder: Folder) -> bool:
    """Whether a folder's files are of several histories, or one history's among others."""
    return parts_of(folder.sizes, folder.kept_back).are_mixed


def has_no_history(folder: Folder) -> bool:
    """Whether no file of a folder is a history by its name, or by what its sender says."""
    return not parts_of(folder.sizes, folder.kept_back).parts


def read_mixed(
    path: Path, options: ImportOptions, *, read: HistoryReader, kind_of: Callable[[Path, ImportOptions], SourceKind]
) -> ForeignHistory:
    """Read all histories of a folder that was sent as a zip.

    What can't be read is refused or skipped, with the reason, and doesn't keep the rest from being read.

    Args:
        path: The zip.
        options: What the sender says: of single files by patterns of their names, of the others as a whole. Of these a
            file's own metric, direction and number of objectives count more.
        read: Reads one part.
        kind_of: What a single file is.

    Raises:
        InvalidInputError: If nothing in it is a history.
        LimitExceededError: If it holds more than may be read.
    """
    found = _FolderContent()
    with opened_folder(path, options.limits) as folder, tempfile.TemporaryDirectory(prefix="warmtune-") as scratch:
        parts = parts_of(folder.sizes, folder.kept_back)
        for name, why in parts.skipped.items():
            found.skipped[_shown(why)].append(_shown(name))
        if len(parts.parts) > MAX_PARTS:
            raise LimitExceededError(
                f"the folder has {len(parts.parts):,} files that may be histories, {MAX_PARTS:,} can be read",
                field="file",
                value=len(parts.parts),
                limit=MAX_PARTS,
            )
        for part in _without_copies(folder, parts.parts, found):
            file = _unpacked(folder, part, Path(scratch))
            _take(part, file, options, found, read=read, kind_of=kind_of)
            file.unlink()
    kept, repeated = without_repeated(sorted(found.studies, key=lambda one: originality(one.where)))
    if not kept and not found.refused:
        raise InvalidInputError(
            f"nothing in the folder is a history: {'; '.join(_skipped(found)) or 'it is empty'}", field="file"
        )
    n_trials = sum(len(one.study.trials) for one in kept)
    if n_trials > options.limits.max_trials:
        raise LimitExceededError(
            f"the folder has {n_trials:,} trials, {options.limits.max_trials:,} are allowed; import single files",
            field="file",
            value=n_trials,
            limit=options.limits.max_trials,
        )
    notes = (*found.notes, *repeated, *_skipped(found), *_unused(options, [part.label for part in parts.parts]))
    studies = tuple(one.study for one in kept)
    return ForeignHistory(SOURCE, "several histories", studies, tuple(found.refused), found.tasks, notes)


def _without_copies(folder: Folder, parts: Sequence[FolderPart], found: _FolderContent) -> list[FolderPart]:
    """The parts without single files whose bytes another has, too; the one that isn't called a copy stays."""
    by_size: dict[int, list[FolderPart]] = defaultdict(list)
    for part in parts:
        if part.source is None:
            by_size[folder.sizes[part.label]].append(part)
    copies: set[str] = set()
    for several in by_size.values():
        first: dict[str, str] = {}
        for part in sorted(several, key=lambda one: originality(one.label)) if len(several) > 1 else ():
            digest = folder.digest(part.label)
            if digest in first:
                copies.add(part.label)
                found.skipped[f"the same file as {_shown(first[digest])}"].append(_shown(part.label))
            first.setdefault(digest, part.label)
    return [part for part in parts if part.label not in copies]


def _unpacked(folder: Folder, part: FolderPart, scratch: Path) -> Path:
    """A part as the file that its reader takes."""
    if part.source is None:
        ending = PurePosixPath(part.label).suffix[1:]
        target = scratch / (f"part.{ending}" if ending.isalnum() and len(ending) < _LONG_ENDING else "part")
        folder.copy(part.label, target)
        return target
    target = scratch / "part.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name in part.members:
            archive.writestr(zipfile.ZipInfo(inner_name(name, part.base)), folder.read(name))
    return target


def _take(
    part: FolderPart,
    file: Path,
    options: ImportOptions,
    found: _FolderContent,
    *,
    read: HistoryReader,
    kind_of: Callable[[Path, ImportOptions], SourceKind],
) -> None:
    """Read a part: a file that turns out to be no history is skipped, a history that can't be read is refused."""
    said = options.of_file(part.label, in_folder=True)
    own = replace(options.with_said(said), only_evident_tables=True)
    if part.source is None:
        path = PurePosixPath(part.label)
        is_named_by_folder = path.name in ONE_FILE_HISTORIES and path.parent.name
        own = replace(own, default_name=path.parent.name if is_named_by_folder else path.stem)
    try:
        source = part.source or kind_of(file, own)
    except InvalidInputError as error:
        found.skipped[error.message].append(_shown(part.label))
        return
    try:
        history = read(file, own, source=source)
    except InvalidInputError as error:
        if source is SourceKind.TABLE and error.field != "metric":
            found.skipped[f"no table of trials ({error.message})"].append(_shown(part.label))
        else:
            found.refused.append(RefusedStudy(_shown(part.label), error.message, 0))
        return
    n_trials = sum(len(study.trials) for study in history.studies)
    names = [study.name for study in history.studies]
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
    studies = "1 study" if len(names) == 1 else f"{len(names)} studies"
    found.notes.append(f"{_shown(part.label)}: {source} ({history.version}), {studies}, {n_trials} trials: {shown}")
    if history.notes:
        found.notes.append(f"{_shown(part.label)}: {'; '.join(history.notes)}")
    where = _shown(part.label)
    found.studies += [PlacedStudy(where, replace(study, file=where, said=said)) for study in history.studies]
    found.refused += [replace(one, name=shown_name(where, one.name)) for one in history.refused]
    found.tasks |= history.tasks


def _unused(options: ImportOptions, labels: Sequence[str]) -> list[str]:
    """Patterns that fit no history: most likely mistyped."""
    patterns = dict.fromkeys(pattern for pattern, _ in options.per_file)
    fits = {pattern: any(matches(label, pattern) for label in labels) for pattern in patterns}
    return [f"no file of the folder fits {pattern!r}" for pattern, is_used in fits.items() if not is_used]


def _shown(name: str) -> str:
    """A path of the sender's, as a terminal may print it."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:_LONG_NAME]


def _skipped(found: _FolderContent) -> list[str]:
    """Each reason once, with the files that it is about."""
    lines = []
    for why, names in found.skipped.items():
        more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
        lines.append(f"skipped {', '.join(names[:_MANY])}{more}: {why}")
    return lines
