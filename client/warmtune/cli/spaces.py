"""`warmtune spaces`: what may be tuned."""

from typing import Annotated

import typer
from rich.table import Table

from warmtune.cli.options import FormatOption, KeyOption, LimitOption, OutputFormat, UrlOption
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.vocabulary.distributions import describe_distribution
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.rendering import plain_table, render, value_text
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind


def spaces(
    name: Annotated[str | None, typer.Argument(help="Search space to show in full.")] = None,
    *,
    kind: Annotated[TaskKind | None, typer.Option(help="Only search spaces for tasks of this kind.")] = None,
    limit: LimitOption = 100,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """List the registered search spaces, or show one."""
    with Client(url, api_key=api_key) as client:
        if name is None:
            found = client.list_search_spaces(kind=kind, limit=limit).items
        else:
            found = (client.get_search_space(name, kind=kind),)
    if output_format is OutputFormat.JSON:
        bodies = [_body(space) for space in found]
        say_json(bodies if name is None else bodies[0])
    else:
        say(render(_overview(found) if name is None else _parameters(found[0].search_space)))


def _overview(found: tuple[NamedSearchSpace, ...]) -> Table:
    table = plain_table()
    table.add_column("name", no_wrap=True)
    table.add_column("parameters", overflow="fold")
    table.add_column("for", overflow="fold")
    table.add_column("studies", justify="right")
    for space in found:
        table.add_row(
            space.name, ", ".join(space.search_space.parameters), ", ".join(space.kinds), str(space.n_studies)
        )
    return table


def _parameters(space: SearchSpace) -> Table:
    table = plain_table("parameter", "values", "default", "only where")
    for name, distribution in space.parameters.items():
        default = value_text(space.defaults[name]) if name in space.defaults else ""
        conditions = [f"{c.parent} in {list(c.values)}" for c in space.conditions if c.parameter == name]
        table.add_row(name, describe_distribution(distribution), default, " and ".join(conditions))
    return table


def _body(space: NamedSearchSpace) -> dict[str, object]:
    return {
        "name": space.name,
        "content_key": space.content_key,
        "search_space": space.search_space.to_json(),
        "kinds": list(space.kinds),
        "shipped": space.shipped,
        "n_studies": space.n_studies,
    }
