"""A cross-validated search that starts warm, with the interface of scikit-learn's searches."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from pydantic import SecretStr
from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.utils import Tags, check_random_state

from warmtune.client import Client
from warmtune.sklearn.arguments import Arguments, checked_arguments
from warmtune.sklearn.best_candidate import best_index, tell_failures
from warmtune.sklearn.builder import shipped_name
from warmtune.sklearn.configuration_source import Service, warm_sampler
from warmtune.sklearn.course import Callback, Course, Deadline, Limits, quiet_optuna
from warmtune.sklearn.delegation import BestEstimator
from warmtune.sklearn.evaluation import Evaluator
from warmtune.sklearn.folds import FoldScoring
from warmtune.sklearn.plan import Plan, SearchArguments, plan_of
from warmtune.sklearn.results import Results, cv_results
from warmtune.sklearn.rows import of_equal_length
from warmtune.sklearn.slow_bound import SlowBound
from warmtune.sklearn.tags import shipped_tags, tags_as
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind

MAX_SEED = 2**31 - 1


class WarmSearchCV(MetaEstimatorMixin, BestEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Hyperparameter search by cross-validation that starts from what worked on similar tables.

    ```python
    search = WarmSearchCV("lightgbm", n_trials=20, scoring="roc_auc").fit(X, y)
    search.best_score_, search.best_params_, search.predict(X_new)

    WarmSearchCV(pipeline, {"svc__C": FloatDistribution(1e-2, 1e2, log=True)}, n_trials=20).fit(X, y)
    ```

    The first trial is the default configuration, so that the best one is never worse than it by cross-validation. The
    next ones are recommended by the Warmtune service for tables like this one, further ones are suggested given all
    trials so far. Trials are reported, so that the next search learns from them; of the table only its meta-features
    leave this process. Without a service the search is Optuna's TPE, and one `ColdStartWarning` says why.

    Args:
        estimator: An estimator of scikit-learn's kind, with `param_distributions`; or the name of a shipped search
            space (``"lightgbm"``, ``"svm_rbf"``, ...; also one as it was read), whose pipelines take any table; or
            ``"auto"``, which chooses among all algorithms.
        param_distributions: For an estimator: Optuna's distributions, or lists of choices of any type, by the name
            of its parameter; or a `warmtune.SearchSpace`, which may have conditions, defaults and aliases.
        n_trials: Configurations to try, the default one among them; None for no limit but the others.
        timeout: Seconds after which no further fold is begun; None for no limit.
        scoring: Name of one of scikit-learn's scorers or a callable; None for the estimator's own score (accuracy or
            R2).
        cv: Folds, a splitter, or an iterable of splits; None for 5 folds, stratified for classifiers.
        n_jobs: Folds at a time; the result doesn't depend on it. None for 1.
        refit: Whether the best configuration is fitted on all rows at the end; or a callable that chooses the best
            index from `cv_results_`.
        random_state: Seed of what is random in the search, and in the shipped pipelines. What a service answers
            depends on what it knows.
        verbose: 0 is silent, 1 shows a progress bar, 2 also Optuna's line for each trial.
        callbacks: Functions of study and trial as Optuna has them, called after each trial; ``study.stop()`` in one
            ends the search.
        error_score: What a failed fit scores; NaN fails the configuration, ``"raise"`` ends the search.
        return_train_score: Whether the training rows are scored too.
        prune: Whether a configuration's remaining folds are left out once it can't win any more
            (`warmtune.sklearn.fold_bound`).
        max_slowdown: A configuration whose folds so far took this many times what all folds usually take, and 20 s or
            more, is stopped unless it is ahead of the best on these folds (`warmtune.sklearn.slow_bound`); None for
            never. With it the result depends on the machine's speed.
        min_gain: The search ends once a further trial is expected to raise the best score by less than this: as the
            service says of its suggestion; cold, as the scores so far suggest (`warmtune.sklearn.early_stop`). None for
            never.
        patience: The search ends after this many trials in a row that are no better than the best; None for never.
        kind: What is predicted by a shipped search space: ``binary``, ``multiclass``, ``classification`` or
            ``regression``; by default inferred from the scorer or the target.
        nominal: Columns whose numbers are category codes, for a shipped search space and for the description.
        warm: False starts cold on purpose: nothing is asked and nothing is sent.
        client: A `warmtune.Client`; its owner closes it.
        url: Address of the service, instead of a client. By default that of ``WARMTUNE_URL``, else one that is started
            on this machine for its user.
        api_key: Its key; by default ``WARMTUNE_API_KEY``.
        report: Whether trials are reported, so that later searches learn from them.
        exclude_task_ids: Past tasks that must not be learned from.
        n_startup: Size of the recommended batch, before suggestions begin.

    Attributes:
        best_estimator_: The best configuration, fitted on all rows.
        best_params_: The best configuration.
        best_score_: Its mean score over the folds.
        best_index_: Its place in `cv_results_`.
        default_score_: Mean score of the default configuration, NaN where it failed.
        cv_results_: A column for each fact, an entry for each configuration, as in scikit-learn, with ``origin``
            (``default``, ``recommended``, ``suggested`` or ``sampled``), ``state`` (``complete``, ``pruned``,
            ``failed``) and ``n_folds``.
        study_: Optuna's study; values are the metric's, losses included.
        scorer_: The scorer.
        n_splits_: Number of folds.
        kind_: What is predicted, or None.
        stopped_by_: ``n_trials``, ``timeout``, ``min_gain``, ``patience`` or ``callback``.
        refit_time_: Seconds that the last fit took.
        n_features_in_: Number of features.
        feature_names_in_: Their names, where they have some.
        classes_: Labels, for classifiers.
    """

    def __init__(  # noqa: PLR0913  # scikit-learn's convention: one keyword a setting
        self,
        estimator: BaseEstimator | str | NamedSearchSpace,
        param_distributions: Mapping[str, BaseDistribution | Sequence[object]]
        | SearchSpace
        | NamedSearchSpace
        | None = None,
        *,
        n_trials: int | None = 20,
        timeout: float | None = None,
        scoring: str | Callable[..., float] | None = None,
        cv: object = None,
        n_jobs: int | None = None,
        refit: bool | Callable[[Results], int] = True,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        callbacks: Sequence[Callback] | None = None,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        prune: bool = True,
        max_slowdown: float | None = None,
        min_gain: float | None = None,
        patience: int | None = None,
        kind: TaskKind | str | None = None,
        nominal: Sequence[str] | None = None,
        warm: bool = True,
        client: Client | None = None,
        url: str | None = None,
        api_key: str | SecretStr | None = None,
        report: bool = True,
        exclude_task_ids: Iterable[str] = (),
        n_startup: int = 3,
    ) -> None:
        self.estimator = estimator
        self.param_distributions = param_distributions
        self.n_trials = n_trials
        self.timeout = timeout
        self.scoring = scoring
        self.cv = cv
        self.n_jobs = n_jobs
        self.refit = refit
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.prune = prune
        self.max_slowdown = max_slowdown
        self.min_gain = min_gain
        self.patience = patience
        self.kind = kind
        self.nominal = nominal
        self.warm = warm
        self.client = client
        self.url = url
        self.api_key = api_key
        self.report = report
        self.exclude_task_ids = exclude_task_ids
        self.n_startup = n_startup

    @property
    def api_key(self) -> SecretStr | None:
        """The service's key; it is masked wherever the search is printed."""
        key: SecretStr | None = self.__dict__["api_key"]
        return key

    @api_key.setter
    def api_key(self, api_key: str | SecretStr | None) -> None:
        self.__dict__["api_key"] = SecretStr(api_key) if isinstance(api_key, str) else api_key

    def __getstate__(self) -> dict[str, object]:
        """All of it; a fitted search carries neither key nor connection along."""
        state: dict[str, object] = super().__getstate__()
        return state | {"api_key": None, "client": None} if self.__sklearn_is_fitted__() else state

    def fit(
        self, X: object, y: ArrayLike | None = None, groups: ArrayLike | None = None, **fit_params: object
    ) -> "WarmSearchCV":
        """Search, and fit the best configuration on all rows.

        Args:
            X: The features. A shipped search space takes frames of pandas and polars, Arrow tables, arrays and sparse
                matrices with numbers, categories, strings, dates and gaps.
            y: The target.
            groups: For splitters that keep groups together.
            **fit_params: Of the estimator's `fit`; what has a value for each row (``sample_weight``) is cut as the rows
                are. Weights go to the scorer too, where it takes them.

        Raises:
            InvalidInputError: Naming what is wrong: an argument, the search space, the table.
            MissingExtraError: If the library of the search space is not installed.
            NotFoundError: On an unknown search space.
            ValueError: What scikit-learn raises on such data; also if every configuration failed, with the reason.
        """
        arguments = checked_arguments(self)
        random = check_random_state(self.random_state)
        seed, model_seed = (int(random.randint(MAX_SEED)) for _ in range(2))
        X, y, groups = of_equal_length(X, y, groups)  # type: ignore[assignment]  # of the same types
        asked = SearchArguments(
            self.estimator, self.param_distributions, self.scoring, self.kind, self.nominal, self.cv
        )
        plan = plan_of(asked, X, y, groups=groups, params=fit_params, seed=model_seed)
        course = self._search(plan, arguments, seed=seed)
        self.kind_, self.scorer_, self.n_splits_ = plan.kind, plan.scoring.scorer, len(plan.folds)
        self._keep(course, plan)
        return self

    def _search(self, plan: Plan, arguments: Arguments, *, seed: int) -> Course:
        judging = FoldScoring(
            plan.scoring.scorer, arguments.error_score, self.return_train_score, plan.searched.is_shipped
        )
        deadline = Deadline(arguments.limits.timeout_s)
        evaluator = Evaluator(
            plan.data,
            plan.folds,
            judging,
            n_jobs=self.n_jobs,
            prunes=bool(self.prune),
            is_over=deadline.is_over,
            slow=SlowBound(arguments.max_slowdown),
        )
        service = self._service(arguments.limits) if self.warm else None
        with quiet_optuna(self.verbose), warm_sampler(service, plan, self.nominal, seed=seed) as sampler, evaluator:
            course = Course(plan.searched, plan.scoring, sampler, arguments.limits)
            course.run(evaluator, deadline, callbacks=arguments.callbacks, show_progress=self.verbose > 0)
            course.study.sampler = TPESampler(seed=seed)  # a pickle must not carry a connection along
        return course

    def _keep(self, course: Course, plan: Plan) -> None:
        """Store what was found, and fit the best."""
        candidates = course.candidates
        tell_failures(candidates)
        self.study_: Study = course.study
        self.stopped_by_ = course.stopped_by
        self.default_score_ = candidates[0].mean_score
        self.cv_results_ = cv_results(
            candidates,
            settings=plan.searched.settings,
            n_splits=self.n_splits_,
            has_train_score=self.return_train_score,
        )
        self.best_index_ = best_index(self.refit, self.cv_results_)
        best = candidates[self.best_index_].configuration
        self.best_params_ = dict(plan.searched.settings(best))
        self.best_score_ = candidates[self.best_index_].mean_score
        if not self.refit:
            return
        started = time.perf_counter()
        self.best_estimator_ = plan.fitted(best)
        self.refit_time_ = time.perf_counter() - started
        self.__dict__.pop("feature_names_in_", None)  # of an earlier table
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    def _service(self, limits: Limits) -> Service:
        return Service(
            client=self.client,
            url=self.url,
            api_key=None if self.api_key is None else self.api_key.get_secret_value(),
            reports=bool(self.report),
            exclude_task_ids=self.exclude_task_ids,
            n_startup=self.n_startup,
            timeout_s=limits.timeout_s,
        )

    def __sklearn_tags__(self) -> Tags:
        """As the estimator's; of a shipped search space by its kind, where that is known."""
        tags = super().__sklearn_tags__()
        if shipped_name(self.estimator) is not None:
            return shipped_tags(tags, getattr(self, "kind_", None) or self.kind)
        return tags_as(tags, self.estimator)
