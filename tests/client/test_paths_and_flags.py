"""Paths, trials and switches that are none are refused by name."""

from pathlib import Path

import optuna
import pytest

import warmtune
from warmtune.histories.upload_file import packed
from warmtune.optuna.sampler import WarmtuneSampler
from warmtune.tuning.model_folder import load_model
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.paths import path_text

SPACE = {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}


@pytest.mark.parametrize("path", [None, 3, ["model"], 1.5])
def test_what_is_no_path_is_refused_by_its_field(path: object) -> None:
    with pytest.raises(InvalidInputError, match="folder must be a path") as refused:
        load_model(path)  # type: ignore[arg-type]
    assert refused.value.field == "folder"
    with pytest.raises(InvalidInputError, match="source must be a path") as refused, packed(path):  # type: ignore[arg-type]
        pass
    assert refused.value.field == "source"


def test_a_path_with_nul_is_refused_and_others_are_taken() -> None:
    with pytest.raises(InvalidInputError, match="NUL"):
        path_text("a\0b", "folder")
    assert path_text(Path("a") / "b", "folder") == str(Path("a") / "b")
    assert path_text("a", "folder") == "a"


def test_suggest_refuses_what_is_no_trial() -> None:
    with pytest.raises(InvalidInputError, match="trial must be an Optuna trial") as refused:
        warmtune.suggest(None, SPACE)  # type: ignore[arg-type]
    assert refused.value.field == "trial"
    assert warmtune.suggest(optuna.trial.FixedTrial({"x": 0.5}), SPACE) == {"x": 0.5}


@pytest.mark.parametrize("report", ["no", 0, None])
def test_a_sampler_refuses_a_switch_that_only_counts_as_one(report: object) -> None:
    X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, [0, 1, 0, 1] * 5
    with pytest.raises(InvalidInputError, match="report is True or False") as refused:
        WarmtuneSampler("http://127.0.0.1:9", X, y, search_space=SPACE, report=report)  # type: ignore[arg-type]
    assert refused.value.field == "report"
