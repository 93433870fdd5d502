"""Models that ship answer as learned ones would, and only where learning would give the same."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import structlog
from optuna.distributions import FloatDistribution
from typer.testing import CliRunner

from knowledge.pack.pack_file import shipped_version
from learning.limits import LearningRules
from learning.models.cache import ModelCache
from learning.models.learned import LearnedModel
from learning.models.shipped_models import ShippedModels, write_learned_models
from learning.snapshots.learned_file import INDEX, LEARNED, read_content, read_index, write_learned
from service.learn_ahead import app
from store.connections.database import Database
from store.connections.scope import SHIPPED
from store.model_keys import ModelKey
from store.search_spaces import SearchSpaceRepository
from store.shipped import ShippedStudy, ShippedTrials, replace_shipped
from tests.learning.test_stored_models import ASKED, KEY, SPACE, keep_study
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.identity import task_id_of
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

UNTIL = 20
WIDER = SearchSpace({name: FloatDistribution(0.0, 2.0) for name in "xy"}, defaults={"x": 0.5, "y": 0.5})


def ship(database: Database, version: str, n_tasks: int) -> None:
    """A knowledge base of so many tasks with eight trials each."""
    tasks, studies = [], []
    for number in range(n_tasks):
        features = MetaFeatures({"n_rows": 100.0 + number})
        task = Task(task_id_of(TaskKind.BINARY, features), f"past {number}", TaskKind.BINARY, features)
        points = np.random.default_rng(number).uniform(size=(8, 2)).round(4).tolist()
        trials = ShippedTrials.of((i, {"x": x, "y": y}, 1.0 - (x - 0.3) ** 2, 1.0) for i, (x, y) in enumerate(points))
        tasks.append(task)
        studies.append(ShippedStudy(f"shipped_{number}", task.task_id, "", "plane", KEY, trials))
    with database.of(SHIPPED).writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(SPACE)
        replace_shipped(connection, version, tasks, [replace(one, space_id=space_id) for one in studies])


@pytest.fixture
def shipped(database: Database) -> Database:
    ship(database, "v1", 5)
    return database.of(SHIPPED)


def learned_in(database: Database) -> LearnedModel:
    models = ModelCache(
        database, on_fit=lambda seconds: None, max_models=8, rules=LearningRules(mapping_until_tasks=UNTIL)
    )
    try:
        return models.learn(KEY, models.gather(KEY, SPACE, pin=None), None)
    finally:
        models.close()


@pytest.fixture
def file(shipped: Database, tmp_path: Path) -> Path:
    path = tmp_path / "learned.zip"
    write_learned_models(path, knowledge="v1", models=[(KEY, learned_in(shipped))])
    return path


def found(database: Database, path: Path, key: ModelKey = KEY, *, until: int = UNTIL) -> LearnedModel | None:
    return ShippedModels(rules=LearningRules(mapping_until_tasks=until), path=path).find(database, key, SPACE)


def test_it_answers_as_what_is_learned_now(shipped: Database, file: Path) -> None:
    learned, ahead = learned_in(shipped), found(shipped, file)
    assert ahead is not None
    assert ahead.model.recommend(ASKED, n=5) == learned.model.recommend(ASKED, n=5)
    assert replace(ahead, model=learned.model) == learned  # the database's own numbers, too


def test_numbers_of_the_database_don_t_matter(shipped: Database, file: Path) -> None:
    ship(shipped, "v0", 2)
    ship(shipped, "v1", 5)  # the same knowledge base, whose studies have other numbers now
    ahead = found(shipped, file)
    assert ahead is not None and replace(ahead, model=(now := learned_in(shipped)).model) == now


def test_the_same_models_give_the_same_file(shipped: Database, file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    write_learned_models(again, knowledge="v1", models=[(KEY, learned_in(shipped))])
    assert again.read_bytes() == file.read_bytes()


def test_none_is_right_for_another_knowledge_base(shipped: Database, file: Path) -> None:
    ship(shipped, "v2", 5)
    assert found(shipped, file) is None


def test_none_is_right_where_studies_or_settings_differ(shipped: Database, file: Path) -> None:
    assert found(shipped, file, until=3) is None
    ship(shipped, "v1", 4)  # under the same version
    assert found(shipped, file) is None


def test_none_is_right_for_a_workspace_or_another_key(shipped: Database, database: Database, file: Path) -> None:
    assert found(database, file) is None
    assert found(shipped, file, replace(KEY, metric="f1")) is None


def test_another_engine_s_models_are_left_alone(shipped: Database, file: Path) -> None:
    index = read_index(file)
    assert index is not None
    contents = [read_content(file, entry) for entry in index.entries]
    write_learned(file, replace(index, engine="0" * 64), contents)
    with structlog.testing.capture_logs() as logs:
        assert found(shipped, file) is None
    assert [line["event"] for line in logs] == ["learned_models_outdated"]


def test_a_damaged_file_is_logged_and_left_alone(shipped: Database, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    other = tmp_path / "other.zip"
    for index in (members[INDEX], b"{}", json.dumps({"format": 1}).encode()):
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr(INDEX, index)
            archive.writestr("00.block", members["00.block"][:-1] + b"?")
        with structlog.testing.capture_logs() as logs:
            assert found(shipped, other) is None
        assert [line["log_level"] for line in logs] == ["warning"]
    other.write_bytes(whole[:1000])
    with pytest.raises(InvalidInputError, match="no file of learned models"):
        read_index(other)
    assert found(shipped, tmp_path / "missing.zip") is None


def test_a_service_learns_from_a_workspace_s_own_trials_as_before(shipped: Database, database: Database) -> None:
    fits: list[float] = []
    keep_study(database, 7)
    models = ModelCache(database, on_fit=fits.append, max_models=8, rules=LearningRules(mapping_until_tasks=UNTIL))
    try:
        models.get(KEY, SPACE)
    finally:
        models.close()
    assert len(fits) == 1


@pytest.mark.parametrize("is_asked_before", [True, False])
def test_a_workspace_with_trials_over_other_spaces_only_need_not_wait_for_learning(
    shipped: Database, database: Database, file: Path, *, is_asked_before: bool
) -> None:
    with shipped.writing() as connection:
        SearchSpaceRepository(connection).register("plane", SPACE, kinds=[TaskKind.BINARY])
    keep_study(database, 7, WIDER)
    fits: list[float] = []
    rules = LearningRules(mapping_until_tasks=UNTIL)
    models = ModelCache(database, on_fit=fits.append, max_models=8, rules=rules)
    models._shipped._shipped_models = ShippedModels(rules=rules, path=file)
    try:
        if is_asked_before:
            models._shipped.get(KEY, SPACE)
        first = models.get(KEY, SPACE)
        ahead = found(shipped, file)
        assert ahead is not None
        assert first.model.version == ahead.model.version
        models.wait_until_stored()
        assert len(fits) == 1  # in the background, from the workspace's own trials too
        now = models.get(KEY, SPACE)
        assert WIDER.content_key in now.sources
    finally:
        models.close()


def test_the_shipped_models_are_of_the_shipped_knowledge_base() -> None:
    index = read_index(LEARNED)
    assert index is not None and index.knowledge == shipped_version(), "run: python -m service.learn_ahead"
    for entry in index.entries:
        assert len(read_content(LEARNED, entry)) == entry.n_bytes


def test_the_check_tells_what_is_older(file: Path, tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["--check", "--out", str(file)])
    assert outcome.exit_code == 1 and "another knowledge base:" in outcome.output.replace("\n", " ")
    missing = CliRunner().invoke(app, ["--check", "--out", str(tmp_path / "none.zip")])
    assert missing.exit_code == 1 and "knowledge base and engine" in missing.output.replace("\n", " ")


def test_a_search_space_that_does_not_ship_is_refused_by_name(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["--search-space", "nonesuch", "--out", str(tmp_path / "learned.zip")])
    assert isinstance(outcome.exception, InvalidInputError) and "nonesuch" in str(outcome.exception.value)
    assert not list(tmp_path.iterdir())
