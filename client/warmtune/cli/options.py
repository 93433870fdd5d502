"""Options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer

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
        help="The service's address; without it, one is started for you here.",
    ),
]
KeyOption = Annotated[
    str | None, typer.Option("--api-key", envvar="WARMTUNE_API_KEY", show_envvar=True, help="Better given by variable.")
]
FormatOption = Annotated[
    OutputFormat, typer.Option("--format", help="A table for people, or JSON; errors follow it on stderr.")
]
KindOption = Annotated[
    TaskKind | None, typer.Option("--kind", help="What is predicted; else a known metric says it, or the target.")
]
NominalOption = Annotated[
    list[str] | None, typer.Option("--nominal", help="A column whose numbers are names; may be repeated.")
]
IgnoreOption = Annotated[list[str] | None, typer.Option("--ignore", help="A column to leave out; may be repeated.")]
SheetOption = Annotated[str | None, typer.Option("--sheet", help="Of a workbook; by default the first one.")]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Of a file of text, e.g. cp1251 or shift_jis; else it is found.")
]
DelimiterOption = Annotated[
    str | None, typer.Option("--delimiter", help="Between cells of a file of text (tab for tabs); else it is found.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="How many at most.")]
