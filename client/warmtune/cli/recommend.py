"""`warmtune recommend`: the configurations to try first."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.options import (
    DelimiterOption,
    EncodingOption,
    FormatOption,
    IgnoreOption,
    KeyOption,
    KindOption,
    NominalOption,
    OutputFormat,
    SheetOption,
    UrlOption,
)
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.tables.description import describe_task, pack_table, table_hints
from warmtune.vocabulary.dataset import TableHints, TableUpload, TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.wire.recommendations import RecommendationResponse


def recommend(  # noqa: PLR0913  # typer reads the options from the signature
    data: Annotated[Path, typer.Argument(help="File with the table: CSV, Parquet, .xlsx, JSON, ARFF, ...")],
    *,
    target: Annotated[str, typer.Option(help="Name of the target column.")],
    search_space: Annotated[str, typer.Option(help="Registered name, or a .json file in the API's format.")],
    metric: Annotated[str | None, typer.Option(help="By default accuracy, or r2 for regression.")] = None,
    direction: Annotated[
        Direction | None, typer.Option(help="Direction of a metric that Warmtune doesn't know.")
    ] = None,
    kind: KindOption = None,
    nominal: NominalOption = None,
    ignore: IgnoreOption = None,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    n: Annotated[int, typer.Option("--n", help="Number of configurations, 1 to 1000.")] = 10,
    time_budget: Annotated[
        float | None,
        typer.Option(
            help="Seconds for all configurations; those with the largest expected gain per second come first."
        ),
    ] = None,
    upload: Annotated[
        bool, typer.Option("--upload", help="Send the table; by default only its meta-features leave this machine.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also print which configurations usually win on such tasks.")
    ] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Print the configurations to try first for a dataset, best first, each with the past tasks it comes from."""
    space = read_search_space(search_space)
    hints = table_hints(
        kind=kind, metric=metric, nominal=nominal, ignore=ignore, sheet=sheet, encoding=encoding, delimiter=delimiter
    )
    with Client(url, api_key=api_key) as client:
        answer = client.recommend(
            read_task(data, target, hints, upload=upload),
            space,
            metric=metric,
            direction=direction,
            n=n,
            time_budget_s=time_budget,
            explain=explain,
        )
    if output_format is OutputFormat.JSON:  # just as the API writes it
        say_json(RecommendationResponse.from_domain(answer).model_dump(mode="json"))
    else:
        say(str(answer))


def read_task(data: Path, target: str, hints: TableHints, *, upload: bool) -> TaskDescription | TableUpload:
    """The dataset as it goes to the service: described here, or as the table."""
    said = {field.name: getattr(hints, field.name) for field in fields(hints)}
    return pack_table(data, target, **said) if upload else describe_task(data, target, **said)


def read_search_space(given: str) -> str | SearchSpace:
    """A registered name, or what a ``.json`` file holds.

    Raises:
        InvalidInputError: If the file can't be read or is no search space.
    """
    if not given.endswith(".json"):
        return given
    try:
        body = json.loads(Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"can't read {given}: {error}", field="search_space", value=given) from error
    return search_space_from_json(body)
