"""Warmtune: hyperparameter tuning that starts warm.

What is named here is the public interface. Each name is loaded when it is first used, so that `import warmtune` and
the command's `--help` are quick.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from warmtune.version import __version__ as __version__

if TYPE_CHECKING:
    from warmtune import optuna as optuna
    from warmtune.client import AsyncClient as AsyncClient
    from warmtune.client import Client as Client
    from warmtune.neural.model import NeuralTaskModel as NeuralTaskModel
    from warmtune.optuna.report import Report as Report
    from warmtune.optuna.report import SkippedTrial as SkippedTrial
    from warmtune.optuna.reporter import Reporter as Reporter
    from warmtune.optuna.suggest import suggest as suggest
    from warmtune.rest.retries import Retry as Retry
    from warmtune.sklearn.builder import build as build
    from warmtune.sklearn.search import WarmSearchCV as WarmSearchCV
    from warmtune.tables.description import describe_task as describe_task
    from warmtune.tuning.model_folder import load_model as load_model
    from warmtune.vocabulary.dataset import TableUpload as TableUpload
    from warmtune.vocabulary.dataset import TaskDescription as TaskDescription
    from warmtune.vocabulary.errors import ConflictError as ConflictError
    from warmtune.vocabulary.errors import InvalidConfigurationError as InvalidConfigurationError
    from warmtune.vocabulary.errors import InvalidInputError as InvalidInputError
    from warmtune.vocabulary.errors import InvalidSearchSpaceError as InvalidSearchSpaceError
    from warmtune.vocabulary.errors import InvalidTableError as InvalidTableError
    from warmtune.vocabulary.errors import LimitExceededError as LimitExceededError
    from warmtune.vocabulary.errors import MissingExtraError as MissingExtraError
    from warmtune.vocabulary.errors import NotFoundError as NotFoundError
    from warmtune.vocabulary.errors import ServiceError as ServiceError
    from warmtune.vocabulary.errors import StudyStorageError as StudyStorageError
    from warmtune.vocabulary.errors import UnauthorizedError as UnauthorizedError
    from warmtune.vocabulary.errors import UnavailableError as UnavailableError
    from warmtune.vocabulary.errors import WarmtuneError as WarmtuneError
    from warmtune.vocabulary.explanation import Explanation as Explanation
    from warmtune.vocabulary.history import ExportReport as ExportReport
    from warmtune.vocabulary.history import HistoryUpload as HistoryUpload
    from warmtune.vocabulary.history import ImportedStudy as ImportedStudy
    from warmtune.vocabulary.history import ImportRecord as ImportRecord
    from warmtune.vocabulary.history import ImportReport as ImportReport
    from warmtune.vocabulary.job import Job as Job
    from warmtune.vocabulary.job import JobFailure as JobFailure
    from warmtune.vocabulary.job import JobLine as JobLine
    from warmtune.vocabulary.job import JobState as JobState
    from warmtune.vocabulary.learning_curve import LearningCurve as LearningCurve
    from warmtune.vocabulary.metrics import Direction as Direction
    from warmtune.vocabulary.model_version import BacktestAnswer as BacktestAnswer
    from warmtune.vocabulary.model_version import Comparison as Comparison
    from warmtune.vocabulary.model_version import ModelState as ModelState
    from warmtune.vocabulary.model_version import ModelVersion as ModelVersion
    from warmtune.vocabulary.named_space import NamedSearchSpace as NamedSearchSpace
    from warmtune.vocabulary.neighbour import Neighbour as Neighbour
    from warmtune.vocabulary.neural_model import AdaptedAnswer as AdaptedAnswer
    from warmtune.vocabulary.neural_model import LearnedFor as LearnedFor
    from warmtune.vocabulary.neural_model import NeuralModel as NeuralModel
    from warmtune.vocabulary.neural_model import NeuralSuggestion as NeuralSuggestion
    from warmtune.vocabulary.neural_model import NeuralSuggestions as NeuralSuggestions
    from warmtune.vocabulary.page import Page as Page
    from warmtune.vocabulary.recommendation import ExpectedGain as ExpectedGain
    from warmtune.vocabulary.recommendation import RankedConfiguration as RankedConfiguration
    from warmtune.vocabulary.recommendation import Recommendation as Recommendation
    from warmtune.vocabulary.recommendation import Source as Source
    from warmtune.vocabulary.recommendation import Strategy as Strategy
    from warmtune.vocabulary.results import RecommendationAnswer as RecommendationAnswer
    from warmtune.vocabulary.results import WarmStart as WarmStart
    from warmtune.vocabulary.space import Condition as Condition
    from warmtune.vocabulary.space import Configuration as Configuration
    from warmtune.vocabulary.space import SearchSpace as SearchSpace
    from warmtune.vocabulary.study import StudySummary as StudySummary
    from warmtune.vocabulary.study import TrialsReceipt as TrialsReceipt
    from warmtune.vocabulary.task import MetaFeatures as MetaFeatures
    from warmtune.vocabulary.task import Task as Task
    from warmtune.vocabulary.task import TaskKind as TaskKind
    from warmtune.vocabulary.task import TaskSummary as TaskSummary
    from warmtune.vocabulary.trial import Study as Study
    from warmtune.vocabulary.trial import Trial as Trial
    from warmtune.vocabulary.trial import TrialState as TrialState

_MODULES = MappingProxyType(
    {
        "AsyncClient": "warmtune.client",
        "Client": "warmtune.client",
        "TableUpload": "warmtune.vocabulary.dataset",
        "TaskDescription": "warmtune.vocabulary.dataset",
        "describe_task": "warmtune.tables.description",
        "load_model": "warmtune.tuning.model_folder",
        "ConflictError": "warmtune.vocabulary.errors",
        "InvalidConfigurationError": "warmtune.vocabulary.errors",
        "InvalidInputError": "warmtune.vocabulary.errors",
        "InvalidSearchSpaceError": "warmtune.vocabulary.errors",
        "InvalidTableError": "warmtune.vocabulary.errors",
        "LimitExceededError": "warmtune.vocabulary.errors",
        "MissingExtraError": "warmtune.vocabulary.errors",
        "NotFoundError": "warmtune.vocabulary.errors",
        "ServiceError": "warmtune.vocabulary.errors",
        "StudyStorageError": "warmtune.vocabulary.errors",
        "UnauthorizedError": "warmtune.vocabulary.errors",
        "UnavailableError": "warmtune.vocabulary.errors",
        "WarmtuneError": "warmtune.vocabulary.errors",
        "Explanation": "warmtune.vocabulary.explanation",
        "ExportReport": "warmtune.vocabulary.history",
        "HistoryUpload": "warmtune.vocabulary.history",
        "ImportRecord": "warmtune.vocabulary.history",
        "ImportReport": "warmtune.vocabulary.history",
        "ImportedStudy": "warmtune.vocabulary.history",
        "Job": "warmtune.vocabulary.job",
        "JobFailure": "warmtune.vocabulary.job",
        "JobLine": "warmtune.vocabulary.job",
        "JobState": "warmtune.vocabulary.job",
        "LearningCurve": "warmtune.vocabulary.learning_curve",
        "Direction": "warmtune.vocabulary.metrics",
        "BacktestAnswer": "warmtune.vocabulary.model_version",
        "Comparison": "warmtune.vocabulary.model_version",
        "ModelState": "warmtune.vocabulary.model_version",
        "ModelVersion": "warmtune.vocabulary.model_version",
        "NeuralTaskModel": "warmtune.neural",
        "AdaptedAnswer": "warmtune.vocabulary.neural_model",
        "LearnedFor": "warmtune.vocabulary.neural_model",
        "NeuralModel": "warmtune.vocabulary.neural_model",
        "NeuralSuggestion": "warmtune.vocabulary.neural_model",
        "NeuralSuggestions": "warmtune.vocabulary.neural_model",
        "Report": "warmtune.optuna.report",
        "Reporter": "warmtune.optuna.reporter",
        "SkippedTrial": "warmtune.optuna.report",
        "suggest": "warmtune.optuna.suggest",
        "ExpectedGain": "warmtune.vocabulary.recommendation",
        "RankedConfiguration": "warmtune.vocabulary.recommendation",
        "Recommendation": "warmtune.vocabulary.recommendation",
        "Source": "warmtune.vocabulary.recommendation",
        "Strategy": "warmtune.vocabulary.recommendation",
        "NamedSearchSpace": "warmtune.vocabulary.named_space",
        "Neighbour": "warmtune.vocabulary.neighbour",
        "Page": "warmtune.vocabulary.page",
        "RecommendationAnswer": "warmtune.vocabulary.results",
        "StudySummary": "warmtune.vocabulary.study",
        "TaskSummary": "warmtune.vocabulary.task",
        "TrialsReceipt": "warmtune.vocabulary.study",
        "WarmStart": "warmtune.vocabulary.results",
        "Retry": "warmtune.rest.retries",
        "WarmSearchCV": "warmtune.sklearn",
        "build": "warmtune.sklearn",
        "Condition": "warmtune.vocabulary.space",
        "Configuration": "warmtune.vocabulary.space",
        "SearchSpace": "warmtune.vocabulary.space",
        "MetaFeatures": "warmtune.vocabulary.task",
        "Task": "warmtune.vocabulary.task",
        "TaskKind": "warmtune.vocabulary.task",
        "Study": "warmtune.vocabulary.trial",
        "Trial": "warmtune.vocabulary.trial",
        "TrialState": "warmtune.vocabulary.trial",
    }
)

__all__ = [
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
]


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name in (
        "optuna",
        "mlflow",
    ):  # not among the names of `import *`, where they would hide the libraries themselves
        return importlib.import_module(f"warmtune.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module 'warmtune' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(_MODULES)
