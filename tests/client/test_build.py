"""From a configuration to an estimator: any table, and mistakes named."""

import datetime
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline

import warmtune
from tests.knowledge.tables import classes, numbers
from warmtune.catalogue import catalogue, find_entry
from warmtune.catalogue.auto import as_whole_pipeline
from warmtune.pipelines.table import TableReader, roles_of
from warmtune.vocabulary.errors import (
    InvalidConfigurationError,
    InvalidInputError,
    InvalidTableError,
    MissingExtraError,
    NotFoundError,
)
from warmtune.vocabulary.task import TaskKind

NAMES = sorted({entry.name for entry in catalogue() if not entry.is_recorded})


def wild_table(n: int = 60) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.object_]]]:
    """Every type of column that people have, all with gaps."""
    rng = np.random.default_rng(0)
    signal = rng.normal(size=n)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 500, size=n), unit="D")
    frame = pd.DataFrame(
        {
            "number": signal,
            "whole": pd.array(rng.integers(0, 5, size=n), dtype="Int64"),
            "yes": rng.integers(0, 2, size=n).astype(bool),
            "colour": pd.Categorical(rng.choice(["red", "green"], size=n)),
            "code": pd.Categorical(rng.integers(100, 103, size=n)),
            "when": days,
            "zoned": days.tz_localize("Europe/Berlin"),
            "iso": days.strftime("%Y-%m-%d"),
            "day": [d.date() for d in days],
            "took": pd.to_timedelta(rng.integers(1, 500, size=n), unit="s"),
            "month": days.to_period("M"),
            "price": [Decimal(f"{x:.2f}") for x in signal],
            "digits": [f" {x:.3f}" for x in signal],
            "note": [f"note {i} " + "word " * int(rng.integers(1, 9)) for i in range(n)],
            "nothing": [None] * n,
        }
    )
    frame.columns = [*frame.columns[:-1], 'odd {"name"}: [1]']
    for j in range(len(frame.columns)):
        if j != 2:  # truth values have no gap
            frame.iloc[j % n, j] = None
    return frame, np.where(signal > 0, "up", "down").astype(object)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Got `batch_size`")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_every_space_fits_any_table_by_its_defaults(name: str) -> None:
    extra = find_entry(name, TaskKind.BINARY).extra
    if extra is not None:
        pytest.importorskip(extra)
    X, y = wild_table()
    configuration = find_entry(name, TaskKind.BINARY).space.default_configuration()
    light = {**(configuration or {}), **({"iterations": 30} if name == "catboost" else {})}
    model = warmtune.build(name, light, X, kind="binary")
    assert isinstance(model, Pipeline)
    fitted = clone(model).fit(X, y)
    assert (fitted.predict(X) == y).mean() > 0.8
    assert list(fitted.feature_names_in_) == list(X.columns)
    assert list(fitted.classes_) == ["down", "up"]
    strange = X.assign(colour=pd.Categorical(["violet"] * len(X)))
    assert len(fitted.predict(strange)) == len(X)


BALANCED = [name for name in NAMES if "class_weight" in find_entry(name, TaskKind.BINARY).space.parameters]


@pytest.mark.parametrize("labels", [["0", "1"], ["01", "02"], [0, 1], [1.0, 2.0], [False, True]], ids=str)
@pytest.mark.parametrize("name", BALANCED)
@pytest.mark.slow
def test_weights_of_classes_are_found_whatever_the_labels_are(name: str, labels: list[object]) -> None:
    X, y = wild_table()
    given = np.array(labels)[(y == "up").astype(int)]
    defaults = find_entry(name, TaskKind.BINARY).space.default_configuration() or {}
    model = warmtune.build(name, {**defaults, "class_weight": "balanced"}, X, kind="binary").fit(X, given)
    assert list(model.classes_) == labels
    assert (model.predict(X) == given).mean() > 0.8
    assert model.predict_proba(X).shape == (len(X), 2) if hasattr(model, "predict_proba") else name == "svm_rbf"


def test_roles_of_columns() -> None:
    X, _ = wild_table()
    roles = dict(zip(X.columns, roles_of(X), strict=True))
    assert [name for name, role in roles.items() if role == "category"] == ["colour", "code", "note"]
    assert [name for name, role in roles.items() if role == "date"] == ["when", "zoned", "iso", "day", "took", "month"]
    longer, _ = wild_table(200)
    assert dict(zip(longer.columns, roles_of(longer), strict=True))["note"] == "text"
    assert roles_of(X, nominal=["whole"])[1] == "category"


def test_dates_are_seconds_and_text_is_its_length() -> None:
    X = pd.DataFrame(
        {
            "iso": ["1970-01-02", None, "1970-01-01T00:00:05"],
            "day": [datetime.date(1970, 1, 3), None, datetime.date(1970, 1, 1)],
            "text": ["three little words", None, "one"],
            "code": [1, 2, None],
        }
    )
    reader = TableReader(("date", "date", "text", "category"))
    read = reader.fit(X).transform(X)
    assert list(read["c0"])[::2] == [86_400.0, 5.0] and np.isnan(read["c0"][1])
    assert list(read["c1"])[::2] == [172_800.0, 0.0]
    assert list(read["c2"])[::2] == [18.0, 3.0]
    assert list(read["c3"])[::2] == [3.0, 1.0]
    assert list(read["c4"])[:2] == ["1", "2"]  # the gap has made floats of them


@pytest.mark.slow
def test_frames_of_polars_and_arrays_are_read_alike() -> None:
    frame = classes(60)
    X, y = frame.drop(columns="y"), frame["y"].astype(str)
    a = warmtune.build("random_forest", None, X, kind="binary").fit(X, y)
    b = warmtune.build("random_forest", None, pl.from_pandas(X), kind="binary").fit(pl.from_pandas(X), y)
    c = warmtune.build("random_forest", None, X.to_numpy(), kind="binary").fit(X.to_numpy(), y)
    assert list(a.predict(X)) == list(b.predict(pl.from_pandas(X))) == list(c.predict(X.to_numpy()))


def test_a_table_to_predict_must_have_the_same_columns() -> None:
    X = numbers().drop(columns="y")
    model = warmtune.build("linear", None, X, kind="regression").fit(X, numbers()["y"])
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X.rename(columns={"a": "other"}))
    with pytest.raises(InvalidTableError, match=r"column 'a' was read as numbers .*, but 'many' isn't one"):
        model.predict(X.astype(object).replace({"a": {X["a"][0]: "many"}}))


@pytest.mark.slow
def test_one_seed_gives_one_model() -> None:
    X, y = numbers().drop(columns="y"), numbers()["y"]
    one, same, other = (
        warmtune.build("extra_trees", None, X, kind="regression", random_state=seed).fit(X, y).predict(X[::2] + 0.01)
        for seed in (0, 0, 1)
    )
    assert list(one) == list(same) != list(other)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Got `batch_size`")
@pytest.mark.parametrize("setting", [{"transform_output": "pandas"}, {"transform_output": "polars"}], ids=str)
@pytest.mark.parametrize("name", ["linear", "svm_rbf", "mlp", "knn", "hist_gradient_boosting", "extra_trees", "auto"])
@pytest.mark.slow
def test_settings_of_scikit_learn_change_nothing(name: str, setting: dict[str, str]) -> None:
    X, y = wild_table()
    expected = warmtune.build(name, None, X, kind="binary").fit(X, y).predict(X)
    numbers_expected = warmtune.build(name, None, X, kind="regression").fit(X, np.arange(60.0)).predict(X)
    with config_context(**setting):
        assert list(warmtune.build(name, None, X, kind="binary").fit(X, y).predict(X)) == list(expected)
        found = warmtune.build(name, None, X, kind="regression").fit(X, np.arange(60.0)).predict(X)
        assert found == pytest.approx(numbers_expected)


def test_preparations_of_auto_are_arrays_whatever_is_set() -> None:
    X, y = wild_table()
    default = find_entry("linear", TaskKind.BINARY).space.default_configuration() or {}
    whole = as_whole_pipeline("linear", default)
    whole |= {"scaling": "skewed", "reduction": "pca", "reduction_share": 0.5}
    with config_context(transform_output="pandas"):
        assert len(warmtune.build("auto", whole, X, kind="binary").fit(X, y).predict(X)) == 60


MISTAKES: list[tuple[type[Exception], str, str, dict[str, Any]]] = [
    (NotFoundError, "search_space", "svm_rbf", {"name": "svm"}),
    (InvalidInputError, "search_space", "shipped search space", {"name": 3}),
    (InvalidConfigurationError, "params.C", "0.03..1000.0 (float, log)", {"configuration": {"C": 1e9}}),
    (InvalidConfigurationError, "params.gamma", "gamma_scale", {"configuration": {"gamma": 1.0}}),
    (InvalidConfigurationError, "params.C", "", {"configuration": {}}),
    (InvalidInputError, "kind", "multiclass", {"kind": "classes"}),
    (InvalidInputError, "kind", "classification", {"kind": None}),
    (InvalidInputError, "random_state", "integer", {"random_state": 1.5}),
    (InvalidInputError, "nominal", "a, b, c", {"nominal": ["zip"]}),
    (InvalidInputError, "nominal", "sequence of column names", {"nominal": "a"}),
    (InvalidTableError, "X", "2 dimensions", {"X": [1, 2, 3]}),
    (InvalidTableError, "X.a", "numbers, strings", {"X": pd.DataFrame({"a": [[1], [2]]})}),
    (InvalidInputError, "search_space", "", {"name": "scikit_pipelines", "kind": "binary", "configuration": None}),
]


@pytest.mark.parametrize(("error", "field", "limit", "given"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_name_field_and_limit(error: type[Exception], field: str, limit: str, given: dict[str, Any]) -> None:
    asked: dict[str, Any] = {
        "name": "svm_rbf",
        "configuration": None,
        "X": numbers().drop(columns="y"),
        "kind": "regression",
    }
    asked |= given
    with pytest.raises(error) as caught:
        warmtune.build(asked.pop("name"), asked.pop("configuration"), asked.pop("X"), **asked)
    assert isinstance(caught.value, warmtune.WarmtuneError)
    assert caught.value.field == field
    assert limit in (caught.value.limit or "")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    monkeypatch.delitem(sys.modules, "warmtune.pipelines.lightgbm", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'warmtune\[lightgbm\]'"):
        warmtune.build("lightgbm", None, numbers().drop(columns="y"), kind="regression")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (pd.DataFrame({0: [1.0, 2.0] * 10, 1: [0.5] * 20}), "0"),
        (pd.DataFrame({" a ": [1.0, 2.0] * 10, "b": [0.5] * 20}), "a"),
        (pd.DataFrame({("a", "u"): [1.0, 2.0] * 10, ("b", ""): [0.5] * 20}), "a_u"),
        (np.array([[1.0, 0.5], [2.0, 0.5]] * 10), "x0"),
    ],
)
def test_nominal_columns_have_the_names_that_descriptions_give(table: object, name: str) -> None:
    y = [0, 1] * 10
    built = warmtune.build("svm_rbf", None, table, kind="binary", nominal=[name])
    assert built.named_steps["read"].roles[0] == "category"
    warmtune.describe_task(table, y, nominal=[name])


@pytest.mark.parametrize("nominal", [[0], 0, np.array([0])])
@pytest.mark.parametrize("table", [pd.DataFrame({"a": [1.0, 2.0] * 10}), np.ones((20, 1))])
def test_positions_of_columns_are_refused_with_the_names_to_write(table: object, nominal: object) -> None:
    for ask in (
        lambda: warmtune.build("svm_rbf", None, table, kind="binary", nominal=nominal),  # type: ignore[arg-type]
        lambda: warmtune.describe_task(table, [0, 1] * 10, nominal=nominal),  # type: ignore[arg-type]
        lambda: warmtune.describe_task(table, [0, 1] * 10, ignore=nominal),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInputError, match="not by position; one of an array is called 'x0'") as caught:
            ask()
        assert caught.value.field in ("nominal", "ignore")


@pytest.mark.parametrize("path", ["data.csv", b"data.csv", Path("data.csv")])
def test_a_path_in_the_place_of_a_table_is_refused_as_that(path: object) -> None:
    with pytest.raises(InvalidTableError, match="read the file") as caught:
        warmtune.build("svm_rbf", None, path, kind="binary")
    assert caught.value.field == "X"


def test_other_forms_of_names_of_columns_are_refused_with_what_to_write() -> None:
    table = np.ones((20, 1))
    for nominal, said in (("x0", r"write nominal=\['x0'\]"), ([("a", "u")], "called 'a_u'"), ([-1], "by name")):
        with pytest.raises(InvalidInputError, match=said):
            warmtune.build("svm_rbf", None, table, kind="binary", nominal=nominal)  # type: ignore[arg-type]


def test_a_recommended_configuration_says_where_its_values_are() -> None:
    class Ranked:
        configuration: ClassVar[dict[str, float]] = {"C": 1.0}

    with pytest.raises(InvalidConfigurationError, match=r"pass its \.configuration"):
        warmtune.build("svm_rbf", Ranked(), np.ones((20, 1)), kind="binary")  # type: ignore[arg-type]
