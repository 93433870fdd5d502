"""Answers that are remembered: of the same model to the same question, in the same workspace, and no others."""

import gc
from collections.abc import Callable
from dataclasses import replace

import pytest

from learning.material import Material
from learning.models.answering_models import AnsweringModel
from learning.models.learned import LearnedModel, learn
from learning.remembered_answers import Question, RememberedAnswers
from store.connections.scope import Workspace
from store.model_keys import KindGroup, ModelKey
from store.model_snapshots import StudySet
from tests.metamodel.synthetic import SPACE, make_histories
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation, Strategy
from warmtune.vocabulary.task import MetaFeatures

KEY = ModelKey(SPACE.content_key, KindGroup.CLASSIFICATION, "accuracy", Direction.MAXIMIZE)
QUESTION = Question(
    MetaFeatures({"n_rows": 1.0, "n_columns": 2.0}, {"skew": "none"}), 3, "task_1", frozenset(), None, 0.1
)
OTHERS = [
    replace(QUESTION, n=4),
    replace(QUESTION, task_id="task_2"),
    replace(QUESTION, exclude=frozenset({"task_3"})),
    replace(QUESTION, time_budget_s=1.0),
    replace(QUESTION, harm_limit=0.2),
    replace(QUESTION, meta_features=MetaFeatures({"n_rows": 1.5, "n_columns": 2.0}, {"skew": "none"})),
    replace(QUESTION, meta_features=MetaFeatures({"n_rows": 1.0, "n_columns": 2.0}, {"skew": "one class"})),
    replace(QUESTION, meta_features=MetaFeatures({"n_rows": 1.0, "n_columns": 2.0})),
    replace(QUESTION, meta_features=MetaFeatures({"n_rows": 1.0, "n_columns": 2.0}, {"skew": "none"}, "other-1")),
]


def learned(n_tasks: int = 3) -> LearnedModel:
    own = tuple(make_histories(n_tasks)[0])
    return learn(KEY, Material(SPACE, own, (), {}, considered=None, studies=StudySet(0, {}), grounds=""))


def answering(model: LearnedModel) -> AnsweringModel:
    return AnsweringModel(model.model, model)


@pytest.fixture
def counted() -> Callable[[], Recommendation]:
    """Each answer has its number."""
    numbers = iter(range(1_000))
    return lambda: Recommendation((), Strategy.DEFAULTS, 0.0, str(next(numbers)))


def test_the_same_question_is_computed_once(counted: Callable[[], Recommendation]) -> None:
    remembered, models = RememberedAnswers(), [answering(learned())]
    first = remembered.get(models, QUESTION, counted)
    equal = replace(QUESTION, meta_features=MetaFeatures(*QUESTION.meta_features.__reduce__()[1]))  # type: ignore[arg-type]
    assert remembered.get([answering(models[0].learned)], equal, counted) is first


@pytest.mark.parametrize("other", OTHERS)
def test_another_question_is_another_answer(counted: Callable[[], Recommendation], other: Question) -> None:
    remembered, models = RememberedAnswers(), [answering(learned())]
    assert remembered.get(models, QUESTION, counted) is not remembered.get(models, other, counted)


def test_another_model_or_workspace_answers_itself(counted: Callable[[], Recommendation]) -> None:
    remembered, model = RememberedAnswers(), learned()
    elsewhere = remembered.of(Workspace(7, "other", b"secret"))
    same = replace(model, model=replace(model.model))  # of the same version: still another object
    found = [
        remembered.get([answering(model)], QUESTION, counted),
        remembered.get([answering(same)], QUESTION, counted),
        remembered.get([AnsweringModel(model.model, same)], QUESTION, counted),
        elsewhere.get([answering(model)], QUESTION, counted),
    ]
    assert len({id(one) for one in found}) == len(found)


def test_answers_of_several_models_and_of_shares_are_not_remembered(counted: Callable[[], Recommendation]) -> None:
    remembered, model = RememberedAnswers(), answering(learned())
    for models in ([model, model], [replace(model, share_ids=("share_1",))]):
        assert remembered.get(models, QUESTION, counted) is not remembered.get(models, QUESTION, counted)


def test_a_model_that_is_gone_is_not_kept_and_never_taken_for_its_successor(
    counted: Callable[[], Recommendation],
) -> None:
    remembered, seen = RememberedAnswers(), []
    for _ in range(5):  # a new one is often made where the last one was in memory
        model = learned()
        seen.append(remembered.get([answering(model)], QUESTION, counted))
        del model
        gc.collect()
    assert len({one.model_version for one in seen}) == 5


def test_a_model_in_the_memory_of_one_that_is_gone_answers_for_itself(counted: Callable[[], Recommendation]) -> None:
    for _ in range(100):  # something else may be first to take the place of one that is gone
        remembered, gone = RememberedAnswers(), learned()
        another, place = replace(gone, grounds="another"), id(gone)
        first = remembered.get([answering(gone)], QUESTION, counted)
        del gone
        gc.collect()
        others: list[LearnedModel] = []  # kept, so that each is in a place of its own
        while id(another) != place and len(others) < 1_000:
            others.append(another)
            another = replace(another)
        if id(another) == place:
            assert remembered.get([answering(another)], QUESTION, counted) is not first
            return
    pytest.fail("nothing took its place")
