"""Many files at once: what to describe in a folder, on all cores, into one table."""

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from metafeatures.catalogue import CATALOGUE
from metafeatures.describe import Description, describe
from metafeatures.manifest import MANIFEST, has_manifest, read_manifest
from metafeatures.reading import read_file
from metafeatures.understanding import described_with
from warmtune.vocabulary.dataset import NO_HINTS, TableHints, column_names
from warmtune.vocabulary.errors import InvalidInputError, WarmtuneError
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.text_files import codec_name, one_character

_WORKBOOKS = (".xlsx", ".xlsb", ".xls", ".ods")
_ENDINGS = (".csv", ".tsv", ".parquet", ".arrow", ".feather", *_WORKBOOKS, ".jsonl", ".ndjson", ".arff")
_PACKED = (".gz", ".zst", ".bz2", ".xz", ".lzma", ".zip")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class TableJob:
    """A table to be described.

    Attributes:
        path: Its file.
        name: For people.
        target: Its target column.
        hints: Further facts about it.
    """

    path: Path
    name: str
    target: str
    hints: TableHints = NO_HINTS

    @property
    def kind(self) -> TaskKind | None:
        """What is predicted, or None to infer it."""
        return self.hints.kind


@dataclass(frozen=True, slots=True)
class TableResult:
    """What became of a job: a description, or the error that says why there is none.

    Attributes:
        job: The job.
        description: The description, if it succeeded.
        error: What was wrong, if it didn't.
        duration_s: Seconds for reading and describing.
    """

    job: TableJob
    description: Description | None
    error: str | None
    duration_s: float


def table_jobs(folder: Path, target: str | None, hints: TableHints = NO_HINTS) -> list[TableJob]:
    """The tables of a folder: those that its `manifest.json` lists, else every file with a known ending.

    A manifest is a list of objects with `file` and `target`, and perhaps `name`, `task` (the kind), `metric`,
    `nominal`, `ignore`, `sheet`, `encoding` and
    `delimiter`.

    Args:
        folder: Where to look; folders within are left out.
        target: The target column of all tables; overrides a manifest's.
        hints: Further facts about all tables; each overrides a manifest's.

    Raises:
        InvalidInputError: Without a table, without a target, or on a manifest that can't be read.
    """
    if has_manifest(folder):

        def read(entry: Mapping[str, Any]) -> TableJob:
            name = entry.get("name", entry["file"])
            return TableJob(folder / entry["file"], name, target or entry["target"], _hints(entry, hints))

        return read_manifest(folder, read)
    paths = sorted(p for p in folder.iterdir() if p.is_file() and _is_table(p))
    if not paths:
        raise InvalidInputError(
            f"no table in {folder}", field="folder", value=str(folder), limit=f"files that end in {', '.join(_ENDINGS)}"
        )
    if target is None:
        raise InvalidInputError(
            f"name the target column, or list files and targets in {MANIFEST}", field="target", limit="column name"
        )
    return [TableJob(path, path.name.split(".")[0], target, hints) for path in paths]


def describe_files(
    jobs: Sequence[TableJob], *, n_workers: int, deadline_ms: float | None = None
) -> Iterator[TableResult]:
    """Describe tables in processes of their own, yielding each result as it comes, in any order.

    A table that is refused gives a result with its error; it stops nothing.
    """
    if n_workers == 1 or len(jobs) == 1:
        yield from (describe_file(job, deadline_ms=deadline_ms) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")  # numba's and BLAS's threads don't survive a fork
    with (
        _single_threaded(),
        ProcessPoolExecutor(max_workers=min(n_workers, len(jobs)), mp_context=context) as pool,
    ):
        for future in as_completed([pool.submit(describe_file, job, deadline_ms=deadline_ms) for job in jobs]):
            yield future.result()


def describe_file(job: TableJob, *, deadline_ms: float | None = None) -> TableResult:
    """Read and describe one table."""
    began = time.perf_counter()
    description, error = None, None
    hints = job.hints
    try:
        file = read_file(job.path, sheet=hints.sheet, encoding=hints.encoding, delimiter=hints.delimiter)
        with described_with(file.reading):
            description = describe(
                file.table,
                job.target,
                kind=hints.kind,
                metric=hints.metric,
                nominal=hints.nominal,
                ignore=hints.ignore,
                decimal_mark=file.decimal_mark,
                deadline_ms=deadline_ms,
            )
    except (WarmtuneError, OSError) as problem:
        error = str(problem)
    return TableResult(job, description, error, time.perf_counter() - began)


def results_table(results: Iterable[TableResult]) -> pa.Table:
    """One row a result, by file name: what identifies it, every meta-feature (null for a gap), the gaps' reasons."""
    ordered = sorted(results, key=lambda result: str(result.job.path))
    descriptions = [result.description for result in ordered]
    columns: dict[str, pa.Array] = {
        "file": pa.array([result.job.path.name for result in ordered], pa.string()),
        "name": pa.array([result.job.name for result in ordered], pa.string()),
        "target": pa.array([result.job.target for result in ordered], pa.string()),
        "kind": pa.array([None if d is None else str(d.kind) for d in descriptions], pa.string()),
        "content_hash": pa.array([None if d is None else d.content_hash for d in descriptions], pa.string()),
        "version": pa.array([None if d is None else d.meta_features.version for d in descriptions], pa.string()),
        "dropped_rows": pa.array([None if d is None else d.dropped_rows for d in descriptions], pa.int64()),
        "duration_s": pa.array([result.duration_s for result in ordered], pa.float64()),
        "error": pa.array([result.error for result in ordered], pa.string()),
        "gaps": pa.array(
            [None if d is None else list(d.meta_features.gaps.items()) for d in descriptions],
            pa.map_(pa.string(), pa.string()),
        ),
    }
    for entry in CATALOGUE:
        values = [None if d is None else d.meta_features.values.get(entry.name) for d in descriptions]
        columns[entry.name] = pa.array(values, pa.float64())
    return pa.table(columns)


def _is_table(path: Path) -> bool:
    endings = [ending.lower() for ending in path.suffixes]
    while endings and endings[-1] in _PACKED:
        endings.pop()
    return bool(endings) and endings[-1] in _ENDINGS


def _hints(entry: Mapping[str, Any], said: TableHints) -> TableHints:
    """What is said of all tables, and for the rest what a manifest says of one."""
    return TableHints(
        kind=said.kind or (TaskKind(entry["task"]) if entry.get("task") else None),
        metric=said.metric or entry.get("metric"),
        nominal=said.nominal or column_names(entry.get("nominal"), "nominal"),
        ignore=said.ignore or column_names(entry.get("ignore"), "ignore"),
        sheet=said.sheet or entry.get("sheet"),
        encoding=said.encoding or codec_name(entry.get("encoding")),
        delimiter=said.delimiter or one_character(entry.get("delimiter")),
    )


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Processes that are started meanwhile use one thread each: they are as many as there are cores."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
