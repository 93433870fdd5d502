"""What is judged by: scikit-learn's scorers, and the metrics that Warmtune knows them by."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from types import MappingProxyType

from sklearn.metrics import check_scoring, get_scorer, get_scorer_names

from warmtune.sklearn.folds import Scorer
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import METRICS_BY_NAME, Direction, default_metric, meant_metric
from warmtune.vocabulary.task import TaskKind, check_name

OWN_NAME = "score"

_LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "neg_root_mean_squared_error": "rmse",
        "neg_mean_squared_error": "mse",
        "neg_mean_absolute_error": "mae",
        "neg_log_loss": "log_loss",
    }
)
_SCORES: Mapping[str, str] = MappingProxyType({"roc_auc_ovr": "roc_auc"})


@dataclass(frozen=True, slots=True)
class Scoring:
    """A scorer and its metric.

    Attributes:
        scorer: Larger is better.
        metric: What past studies call it.
        direction: Of the metric: a loss is what the scorer gives with its sign turned.
    """

    scorer: Scorer
    metric: str
    direction: Direction

    def value(self, score: float) -> float:
        """The metric's value of a score."""
        return self.direction.sign * score

    @property
    def takes_weights(self) -> bool:
        """Whether the scorer weighs rows."""
        accepts = getattr(self.scorer, "_accept_sample_weight", None)
        if accepts is not None:
            return bool(accepts())
        function = getattr(self.scorer, "_score_func", self.scorer)
        return "sample_weight" in signature(function).parameters


def scoring_of(scoring: object, *, estimator: object, kind: TaskKind | None) -> Scoring:
    """The scorer of a search.

    Args:
        scoring: A name, a callable, or None for the estimator's own score.
        estimator: What is searched, or None for a shipped search space.
        kind: What is predicted, where that is known.

    Raises:
        InvalidInputError: On several scorers, an unknown name, or an estimator without a score of its own.
    """
    if scoring is not None and not isinstance(scoring, str) and not callable(scoring):
        raise InvalidInputError(
            f"a search has one scorer, and scoring is {with_article(type(scoring).__name__)}",
            field="scoring",
            value=scoring,
            limit="the name of a scorer, a callable, or None",
        )
    if isinstance(scoring, str) and scoring not in get_scorer_names():
        raise InvalidInputError(
            f"scikit-learn has no scorer {scoring!r}{meant_metric(scoring, get_scorer_names())}",
            field="scoring",
            value=scoring,
            limit=f"a name of sklearn.metrics.get_scorer_names(), such as {_usual_scorers(kind)}",
        )
    module = str(getattr(scoring, "__module__", "")) if callable(scoring) else ""
    if module.startswith("sklearn.metrics.") and not module.startswith("sklearn.metrics._scorer"):
        name = getattr(scoring, "__name__", "")
        raise InvalidInputError(
            f"sklearn.metrics.{name} is a metric, not a scorer: pass a scorer's name, or "
            f"sklearn.metrics.make_scorer({name})",
            field="scoring",
            value=name,
            limit=f"a name of sklearn.metrics.get_scorer_names(), such as {_usual_scorers(kind)}, or a scorer",
        )
    if scoring is None:
        return _own_score(estimator, kind)
    scorer: Scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
    metric, direction = _metric(scoring if isinstance(scoring, str) else _name(scorer))
    return Scoring(scorer, metric, direction)


def _usual_scorers(kind: TaskKind | None) -> str:
    classes, numbers = "accuracy, f1_macro, roc_auc_ovr", "r2, neg_root_mean_squared_error"
    if kind is None:
        return f"{classes}, {numbers}"
    return classes if kind.is_classification else numbers


def _own_score(estimator: object, kind: TaskKind | None) -> Scoring:
    metric = OWN_NAME if kind is None else default_metric(kind)
    if estimator is None:
        return Scoring(get_scorer(metric), metric, Direction.MAXIMIZE)
    try:
        return Scoring(check_scoring(estimator), metric, Direction.MAXIMIZE)
    except TypeError as error:
        raise InvalidInputError(
            f"{type(estimator).__name__} has no score method: pass scoring", field="scoring", limit="a scorer"
        ) from error


def _metric(name: str) -> tuple[str, Direction]:
    if name in _LOSSES:
        return _LOSSES[name], Direction.MINIMIZE
    known = METRICS_BY_NAME.get(_SCORES.get(name, name))
    if known is not None and known.direction is Direction.MINIMIZE:
        return OWN_NAME, Direction.MAXIMIZE  # a scorer is larger where it is better: the name says something else
    return _SCORES.get(name, name), Direction.MAXIMIZE


def _name(scorer: Scorer) -> str:
    """The name of a scorer that is one of scikit-learn's, or the function's own."""
    written = repr(scorer)
    for name in get_scorer_names():
        if repr(get_scorer(name)) == written:
            return str(name)
    own = getattr(scorer, "__name__", OWN_NAME)
    try:
        return check_name(own, field="scoring")
    except InvalidInputError:
        return OWN_NAME
