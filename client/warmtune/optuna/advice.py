"""Asking the service what a trial should try: the recommended batch first, then suggestions."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from optuna.study import Study
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.advice_request import AdviceRequest, Setting
from warmtune.optuna.batch import RecommendedBatch
from warmtune.optuna.batch_client import BatchClient
from warmtune.optuna.directions import check_directions, study_directions, study_metrics
from warmtune.optuna.finished_trials import FINISHED_STATES, finished_with
from warmtune.optuna.fitting_space import fitting_space
from warmtune.optuna.link import Link
from warmtune.optuna.memory import StudySubject, recall
from warmtune.optuna.observed import (
    RunningTrials,
    inferred_space,
    space_in_use,
    under_way,
)
from warmtune.optuna.overlaps import MAX_QUESTIONS, taken_meanwhile
from warmtune.optuna.prefetch import PrefetchedAnswer, n_at_once, signed_value
from warmtune.optuna.proposals import checked_proposal
from warmtune.optuna.resolver import ResolvedTask, resolved_space, resolved_task
from warmtune.optuna.seen_trials import SeenTrials
from warmtune.optuna.stored_study import differing
from warmtune.optuna.whole_study import all_trials
from warmtune.rest.endpoints.recommendations import suggestions_for
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import ConflictError, InvalidInputError
from warmtune.vocabulary.metrics import check_metric, default_metric
from warmtune.vocabulary.recommendation import ExpectedGain, RankedConfiguration
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.trial import Trial
from warmtune.wire.bodies import as_search_space

MAX_AHEAD = 100
MAX_SPACES_SEEN = 8
"""Search spaces whose converted trials are cached: an inferred search space changes as a study goes on."""


class AdviceClient:
    """Asks for one study after another. Not safe to share between threads without a lock."""

    def __init__(self, link: Link, question: AdviceRequest) -> None:
        """Prepare; nothing is sent yet."""
        self._link = link
        self._question = question
        self._resolved: tuple[ResolvedTask, SearchSpace | None] | None = None
        self._seen: dict[tuple[str, str], SeenTrials] = {}
        self._batches = BatchClient(link, question)
        self._ahead: PrefetchedAnswer | None = None
        self._question_s: float | None = None

    def __getstate__(self) -> dict[str, object]:
        """Copies and pickles convert trials anew: those may be many."""
        return vars(self) | {"_seen": {}, "_ahead": None}

    @property
    def space(self) -> SearchSpace | None:
        """The search space; None where it is what the trials have in common, or only its name is known so far."""
        given = self._question.search_space
        if self._resolved is not None:
            return self._resolved[1]
        return None if given is None or isinstance(given, str) else as_search_space(given)

    def forget(self) -> None:
        """Forget what is known of task and search space, so that the service is asked again."""
        self._resolved = None

    def setting(self, study: Study) -> Setting:
        """What is asked about, for a study.

        Raises:
            InvalidInputError: If a metric goes the other way, or there are not as many as objectives.
            WarmtuneError: What the service answers.
        """
        task, space = self._resolve()
        metrics = study_metrics(study, self._question.metric, default=default_metric(task.kind))
        directions = study_directions(study)
        check_directions(metrics, directions)
        given = self._question.search_space
        return Setting(
            task=task.task,
            task_id=task.task_id,
            metrics=metrics,
            directions=directions,
            space=space,
            space_name=given if isinstance(given, str) else None,
        )

    def mismatch(self, study: Study) -> InvalidInputError | ConflictError | None:
        """What speaks against the study's use for this question, or None.

        Its direction isn't the metric's, the metric isn't one of such a task, or its trials are reported under another
        task or metric.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        task, _ = self._resolve()
        try:
            metrics = study_metrics(study, self._question.metric, default=default_metric(task.kind))
            check_directions([check_metric(metric, task.kind) for metric in metrics], study_directions(study))
        except InvalidInputError as error:
            return error
        memory = recall(study) if self._question.keeps_task else None
        return None if memory is None else differing(memory.subject, task_id=task.task_id, metrics=metrics)

    def is_of_batch(self, study: Study, number: int) -> bool:
        """Whether the configuration of trial `number` is one of the recommended batch; nothing is fetched for it.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        batch = self._batches.known(study, self.setting(study).key)
        return batch is not None and batch.configuration(number, all_trials(study)) is not None

    def configuration(
        self, study: Study, number: int, proposed: Mapping[int, Configuration]
    ) -> Mapping[str, ParameterValue] | None:
        """What trial `number` should try, or None where the service has nothing to propose.

        Args:
            study: The trial's.
            number: The trial's.
            proposed: What was proposed to trials by number, for those that have not asked for all of it yet.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        trials = all_trials(study)
        batch = self._batches.of_study(study, self.setting(study), number, trials)
        own = None if batch is None else batch.configuration(number, trials)
        if own is not None:
            return own
        ranked = self._following(study, number, trials)
        for _ in range(MAX_QUESTIONS if ranked is None else 0):
            ranked = self._next(study, number, trials, batch=batch, proposed=proposed)
            before, trials = trials, all_trials(study)
            configuration = {} if ranked is None else ranked.configuration
            taken = taken_meanwhile(configuration, number=number, before=before, now=trials)
            if not taken:
                break
            proposed = {**proposed, **taken}
        return None if ranked is None else ranked.configuration

    def is_quick(self, study: Study) -> bool:
        """Whether the study's trials are so quick that several are asked for at once."""
        ahead = self._ahead
        return ahead is not None and ahead.study_name == study.study_name and len(ahead.ranked) > 1

    def expected_gain(self, study: Study, proposed: Mapping[int, Configuration]) -> ExpectedGain | None:
        """What the next trial is expected to add; None before the first score, and for trials of the batch or enqueued.

        The next trial then takes what was suggested here, unless something has changed meanwhile. It is asked for with
        all that is known now, also where suggestions of an earlier answer are left.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        trials = all_trials(study)
        if any(t.state is OptunaState.WAITING for t in trials):
            return None
        number = 1 + max((t.number for t in trials), default=-1)
        batch = self._batches.of_study(study, self.setting(study), number, trials)
        if batch is not None and batch.configuration(number, trials) is not None:
            return None
        ranked = self._next(study, number, trials, batch=batch, proposed=proposed)
        return None if ranked is None else ranked.expected_gain

    def _following(self, study: Study, number: int, trials: Sequence[FrozenTrial]) -> RankedConfiguration | None:
        if self._ahead is None or self._ahead.study_name != study.study_name:
            return None
        setting = self.setting(study)
        return self._ahead.following(setting.key, number, trials, setting.directions[0])

    def _next(
        self,
        study: Study,
        number: int,
        trials: Sequence[FrozenTrial],
        *,
        batch: RecommendedBatch | None,
        proposed: Mapping[int, Configuration],
    ) -> RankedConfiguration | None:
        """The suggestion for trial `number`, asked for once as long as nothing finishes or begins."""
        setting = self.setting(study)
        running = [t.number for t in trials if t.state is OptunaState.RUNNING]
        known: dict[int, Configuration] = {}
        if batch is not None:
            known = {n: found for n in running if (found := batch.configuration(n, trials)) is not None}
        space = inferred_space(trials) if setting.space is None else space_in_use(setting.space, trials)
        if space is None:
            return None
        seen = self._seen_in(study, space).observed(trials, setting.directions[0])
        others = under_way(trials, {**known, **proposed}, space, number=number)
        basis = (setting.key, space.content_key, len(trials) - len(running), tuple(t.number for t in seen), others)
        ahead = self._ahead
        if ahead is None or (ahead.study_name, ahead.basis) != (study.study_name, basis):
            left_s = self._question.left_s(trials) if len(setting.metrics) == 1 else None
            finished = [t for t in trials if t.state in FINISHED_STATES]
            is_alone = not others.pending and not others.n_ahead and len(setting.metrics) == 1
            n = n_at_once(finished, self._question_s) if is_alone and self._question.time_budget_s is None else 1
            values = [value for t in finished if (value := signed_value(t, setting.directions[0])) is not None]
            ranked = self._suggested(setting, space, seen, others, n=n, left_s=left_s)
            ahead = self._ahead = PrefetchedAnswer(
                study_name=study.study_name,
                key=setting.key,
                basis=basis,
                ranked=ranked,
                number=number,
                best=max(values, default=None),
                question_s=self._question_s,
            )
        return ahead.ranked[0] if ahead.ranked else None

    def subject(self, study: Study, ending: FrozenTrial | None) -> StudySubject | None:
        """What the study is about, for reports; None where no parameter is known yet.

        Args:
            study: The study.
            ending: A trial that is as good as finished, but that the study's storage still calls running.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        setting = self.setting(study)
        space = fitting_space(setting.space, finished_with(study, ending))
        return None if space is None else setting.subject(space)

    def asked_subject(self, study: Study) -> StudySubject | None:
        """What the study is to be about, over the given search space; None where that is inferred from trials.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        setting = self.setting(study)
        return None if setting.space is None else setting.subject(setting.space)

    def _resolve(self) -> tuple[ResolvedTask, SearchSpace | None]:
        """Task and search space, asked for once; the space is None where it is inferred from trials."""
        if self._resolved is None:
            question = self._question
            task = resolved_task(self._link, question.task, keeps=question.keeps_task)
            given = question.search_space
            self._resolved = task, None if given is None else resolved_space(self._link, given, task.kind)[0]
        return self._resolved

    def _seen_in(self, study: Study, space: SearchSpace) -> SeenTrials:
        key = (study.study_name, space.content_key)
        if key not in self._seen:
            if len(self._seen) >= MAX_SPACES_SEEN:
                self._seen.clear()
            self._seen[key] = SeenTrials(space)
        return self._seen[key]

    def _suggested(
        self,
        setting: Setting,
        space: SearchSpace,
        seen: Sequence[Trial],
        others: RunningTrials,
        *,
        n: int,
        left_s: float | None,
    ) -> list[RankedConfiguration]:
        """Up to `n` suggestions, best first, none that a worker takes which asks at this moment."""
        n_ahead = min(others.n_ahead, MAX_AHEAD)
        started = time.perf_counter()
        answer = self._link.send(
            suggestions_for(
                setting.task,
                setting.asked(space),
                trials=seen,
                pending=others.pending,
                metric=setting.asked_metric,
                direction=setting.asked_direction,
                # workers that ask at the same moment take different ones of the same answer
                n=n + n_ahead,
                time_budget_s=left_s,
                exclude_task_ids=self._question.exclude_task_ids,
            )
        )
        self._question_s = time.perf_counter() - started
        ranked = [replace(one, configuration=checked_proposal(one, space)) for one in answer.configurations]
        self._link.succeeded()
        return ranked[min(n_ahead, len(ranked) - 1) :] if ranked else []
