"""What ships is described as tables are described: else no uploaded table would have a neighbour among it."""

from knowledge.pack.pack_file import SHIPPED, read_knowledge
from metafeatures.version import VERSION

REDESCRIBE = (
    "the shipped tasks are never compared with tables that are described now. A value that is only added needs no new "
    "VERSION. Else, with the tables of the knowledge base in FOLDER: python -m knowledge redescribe FOLDER"
)


def test_the_shipped_tasks_are_of_the_version_that_tables_are_described_in() -> None:
    assert {task.meta_features.version for task in read_knowledge(SHIPPED).tasks} == {VERSION}, REDESCRIBE
