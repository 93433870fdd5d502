"""The pages of the SDK and of the command say what is true: their examples are run."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import warmtune
from tests.client.test_client_calls import CSV
from tests.serving import ROOT
from warmtune.cli.app import app
from warmtune.client import Client
from warmtune.vocabulary.exit_codes import ExitCode

DOCS = ROOT / "docs"


def test_the_examples_of_the_sdk_run_in_order(service_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "sdk.md").read_text(), flags=re.DOTALL)
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block.replace("http://127.0.0.1:8000", service_url), "docs/sdk.md", "exec"), namespace)
    namespace["client"].close()  # type: ignore[attr-defined]
    printed = capsys.readouterr().out
    assert "Report(" in printed
    assert "not_found search_space" in printed


def test_every_method_is_named() -> None:
    page = (DOCS / "sdk.md").read_text()
    public = {name for name in dir(Client) if not name.startswith("_")} - {"send", "close"}
    missing = [name for name in sorted(public) if not any(f"{begin}{name}" in page for begin in ("`", "`client."))]
    assert missing == [], "docs/sdk.md has a row for each method in its table of answers"


def test_the_errors_of_the_page_are_the_familys() -> None:
    page = (DOCS / "sdk.md").read_text()
    errors = {name for name in warmtune.__all__ if name.endswith("Error")} - {"WarmtuneError"}
    assert {name for name in errors if f"`{name}`" in page} == errors


def test_the_examples_of_the_command_run(service_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_bytes(CSV)
    commands = re.findall(r"^\$ warmtune (.*)$", (DOCS / "cli.md").read_text(), flags=re.MULTILINE)
    assert len(commands) > 4
    for command in commands:
        done = CliRunner().invoke(app, shlex.split(command), env={"WARMTUNE_URL": service_url})
        assert done.exit_code == 0, (command, done.output)


def test_exit_codes_are_documented() -> None:
    page = (DOCS / "cli.md").read_text()
    assert [f"| {int(code)} |" in page for code in ExitCode] == [True] * len(ExitCode)
