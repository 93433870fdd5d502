"""What the page of estimators, the README and the example say is run."""

import os
import re
import subprocess
import sys

import pytest

from tests.serving import ROOT, LiveService

pytestmark = pytest.mark.slow


def test_the_examples_of_the_page_run_in_order(
    live_service: LiveService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WARMTUNE_URL", live_service.url)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "estimators.md").read_text(), flags=re.DOTALL)
    assert len(blocks) == 4
    namespace: dict[str, object] = {}
    for block in blocks:
        code = block.replace("http://127.0.0.1:8000", live_service.url)
        exec(compile(code, "docs/estimators.md", "exec"), namespace)
    printed = capsys.readouterr().out
    assert "gamma_scale" in printed
    assert "recommended" in printed and "sampled" not in printed


def test_every_setting_of_the_page_is_one() -> None:
    from warmtune.sklearn import WarmSearchCV

    page = (ROOT / "docs" / "estimators.md").read_text()
    settings = re.search(r"\| setting \| meaning \|\n\|---\|---\|\n(.*?)\n\n", page, flags=re.DOTALL)
    assert settings is not None
    named = {name for line in settings[1].splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert len(named) > 10
    assert named <= set(WarmSearchCV("linear").get_params())


def test_the_example_prints_a_table_and_both_scores() -> None:
    command = [sys.executable, "-W", "error", "-m", "examples.search_any_table", "--cold", "--trials", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=os.environ, timeout=200)
    assert "origin" in done.stdout and done.stdout.count("sampled") == 3
    assert re.search(r"default 0\.\d+, best 0\.\d+ over 5 folds", done.stdout)
