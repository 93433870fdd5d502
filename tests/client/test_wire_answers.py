"""Answers become bodies and come back as they were: the service and the client share one mapping."""

from dataclasses import replace
from datetime import UTC, datetime

from warmtune.vocabulary.api_key import ApiKey, KeyLimits, Scope
from warmtune.vocabulary.neighbour import Neighbour
from warmtune.vocabulary.neural_model import AdaptedAnswer, NeuralSuggestion, NeuralSuggestions
from warmtune.wire import job_examples
from warmtune.wire.api_keys import NewKeyResponse
from warmtune.wire.models import BacktestResponse
from warmtune.wire.neural_answers import AdaptResponse, NeuralSuggestionsResponse
from warmtune.wire.tasks import NeighboursResponse

NOTHING = AdaptedAnswer(
    model="line",
    version="v1",
    mean=None,
    sd=None,
    classes=None,
    probabilities=None,
    support_loss=None,
    parameters=None,
)


def test_predicted_scores_come_back() -> None:
    answer = replace(NOTHING, mean=(0.5, 0.25), sd=(0.1, 0.2))
    body = AdaptResponse.from_domain(answer)
    assert AdaptResponse.model_validate_json(body.model_dump_json()).to_domain() == answer


def test_predicted_classes_and_parameters_come_back() -> None:
    answer = replace(
        NOTHING,
        classes=(1, "1", True),
        probabilities=((0.5, 0.3, 0.2),),
        support_loss=(0.9, 0.1),
        parameters=b"\x00\xff",
    )
    body = AdaptResponse.from_domain(answer)
    assert body.parameters == "AP8="
    back = AdaptResponse.model_validate_json(body.model_dump_json()).to_domain()
    assert back == answer
    assert [type(one) for one in back.classes or ()] == [int, str, bool]


def test_suggestions_come_back_in_their_order() -> None:
    found = NeuralSuggestions(
        "line", "v1", (NeuralSuggestion({"x": 0.5}, 0.9, 0.1), NeuralSuggestion({"x": 1}, 0.8, 0))
    )
    body = NeuralSuggestionsResponse.from_domain(found)
    assert NeuralSuggestionsResponse.model_validate_json(body.model_dump_json()).to_domain() == found


def test_neighbours_come_back_in_their_order() -> None:
    found = (Neighbour("t1", "one", 0.9, 40, ""), Neighbour("t2", "two", 0.0, 0, "no common value"))
    body = NeighboursResponse.from_domain("t0", found)
    assert body.task_id == "t0"
    assert body.to_domain() == found


def test_only_the_answer_to_a_new_key_has_its_secret() -> None:
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    made = ApiKey("wt_1", "nightly", "team", Scope.WRITE, "default", moment, None, None, None, KeyLimits(max_jobs=2))
    body = NewKeyResponse.from_domain("wt_1_secret", made)
    assert body.made.to_domain() == made
    assert "secret" not in body.made.model_dump_json()
    assert (body.to_domain().key, body.to_domain().key_id, body.to_domain().workspace) == (
        "wt_1_secret",
        "wt_1",
        "default",
    )


def test_a_backtest_comes_back_whole() -> None:
    body = BacktestResponse.model_validate(job_examples.BACKTEST)
    assert BacktestResponse.from_domain(body.to_domain()) == body
    assert body.to_domain().regret == body.regret
