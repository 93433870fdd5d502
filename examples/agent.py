"""An agent's session with the MCP server, by the official SDK's client: ``python -m examples.agent``.

A program stands in for the agent: it describes a dataset, takes the first recommendations, evaluates them by
cross-validation, reports, asks for the next ones, and makes two mistakes. Everything that is said is printed.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import typer
from mcp import Client, StdioServerParameters
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score

from examples.running_service import running_service

SPACE = "hist_gradient_boosting"
_WIDTH = 300
WARMTUNE = "import sys; from warmtune.cli.app import app; sys.argv = ['warmtune', *sys.argv[1:]]; app()"


def server_command(url: str, folder: Path, *, api_key: str = "") -> StdioServerParameters:
    """How an agent's program starts the MCP server."""
    arguments = ["-c", WARMTUNE, "mcp", "--url", url, "--folder", str(folder)]
    passed_on = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}  # the SDK passes on little
    environment = passed_on | ({"WARMTUNE_API_KEY": api_key} if api_key else {})
    return StdioServerParameters(command=sys.executable, args=arguments, env=environment)


async def call(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    """Call a tool, print the question and the answer, and return it."""
    typer.echo(f"> {tool} {_cut(json.dumps(arguments))}")
    answer = await client.call_tool(tool, arguments)
    if answer.is_error:
        typer.echo(f"< error: {_cut(''.join(getattr(part, 'text', '') for part in answer.content))}\n")
        return {}
    body: dict[str, Any] = answer.structured_content or {}
    typer.echo(f"< {_cut(json.dumps(body))}\n")
    return body


async def session(url: str, folder: Path) -> float:
    """A whole session; returns the best accuracy that was found."""
    table, target = load_breast_cancer(return_X_y=True, as_frame=True)
    table.assign(target=target).to_csv(folder / "cancer.csv", index=False)
    async with Client(server_command(url, folder)) as client:
        typer.echo(f"tools: {', '.join(tool.name for tool in (await client.list_tools()).tools)}\n")
        task = await call(client, "describe", target="target", path="cancer.csv", name="breast cancer")
        asked = {"task_id": task["task_id"], "search_space": SPACE}
        first = await call(client, "recommend", **asked, n=3)
        trials = [
            {"number": i, "params": one["params"], "value": _accuracy(one["params"], table, target)}
            for i, one in enumerate(first["configurations"])
        ]
        study = await call(client, "report", **asked, trials=trials)
        following = await call(client, "suggest", study_id=study["study_id"], n=1)
        params = following["configurations"][0]["params"]
        trials.append({"number": 3, "params": params, "value": _accuracy(params, table, target)})
        await call(client, "report", study_id=study["study_id"], trials=trials[3:])
        await call(client, "explain", search_space=SPACE, kind="binary", task_id=task["task_id"])
        await call(client, "recommend", task_id=task["task_id"], search_space="nothing like it")
        await call(client, "describe", target="target", path="../elsewhere.csv")
    return max(float(trial["value"]) for trial in trials)


def main() -> None:
    """Start a service and let a session run."""
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder)) as url:
        best = asyncio.run(session(url, Path(folder)))
    typer.echo(f"best accuracy of four trials: {best:.4f}")


def _accuracy(params: dict[str, Any], table: Any, target: Any) -> float:
    model = HistGradientBoostingClassifier(**params, random_state=0)
    return float(cross_val_score(model, table, target, cv=3).mean())


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


if __name__ == "__main__":
    main()
