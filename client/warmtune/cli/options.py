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


# The client reads the variables: it names them where they are wrong, and shows no key to another service than theirs.
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="Address of the service; by default that of the variable WARMTUNE_URL, else one is started on this "
        "machine.",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        help="API key; pass it in the variable WARMTUNE_API_KEY instead, since other users can read command lines.",
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
