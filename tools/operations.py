"""Every operation of the API with its SDK method: ``python -m tools.operations`` writes the table into docs/api.md."""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi.routing import APIRoute
from optuna.distributions import FloatDistribution

from service.app import ROUTERS
from warmtune.endpoints import Endpoint, Endpoints
from warmtune.rest.calls import Call
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.history import HistoryUpload
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import Trial

PAGE: Final = Path(__file__).parents[1] / "docs" / "api.md"
BEGIN, END = "<!-- operations -->", "<!-- end -->"

WITHOUT_METHOD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GET /healthz": "none: for supervisors, which restart a process that doesn't answer; `health` asks `/readyz`",
        "GET /metrics": "none: Prometheus reads it, in its own text format",
    }
)
"""Operations that the SDK leaves out on purpose, and why."""

_ANY: Final = "placeholder"
_ARGUMENTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "history": HistoryUpload(Path("trials.csv"), filename="trials.csv"),
        "init": b"{}",
        "kind": "binary",
        "put_search_space.search_space": SearchSpace({"x": FloatDistribution(0.0, 1.0)}),
        "task": TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 1.0})),
        "trials": [Trial(0, {"x": 0.5}, value=1.0)],
    }
)
"""What an argument that methods need, or that of one method, is in a request that is made but not sent.

All others are `_ANY`, so that their place in the path can be seen.
"""


def methods() -> dict[str, str]:
    """The SDK's method by operation, e.g. ``{"GET /v1/tasks/{}": "get_task"}``."""
    found: dict[str, str] = {}
    for name, endpoint in vars(Endpoints).items():
        if isinstance(endpoint, Endpoint):
            call = _call_of(name, endpoint)
            found[f"{call.method} {call.path.replace(_ANY, '{}')}"] = name
    return found


def routes() -> Iterator[tuple[str, str]]:
    """Every documented operation by path and method, with its summary."""
    found: list[tuple[str, str, str]] = []
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                found.extend((route.path, method, route.summary or "") for method in route.methods or ())
    for path, method, summary in sorted(found):
        yield f"{method} {path}", summary


def without_names(operation: str) -> str:
    """``GET /v1/tasks/{task_id}`` as ``GET /v1/tasks/{}``."""
    return re.sub(r"\{[^}]*\}", "{}", operation)


def table() -> str:
    """The table in Markdown."""
    known = methods()
    lines = ["| operation | does | SDK |", "|---|---|---|"]
    for operation, summary in routes():
        name = known.get(without_names(operation))
        said = f"`{name}`" if name is not None else WITHOUT_METHOD.get(operation, "")
        lines.append(f"| `{operation}` | {summary} | {said} |")
    return "\n".join(lines)


def _call_of(name: str, endpoint: "Endpoint[..., object]") -> Call[object]:
    needed = [p for p in inspect.signature(endpoint._build).parameters.values() if p.default is p.empty]
    by_name = {p.name: _ARGUMENTS.get(f"{name}.{p.name}", _ARGUMENTS.get(p.name, _ANY)) for p in needed}
    positional = [by_name.pop(p.name) for p in needed if p.kind is not p.KEYWORD_ONLY]
    return endpoint._build(*positional, **by_name)


def main() -> int:
    """Write the table, or say whether it is stale."""
    text = PAGE.read_text(encoding="utf-8")
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END, text.index(BEGIN))
    fresh = f"{text[:start]}\n\n{table()}\n\n{text[end:]}"
    if "--check" in sys.argv:
        if fresh != text:
            sys.stderr.write("docs/api.md: the table of operations is stale; run: python -m tools.operations\n")
        return int(fresh != text)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
