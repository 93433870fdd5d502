"""Which route takes which key, as the code has it: ``python -m tools.routes_of_keys`` writes it into docs/teams.md."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi.routing import APIRoute

from service.api_keys.scopes import is_of_operators, scope_of
from service.app import ROUTERS
from service.http.documentation import PROTECTED
from warmtune.vocabulary.api_key import Scope

PAGE: Final = Path(__file__).parents[1] / "docs" / "teams.md"
_WITH_SHIPPED: Final = ("/v1/tasks/", "/v1/studies/", "/v1/search-spaces/", "/v1/neural/models/")
BEGIN, END = "<!-- routes: keys -->", "<!-- end -->"


@dataclass(frozen=True, slots=True)
class RouteRule:
    """What a route takes.

    Attributes:
        method: HTTP's.
        path: Its template.
        scope: Of a key; None where no key is needed.
        is_of_operators: Whether only admin keys of the workspace ``default`` may.
        is_of_one: Whether its address names something of a workspace.
    """

    method: str
    path: str
    scope: Scope | None
    is_of_operators: bool
    is_of_one: bool


def rules() -> Iterator[RouteRule]:
    """Every documented route, by path and method."""
    found = []
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or not route.include_in_schema:
                continue
            for method in sorted(route.methods or ()):
                scope = scope_of(method, route.path) if route.path.startswith(PROTECTED) else None
                of_operators = is_of_operators(route.path)
                found.append(RouteRule(method, route.path, scope, of_operators, "{" in route.path and not of_operators))
    yield from sorted(found, key=lambda rule: (rule.path, rule.method))


def table() -> str:
    """The table in Markdown."""
    lines = [
        "| route | no key; wrong, expired or revoked | `read` | `write` | `admin` | `admin` of `default` | "
        "a key of another workspace |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in rules():
        if rule.scope is None:
            cells = ["yes"] * 6
        else:
            cells = ["401", *(_held(rule, scope) for scope in Scope), "yes"]
            cells.append("403" if rule.is_of_operators else _of_another(rule) if rule.is_of_one else "its own")
        lines.append(f"| `{rule.method} {rule.path}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _of_another(rule: RouteRule) -> str:
    """What a key of another workspace is answered about one thing: what ships, all may read."""
    return "404 (shipped: yes)" if rule.scope is Scope.READ and rule.path.startswith(_WITH_SHIPPED) else "404"


def _held(rule: RouteRule, scope: Scope) -> str:
    if rule.scope is None or not scope.includes(rule.scope) or rule.is_of_operators:
        return "403"
    return "yes"


def main() -> int:
    """Write the table, or say whether it is stale."""
    text = PAGE.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END, text.index(BEGIN))
    fresh = f"{text[:start]}\n\n{table()}\n\n{text[end:]}"
    if "--check" in sys.argv:
        if fresh != text:
            sys.stderr.write("docs/teams.md: the table of permissions is stale; run: python -m tools.routes_of_keys\n")
        return int(fresh != text)
    PAGE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
