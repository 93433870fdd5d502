"""A version of Warmtune that adds an algorithm starts on a database of the version before, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from knowledge.designs.shared import shared_design
from knowledge.pack.pack_file import load_shipped
from learning.limits import LearningRules
from learning.material import gather
from service.doctor.database_findings import examine_database
from service.settings import Settings
from service.shipped_contents import names_moved_on, seed
from store.connections.database import Database
from store.connections.scope import SHIPPED, everywhere
from store.model_keys import KindGroup, ModelKey
from store.search_spaces import SearchSpaceRepository
from store.studies import NewStudy, StoredStudy, StudyRepository
from store.tables import knowledge_bases
from store.tasks import TaskRepository
from store.trials import TrialRepository
from tests.store.samples import make_task
from warmtune.catalogue import catalogue
from warmtune.catalogue.auto import NAME, auto
from warmtune.catalogue.entry import CatalogueEntry
from warmtune.catalogue.registry import ALGORITHMS
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial

N_OWN = 2


def former_catalogue() -> tuple[CatalogueEntry, ...]:
    """Today's, but for the space over all algorithms, which lacks one."""
    lacking = auto([algorithm for make in ALGORITHMS if (algorithm := make()).name != "catboost"])
    return tuple(entry for entry in catalogue() if entry.name != NAME) + lacking.entries()


def auto_of(entries: tuple[CatalogueEntry, ...], kind: TaskKind = TaskKind.BINARY) -> CatalogueEntry:
    return next(entry for entry in entries if entry.name == NAME and kind in entry.kinds)


def n_studies(database: Database) -> dict[tuple[str, str], int]:
    """By name and the group that it is for."""
    with database.reading() as connection:
        repository = SearchSpaceRepository(connection)
        found = [one for name in repository.registered_names() for one in repository.find_all(name)]
        counts = repository.n_studies(found)
    return {(one.name, min(one.kinds)): n for one, n in zip(found, counts, strict=True)}


def tune(database: Database, number: int) -> StoredStudy:
    """A user's study over the former `auto`."""
    entry = auto_of(former_catalogue())
    key = ModelKey(entry.space.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
    values = np.random.default_rng(number).random(5).tolist()
    with database.writing() as connection:
        kept = TaskRepository(connection).keep(make_task(f"mine {number}", TaskKind.BINARY, n_rows=1e5 + number))
        space_id = SearchSpaceRepository(connection).keep(entry.space)
        study = StudyRepository(connection).create(
            NewStudy(f"own {number}", kept.seq, space_id, NAME, key, None, {"by": "me"})
        )
        design = shared_design(entry, len(values))
        trials = [Trial(i, c, value=v, duration_s=1.0) for i, (c, v) in enumerate(zip(design, values, strict=True))]
        TrialRepository(connection).report(study, trials)
        return StudyRepository(connection).get(study.study_id)


def start(database: Database, entries: tuple[CatalogueEntry, ...]) -> None:
    with database.changing_schema() as connection:
        seed(connection, entries)


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path, dict[str, object]]]:
    """A database that began with the former catalogue, and what was seen of it before today's was started on it."""
    path = tmp_path_factory.mktemp("upgrade") / "store.db"
    opened = Database(f"sqlite:///{path}")
    opened.migrate()
    database = opened.of_default()
    start(database, former_catalogue())
    before: dict[str, object] = {"n_studies": n_studies(database)}
    before["studies"] = [tune(database, number) for number in range(N_OWN)]
    with database.reading() as connection:
        before["moved_on"] = names_moved_on(connection, catalogue())
    before["doctor"] = _said_of_knowledge(path)
    start(database, catalogue())
    yield database, path, before
    opened.close()


def _said_of_knowledge(path: Path) -> list[str]:
    found = examine_database(Settings(database_url=f"sqlite:///{path}")).findings
    return [one.text for one in found if one.topic == "knowledge base"]


def test_the_definition_of_auto_follows_its_algorithms() -> None:
    assert auto_of(former_catalogue()).space.content_key != auto_of(catalogue()).space.content_key


def test_shipped_studies_are_stored_under_todays_definitions(
    upgraded: tuple[Database, Path, dict[str, object]],
) -> None:
    database, path, before = upgraded
    counts = n_studies(database)
    assert counts == before["n_studies"]
    packed = {(table.search_space, min(table.kinds)) for base in load_shipped() for table in base.tables}
    assert {which for which, n in counts.items() if n > 0} == packed  # a space that is new has no past yet
    assert min(counts[which] for which in packed) > 200
    assert before["moved_on"] == (NAME,)
    with database.reading() as connection:
        assert names_moved_on(connection, catalogue()) == ()
    assert "former definitions of auto" in str(before["doctor"])
    assert "former" not in str(_said_of_knowledge(path))


def test_a_start_after_that_loads_nothing(upgraded: tuple[Database, Path, dict[str, object]]) -> None:
    database, _, _ = upgraded
    query = everywhere(select(knowledge_bases.c.loaded_at))
    with database.of(SHIPPED).reading() as connection:
        loaded_at = connection.execute(query).scalar_one()
    start(database, catalogue())
    with database.of(SHIPPED).reading() as connection:
        assert connection.execute(query).scalar_one() == loaded_at


def test_users_studies_stay_as_they_are_and_auto_learns_from_them(
    upgraded: tuple[Database, Path, dict[str, object]],
) -> None:
    database, _, before = upgraded
    space = auto_of(catalogue()).space
    key = ModelKey(space.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
    with database.reading() as connection:
        mine = [StudyRepository(connection).get(f"own {number}") for number in range(N_OWN)]
        assert mine == before["studies"]
        assert SearchSpaceRepository(connection).get(mine[0].space_id) == auto_of(former_catalogue()).space
        trials = TrialRepository(connection).of_study(mine[0])
        material = gather(connection, key, space, rules=LearningRules(mapping_until_tasks=20))
    assert len(material.own) > 200
    assert sorted(history.task.name for history in material.mapped) == ["mine 0", "mine 1"]
    mapped = next(history for history in material.mapped if history.task.name == "mine 0")
    assert [dict(c) for c in mapped.configurations] == [dict(trial.configuration) for trial in trials]
