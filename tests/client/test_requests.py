"""What the client refuses before anything is sent."""

from collections.abc import Callable

import pytest
from optuna.distributions import FloatDistribution

from warmtune.rest.calls import Call
from warmtune.rest.endpoints import neural, recommendations, studies
from warmtune.tables.description import describe_task
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import MetaFeatures, TaskKind
from warmtune.vocabulary.trial import Trial

ENDLESS = FloatDistribution(0, float("inf"))
TASK = TaskDescription(TaskKind.BINARY, MetaFeatures({"n_rows": 3.0}))


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: recommendations.recommend(TASK, "random_forest", n=0), "n"),
        (lambda: recommendations.recommend(TASK, "random_forest", n=10**9), "n"),
        (lambda: recommendations.recommend(TASK, "random_forest", time_budget_s=-1), "time_budget_s"),
        (lambda: recommendations.recommend(TASK, "random_forest", time_budget_s=float("nan")), "time_budget_s"),
        (lambda: recommendations.recommend(TASK, "random_forest", direction="up"), "direction"),
        (lambda: recommendations.recommend(TASK, "random_forest", metric=""), "metric"),
        (lambda: recommendations.recommend(TASK, "bad\nname"), "search_space"),
        (lambda: recommendations.recommend(TASK, {}), "search_space.parameters"),
        (
            lambda: recommendations.recommend(TASK, {"x": FloatDistribution(0, float("inf"))}),
            "search_space.parameters.x",
        ),
        (lambda: recommendations.suggestions("s", n=0), "n"),
        (lambda: recommendations.suggestions("s", pending=[{"x": float("nan")}]), "pending.0.x"),
        (lambda: studies.report_trials("s", [Trial(0, {"x": float("inf")}, 1.0)]), "configuration.x"),
        (lambda: studies.create_study("t", "random_forest", name=""), "name"),
        (lambda: studies.create_study("t", "random_forest", metadata={"a": float("nan")}), "metadata.a"),
        (lambda: TaskDescription(TaskKind.BINARY, TASK.meta_features, name=""), "name"),
        (lambda: TaskDescription(TaskKind.BINARY, TASK.meta_features, content_hash="A" * 64), "content_hash"),
        (lambda: TableUpload(b"", "y", filename="t.csv"), "file"),
        (lambda: TableUpload(b"a,y\n", "y"), "filename"),
        (lambda: TableUpload(b"a,y\n", "y", filename="t.csv", name="\n"), "name"),
    ],
)
def test_what_the_api_would_refuse_is_refused_by_name(build: Callable[[], Call[object]], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        build()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("build", "field", "limit"),
    [
        (lambda: recommendations.recommend(TASK, "random_forest", n=0), "n", ">= 1"),
        (lambda: recommendations.recommend(TASK, "random_forest", exclude_task_ids="a"), "exclude_task_ids", "of ids"),
        (lambda: recommendations.recommend(3, "random_forest"), "task", "TaskDescription"),  # type: ignore[arg-type]
        (lambda: studies.report_trials("s", [{"x": 1.0}]), "trials.0", "warmtune.Trial"),  # type: ignore[list-item]
        (lambda: studies.get_study(3), "study_id", "a string"),  # type: ignore[arg-type]
        (lambda: neural.get_neural_model(None), "name", "a string"),  # type: ignore[arg-type]
        (lambda: neural.put_neural_model(3, b""), "name", "a string"),  # type: ignore[arg-type]
        (lambda: neural.put_neural_model("a", 3), "init", "bytes"),  # type: ignore[arg-type]
        (lambda: neural.put_neural_model("a", bytes(2**26 + 1)), "init", str(2**26)),
        (lambda: describe_task({"a": [1, 2]}, [0, 1], kind="clustering"), "kind", "multiclass"),
    ],
)
def test_a_refusal_says_what_would_do(build: Callable[[], object], field: str, limit: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        build()
    assert caught.value.field == field
    assert limit in str(caught.value.limit)


def test_numbers_too_long_for_a_study_are_still_sent_exactly() -> None:
    call = studies.report_trials("s", [Trial(0, {"x": 0.1 + 0.2}, 1 / 3)])
    assert call.body is not None
    assert b"0.30000000000000004" in call.body
    assert b"0.3333333333333333" in call.body
