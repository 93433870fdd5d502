"""A sampler that starts warm and learns from the study: one line in a script."""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import BaseTrial, FrozenTrial, TrialState

from warmtune.optuna.advice import AdviceClient
from warmtune.optuna.advice_request import AdviceRequest
from warmtune.optuna.arguments import (
    ConstraintsFunction,
    checked_budget,
    checked_fallback,
    checked_metric,
    checked_n_startup,
    checked_space,
    first_metric,
)
from warmtune.optuna.directions import check_directions, check_study, study_directions, study_metrics
from warmtune.optuna.fallbacks import Fallbacks
from warmtune.optuna.link import Link
from warmtune.optuna.observed import fixed_parameters
from warmtune.optuna.process_lock import ProcessLock
from warmtune.optuna.proposals import Proposals
from warmtune.optuna.refusals import refused_trial_waits
from warmtune.optuna.trial_reports import TrialReports
from warmtune.rest.connection import Connection
from warmtune.tables.description import table_hints, task_from_data
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.distributions import ParameterValue, contains, native
from warmtune.vocabulary.errors import NotFoundError, WarmtuneError
from warmtune.vocabulary.flags import checked_flag
from warmtune.vocabulary.metrics import default_metric
from warmtune.vocabulary.recommendation import ExpectedGain
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import SearchSpaceLike, task_ids_of

ResultT = TypeVar("ResultT")


class WarmtuneSampler(BaseSampler):
    """Samples what worked on similar tasks, and what the study's own trials make of it.

    ```python
    sampler = warmtune.optuna.WarmtuneSampler("http://127.0.0.1:8000", X, y, search_space="random_forest")
    study = optuna.create_study(direction="maximize", sampler=sampler)
    ```

    The first trials are the recommended batch in its order, the following ones suggestions given all trials so far and
    what other workers evaluate at the moment. Finished trials are reported, so that the next study learns from them.

    A study never dies of Warmtune: while the service can't be reached, or answers nonsense, a warning is logged once
    and sampling continues with Optuna's `TPESampler` of the same seed, or the given `fallback`; so do
    parameters that the service doesn't know, or whose distribution in the objective doesn't take the proposed value.

    Threads (``n_jobs``) and, by copies or sampler objects of their own on one storage, processes may share a study.
    """

    def __init__(  # noqa: PLR0913  # the one line in a user's script: flat keywords instead of an options object
        self,
        service: str | Connection | None,
        X: object,
        y: object = None,
        *,
        search_space: SearchSpaceLike | None = None,
        metric: str | Sequence[str] | None = None,
        kind: TaskKind | str | None = None,
        nominal: Sequence[str] | None = None,
        ignore: Sequence[str] | None = None,
        sheet: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        n_startup: int = 3,
        seed: int | None = None,
        report: bool = True,
        upload: bool = False,
        exclude_task_ids: Iterable[str] = (),
        fallback: BaseSampler | None = None,
        constraints_func: ConstraintsFunction | None = None,
        time_budget_s: float | None = None,
    ) -> None:
        """Describe the data; nothing is sent before the first trial.

        Args:
            service: Its address, or a `warmtune.Client` (with a key, say), which its owner closes. With None, that of
                ``WARMTUNE_URL``, else one that is started on this machine for its user.
            X: The features: a data frame, an array, an Arrow table, or the path of a file. Instead of data also a
                `TaskDescription`, a `TableUpload` or a stored task's id, each without `y`.
            y: The target: a column of its own, or the name of one in `X`.
            search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name. By default what the
                finished trials have in common: the first trial is TPE's then, and conditional parameters stay TPE's.
            metric: What the objective returns; by default accuracy, or r2 for regression. With several objectives a
                name for each, or that of the first.
            kind: What is predicted; by default the metric says it where it is a known one, else the target.
            nominal: Columns whose numbers are category codes.
            ignore: Columns to leave out.
            sheet: Of a workbook, where `X` is the path of one; by default its first one.
            encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
            delimiter: Between the cells of a file of text, where detection fails.
            n_startup: Size of the recommended batch, from 0 (suggestions from the first trial) to 1,000.
            seed: Of the `TPESampler`. What the service answers depends on what it knows, not on this.
            report: Whether the service stores the task's meta-features and the finished trials.
            upload: Send the table, for the service to describe and to store as a task; none of its rows is stored.
            exclude_task_ids: Past tasks that must not be learned from.
            fallback: The sampler that fills in, instead of the `TPESampler`.
            constraints_func: Optuna's: what must be at most 0 for a finished trial to be feasible. With Optuna 5,
                ``trial.set_constraint`` in the objective does the same.
            time_budget_s: Seconds that the study may take (give ``optimize`` the same ``timeout``): suggestions are
                those that gain most per predicted second, and end in time. For one objective.

        Raises:
            InvalidInputError: Naming what is wrong: the address, the table, the search space or another argument.
            MissingExtraError: If the data is to be described here and ``warmtune[local]`` is not installed.
        """
        self._question = AdviceRequest(
            task=task_from_data(
                X,
                y,
                upload=upload,
                hints=table_hints(
                    kind=kind,
                    metric=first_metric(metric),
                    nominal=nominal,
                    ignore=ignore,
                    sheet=sheet,
                    encoding=encoding,
                    delimiter=delimiter,
                ),
            ),
            search_space=checked_space(search_space),
            metric=checked_metric(metric),
            n_startup=checked_n_startup(n_startup),
            exclude_task_ids=tuple(task_ids_of(exclude_task_ids, "exclude_task_ids")),
            keeps_task=checked_flag(report, "report"),
            time_budget_s=checked_budget(time_budget_s),
        )
        self._fallbacks = Fallbacks(checked_fallback(fallback, seed=seed, constraints_func=constraints_func))
        name = self._fallbacks.name
        self._link = Link(service, otherwise="TPE" if name == "TPESampler" else name)
        self._advisor = AdviceClient(self._link, self._question)
        self._reports = TrialReports(self._link, self._advisor, is_on=self._question.keeps_task)
        self._proposals = Proposals()
        self._lock = ProcessLock()

    def __getstate__(self) -> dict[str, object]:
        """Everything but the lock, and what waits to be reported here."""
        with self._lock:
            state = {name: value for name, value in vars(self).items() if name != "_lock"}
            return state | {"_proposals": self._proposals.copy(), "_reports": copy.copy(self._reports)}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        vars(self).update(state)
        self._lock = ProcessLock()

    def reseed_rng(self) -> None:
        """Make the fallback's draws differ from those of a copy; proposals are not random."""
        self._fallbacks.reseed_rng()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Check the study; a trial that is refused waits for another sampler.

        Raises:
            InvalidInputError: If an objective goes the other way than its metric, or there are other numbers of them.
            ConflictError: If its trials are reported under another task or metric.
        """
        with refused_trial_waits(study, trial):
            check_study(study)
            metric, task = self._question.metric, self._question.task
            if metric is None and isinstance(task, TaskDescription):
                metric = default_metric(task.kind)
            if metric is not None:
                check_directions(study_metrics(study, metric, default=""), study_directions(study))
            self._refuse_other_subject(study)
        self._fallbacks.of_study(study).before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Ask for the trial's configuration; what it leaves open is the fallback's.

        Proposed values are handed out by `sample_independent`: only there is the objective's own distribution known,
        and Optuna ends a study whose relative search space has another kind of it.
        """
        proposal = self._propose(study, trial)
        relative = self._fallbacks.of_study(study).infer_relative_search_space(study, trial)
        return {name: distribution for name, distribution in relative.items() if name not in proposal}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, object]:
        """What the fallback samples for the parameters that were not proposed."""
        return self._fallbacks.of_study(study).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> ParameterValue:
        """The proposed value, or the fallback's if none is proposed that the distribution contains."""
        proposal = self._proposals.of_trial(study, trial)
        if param_name in proposal and contains(param_distribution, proposal[param_name]):
            return native(param_distribution, proposal[param_name])
        value: ParameterValue = self._fallbacks.of_study(study).sample_independent(
            study, trial, param_name, param_distribution
        )
        return value

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Report what has finished, this trial included; several at once where trials are quick."""
        self._fallbacks.of_study(study).after_trial(study, trial, state, values)
        with self._lock:
            self._proposals.drop(study, trial)
            self._reports.trial_ended(study, trial, state, values=values, later=self._report_late)

    def is_recommended(self, study: Study, trial: BaseTrial) -> bool | None:
        """Where a running trial's configuration is from.

        Ask once the objective has suggested a parameter: Optuna 5 asks a sampler for nothing before that.

        Returns:
            True if it is one of the recommended batch, False if it was suggested given the trials before it, None if
            nothing was proposed: it is enqueued, or the fallback's.
        """
        with self._lock:
            if (study, trial) not in self._proposals:
                return None
            return self._guarded(lambda: self._advisor.is_of_batch(study, trial.number))

    def expected_gain(self, study: Study) -> ExpectedGain | None:
        """What the next trial is expected to add to the study's best value.

        The next trial takes the suggestion that this gain belongs to, if nothing else begins or finishes before.

        Returns:
            None where the service can't say: it can't be reached, no trial has a value yet, the next trial is one of
            the recommended batch or enqueued, or the study has several objectives.
        """
        check_study(study)
        with self._lock:
            proposed = self._proposals.of_study(study)
            return self._guarded(lambda: self._advisor.expected_gain(study, proposed))

    def _refuse_other_subject(self, study: Study) -> None:
        """Check what the task's kind says of the metric, and that reports would be filed under what is asked about.

        Raises:
            InvalidInputError: If the metric is none of such a task, or goes the other way than the study.
            ConflictError: If the study is reported under another task or metric.
        """
        with self._lock:
            conflict = self._guarded(lambda: self._advisor.mismatch(study))
        if conflict is not None:
            raise conflict

    def _propose(self, study: Study, trial: FrozenTrial) -> Configuration:
        """The trial's configuration, empty where there is none: enqueued trials have their own."""
        if fixed_parameters(trial):
            return {}
        with self._lock:  # so that each of several threads sees what was proposed to the others
            if (study, trial) not in self._proposals:
                others = self._proposals.of_study(study)
                found = self._guarded(lambda: self._advisor.configuration(study, trial.number, others))
                if found is None:
                    return {}
                self._proposals.add(study, trial, found)
            return self._proposals.of_trial(study, trial)

    def _guarded(self, ask: Callable[[], ResultT | None]) -> ResultT | None:
        """What `ask` gives; None where it fails, however it does: a study never dies of Warmtune."""
        try:
            try:
                return ask()
            except NotFoundError:  # the service was set up anew, or the task was deleted: tell it of that again
                self._advisor.forget()
                return ask()
        except WarmtuneError as error:
            self._link.failed(error)
        except Exception as error:  # noqa: BLE001  # see above
            self._link.failed(error)
        return None

    def _report_late(self, study: Study) -> None:
        with self._lock:
            self._reports.all_ended(study)
