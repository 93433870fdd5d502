"""The package for OptunaHub's registry: loaded as its users load it, and in the form that it asks for."""

import importlib.util
import re
import runpy
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.serving import ROOT, LiveService
from warmtune import Client
from warmtune.optuna.sampler import WarmtuneSampler

REGISTRY = ROOT / "integrations" / "optunahub"
PACKAGE = "samplers/warmtune"
FOLDER = REGISTRY / PACKAGE


@pytest.fixture
def hub(live_service: LiveService, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """OptunaHub with this repository's folder as its registry, and a service by the environment."""
    optunahub = pytest.importorskip("optunahub", exc_type=ImportError)  # it fails where there is no git

    def load_module(package: str) -> ModuleType:
        return optunahub.load_local_module(package=package, registry_root=str(REGISTRY))  # type: ignore[no-any-return]

    monkeypatch.setattr(optunahub, "load_module", load_module)
    monkeypatch.setenv("WARMTUNE_URL", live_service.url)
    yield optunahub


def test_the_module_exports_the_sampler_without_optunahub() -> None:
    spec = importlib.util.spec_from_file_location("hub_warmtune", FOLDER / "__init__.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.__all__ == ["WarmtuneSampler"]
    assert module.WarmtuneSampler is WarmtuneSampler


def test_it_is_loaded_from_a_local_registry(hub: Any) -> None:
    module = hub.load_local_module(package=PACKAGE, registry_root=str(REGISTRY))
    assert module.__name__ == "optunahub_registry.package.samplers.warmtune"
    assert module.WarmtuneSampler is WarmtuneSampler


def test_the_example_is_recommended_its_batch_and_reports_what_it_found(
    hub: ModuleType, live_service: LiveService, capsys: pytest.CaptureFixture[str]
) -> None:
    before = n_studies(live_service.url)
    runpy.run_path(str(FOLDER / "example.py"), run_name="__main__")
    origins = re.findall(r"^\d (\w+) 0\.\d{4}$", capsys.readouterr().out, flags=re.MULTILINE)
    assert origins == ["recommended"] * 3 + ["suggested"] * 3
    assert n_studies(live_service.url) == before + 1


def test_the_code_of_its_page_runs(hub: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text(), flags=re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), namespace)
    assert len(namespace["study"].trials) == 6
    assert "warmtune:batch" in namespace["study"].user_attrs
    assert "n_neighbors" in capsys.readouterr().out


def test_its_files_and_front_matter_are_what_the_registry_asks_for() -> None:
    names = {path.name for path in FOLDER.iterdir() if path.name != "__pycache__"}
    assert names == {"__init__.py", "README.md", "LICENSE", "example.py", "requirements.txt"}
    page = (FOLDER / "README.md").read_text()
    _, matter, text = page.split("---\n", 2)
    said = dict(line.split(": ", 1) for line in matter.splitlines())
    assert list(said) == ["author", "title", "description", "tags", "optuna_versions", "license"]
    assert said["license"] == "MIT License" == (FOLDER / "LICENSE").read_text().splitlines()[0]
    assert "sampler" in said["tags"].strip("[]").split(", ")
    assert re.fullmatch(r"\[('\d+\.\d+\.\d+'(, )?)+\]", said["optuna_versions"])
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == [
        "Abstract",
        "Class or Function Names",
        "Installation",
        "Example",
        "Others",
    ]


def n_studies(url: str) -> int:
    with Client(url) as client:
        return len(client.list_studies(search_space="knn", own=True, limit=500).items)
