"""Names that are nearly known ones, and values that only look like numbers."""

import logging

import optuna
import pytest
from optuna.distributions import FloatDistribution

from warmtune.catalogue import find_entry
from warmtune.client import Client
from warmtune.errors import InvalidConfigurationError, InvalidInputError, InvalidTableError, NotFoundError
from warmtune.sklearn import WarmSearchCV
from warmtune.tables.csv_table import csv_content
from warmtune.tables.description import describe_task
from warmtune.tuning.scorers import scorer_name
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.metrics import METRICS_BY_NAME, warn_of_spelling
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.spelling import near_name
from warmtune.vocabulary.task import TaskKind

SPACE = SearchSpace({"x": FloatDistribution(0.0, 1.0)})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ligthgbm", "lightgbm"),
        ("LightGBM", "lightgbm"),
        (" lightgbm\t", "lightgbm"),
        ("ｌｉｇｈｔｇｂｍ", "lightgbm"),  # as some keyboards of East Asia type it
        ("svm-rbf", "svm_rbf"),
        ("forest of mine", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_found_whatever_its_case(name: str, expected: str | None) -> None:
    assert near_name(name, ["lightgbm", "svm_rbf", "random_forest"]) == expected


def test_a_misspelt_search_space_is_refused_with_the_one_that_was_meant(client: Client) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'lightgbm'"):
        client.get_search_space("ligthgbm")
    with pytest.raises(NotFoundError, match="did you mean 'svm_rbf'"):
        find_entry("svm-rbf", TaskKind.BINARY)
    with pytest.raises(NotFoundError) as caught:
        client.get_search_space("entirely mine")
    assert "did you mean" not in str(caught.value)


def test_a_misspelt_metric_is_warned_of_once(
    client: Client, described: TaskDescription, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        study = optuna.create_study(direction="maximize")
        client.warm_start(study, described, search_space=SPACE, metric="acuracy")
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING and "acuracy" in r.getMessage()]
    assert lines == ["the metric 'acuracy' is taken as your own, with its own past; did you mean 'accuracy'?"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [("Survived", "survived"), ("SURVIVED", "survived"), ("survivd", "survived"), ("fare paid", "fare_paid")],
)
def test_a_misspelt_target_is_refused_with_the_column_that_was_meant(client: Client, given: str, meant: str) -> None:
    content = b"survived,fare_paid,age\n" + b"yes,1.5,3\nno,2.5,4\n" * 30
    frame = {"survived": ["yes", "no"] * 30, "fare_paid": [1.5, 2.5] * 30, "age": [3, 4] * 30}
    words = f"no column {given!r}; did you mean {meant!r}\\?"
    with pytest.raises(InvalidTableError, match=words):
        client.recommend(TableUpload(content, given, filename="t.csv"), "svm_rbf")
    with pytest.raises(InvalidTableError, match=words):
        describe_task(frame, given)
    with pytest.raises(InvalidInputError, match=words):
        csv_content(frame, given)
    with pytest.raises(InvalidTableError, match=f"did you mean {meant!r}"):
        describe_task(frame, "age", ignore=[given])


def test_a_target_with_spaces_around_it_is_the_column() -> None:
    frame = {"survived": ["yes", "no"] * 30, "age": list(range(60))}
    assert describe_task(frame, " survived ").kind is TaskKind.BINARY


@pytest.mark.parametrize(
    ("metric", "meant"), [("acuracy", "accuracy"), ("acc", "accuracy"), ("AUC", "roc_auc"), ("f1-macro", "f1_macro")]
)
def test_a_misspelt_metric_of_a_model_is_refused_with_the_one_that_was_meant(metric: str, meant: str) -> None:
    with pytest.raises(InvalidInputError, match=f"; did you mean {meant!r}") as caught:
        scorer_name(metric, TaskKind.BINARY)
    assert len(str(caught.value.limit)) < 200
    with pytest.raises(InvalidInputError, match=f"; did you mean {meant!r}") as caught:
        WarmSearchCV("svm_rbf", scoring=metric, kind="binary").fit([[0.0], [1.0]] * 5, [0, 1] * 5)
    assert len(str(caught.value.limit)) < 200


def test_known_metrics_and_own_ones_are_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    for name in (*METRICS_BY_NAME, "profit", "seconds", "score of mine"):
        warn_of_spelling(name)
    assert not caplog.records


@pytest.mark.parametrize("n", [True, "5", b"5"])
def test_what_only_counts_as_a_number_is_refused(client: Client, described: TaskDescription, n: object) -> None:
    with pytest.raises(InvalidInputError, match="should be a number"):
        client.recommend(described, SPACE, metric="accuracy", n=n)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="should be a number"):
        client.recommend(described, SPACE, metric="accuracy", time_budget_s=n)  # type: ignore[arg-type]


@pytest.mark.parametrize("configuration", ["x=1", ["x"], None, 1.0])
def test_a_configuration_that_is_no_mapping_is_refused(configuration: object) -> None:
    with pytest.raises(InvalidConfigurationError, match="a mapping from names to values"):
        SPACE.validate(configuration)  # type: ignore[arg-type]
