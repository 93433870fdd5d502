"""`warmtune recommend`: the configurations to try first."""

from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.opening import Opening
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
from warmtune.vocabulary.metrics import Direction


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
    opening = Opening(url, api_key)  # before what is imported here, which takes as long as its start

    from warmtune.cli.recommendation_texts import answer_body, read_search_space, read_task  # noqa: PLC0415
    from warmtune.cli.saying import say, say_json  # noqa: PLC0415
    from warmtune.tables.description import table_hints  # noqa: PLC0415

    space = read_search_space(search_space)
    hints = table_hints(
        kind=kind, metric=metric, nominal=nominal, ignore=ignore, sheet=sheet, encoding=encoding, delimiter=delimiter
    )
    task = read_task(data, target, hints, upload=upload or opening.reads(data))
    with opening.client() as client:
        answer = client.recommend(
            task,
            space,
            metric=metric,
            direction=direction,
            n=n,
            time_budget_s=time_budget,
            explain=explain,
        )
    if output_format is OutputFormat.JSON:
        say_json(answer_body(answer))
    else:
        say(str(answer))
