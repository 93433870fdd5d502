from pathlib import Path

import pytest

from metafeatures.catalogue import CATALOGUE
from metafeatures.catalogue_page import catalogue_page
from metafeatures.entry import Group
from metafeatures.version import VERSION
from tests.metafeatures.recorded_values import RECORD, recorded, same
from tests.metafeatures.tables import mixed_table, values_of
from warmtune.wire.examples import TASK

ROOT = Path(__file__).parents[2]


def test_names_are_unique_and_every_entry_is_complete() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names)
    for entry in CATALOGUE:
        assert entry.formula and entry.source and entry.kinds, entry.name
        assert entry.low < entry.high, entry.name
    assert {entry.group for entry in CATALOGUE} == set(Group)


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_a_name_means_the_same_as_long_as_the_version_does(target: str) -> None:
    """A value may be added or left out without a new version; another formula or sample under a name needs one."""
    then = recorded()
    assert then["version"] == VERSION, RECORD
    now = values_of(mixed_table(target=target))
    known = {name: value for name, value in then[target].items() if name in now}
    assert len(known) > 150
    differing = [name for name, value in known.items() if not same(now[name], value)]
    assert differing == [], f"these mean something else: a new VERSION in metafeatures/version.py, then {RECORD}"


def test_every_value_is_recorded() -> None:
    then = recorded()
    new = [entry.name for entry in CATALOGUE if entry.name not in {**then["classes"], **then["numbers"]}]
    assert new == [], f"these are added under {VERSION}: {RECORD}"


def test_the_example_of_a_task_is_of_this_version() -> None:
    assert TASK["version"] == VERSION  # of another, all its values would count as gaps


def test_auto_sklearns_37_values_are_there() -> None:
    assert sum(entry.group is Group.AUTOSKLEARN for entry in CATALOGUE) == 37


def test_the_page_of_the_docs_is_the_catalogue() -> None:
    page = (ROOT / "docs" / "metafeatures.md").read_text(encoding="utf-8")
    assert page == catalogue_page(), "run: python -m metafeatures.catalogue_page docs/metafeatures.md"
    for entry in CATALOGUE:
        assert f"| `{entry.name}` |" in page
