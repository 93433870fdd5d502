"""A folder that holds several histories: which of its files belong to which, and which to none."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from knowledge.importers.single_file_folders import ONE_FILE_HISTORIES
from knowledge.importers.sources import SourceKind

_TEXTS: Final = frozenset(
    [
        ".md",
        ".rst",
        ".txt",
        ".py",
        ".ipynb",
        ".r",
        ".sh",
        ".bat",
        ".toml",
        ".cfg",
        ".ini",
        ".yaml",
        ".yml",
        ".html",
        ".css",
        ".js",
        ".tex",
        ".bib",
        ".lock",
        ".c",
        ".h",
        ".cpp",
        ".java",
        ".rs",
        ".go",
        ".license",
    ]
)
_NOT_SENT: Final = frozenset(
    [
        ".pkl",
        ".pickle",
        ".joblib",
        ".pt",
        ".pth",
        ".ckpt",
        ".h5",
        ".keras",
        ".onnx",
        ".safetensors",
        ".npy",
        ".npz",
        ".pyc",
        ".so",
        ".png",
        ".jpg",
        ".jpeg",
        ".svg",
        ".pdf",
        ".gif",
        ".webp",
        ".mp4",
    ]
)
_PLACES_SHOWN: Final = 5
_JOURNALS: Final = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class FolderPart:
    """A history within a folder.

    Attributes:
        label: A file's path, or the folder's.
        members: Its files, by their path.
        source: What it is, of several files; None of a single one, whose content shows it.
        base: What is cut off from the paths of its files, for a reader that looks for them at the top.
    """

    label: str
    members: tuple[str, ...]
    source: SourceKind | None = None
    base: str = ""


@dataclass(frozen=True, slots=True)
class FolderParts:
    """All of a folder.

    Attributes:
        parts: What may be histories, folders first.
        skipped: Files that are none by their name, and why.
    """

    parts: tuple[FolderPart, ...]
    skipped: Mapping[str, str]

    @property
    def are_mixed(self) -> bool:
        """Whether there are several histories, or one whose file lies among others: no one reader takes that."""
        lone = self.parts[0] if len(self.parts) == 1 else None
        is_whole = lone is not None and (
            lone.source is not None or PurePosixPath(lone.label).name in ONE_FILE_HISTORIES or not self.skipped
        )
        return bool(self.parts) and not is_whole


def parts_of(sizes: Mapping[str, int], kept_back: Mapping[str, str]) -> FolderParts:
    """Divide a folder's files.

    Args:
        sizes: Bytes of each file, by its path.
        kept_back: Files whose content was not sent, and what their sender says of them.
    """
    names = list(sizes)
    parts: list[FolderPart] = []
    taken: set[str] = set()
    for source, folders in _roots(names).items():
        owned: dict[str, list[str]] = {}
        for name in names:
            if name not in taken and (folder := _owner(name, folders, source)) is not None:
                owned.setdefault(folder if source in _AT_THE_TOP else "", []).append(name)
        for folder, members in owned.items():
            label = folder if source in _AT_THE_TOP else _common(folders)
            base = folder if source in _AT_THE_TOP else ""
            parts.append(FolderPart(label or ".", tuple(members), source, base))
            taken.update(members)
    for name in names:
        if name not in taken and PurePosixPath(name).name in ONE_FILE_HISTORIES:
            parts.append(FolderPart(name, (name,)))
            taken |= {name, *_companions(name, names)}
    skipped: dict[str, str] = {}
    for name in sorted(set(names) - taken):
        if why := kept_back.get(name) or _why_none(PurePosixPath(name), sizes[name]):
            skipped[name] = why
        else:
            parts.append(FolderPart(name, (name,)))
    return FolderParts(tuple(parts), skipped)


def _owner(name: str, folders: Collection[str], source: SourceKind) -> str | None:
    """The outermost of the folders that a file is in; None if it is in none."""
    if source is SourceKind.RAY and PurePosixPath(name).name.startswith(_RAY_OWN) and folders:
        return _parent(name)
    outermost = None
    folder = _parent(name)
    while folder:
        if folder in folders:
            outermost = folder
        folder = _parent(folder)
    if outermost is None and "" in folders:
        outermost = ""
    is_open = outermost == "" or source in _AT_THE_TOP  # beside anything else: only what is called as its own
    if outermost is not None and is_open and not inner_name(name, outermost).startswith(_OWN_NAMES[source]):
        return None
    return outermost


def _common(folders: Collection[str]) -> str:
    """What people call the whole of them: the folders that they are in."""
    outermost = {folder for folder in folders if _parent(folder) not in folders}
    return ", ".join(sorted({_parent(folder) or folder or "." for folder in outermost})[:_PLACES_SHOWN])


def _companions(name: str, names: Iterable[str]) -> list[str]:
    """What a tool writes beside its one history."""
    return [other for other in names if _parent(other) == _parent(name) and PurePosixPath(other).suffix in _COMPANIONS]


def _why_none(path: PurePosixPath, size: int) -> str:
    if any(part.startswith((".", "__MACOSX")) for part in path.parts):
        return "hidden"
    if path.suffix.lower() in _NOT_SENT:
        return "a picture, a model or an array: its content was not sent"
    if not size:
        return "empty"
    if path.name.endswith(_JOURNALS):
        return "the log of a database, which belongs to the file beside it"
    if path.suffix.lower() in _TEXTS or path.stem.upper() in ("README", "LICENSE", "CHANGELOG", "MAKEFILE"):
        return "a text or a program, by its name"
    return ""


_AT_THE_TOP: Final = frozenset({SourceKind.METADATASET, SourceKind.BOHB})
"""Readers that take one history, whose files lie at the top; others take any number, at any depth."""
_OWN_NAMES: Final[Mapping[SourceKind, tuple[str, ...]]] = {
    SourceKind.METADATASET: ("trials.parquet", "space.json", "metafeatures.parquet"),
    SourceKind.BOHB: ("configs.json", "results.json"),
    SourceKind.KERAS_TUNER: ("oracle.json", "trial_", "tuner"),
    SourceKind.MLFLOW_FILES: ("meta.yaml",),
    SourceKind.RAY: ("result.json", "progress.csv", "params.", "error."),
}
_RAY_OWN: Final = ("experiment_state-", "basic-variant-state", "searcher-state", "tuner.pkl", "trainable.pkl")
_COMPANIONS: Final = frozenset({".json", ".txt", ".pcs", ".dill", ".zip"})


def _roots(names: Iterable[str]) -> dict[SourceKind, frozenset[str]]:
    """By source: the folders whose files belong to it."""
    by_name: dict[str, set[str]] = {}
    for name in names:
        folder, _, bare = name.rpartition("/")
        by_name.setdefault(bare, set()).add(folder)

    def having(bare: str) -> frozenset[str]:
        return frozenset(by_name.get(bare, ()))

    trials = frozenset(_parent(folder) for folder in having("trial.json"))
    projects = having("oracle.json") & trials
    return {
        SourceKind.METADATASET: having("trials.parquet") & having("space.json"),
        SourceKind.BOHB: having("configs.json") & having("results.json"),
        SourceKind.KERAS_TUNER: projects,
        SourceKind.MLFLOW_FILES: having("meta.yaml") if having("meta.yaml") - {""} else frozenset(),
        SourceKind.RAY: (having("result.json") | having("progress.csv")) - projects,
    }


def inner_name(name: str, folder: str) -> str:
    """A file's path within a folder, by both paths within the archive; the folder may be ``""``."""
    return name[len(folder) + 1 :] if folder else name


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
