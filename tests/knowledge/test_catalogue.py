"""The shipped search spaces as values: complete, valid, and usable without the libraries that fit them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution

from knowledge.designs.configuration_digest import configuration_digest
from knowledge.designs.shared import shared_design
from metamodel.space.design import around, space_filling
from warmtune.catalogue import CatalogueEntry, catalogue, find_entry
from warmtune.vocabulary.errors import NotFoundError
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.task import TaskKind

ROOT = Path(__file__).parents[2]


def test_every_name_has_a_space_for_classes_and_one_for_numbers() -> None:
    found = [(entry.name, kind) for entry in catalogue() for kind in entry.kinds]
    assert len(found) == len(set(found))
    recorded = {("scikit_pipelines", TaskKind.BINARY), ("scikit_pipelines", TaskKind.MULTICLASS)}
    fitted = {entry.name for entry in catalogue()} - {"scikit_pipelines"}
    assert set(found) == {(name, kind) for name in fitted for kind in TaskKind} | recorded


def test_the_pages_name_every_search_space_and_no_other() -> None:
    """A name that the README promises isn't dropped by mistake either."""
    names = {entry.name for entry in catalogue()}
    paragraph = next(part for part in (ROOT / "README.md").read_text().split("\n\n") if part.startswith("These search"))
    assert set(re.findall(r"`([a-z_]+)`", paragraph)) == names, "the paragraph `These search spaces ship` of README.md"
    section = (ROOT / "docs" / "knowledge.md").read_text().partition("## The search spaces")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE))
    assert rows == names, "the table `The search spaces` of docs/knowledge.md"


@pytest.mark.parametrize("entry", catalogue(), ids=lambda e: f"{e.name}-{len(e.kinds)}")
def test_defaults_are_complete_and_designs_are_valid(entry: CatalogueEntry) -> None:
    default = entry.space.default_configuration()
    assert default is not None
    for configuration in [*space_filling(entry.space, 8, seed=0), *around(entry.space, default, 8, seed=0)]:
        assert entry.space.validate(configuration) == configuration


@pytest.mark.parametrize("entry", catalogue(), ids=lambda e: f"{e.name}-{len(e.kinds)}")
def test_shared_designs_begin_with_the_default_are_distinct_and_grow_at_their_end(entry: CatalogueEntry) -> None:
    short, long = shared_design(entry, 8), shared_design(entry, 16)
    assert long[:8] == short
    assert short[0] == entry.space.default_configuration()
    assert len({configuration_digest(c) for c in long}) == 16
    assert all(entry.space.validate(c) == c for c in long)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda e: f"{e.name}-{len(e.kinds)}")
def test_spaces_come_back_from_the_wire_as_they_were(entry: CatalogueEntry) -> None:
    assert search_space_from_json(entry.space.to_json()) == entry.space
    assert entry.summary and entry.reference and (entry.cost > 0) != entry.is_recorded
    extras = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert entry.extra is None or entry.extra in extras
    assert (entry.extra is not None) == (entry.name in extras), "the extra of a library is called like the space"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("lightgbm", "lambda_l1"),
        ("lightgbm", "lambda_l2"),
        ("xgboost", "reg_alpha"),
        ("xgboost", "max_leaves"),
        ("extra_trees", "min_impurity_decrease"),
    ],
)
def test_a_range_with_zero_is_a_switch_that_the_default_leaves_off(name: str, parameter: str) -> None:
    space = find_entry(name, TaskKind.BINARY).space
    switch = space.parameters[f"use_{parameter}"]
    assert isinstance(switch, CategoricalDistribution) and switch.choices == (False, True)
    default = space.default_configuration()
    assert default is not None and default[f"use_{parameter}"] is False and parameter not in default
    low = space.parameters[parameter].low  # type: ignore[attr-defined]  # a range
    on = {**default, f"use_{parameter}": True, parameter: low}
    assert space.validate(on) == space.validate(dict(reversed(on.items())))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="lightgbm"):
        find_entry("light_gbm", TaskKind.BINARY)


def test_the_catalogue_needs_no_library_of_an_algorithm() -> None:
    code = (
        "import sys, warmtune.catalogue as c; c.catalogue(); "
        "heavy = {'lightgbm', 'xgboost', 'catboost', 'sklearn', 'torch', 'pandas', 'distributed'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
