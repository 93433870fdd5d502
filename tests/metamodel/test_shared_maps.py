"""What a model tells another workspace: expectations of a few configurations, and nothing of its trials."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution

from metamodel.answers.shared_maps import MAX_BYTES, MIN_TASKS, N_CONFIGURATIONS, SharedMaps, share_maps
from metamodel.engine import SpaceModel, fit_model
from metamodel.maps.history import TaskHistory
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

SPACE = SearchSpace({"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}, defaults={"x": 0.5, "y": 0.5})
SECRET = b"of the giver"


def history(number: int, direction: Direction, *, n_trials: int = 12) -> TaskHistory:
    drawn = np.random.default_rng(number).uniform(size=(n_trials, 2))
    regret = (drawn[:, 0] - 0.3) ** 2 + 0.05 * (drawn[:, 1] - 0.5) ** 2
    described = MetaFeatures({"n_rows": 100.0 + number, "n_columns": 5.0})
    return TaskHistory(
        task=Task(f"task_{number}", f"ledger {number}", TaskKind.BINARY, described),
        configurations=tuple({"x": float(x), "y": float(y)} for x, y in drawn),
        scores=0.9 - 0.3 * regret if direction is Direction.MAXIMIZE else 0.1 + 0.3 * regret,
        durations_s=np.full(n_trials, 3.0),
    )


def model_of(direction: Direction, n_tasks: int = 9) -> SpaceModel:
    histories = [history(n, direction) for n in range(n_tasks)]
    return fit_model(SPACE, histories, metric="m", direction=direction)


@pytest.fixture(scope="module", params=list(Direction))
def model(request: pytest.FixtureRequest) -> SpaceModel:
    return model_of(request.param)


def ids(model: SpaceModel) -> list[str]:
    return [history.task.task_id for history in model.histories]


@pytest.mark.slow
def test_what_is_learned_from_it_recommends_like_the_model(model: SpaceModel) -> None:
    shared = share_maps(model, ids(model), secret=SECRET)
    learned = fit_model(
        SPACE, shared.histories(SPACE, model.direction, secret=b"mine"), metric="m", direction=model.direction
    )
    asked = MetaFeatures({"n_rows": 104.0, "n_columns": 5.0})
    first = learned.recommend(asked, n=3).configurations
    assert min(abs(float(str(one.configuration["x"])) - 0.3) for one in first) < 0.1
    assert learned.recommend(asked, n=3).strategy == model.recommend(asked, n=3).strategy


def test_its_bytes_hold_no_name_no_identifier_no_score_and_no_duration(model: SpaceModel) -> None:
    content = share_maps(model, ids(model), secret=SECRET).to_bytes()
    text = zlib.decompress(content).decode()
    assert "ledger" not in text
    assert "task_" not in text
    assert set(json.loads(text)) == {"format", "configurations", "tasks", "best", "width"}
    (keys,) = {frozenset(task) for task in json.loads(text)["tasks"]}
    assert keys == {"token", "kind", "meta_features", "gaps", "version", "utility", "variance"}
    numbers = set(map(float, json.loads(text, parse_float=str, parse_int=str)["tasks"][0]["utility"]))
    assert not numbers & {float(score) for one in model.histories for score in one.scores}


def test_it_is_the_same_after_a_journey(model: SpaceModel) -> None:
    shared = share_maps(model, ids(model), secret=SECRET)
    back = SharedMaps.from_bytes(shared.to_bytes())
    assert back.to_bytes() == shared.to_bytes()
    assert (back.configurations, back.tokens, back.best, back.width) == (
        shared.configurations,
        shared.tokens,
        shared.best,
        shared.width,
    )
    np.testing.assert_array_equal(back.utility, shared.utility)
    np.testing.assert_array_equal(back.variance, shared.variance)


def test_only_what_may_be_shared_is(model: SpaceModel) -> None:
    some = ids(model)[2:8]
    shared = share_maps(model, some, secret=SECRET)
    assert [one.values["n_rows"] for one in shared.meta_features] == [102.0, 103.0, 104.0, 105.0, 106.0, 107.0]
    assert shared.utility.shape == (6, len(shared.configurations))
    assert len(shared.configurations) <= N_CONFIGURATIONS
    assert len({tuple(one.items()) for one in shared.configurations}) == len(shared.configurations)
    assert shared.configurations[0] == {"x": 0.5, "y": 0.5}


def test_few_tasks_or_scores_are_not_shared(model: SpaceModel) -> None:
    with pytest.raises(InvalidInputError, match=f"at least {MIN_TASKS} own tasks"):
        share_maps(model, ids(model)[: MIN_TASKS - 1], secret=SECRET)
    short = [history(n, Direction.MAXIMIZE, n_trials=2 if n < 5 else 9) for n in range(9)]
    thin = fit_model(SPACE, short, metric="m", direction=Direction.MAXIMIZE)
    with pytest.raises(InvalidInputError):
        share_maps(thin, ids(thin), secret=SECRET)
    with pytest.raises(InvalidInputError):
        share_maps(fit_model(SPACE, [], metric="m", direction=Direction.MAXIMIZE), [], secret=SECRET)


def test_tokens_are_one_a_task_and_hidden_from_whoever_lacks_the_secret(model: SpaceModel) -> None:
    one, other = (share_maps(model, ids(model), secret=secret) for secret in (b"a", b"b"))
    assert len(set(one.tokens)) == len(one.tokens)
    assert not set(one.tokens) & set(other.tokens)
    mine = [h.task.task_id for h in one.histories(SPACE, model.direction, secret=b"mine")]
    yours = [h.task.task_id for h in one.histories(SPACE, model.direction, secret=b"yours")]
    assert not set(mine) & {*yours, *one.tokens}


def test_configurations_that_the_space_refuses_are_left_out(model: SpaceModel) -> None:
    shared = share_maps(model, ids(model), secret=SECRET)
    strange = replace(shared, configurations=({"x": 7.0, "y": 0.5}, *shared.configurations[1:]))
    for one in strange.histories(SPACE, model.direction, secret=b""):
        assert len(one.scores) == len(shared.configurations) - 1
    alien = replace(shared, configurations=tuple({"z": 1.0} for _ in shared.configurations))
    assert alien.histories(SPACE, model.direction, secret=b"") == ()


@given(st.binary(max_size=300))
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInputError):
        SharedMaps.from_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"tasks": []},
        {"tasks": [{}]},
        {"tasks": {"a": 1}},
        {"tasks": None},
        {"configurations": []},
        {"configurations": 3},
        {"width": 0.0},
        {"width": "wide"},
        {"best": None},
    ],
    ids=str,
)
@pytest.mark.slow
def test_a_changed_body_is_refused(change: dict[str, object]) -> None:
    shared = share_maps(model_of(Direction.MAXIMIZE, 5), [f"task_{n}" for n in range(5)], secret=SECRET)
    body = json.loads(zlib.decompress(shared.to_bytes())) | change
    with pytest.raises(InvalidInputError):
        SharedMaps.from_bytes(zlib.compress(json.dumps(body).encode()))


@pytest.mark.parametrize("text", ["NaN", "1e999", "1.5", "-0.1", "[]", "null"])
@pytest.mark.slow
def test_utilities_out_of_range_are_refused(text: str) -> None:
    shared = share_maps(model_of(Direction.MAXIMIZE, 5), [f"task_{n}" for n in range(5)], secret=SECRET)
    body = json.loads(zlib.decompress(shared.to_bytes()))
    body["tasks"][0]["utility"][0] = "HERE"
    changed = json.dumps(body).replace('"HERE"', text)
    with pytest.raises(InvalidInputError):
        SharedMaps.from_bytes(zlib.compress(changed.encode()))


@pytest.mark.slow
def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(InvalidInputError, match="too large"):
        SharedMaps.from_bytes(zlib.compress(b" " * (MAX_BYTES + 1)))
