"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind


class OutputFormat(StrEnum):
    """How results, and errors, are printed."""

    TABLE = "table"
    JSON = "json"


UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="WARMTUNE_URL",
        help="Address of the service; without it, one is started on this machine.",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="WARMTUNE_API_KEY",
        show_envvar=True,
        help="API key; pass it in the variable, since other users can read command lines.",
    ),
]
FormatOption = Annotated[
    OutputFormat, typer.Option("--format", help="Format of results on stdout and of errors on stderr.")
]
KindOption = Annotated[
    TaskKind | None,
    typer.Option("--kind", help="Kind of task; by default inferred from a known metric, else from the target."),
]
PastKindOption = Annotated[TaskKind, typer.Option("--kind", help="The kind of task.")]
PastMetricOption = Annotated[str | None, typer.Option("--metric", help="By default accuracy, or r2 for regression.")]
PastDirectionOption = Annotated[
    Direction | None, typer.Option("--direction", help="Direction of a metric that Warmtune doesn't know.")
]
NominalOption = Annotated[
    list[str] | None, typer.Option("--nominal", help="A column whose numbers are category codes; may be repeated.")
]
IgnoreOption = Annotated[list[str] | None, typer.Option("--ignore", help="A column to leave out; may be repeated.")]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of a workbook; by default the first one that isn't empty.")
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Encoding of a text file, e.g. cp1251 or shift_jis; by default detected."),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", help="Delimiter of a text file (tab, spaces or one character); by default detected."),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="Largest number of rows.")]
