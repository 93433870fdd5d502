from pathlib import Path

from metafeatures.catalogue import CATALOGUE, VERSION
from metafeatures.catalogue_page import catalogue_page
from metafeatures.entry import Group
from warmtune.wire.examples import TASK

ROOT = Path(__file__).parents[2]


def test_names_are_unique_and_every_entry_is_complete() -> None:
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names)
    for entry in CATALOGUE:
        assert entry.formula and entry.source and entry.kinds, entry.name
        assert entry.low < entry.high, entry.name
    assert {entry.group for entry in CATALOGUE} == set(Group)


def test_a_change_of_the_catalogue_is_a_new_version() -> None:
    # Vectors of one version are compared with each other: names and order may only change together with it.
    assert (VERSION, len(CATALOGUE)) == ("warmtune-2", 246)
    assert [entry.name for entry in CATALOGUE][:3] == ["n_rows", "n_columns", "log_n_rows"]


def test_the_pages_and_the_example_of_a_task_are_of_this_version() -> None:
    assert f"{len(CATALOGUE)} named numbers" in (ROOT / "docs" / "README.md").read_text()
    assert TASK["version"] == VERSION  # of another, all its values would count as gaps


def test_auto_sklearns_37_values_are_there() -> None:
    assert sum(entry.group is Group.AUTOSKLEARN for entry in CATALOGUE) == 37


def test_the_page_of_the_docs_is_the_catalogue() -> None:
    page = (ROOT / "docs" / "metafeatures.md").read_text(encoding="utf-8")
    assert page == catalogue_page(), "run: python -m metafeatures.catalogue_page docs/metafeatures.md"
    for entry in CATALOGUE:
        assert f"| `{entry.name}` |" in page
