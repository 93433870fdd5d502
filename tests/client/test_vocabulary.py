import copy
import pickle
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import get_scorer_names

from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.metric_ranges import POSSIBLE_VALUES
from warmtune.vocabulary.metrics import (
    KNOWN_METRICS,
    METRICS_BY_NAME,
    Direction,
    default_metric,
    judges_numbers,
    resolve_direction,
    same_metrics,
)
from warmtune.vocabulary.page import Page, every_item
from warmtune.vocabulary.task import MAX_META_FEATURES, MAX_NAME_LENGTH, MetaFeatures, TaskKind, check_name
from warmtune.vocabulary.trial import MAX_INTERMEDIATE_VALUES, MAX_TRIAL_NUMBER, Trial, TrialState


def test_meta_features_are_frozen_and_plain() -> None:
    features = MetaFeatures({"n": np.int64(3)}, {"skew": "constant"})  # type: ignore[dict-item] # numbers of numpy are taken too
    assert type(features.values["n"]) is float
    with pytest.raises(TypeError):
        features.values["n"] = 1.0  # type: ignore[index]


def test_meta_features_can_be_copied_and_sent_to_another_process() -> None:
    features = MetaFeatures({"n": 3.0}, {"skew": "constant"}, version="v")
    assert pickle.loads(pickle.dumps(features)) == features
    assert copy.deepcopy(features) == features


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "3", None, 10**400, 1j])
def test_a_meta_feature_that_is_no_finite_number_is_refused_by_name(value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        MetaFeatures({"skew": value})
    assert (caught.value.field, caught.value.limit) == ("meta_features.skew", "finite number")


def test_a_meta_feature_has_a_value_or_a_gap() -> None:
    with pytest.raises(InvalidInputError) as caught:
        MetaFeatures({"skew": 1.0}, {"skew": "constant"})
    assert caught.value.field == "meta_features.skew"


def test_the_number_of_meta_features_is_limited() -> None:
    with pytest.raises(LimitExceededError) as caught:
        MetaFeatures({f"x{i}": 0.0 for i in range(MAX_META_FEATURES)}, {"one more": "gap"})
    assert (caught.value.field, caught.value.limit) == ("meta_features", str(MAX_META_FEATURES))


@pytest.mark.parametrize("name", ["", "a\tb", "x" * (MAX_NAME_LENGTH + 1), None, 3])
def test_names_are_printable_and_short(name: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_name(name, field="somewhere")
    assert caught.value.field == "somewhere"
    assert check_name("Größe · 1", field="somewhere") == "Größe · 1"


def test_the_default_metric_fits_the_kind_and_is_known() -> None:
    assert {kind: default_metric(kind) for kind in TaskKind} == {
        TaskKind.BINARY: "accuracy",
        TaskKind.MULTICLASS: "accuracy",
        TaskKind.REGRESSION: "r2",
    }


def test_known_metrics_need_no_direction_and_refuse_the_wrong_one() -> None:
    for metric, direction in KNOWN_METRICS.items():
        assert resolve_direction(metric, None) is direction
        wrong = Direction.MINIMIZE if direction is Direction.MAXIMIZE else Direction.MAXIMIZE
        with pytest.raises(InvalidInputError) as caught:
            resolve_direction(metric, wrong)
        assert (caught.value.field, caught.value.limit) == ("direction", str(direction))


def test_names_of_one_metric_agree_on_its_kind_and_on_what_is_better() -> None:
    for metric in METRICS_BY_NAME:
        names = same_metrics(metric)
        assert names[metric] == 1
        for name, sign in names.items():
            assert judges_numbers(name) is judges_numbers(metric)
            assert METRICS_BY_NAME[name].direction.sign * sign == METRICS_BY_NAME[metric].direction.sign
            assert same_metrics(name)[metric] == sign
            assert (sign == -1) == (name.startswith("neg_") != metric.startswith("neg_"))
    assert dict(same_metrics("my own")) == {"my own": 1}


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("merror", "error"),  # XGBoost
        ("mlogloss", "log_loss"),
        ("multi_logloss", "log_loss"),  # LightGBM
        ("l2_root", "rmse"),
        ("AUC", "roc_auc"),  # CatBoost
        ("MultiClass", "log_loss"),
        ("RMSE", "rmse"),
        ("sparse_categorical_accuracy", "accuracy"),  # Keras
        ("classif.bacc", "balanced_accuracy"),  # mlr3
        ("regr.rsq", "r2"),
        ("Rsquared", "r2"),  # caret
    ],
)
def test_other_libraries_names_mean_the_usual_metric(name: str, usual: str) -> None:
    assert METRICS_BY_NAME[name] == METRICS_BY_NAME[usual]
    assert same_metrics(usual)[name] == 1
    assert POSSIBLE_VALUES.get(name) == POSSIBLE_VALUES.get(usual)


def test_every_scorer_of_scikit_learn_is_known_by_name() -> None:
    clusterings = {name for name in get_scorer_names() if name.endswith(("_info_score", "rand_score"))}
    clusterings |= {"completeness_score", "homogeneity_score", "v_measure_score", "fowlkes_mallows_score"}
    for name in set(get_scorer_names()) - clusterings:
        assert name in METRICS_BY_NAME
        assert METRICS_BY_NAME[name].direction is Direction.MAXIMIZE  # a scorer's larger values are better


def test_an_unknown_metric_needs_a_direction() -> None:
    with pytest.raises(InvalidInputError) as caught:
        resolve_direction("profit", None)
    assert caught.value.field == "direction"
    assert resolve_direction("profit", Direction.MAXIMIZE) is Direction.MAXIMIZE


def test_the_sign_makes_every_metric_one_to_maximise() -> None:
    assert Direction.MAXIMIZE.sign * 2 > Direction.MAXIMIZE.sign * 1
    assert Direction.MINIMIZE.sign * 1 > Direction.MINIMIZE.sign * 2


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"number": -1, "value": 1.0}, "number"),
        ({"number": MAX_TRIAL_NUMBER + 1, "value": 1.0}, "number"),
        ({"number": 0}, "value"),
        ({"number": 0, "value": float("nan")}, "value"),
        ({"number": 0, "value": float("inf")}, "value"),
        ({"number": 0, "value": 10**400}, "value"),
        ({"number": 0, "value": 1.0, "duration_s": -0.1}, "duration_s"),
        ({"number": 0, "value": 1.0, "duration_s": float("nan")}, "duration_s"),
        ({"number": 0, "value": 1.0, "intermediate_values": {3: float("nan")}}, "intermediate_values.3"),
        (
            {"number": 0, "value": 1.0, "intermediate_values": dict.fromkeys(range(MAX_INTERMEDIATE_VALUES + 1), 0.0)},
            "intermediate_values",
        ),
    ],
)
def test_a_refused_trial_names_the_field(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Trial(configuration={}, **arguments)
    assert caught.value.field == field


def test_a_trial_of_other_types_is_the_same_as_one_of_plain_ones() -> None:
    plain = Trial(3, {"x": 1.0}, 0.5, TrialState.COMPLETE, intermediate_values={}, constraints=(), values=())
    params, steps = MappingProxyType({"x": 1.0}), MappingProxyType[int, float]({})
    given: Any = (np.int64(3), params, 0.5, "complete", None, steps, [], [])
    other = Trial(*given)
    assert other == plain
    assert type(other.number) is int
    assert type(other.state) is TrialState
    assert (type(other.constraints), type(other.values)) == (tuple, tuple)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": True}, "number"),
        ({"state": "done"}, "state"),
        ({"configuration": []}, "configuration"),
        ({"intermediate_values": ()}, "intermediate_values"),
        ({"constraints": ""}, "constraints"),
        ({"constraints": frozenset()}, "constraints"),
        ({"constraints": (0.0, float("nan"))}, "constraints.1"),
        ({"values": ("0.5",)}, "values.0"),
        ({"values": None}, "values"),
    ],
)
def test_what_is_no_part_of_a_trial_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"number": 3, "configuration": {}, "value": 0.5, **change}
    with pytest.raises(InvalidInputError) as refused:
        Trial(**given)
    assert refused.value.field == field


def test_only_three_states_are_final() -> None:
    finished = {state for state in TrialState if state.is_finished}
    assert finished == {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    assert Trial(0, {}, state=TrialState.FAIL).value is None


def test_every_item_asks_page_after_page() -> None:
    pages = {None: Page((1, 2), "a"), "a": Page((), "b"), "b": Page((3,), None)}
    asked: list[str | None] = []

    def page_at(cursor: str | None) -> Page[int]:
        asked.append(cursor)
        return pages[cursor]

    assert list(every_item(page_at)) == [1, 2, 3]
    assert asked == [None, "a", "b"]
