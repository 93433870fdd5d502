import inspect
import subprocess
import sys

import pytest

import warmtune

PUBLIC = {
    "AdaptedAnswer",
    "AsyncClient",
    "BacktestAnswer",
    "Client",
    "Comparison",
    "Condition",
    "Configuration",
    "ConflictError",
    "Direction",
    "ExpectedGain",
    "Explanation",
    "ExportReport",
    "HistoryUpload",
    "ImportRecord",
    "ImportReport",
    "ImportedStudy",
    "InvalidConfigurationError",
    "InvalidInputError",
    "InvalidSearchSpaceError",
    "InvalidTableError",
    "Job",
    "JobFailure",
    "JobLine",
    "JobState",
    "LearnedFor",
    "LearningCurve",
    "LimitExceededError",
    "MetaFeatures",
    "MissingExtraError",
    "ModelState",
    "ModelVersion",
    "NamedSearchSpace",
    "Neighbour",
    "NeuralModel",
    "NeuralSuggestion",
    "NeuralSuggestions",
    "NeuralTaskModel",
    "NotFoundError",
    "Page",
    "RankedConfiguration",
    "Recommendation",
    "RecommendationAnswer",
    "Report",
    "Reporter",
    "Retry",
    "SearchSpace",
    "ServiceError",
    "SkippedTrial",
    "Source",
    "Strategy",
    "Study",
    "StudyStorageError",
    "StudySummary",
    "TableUpload",
    "Task",
    "TaskDescription",
    "TaskKind",
    "TaskSummary",
    "Trial",
    "TrialState",
    "TrialsReceipt",
    "UnauthorizedError",
    "UnavailableError",
    "WarmSearchCV",
    "WarmStart",
    "WarmtuneError",
    "build",
    "describe_task",
    "load_model",
    "suggest",
}


def _modules_after(statement: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_public_names_are_pinned() -> None:
    assert set(warmtune.__all__) == PUBLIC
    assert set(dir(warmtune)) == PUBLIC


def test_every_public_name_loads() -> None:
    for name in PUBLIC:
        assert getattr(warmtune, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Clint"):
        _ = warmtune.Clint


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not _modules_after("import warmtune") & {"optuna", "httpx", "pydantic", "numpy", "rich", "typer"}


@pytest.mark.slow
def test_the_client_needs_no_extra() -> None:
    heavy = {"torch", "numba", "sklearn", "scipy", "pyarrow", "pandas", "fastapi", "sqlalchemy", "metafeatures"}
    assert not _modules_after("import warmtune; warmtune.Client") & heavy


def test_help_loads_neither_optuna_nor_a_client() -> None:
    statement = "from warmtune.cli.app import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass"
    code = f"import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    exec({statement!r})"
    assert not _modules_after(code) & {"optuna", "httpx", "numpy", "pydantic"}


def test_every_public_name_is_documented() -> None:
    for name in PUBLIC - {"Configuration"}:
        assert inspect.getdoc(getattr(warmtune, name)), name
