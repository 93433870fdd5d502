"""Warmtune: hyperparameter tuning that starts warm.

What is named here is the public interface. Each name is loaded when it is first used, so that `import warmtune` and
the command's `--help` are quick.
"""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warmtune import optuna as optuna
    from warmtune.client import AsyncClient as AsyncClient
    from warmtune.client import Client as Client
    from warmtune.dataset import TableUpload as TableUpload
    from warmtune.dataset import TaskDescription as TaskDescription
    from warmtune.describing import describe_task as describe_task
    from warmtune.errors import ConflictError as ConflictError
    from warmtune.errors import InvalidConfigurationError as InvalidConfigurationError
    from warmtune.errors import InvalidInputError as InvalidInputError
    from warmtune.errors import InvalidSearchSpaceError as InvalidSearchSpaceError
    from warmtune.errors import InvalidTableError as InvalidTableError
    from warmtune.errors import LimitExceededError as LimitExceededError
    from warmtune.errors import MissingExtraError as MissingExtraError
    from warmtune.errors import NotFoundError as NotFoundError
    from warmtune.errors import ServiceError as ServiceError
    from warmtune.errors import StudyStorageError as StudyStorageError
    from warmtune.errors import UnauthorizedError as UnauthorizedError
    from warmtune.errors import UnavailableError as UnavailableError
    from warmtune.errors import WarmtuneError as WarmtuneError
    from warmtune.explanation import Explanation as Explanation
    from warmtune.job import Job as Job
    from warmtune.job import JobFailure as JobFailure
    from warmtune.job import JobState as JobState
    from warmtune.metrics import Direction as Direction
    from warmtune.model_version import BacktestAnswer as BacktestAnswer
    from warmtune.model_version import Comparison as Comparison
    from warmtune.model_version import ModelState as ModelState
    from warmtune.model_version import ModelVersion as ModelVersion
    from warmtune.neural.model import NeuralTaskModel as NeuralTaskModel
    from warmtune.neural_answers import AdaptedAnswer as AdaptedAnswer
    from warmtune.neural_answers import LearnedFor as LearnedFor
    from warmtune.neural_answers import NeuralModel as NeuralModel
    from warmtune.neural_answers import NeuralSuggestion as NeuralSuggestion
    from warmtune.neural_answers import NeuralSuggestions as NeuralSuggestions
    from warmtune.optuna.report import Report as Report
    from warmtune.optuna.report import SkippedTrial as SkippedTrial
    from warmtune.optuna.reporter import Reporter as Reporter
    from warmtune.optuna.suggest import suggest as suggest
    from warmtune.recommendation import RankedConfiguration as RankedConfiguration
    from warmtune.recommendation import Recommendation as Recommendation
    from warmtune.recommendation import Source as Source
    from warmtune.recommendation import Strategy as Strategy
    from warmtune.results import NamedSearchSpace as NamedSearchSpace
    from warmtune.results import Page as Page
    from warmtune.results import RecommendationAnswer as RecommendationAnswer
    from warmtune.results import StudySummary as StudySummary
    from warmtune.results import TaskSummary as TaskSummary
    from warmtune.results import TrialsReceipt as TrialsReceipt
    from warmtune.results import WarmStart as WarmStart
    from warmtune.retries import Retry as Retry
    from warmtune.space import Condition as Condition
    from warmtune.space import Configuration as Configuration
    from warmtune.space import SearchSpace as SearchSpace
    from warmtune.task import MetaFeatures as MetaFeatures
    from warmtune.task import Task as Task
    from warmtune.task import TaskKind as TaskKind
    from warmtune.trial import Study as Study
    from warmtune.trial import Trial as Trial
    from warmtune.trial import TrialState as TrialState

_MODULES = MappingProxyType(
    {
        "AsyncClient": "warmtune.client",
        "Client": "warmtune.client",
        "TableUpload": "warmtune.dataset",
        "TaskDescription": "warmtune.dataset",
        "describe_task": "warmtune.describing",
        "ConflictError": "warmtune.errors",
        "InvalidConfigurationError": "warmtune.errors",
        "InvalidInputError": "warmtune.errors",
        "InvalidSearchSpaceError": "warmtune.errors",
        "InvalidTableError": "warmtune.errors",
        "LimitExceededError": "warmtune.errors",
        "MissingExtraError": "warmtune.errors",
        "NotFoundError": "warmtune.errors",
        "ServiceError": "warmtune.errors",
        "StudyStorageError": "warmtune.errors",
        "UnauthorizedError": "warmtune.errors",
        "UnavailableError": "warmtune.errors",
        "WarmtuneError": "warmtune.errors",
        "Explanation": "warmtune.explanation",
        "Job": "warmtune.job",
        "JobFailure": "warmtune.job",
        "JobState": "warmtune.job",
        "Direction": "warmtune.metrics",
        "BacktestAnswer": "warmtune.model_version",
        "Comparison": "warmtune.model_version",
        "ModelState": "warmtune.model_version",
        "ModelVersion": "warmtune.model_version",
        "NeuralTaskModel": "warmtune.neural",
        "AdaptedAnswer": "warmtune.neural_answers",
        "LearnedFor": "warmtune.neural_answers",
        "NeuralModel": "warmtune.neural_answers",
        "NeuralSuggestion": "warmtune.neural_answers",
        "NeuralSuggestions": "warmtune.neural_answers",
        "Report": "warmtune.optuna.report",
        "Reporter": "warmtune.optuna.reporter",
        "SkippedTrial": "warmtune.optuna.report",
        "suggest": "warmtune.optuna.suggest",
        "RankedConfiguration": "warmtune.recommendation",
        "Recommendation": "warmtune.recommendation",
        "Source": "warmtune.recommendation",
        "Strategy": "warmtune.recommendation",
        "NamedSearchSpace": "warmtune.results",
        "Page": "warmtune.results",
        "RecommendationAnswer": "warmtune.results",
        "StudySummary": "warmtune.results",
        "TaskSummary": "warmtune.results",
        "TrialsReceipt": "warmtune.results",
        "WarmStart": "warmtune.results",
        "Retry": "warmtune.retries",
        "Condition": "warmtune.space",
        "Configuration": "warmtune.space",
        "SearchSpace": "warmtune.space",
        "MetaFeatures": "warmtune.task",
        "Task": "warmtune.task",
        "TaskKind": "warmtune.task",
        "Study": "warmtune.trial",
        "Trial": "warmtune.trial",
        "TrialState": "warmtune.trial",
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
    "Explanation",
    "InvalidConfigurationError",
    "InvalidInputError",
    "InvalidSearchSpaceError",
    "InvalidTableError",
    "Job",
    "JobFailure",
    "JobState",
    "LearnedFor",
    "LimitExceededError",
    "MetaFeatures",
    "MissingExtraError",
    "ModelState",
    "ModelVersion",
    "NamedSearchSpace",
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
    "WarmStart",
    "WarmtuneError",
    "describe_task",
    "suggest",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name == "optuna":  # not among the names of `import *`, where it would hide Optuna itself
        return importlib.import_module("warmtune.optuna")
    if name not in _MODULES:
        raise AttributeError(f"module 'warmtune' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(_MODULES)
