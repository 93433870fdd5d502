"""A model as bytes: it comes back with the same answers, and damaged bytes are refused."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from learning.models.learned import LearnedModel
from learning.snapshots.block import read_block, write_block
from learning.snapshots.models import model_from_bytes, model_to_bytes
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.anchors import Key
from metamodel.maps.history import TaskHistory
from store.model_snapshots import SnapshotFacts, StudySet
from tests.metamodel.forests import forest_of_one_split
from tests.metamodel.synthetic import CONFIGURATIONS, SPACE, make_histories, true_scores
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.trial import Trial

STANDING = StudySet(7, {"line": "0af1"})
FACTS = SnapshotFacts({"line": 3}, frozenset({"line", "other"}), "9c2e", None, STANDING)


def fitted(histories: Sequence[TaskHistory]) -> SpaceModel:
    return fit_model(SPACE, histories, metric="accuracy", direction=Direction.MAXIMIZE)


def varied_histories() -> list[TaskHistory]:
    """Of the kinds that occur: failed and infeasible trials, mapped ones with noise and accounts, few trials."""
    histories, _ = make_histories(14, n_known=9)
    scores = histories[0].scores.copy()
    scores[:2] = np.nan
    n = len(scores)
    histories[0] = replace(histories[0], scores=scores, failed=np.arange(n) == 0, infeasible=np.arange(n) == 1)
    accounts = tuple((f"rate clipped to {i}", "kind is new") if i % 2 else () for i in range(n))
    histories[1] = replace(histories[1], noise=np.linspace(0.0, 0.1, n), adjustments=accounts)
    histories[2] = replace(histories[2], durations_s=np.full(n, np.nan))
    return histories


@pytest.fixture(scope="module")
def model() -> SpaceModel:
    learned = fitted(varied_histories())
    return replace(learned, forest=forest_of_one_split(len(learned.histories)))


def kept(model: SpaceModel) -> LearnedModel:
    adjustments: dict[Key, tuple[str, ...]] = {(("depth", "int", 3), ("rate", "float", 0.1)): ("depth is new",)}
    return LearnedModel(model, FACTS.sources, FACTS.considered, adjustments, STANDING, FACTS.grounds)


def assert_same(one: Any, other: Any, where: str = "model") -> None:
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        assert one.flags.f_contiguous == other.flags.f_contiguous, where
        np.testing.assert_array_equal(one, other, err_msg=where)
    elif is_dataclass(one):
        assert type(one) is type(other), where
        for field in (f for f in fields(one) if f.compare):  # others are made from these when first asked for
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for at, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}[{at}]")
    else:
        assert one == other, where


def test_a_model_comes_back_whole(model: SpaceModel) -> None:
    assert model.outcomes is not None  # otherwise the test would show less than it says
    assert model.durations is not None
    assert model.first_picks is not None
    assert model.forest is not None
    learned = kept(model)
    again = model_from_bytes(model_to_bytes(learned), FACTS, None)
    assert_same(learned.model, again.model)
    assert again.adjustments == learned.adjustments
    assert (again.sources, again.considered, again.studies) == (learned.sources, learned.considered, STANDING)


def test_a_model_that_came_back_answers_the_same_bit_for_bit(model: SpaceModel) -> None:
    again = model_from_bytes(model_to_bytes(kept(model)), FACTS, None).model
    described = model.histories[4].task.meta_features
    trials = [
        Trial(i, dict(c), value=float(true_scores(0.4, (c,))[0]), duration_s=1.0)
        for i, c in enumerate(CONFIGURATIONS[:6])
    ]
    for meta_features in (described, None):
        assert again.recommend(meta_features, n=8) == model.recommend(meta_features, n=8)
        assert again.recommend(meta_features, n=4, time_budget_s=3.0) == model.recommend(
            meta_features, n=4, time_budget_s=3.0
        )
        assert again.suggest(meta_features, trials, n=3) == model.suggest(meta_features, trials, n=3)


def test_a_model_without_any_past_comes_back() -> None:
    learned = kept(fitted([]))
    again = model_from_bytes(model_to_bytes(learned), FACTS, None)
    assert again.model.maps is None
    assert again.model.recommend(None, n=3) == learned.model.recommend(None, n=3)


def test_what_came_back_can_not_be_written_to(model: SpaceModel) -> None:
    maps = model_from_bytes(model_to_bytes(kept(model)), FACTS, None).model.maps
    assert maps is not None
    with pytest.raises(ValueError, match="read-only"):
        maps.mean[0, 0] = 2.0


@pytest.mark.parametrize("length", [0, 5, 12, 40, 200, -100])
def test_a_block_that_was_cut_off_is_refused(model: SpaceModel, length: int) -> None:
    content = model_to_bytes(kept(model))
    with pytest.raises(InvalidInputError):
        model_from_bytes(content[:length], FACTS, None)


def test_a_block_of_another_make_is_refused() -> None:
    content = write_block({"model": {"object": "os.system", "fields": {}}}, {"a0": np.zeros(2)})
    with pytest.raises(InvalidInputError):
        model_from_bytes(content, FACTS, None)


def test_only_numbers_are_kept() -> None:
    with pytest.raises(InvalidInputError):
        write_block({}, {"objects": np.array([{}, "text"], dtype=object)})
    with pytest.raises(InvalidInputError):
        write_block({"value": float("nan")}, {})


def test_arrays_come_back_as_they_were() -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "rows": rng.normal(size=(3, 5)),
        "columns": np.asfortranarray(rng.normal(size=(4, 3))),
        "single": rng.normal(size=7).astype(np.float32),
        "whole": np.arange(5),
        "flags": np.array([True, False]),
        "none": np.zeros((0, 3)),
        "far": np.array([np.nan, np.inf, 5e-324]),
    }
    document, found = read_block(write_block({"a": [1, "b", None, 0.1]}, arrays))
    assert document == {"a": [1, "b", None, 0.1]}
    for name, array in arrays.items():
        assert_same(array, found[name], name)


def test_a_directory_that_points_beyond_the_block_is_refused() -> None:
    content = write_block({}, {"a": np.arange(8.0)})
    for old, new in ((b"[8]", b"[9]"), (b'"<f8"', b'"|O8"'), (b",64]", b",65]")):
        assert old in content
        with pytest.raises(InvalidInputError):
            read_block(content.replace(old, new))


def test_a_model_of_many_tasks_comes_back_with_the_same_answers() -> None:
    histories = varied_histories()
    more, _ = make_histories(60, n_known=9, seed=4)
    renamed = [replace(h, task=replace(h.task, task_id=f"more_{i}", name=f"mehr {i}")) for i, h in enumerate(more)]
    many = fit_model(SPACE, [*histories, *renamed], metric="accuracy", direction=Direction.MAXIMIZE, core_tasks=40)
    assert many.many is not None
    assert many.many.counts is not None
    back = model_from_bytes(model_to_bytes(kept(many)), FACTS, None).model
    assert_same(many, back)
    assert back.n_tasks == 74
    for asked in (None, histories[3].task.meta_features):
        assert back.recommend(asked, n=4, exclude=["more_3"]) == many.recommend(asked, n=4, exclude=["more_3"])
