"""Shares: each workspace reads its own end, and what crosses is given, accepted and ended by those who may."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, select

from store.connections.database import Database
from store.connections.scope import everywhere
from store.pages import PageRequest
from store.share_transfers import MAX_GIVEN, MAX_USED, NewShare, ShareTransferRepository
from store.shares import ShareRepository
from store.tables import received_models, shares
from store.workspaces import WorkspaceRepository
from tests.store.samples import KEY
from tests.store.workspace_contents import make
from warmtune.vocabulary.errors import ConflictError, LimitExceededError, NotFoundError, ServiceError
from warmtune.vocabulary.shared_model import SharedModel, SharingSide

OFFER = NewShare("taker", KEY, "svm", (KEY.content_key, "part"), b"what was learned")


@dataclass(frozen=True, slots=True)
class Three:
    """Workspaces of one database."""

    giver: Database
    taker: Database
    stranger: Database

    def rows(self) -> tuple[int, int]:
        """Of all workspaces: given, received."""
        with self.giver.of(None).reading() as connection:
            counts = [select(func.count()).select_from(table) for table in (shares, received_models)]
            given, received = (int(connection.execute(everywhere(one)).scalar_one()) for one in counts)
            return given, received


@pytest.fixture
def three(database: Database) -> Three:
    return Three(*(make(database, name) for name in ("giver", "taker", "stranger")))


def give(who: Database, share: NewShare = OFFER) -> SharedModel:
    with who.writing() as connection:
        return ShareTransferRepository(connection).give(share)


def accept(who: Database, share_id: str) -> SharedModel:
    with who.writing() as connection:
        return ShareTransferRepository(connection).accept(share_id)


def end(who: Database, share_id: str) -> SharedModel:
    with who.writing() as connection:
        return ShareTransferRepository(connection).end(share_id)


def contents(who: Database) -> list[bytes]:
    with who.reading() as connection:
        return list(ShareRepository(connection).contents(KEY).values())


def listed(who: Database, side: SharingSide) -> list[SharedModel]:
    with who.reading() as connection:
        return list(ShareRepository(connection).page(PageRequest(), side=side).items)


def test_each_end_sees_the_other_by_name_and_nobody_else_sees_anything(three: Three) -> None:
    given = give(three.giver)
    (received,) = listed(three.taker, SharingSide.RECEIVED)
    assert (given.workspace, received.workspace) == ("taker", "giver")
    assert replace(received, side=SharingSide.GIVEN, workspace="taker") == given
    assert listed(three.giver, SharingSide.RECEIVED) == listed(three.taker, SharingSide.GIVEN) == []
    for side in SharingSide:
        assert listed(three.stranger, side) == []


def test_it_is_used_from_its_acceptance_to_its_end(three: Three) -> None:
    share_id = give(three.giver).share_id
    assert contents(three.taker) == []
    accepted = accept(three.taker, share_id)
    assert accepted.accepted_at is not None
    assert contents(three.taker) == [b"what was learned"]
    assert listed(three.giver, SharingSide.GIVEN)[0].accepted_at == accepted.accepted_at
    assert accept(three.taker, share_id) == accepted
    assert contents(three.giver) == contents(three.stranger) == []
    end(three.giver, share_id)
    assert contents(three.taker) == []
    assert three.rows() == (0, 0)


def test_the_receiver_ends_it_too(three: Three) -> None:
    share_id = accept(three.taker, give(three.giver).share_id).share_id
    end(three.taker, share_id)
    assert three.rows() == (0, 0)


def test_who_has_no_part_in_it_can_do_nothing(three: Three) -> None:
    share_id = give(three.giver).share_id
    for who, call in (
        (three.stranger, accept),
        (three.stranger, end),
        (three.giver, accept),
        (three.taker.of(None), end),
    ):
        with pytest.raises((NotFoundError, ServiceError)):
            call(who, share_id)
    for impossible in ("", "share_\x00", "share_\ud800", share_id + " "):
        with pytest.raises(NotFoundError):
            end(three.giver, impossible)
    assert three.rows() == (1, 1)
    assert contents(three.taker) == []


def test_given_again_it_is_renewed_in_place(three: Three) -> None:
    first = accept(three.taker, give(three.giver).share_id)
    again = give(three.giver, replace(OFFER, content=b"more was learned", search_space_name=None))
    assert (again.share_id, again.accepted_at) == (first.share_id, first.accepted_at)
    assert contents(three.taker) == [b"more was learned"]
    assert three.rows() == (1, 1)
    other = give(three.giver, replace(OFFER, key=replace(KEY, metric="roc_auc")))
    assert other.share_id != first.share_id
    assert not other.is_accepted


def test_a_name_that_nobody_has_is_received_by_nobody_ever(three: Three, database: Database) -> None:
    given = give(three.giver, replace(OFFER, to_name="late"))
    assert three.rows() == (1, 0)
    late = make(database, "late")
    assert listed(late, SharingSide.RECEIVED) == []
    with pytest.raises(NotFoundError):
        accept(late, given.share_id)
    again = give(three.giver, replace(OFFER, to_name="late"))  # now there is one: a share of its own
    assert again.share_id != given.share_id
    assert [one.share_id for one in listed(late, SharingSide.RECEIVED)] == [again.share_id]
    assert three.rows() == (1, 1)


def test_a_workspace_of_the_same_name_is_not_the_same_receiver(three: Three, database: Database) -> None:
    accept(three.taker, give(three.giver).share_id)
    with database.of(None).writing() as connection:
        WorkspaceRepository(connection).delete("taker")
    assert three.rows() == (0, 0)
    assert contents(make(database, "taker")) == []


def test_a_deleted_givers_models_are_used_no_more(three: Three, database: Database) -> None:
    accept(three.taker, give(three.giver).share_id)
    with database.of(None).writing() as connection:
        WorkspaceRepository(connection).delete("giver")
    assert contents(three.taker) == []
    assert three.rows() == (0, 0)


def test_what_was_learned_from_deleted_trials_is_shared_no_more(three: Three) -> None:
    accept(three.taker, give(three.giver).share_id)
    mine = give(three.stranger, replace(OFFER, content=b"of the stranger"))
    with three.giver.writing() as connection:
        assert ShareTransferRepository(connection).end_learned_from(["elsewhere"]) == 0
        assert ShareTransferRepository(connection).end_learned_from(["part", "elsewhere"]) == 1
    assert [one.share_id for one in listed(three.taker, SharingSide.RECEIVED)] == [mine.share_id]


def test_nothing_is_given_to_oneself(three: Three) -> None:
    with pytest.raises(ConflictError):
        give(three.giver, replace(OFFER, to_name="giver"))


@pytest.mark.slow
def test_there_is_a_limit_to_what_is_given_and_used(three: Three, database: Database) -> None:
    for number in range(MAX_GIVEN):
        give(three.giver, replace(OFFER, key=replace(KEY, metric=f"m{number}")))
    with pytest.raises(LimitExceededError):
        give(three.giver)
    give(three.giver, replace(OFFER, key=replace(KEY, metric="m7"), content=b"again"))  # renewing is no more
    for number in range(MAX_USED):
        accept(three.taker, give(make(database, f"giver-{number}")).share_id)
    more = give(three.stranger)
    with pytest.raises(ConflictError) as refused:
        accept(three.taker, more.share_id)
    assert refused.value.field == "share_id"


def test_another_key_uses_nothing_of_it(three: Three) -> None:
    accept(three.taker, give(three.giver).share_id)
    with three.taker.reading() as connection:
        for changed in ({"metric": "roc_auc"}, {"content_key": "x" * 64}):
            other: dict[str, Any] = changed
            assert ShareRepository(connection).in_use(replace(KEY, **other)) == ()
