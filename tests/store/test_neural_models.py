from dataclasses import replace

import pytest

from store.connections.database import Database
from store.connections.scope import SHIPPED
from store.model_keys import KindGroup
from store.neural_models import NeuralFamily, NeuralModelRepository, NewNeuralModel, StoredNeuralModel, SurrogateOf
from store.pages import PageRequest
from store.search_spaces import SearchSpaceRepository
from tests.service.past_studies import LINE
from warmtune.vocabulary.errors import ConflictError, LimitExceededError, NotFoundError
from warmtune.vocabulary.metrics import Direction

MODEL = NewNeuralModel("mine", NeuralFamily.TASK_MODEL, b"\x00one", {"n": 1})


def test_a_model_is_kept_replaced_and_paged(database: Database) -> None:
    with database.writing() as connection:
        space_id = SearchSpaceRepository(connection).keep(LINE)
        of = SurrogateOf(space_id, "line", KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
        repository = NeuralModelRepository(connection)
        first = repository.keep(MODEL, max_stored=2)
        second = repository.keep(replace(MODEL, content=b"\x00two", facts={"n": 2}), max_stored=2)
        surrogate = NewNeuralModel("line", NeuralFamily.SURROGATE, b"three", {}, of)
        assert repository.keep(surrogate, max_stored=2).surrogate_of == of
    assert (first.seq, first.facts, first.n_bytes) == (second.seq, {"n": 1}, 4)
    assert second.version != first.version
    with database.reading() as connection:
        repository = NeuralModelRepository(connection)
        assert repository.content("mine") == b"\x00two"
        page = repository.page(PageRequest(limit=1))
        assert [m.name for m in page.items] == ["line"]
        assert [m.name for m in repository.page(PageRequest(cursor=page.next_cursor)).items] == ["mine"]
        found = repository.page(PageRequest(), family=NeuralFamily.TASK_MODEL).items
        assert [m.name for m in found] == ["mine"]


def test_names_keep_their_meaning_and_there_is_a_limit(database: Database) -> None:
    with database.of(SHIPPED).writing() as connection:
        NeuralModelRepository(connection).keep_shipped(replace(MODEL, name="tabular"))
    with database.writing() as connection:
        repository = NeuralModelRepository(connection)
        repository.keep(MODEL, max_stored=2)
        with pytest.raises(ConflictError, match="ships"):
            repository.keep(replace(MODEL, name="tabular"), max_stored=9)
        with pytest.raises(ConflictError, match="another kind"):
            repository.keep(replace(MODEL, family=NeuralFamily.SURROGATE), max_stored=9)
        with pytest.raises(LimitExceededError):
            repository.keep(replace(MODEL, name="third"), max_stored=2)
        for name in ("nowhere", "with \x00"):
            with pytest.raises(NotFoundError):
                repository.content(name)


def test_what_ships_is_written_again_only_in_another_version(database: Database) -> None:
    def ship(model: NewNeuralModel) -> StoredNeuralModel:
        with database.of(SHIPPED).writing() as connection:
            NeuralModelRepository(connection).keep_shipped(model)
            return NeuralModelRepository(connection).get(model.name)

    with database.writing() as connection:  # a team's own of this name, from before one shipped
        own = NeuralModelRepository(connection).keep(MODEL, max_stored=2)
    first = ship(replace(MODEL, content=b"shipped"))
    again = ship(replace(MODEL, content=b"shipped"))
    newer = ship(replace(MODEL, content=b"shipped anew"))
    assert first.shipped and not own.shipped
    assert again == first  # and so its time
    assert (newer.shipped, newer.n_bytes) == (True, 12)
    with database.of(SHIPPED).reading() as connection:
        assert NeuralModelRepository(connection).content("mine") == b"shipped anew"


def test_what_is_deleted_leaves_its_name_and_room_free(database: Database) -> None:
    with database.of(SHIPPED).writing() as connection:
        NeuralModelRepository(connection).keep_shipped(replace(MODEL, name="tabular"))
    with database.writing() as connection:
        repository = NeuralModelRepository(connection)
        repository.keep(MODEL, max_stored=2)
        repository.check_room("mine", max_stored=2)
        with pytest.raises(LimitExceededError) as refused:
            repository.check_room("other", max_stored=2)
        assert (refused.value.field, refused.value.limit) == ("name", "2")
    with database.writing() as connection:
        NeuralModelRepository(connection).delete("mine")
    with database.writing() as connection:
        repository = NeuralModelRepository(connection)
        for name in ("mine", "nowhere", "with \x00"):
            with pytest.raises(NotFoundError):
                repository.delete(name)
        with pytest.raises(ConflictError, match="ships"):
            repository.delete("tabular")
        assert [m.name for m in repository.page(PageRequest()).items] == ["tabular"]
        assert repository.keep(replace(MODEL, name="other"), max_stored=2).name == "other"
