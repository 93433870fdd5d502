"""`warmtune describe`: meta-features, computed on this machine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from warmtune.cli.options import (
    DelimiterOption,
    EncodingOption,
    FormatOption,
    IgnoreOption,
    KindOption,
    NominalOption,
    OutputFormat,
    SheetOption,
)
from warmtune.cli.saying import say, say_json
from warmtune.tables.description import table_hints
from warmtune.vocabulary.dataset import TableHints
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, MissingExtraError
from warmtune.vocabulary.rendering import plain_table, render
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire.understanding import UnderstandingBody

if TYPE_CHECKING:
    from metafeatures.batch import TableResult
    from metafeatures.describe import Description


def describe(  # noqa: PLR0913  # typer reads the options from the signature
    path: Annotated[
        Path, typer.Argument(help="A file with a table (CSV, Parquet, .xlsx, JSON, ARFF, ...), or a folder of them.")
    ],
    *,
    target: Annotated[
        str | None, typer.Option(help="Target column; for a folder, a manifest.json may name the target of each file.")
    ] = None,
    kind: KindOption = None,
    metric: Annotated[
        str | None,
        typer.Option(help="Metric of the models to tune; a known one decides between classification and regression."),
    ] = None,
    nominal: NominalOption = None,
    ignore: IgnoreOption = None,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    deadline_ms: Annotated[
        float | None, typer.Option(help="Milliseconds after which no further group of meta-features is computed.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="For a folder: the Parquet file to write.")] = None,
    jobs: Annotated[
        int, typer.Option(min=1, help="For a folder: tables described at the same time; by default one per core.")
    ] = (os.cpu_count() or 1),
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Print a dataset's meta-features, or write those of a folder of datasets, one row each, to a Parquet file."""
    hints = table_hints(
        kind=kind, metric=metric, nominal=nominal, ignore=ignore, sheet=sheet, encoding=encoding, delimiter=delimiter
    )
    if path.is_dir():
        if out is None:
            raise InvalidInputError(
                "name the file to write the folder's meta-features to", field="out", limit="--out FILE"
            )
        _describe_folder(path, target, out, hints=hints, deadline_ms=deadline_ms, n_workers=jobs)
        return
    if not path.is_file():
        raise InvalidInputError(f"there is no file or folder {path}", field="path", value=str(path))
    if target is None:
        raise InvalidInputError("name the target column", field="target", limit="--target NAME")
    try:
        from metafeatures.describe import describe as describe_table  # noqa: PLC0415  # an extra, and heavy
        from metafeatures.reading import read_file  # noqa: PLC0415
        from metafeatures.understanding import described_with, understanding_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    file = read_file(path, sheet=hints.sheet, encoding=hints.encoding, delimiter=hints.delimiter)
    with described_with(file.reading):
        description = describe_table(
            file.table,
            target,
            kind=hints.kind,
            metric=hints.metric,
            nominal=hints.nominal,
            ignore=hints.ignore,
            decimal_mark=file.decimal_mark,
            deadline_ms=deadline_ms,
        )
    understanding = understanding_of(description, file.reading)
    if output_format is OutputFormat.JSON:
        say_json(_body_of(description, understanding))
    else:
        say(_as_text(description, understanding))


def _describe_folder(  # one folder, and all that is said of its tables
    folder: Path, target: str | None, out: Path, *, hints: TableHints, deadline_ms: float | None, n_workers: int
) -> None:
    try:
        from pyarrow import parquet  # noqa: PLC0415  # an extra, and heavy

        from metafeatures.batch import describe_files, results_table, table_jobs  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    found = table_jobs(folder, target, hints)
    columns = (
        TextColumn("describing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    results: list[TableResult] = []
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=len(found))
        for result in describe_files(found, n_workers=n_workers, deadline_ms=deadline_ms):
            results.append(result)
            progress.update(bar, advance=1, description=result.job.name)
    parquet.write_table(results_table(results), out)
    failed = [result for result in results if result.error is not None]
    say(f"{len(results) - len(failed)} of {len(results)} tables described in {out}")
    for result in failed:
        say(f"{result.job.path.name}: {result.error}", is_note=True)
    if failed:
        raise InvalidTableError(
            f"{len(failed)} tables could not be described; column 'error' of {out} gives the reasons",
            field="folder",
            value=len(failed),
            limit="0 failures",
        )


def _missing(error: ModuleNotFoundError) -> MissingExtraError:
    return MissingExtraError(
        f"describing needs the extra 'local': pip install 'warmtune[local]' ({error.name} is missing)"
    )


def _body_of(description: "Description", understanding: Understanding) -> dict[str, object]:
    meta = description.meta_features
    return {
        "kind": description.kind,
        "kind_reason": description.kind_reason,
        "n_rows": description.n_rows,
        "n_columns": description.n_columns,
        "dropped_rows": description.dropped_rows,
        "content_hash": description.content_hash,
        "version": meta.version,
        "understanding": UnderstandingBody.from_domain(understanding).model_dump(mode="json"),
        "meta_features": dict(meta.values),
        "gaps": dict(meta.gaps),
    }


def _as_text(description: "Description", understanding: Understanding) -> str:
    meta = description.meta_features
    table = plain_table()
    table.add_column("meta-feature", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    for name, value in meta.values.items():
        table.add_row(name, f"{value:.6g}")
    reasons = dict.fromkeys(meta.gaps.values())
    gaps = [f"{list(meta.gaps.values()).count(reason)} gaps: {reason}" for reason in reasons]
    lines = [
        str(understanding),
        f"{description.n_columns} feature columns, content {description.content_hash[:12]}",
        f"{len(meta.values)} meta-features, version {meta.version}",
        *gaps,
        render(table),
    ]
    return "\n".join(lines)
