"""A past that is made, or read, while it is learned from."""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import overload

import numpy as np
import pytest

from metamodel.embedding.near_copies import copy_shares
from metamodel.engine import SpaceModel, fit_model
from metamodel.large import conditioned_past, descriptions, past_index
from metamodel.large.descriptions import Descriptions
from metamodel.large.lookup import AnchorLookup
from metamodel.maps import tried as tried_module
from metamodel.maps.anchors import Key, choose_anchors, configuration_key
from metamodel.maps.history import TaskHistory
from metamodel.maps.tried import TriedAnchors
from metamodel.space.cube import UnitCube
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures

N_TASKS, N_CORE, BLOCK = 150, 30, 16


class MadeWhenAsked(Sequence[TaskHistory]):
    """Histories of which nothing is kept here; counts how many are alive."""

    def __init__(self, histories: list[TaskHistory]) -> None:
        self._histories = histories
        self._alive: weakref.WeakSet[Marked] = weakref.WeakSet()
        self.most_alive = 0

    def __len__(self) -> int:
        return len(self._histories)

    @overload
    def __getitem__(self, at: int) -> TaskHistory: ...

    @overload
    def __getitem__(self, at: slice) -> list[TaskHistory]: ...

    def __getitem__(self, at: int | slice) -> TaskHistory | list[TaskHistory]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        marked = Marked(self._histories[at])
        self._alive.add(marked)
        self.most_alive = max(self.most_alive, len(self._alive))
        return marked


class Marked(TaskHistory):
    """One that differs from others while it lives."""

    __slots__ = ("__weakref__",)

    def __init__(self, one: TaskHistory) -> None:
        super().__init__(
            one.task, one.configurations, one.scores, one.durations_s, failed=one.failed, infeasible=one.infeasible
        )

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def fit(histories: Sequence[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=N_CORE)


@pytest.fixture(scope="module")
def histories() -> list[TaskHistory]:
    made, _ = make_histories(N_TASKS, n_known=10)
    made[40] = replace(made[40], scores=np.full(10, np.nan))
    return made


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_index, "BLOCK", BLOCK)
    monkeypatch.setattr(descriptions, "BLOCK", BLOCK)


@pytest.mark.slow
def test_only_the_core_and_a_block_are_in_memory_at_once(histories: list[TaskHistory]) -> None:
    past = MadeWhenAsked(histories)
    model = fit(past)
    assert model.n_tasks == N_TASKS - 1  # one has no score
    assert N_CORE < past.most_alive <= N_CORE + 2 * BLOCK + 1


@pytest.mark.slow
def test_the_model_is_that_of_a_list(histories: list[TaskHistory]) -> None:
    streamed, listed = fit(MadeWhenAsked(histories)), fit(histories)
    assert streamed.version == listed.version
    assert streamed.many is not None and listed.many is not None
    np.testing.assert_array_equal(streamed.many.coefficients, listed.many.coefficients)
    np.testing.assert_array_equal(streamed.many.places, listed.many.places)
    asked = histories[0].task.meta_features
    assert streamed.recommend(asked, n=4) == listed.recommend(asked, n=4)


@pytest.mark.slow
def test_the_version_changes_with_any_score_and_configuration(histories: list[TaskHistory]) -> None:
    before = fit(histories).version
    core = {history.task.task_id for history in fit(histories).histories}
    at = next(row for row, history in enumerate(histories) if history.task.task_id not in core and row != 40)
    scores = histories[at].scores.copy()
    scores[2] += 1e-9
    other = list(histories[at].configurations)
    other[0] = next(one for one in histories[at + 1].configurations if one not in other)
    for changed in (
        replace(histories[at], scores=scores),
        replace(histories[at], configurations=tuple(other)),
        replace(histories[at], task=replace(histories[at].task, meta_features=MetaFeatures({"m": 1.0}))),
    ):
        assert fit([*histories[:at], changed, *histories[at + 1 :]]).version != before


@pytest.mark.slow
def test_seconds_are_learned_from_tasks_at_equal_steps(
    histories: list[TaskHistory], monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = [replace(history, durations_s=np.full(len(history.scores), 2.0)) for history in histories]
    monkeypatch.setattr(conditioned_past, "N_TIMED", 50)
    model = fit(timed)
    assert model.durations is not None
    known = model.durations.level[np.isfinite(model.durations.level)]
    np.testing.assert_allclose(np.exp(known), 2.0)


@pytest.mark.parametrize("n_scaled_by", [10_000, 40])
def test_shares_are_those_of_the_tasks_together(
    histories: list[TaskHistory], monkeypatch: pytest.MonkeyPatch, n_scaled_by: int
) -> None:
    monkeypatch.setattr(descriptions, "N_SCALED_BY", n_scaled_by)
    rng = np.random.default_rng(0)
    described = [MetaFeatures({f"f{i}": float(v) for i, v in enumerate(rng.normal(size=8))}) for _ in range(60)]
    later = [MetaFeatures({**dict(one.values), "late": float(i)}) for i, one in enumerate(described[:30])]
    tasks = [
        replace(histories[0].task, meta_features=m) for m in [*described, *later, *described[:20], MetaFeatures({})]
    ]
    gathered = Descriptions(len(tasks))
    for task in tasks:
        gathered.add(task.meta_features)
    shares = gathered.shares(np.zeros(len(tasks), dtype=np.intp))
    np.testing.assert_allclose(shares, copy_shares(tasks))
    assert shares.min() == pytest.approx(1.0 / 3.0)
    assert shares[-1] == 1.0


def test_meta_features_of_another_version_are_gaps() -> None:
    own = [MetaFeatures({f"f{i}": float(i + row) for i in range(6)}, {}, "warmtune-2") for row in (0, 0, 5, 9, 14)]
    other = [replace(own[0], version="warmtune-1"), replace(own[0], version="warmtune-1")]
    gathered = Descriptions(7)
    for one in [*own, *other]:
        gathered.add(one)
    assert gathered.shares(np.zeros(7, dtype=np.intp)).tolist() == [0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_what_tasks_share_is_looked_up_once(histories: list[TaskHistory], monkeypatch: pytest.MonkeyPatch) -> None:
    anchors, _ = choose_anchors(SPACE, histories[:9], direction=Direction.MAXIMIZE, seed=0, max_anchors=25)
    cube = UnitCube(SPACE)
    position = {configuration_key(anchor): at for at, anchor in enumerate(anchors)}
    features = cube.features(*cube.encode(anchors))
    whole = TriedAnchors.of_histories(SPACE, histories[:60], position, features)
    asked: list[int] = []
    positions = tried_module._positions

    def counted(tried: Sequence[Configuration], where: Mapping[Key, int]) -> list[int]:
        asked.append(len(tried))
        return positions(tried, where)

    monkeypatch.setattr(tried_module, "_positions", counted)
    lookup = AnchorLookup(SPACE, position, features)
    blocks = [lookup.tried(histories[start : start + 20]) for start in (0, 20, 40)]
    np.testing.assert_array_equal(np.concatenate(whole.at), np.concatenate([a for b in blocks for a in b.at]))
    closeness = np.concatenate([a for b in blocks for a in b.closeness])
    np.testing.assert_allclose(np.concatenate(whole.closeness), closeness, atol=1e-12)
    distinct = {id(one) for history in histories[:60] for one in history.configurations}
    assert sum(asked) == len(distinct)
