"""One entrance for all sources: what a file is, and the reader that takes it."""

import codecs
from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType

from knowledge.importers.ax_snapshot import is_ax, read_ax
from knowledge.importers.decompression import unpacked
from knowledge.importers.folders import opened_folder
from knowledge.importers.json_files import read_json
from knowledge.importers.metadataset_folder import is_metadataset, read_metadataset
from knowledge.importers.mixed_folders import has_no_history, is_mixed, read_mixed
from knowledge.importers.mlflow_files import is_file_store, read_file_store
from knowledge.importers.mlflow_runs import FORMAT as MLFLOW_RUNS
from knowledge.importers.mlflow_runs import read_server_pages
from knowledge.importers.mlflow_sqlite import is_mlflow, read_mlflow_sqlite
from knowledge.importers.nni_sqlite import is_nni, read_nni
from knowledge.importers.options import ImportOptions
from knowledge.importers.optuna_journal import read_journal
from knowledge.importers.optuna_sqlite import read_sqlite
from knowledge.importers.other_tools import pickle_refusal, refuse_folder, refuse_head, refuse_json
from knowledge.importers.ray_tune import is_experiment, read_experiment
from knowledge.importers.run_documents import is_runs_document, is_runs_line, read_runs_document
from knowledge.importers.single_file_folders import has_history, history_of_folder
from knowledge.importers.sklearn_results import is_cv_results, read_cv_results
from knowledge.importers.sources import SourceKind
from knowledge.importers.sqlite_file import is_sqlite, opened, tables_of
from knowledge.importers.trial_table import read_trial_table
from knowledge.importers.tuner_folders import is_bohb, is_keras_tuner, read_bohb, read_keras_tuner
from knowledge.importers.values import ForeignHistory
from knowledge.importers.wandb_runs import is_runs, read_runs
from warmtune.vocabulary.errors import InvalidInputError

_HEAD_BYTES = 65_536
_ZIP = b"PK\x03\x04"


Reader = Callable[[Path, ImportOptions], ForeignHistory]

_READERS: MappingProxyType[SourceKind, Reader] = MappingProxyType(
    {
        SourceKind.OPTUNA_SQLITE: read_sqlite,
        SourceKind.OPTUNA_JOURNAL: read_journal,
        SourceKind.MLFLOW_FILES: read_file_store,
        SourceKind.MLFLOW_SQLITE: read_mlflow_sqlite,
        SourceKind.MLFLOW_SERVER: read_server_pages,
        SourceKind.WANDB: read_runs,
        SourceKind.RAY: read_experiment,
        SourceKind.SKLEARN: read_cv_results,
        SourceKind.KERAS_TUNER: read_keras_tuner,
        SourceKind.BOHB: read_bohb,
        SourceKind.NNI: read_nni,
        SourceKind.AX: read_ax,
        SourceKind.RUNS: read_runs_document,
        SourceKind.TABLE: read_trial_table,
        SourceKind.METADATASET: read_metadataset,
        SourceKind.FOLDER: lambda path, options: read_mixed(path, options, read=read_history, kind_of=source_of),
    }
)


def read_history(path: Path, options: ImportOptions, *, source: SourceKind | None = None) -> ForeignHistory:
    """Read a history.

    Args:
        path: A file, plain or compressed by gzip or zstd.
        options: What its sender says about it.
        source: What it is; by default detected from its content.

    Raises:
        InvalidInputError: If it is none of the sources, or damaged.
        LimitExceededError: If it holds more than may be read.
    """
    with unpacked(path, options.limits) as plain:
        if source in (None, SourceKind.RUNS, SourceKind.TABLE) and _is_one_history(plain, options):
            with history_of_folder(plain, options) as single:
                return read_history(single, options, source=source)
        return _READERS[source or source_of(plain, options)](plain, options)


def _is_one_history(path: Path, options: ImportOptions) -> bool:
    """Whether it is a folder of which one file is the history."""
    with path.open("rb") as file:
        if file.read(4) != _ZIP:
            return False
    with opened_folder(path, options.limits) as folder:
        return has_history(folder) and not is_mixed(folder)


def source_of(path: Path, options: ImportOptions) -> SourceKind:
    """What a file is, by its content.

    Raises:
        InvalidInputError: If it is none of the sources; pickles are named as what they are.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise InvalidInputError("the file is empty", field="file", limit="at least 1 byte")
    if is_sqlite(head):
        return _source_of_database(path)
    if _is_pickle(head):
        raise pickle_refusal(head)
    refuse_head(head)
    if b'"op_code"' in head.split(b"\n", 1)[0]:
        return SourceKind.OPTUNA_JOURNAL
    if head.startswith(_ZIP):
        return _source_of_folder(path, options)
    if head.lstrip()[:1] in (b"{", b"["):
        return _source_of_json(path)
    if _is_table(head):
        return SourceKind.TABLE
    _refuse_as_table(head)
    raise InvalidInputError(
        "the file is not recognised as a source that can be imported; pass the source if it is one",
        field="source",
        limit=", ".join(SourceKind),
    )


def _source_of_database(path: Path) -> SourceKind:
    with opened(path) as connection:
        tables = tables_of(connection)
    if is_nni(tables):
        return SourceKind.NNI
    return SourceKind.MLFLOW_SQLITE if is_mlflow(tables) else SourceKind.OPTUNA_SQLITE


def _source_of_folder(path: Path, options: ImportOptions) -> SourceKind:
    with opened_folder(path, options.limits) as folder:
        names = list(folder)
        several = not _is_workbook(names) and is_mixed(folder)
        is_none = has_no_history(folder)
    if several:
        return SourceKind.FOLDER
    known: tuple[tuple[Callable[[Iterable[str]], bool], SourceKind], ...] = (
        (_is_workbook, SourceKind.TABLE),
        (is_metadataset, SourceKind.METADATASET),
        (is_file_store, SourceKind.MLFLOW_FILES),
        (is_keras_tuner, SourceKind.KERAS_TUNER),
        (is_bohb, SourceKind.BOHB),
        (is_experiment, SourceKind.RAY),
        (_is_one_table, SourceKind.TABLE),
    )
    for is_one, source in known:
        if is_one(names):
            return source
    refuse_folder(names)
    if is_none:
        return SourceKind.FOLDER  # whose reader says of each file why it is none
    raise InvalidInputError(
        f"the folder is not recognised as a source that can be imported: it has {', '.join(names[:8])}",
        field="source",
        limit="an MLflow store, a folder of Ray Tune, KerasTuner, BOHB, SMAC or Syne Tune, a meta-dataset, one table",
    )


def _is_workbook(names: Iterable[str]) -> bool:
    return bool({"xl/workbook.xml", "xl/workbook.bin"} & set(names)) or {"content.xml", "mimetype"} <= set(names)


def _is_one_table(names: Iterable[str]) -> bool:
    """Whether a zip has a single file, which is a table's by its name: Syne Tune writes such ones."""
    several = list(names)
    return len(several) == 1 and several[0].lower().endswith((".csv", ".tsv", ".parquet", ".jsonl", ".feather"))


def _refuse_as_table(head: bytes) -> None:
    """Name what the file is where tables' readers know it: other archives, older pickles, pictures, ..."""
    from metafeatures.reading.foreign import refuse_binary, refuse_text  # noqa: PLC0415  # Arrow, as in `trial_table`

    refuse_binary(head)
    refuse_text(head)


def _source_of_json(path: Path) -> SourceKind:
    """By its content; a list of records, and lines of JSON, are tables."""
    try:
        body = read_json(path)
    except InvalidInputError:
        with path.open("rb") as file:
            return SourceKind.RUNS if is_runs_line(file.readline(_HEAD_BYTES)) else SourceKind.TABLE
    if is_ax(body):
        return SourceKind.AX
    refuse_json(body)
    if is_runs(body):
        return SourceKind.WANDB
    if isinstance(body, dict) and body.get("format") == MLFLOW_RUNS:
        return SourceKind.MLFLOW_SERVER
    if is_cv_results(body) or (isinstance(body, dict) and body and all(map(is_cv_results, body.values()))):
        return SourceKind.SKLEARN
    return SourceKind.RUNS if is_runs_document(body) else SourceKind.TABLE


def _is_table(head: bytes) -> bool:
    """Whether it looks like Parquet, Arrow, or text with a header of several cells."""
    if head.startswith((b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")):
        return True
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    if b"\x00" in head:
        return False
    first = head.lstrip(b"\xef\xbb\xbf\r\n ").split(b"\n", 1)[0]
    return any(first.count(sign) for sign in (b",", b";", b"\t"))


def _is_pickle(head: bytes) -> bool:
    """Protocols 2 to 5 begin with their number; zipped ones (joblib, torch) with a zip that has a pickle in it."""
    return (head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05") or (head[:2] == b"PK" and b"data.pkl" in head)
