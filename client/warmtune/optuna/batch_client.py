"""Asking the service for a study's recommended batch, once for all its workers."""

from collections.abc import Sequence

from optuna.study import Study
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from warmtune.optuna.advice_request import AdviceRequest, Setting
from warmtune.optuna.batch import RecommendedBatch, share_batch, shared_batch
from warmtune.optuna.finished_trials import FINISHED_STATES
from warmtune.optuna.link import Link
from warmtune.optuna.observed import fixed_parameters, inferred_space, projected
from warmtune.optuna.proposals import checked_proposal
from warmtune.rest.endpoints.recommendations import recommend


class BatchClient:
    """Fetches recommended batches of one study after another. Not safe to share between threads without a lock."""

    def __init__(self, link: Link, question: AdviceRequest) -> None:
        """Prepare; nothing is sent yet."""
        self._link = link
        self._question = question
        self._own: dict[tuple[str, str], RecommendedBatch] = {}  # by study and setting

    def __getstate__(self) -> dict[str, object]:
        """Copies and pickles read the study's batch, or fetch their own."""
        return vars(self) | {"_own": {}}

    def known(self, study: Study, key: str) -> RecommendedBatch | None:
        """The batch that a worker of the study has fetched for the setting with this key; nothing is sent."""
        return shared_batch(study, key) or self._own.get((study.study_name, key))

    def of_study(
        self, study: Study, setting: Setting, number: int, trials: Sequence[FrozenTrial]
    ) -> RecommendedBatch | None:
        """The study's batch, fetched for all workers where there is none yet.

        Args:
            study: The study.
            setting: What is asked about.
            number: The trial that asks.
            trials: All of the study.

        Returns:
            None once the study's own trials say more, or before the search space is known.

        Raises:
            WarmtuneError: What goes wrong at the service or on the way.
        """
        batch = self.known(study, setting.key) or self._fetched(study, setting, number, trials)
        if batch is not None:  # some storages don't take it
            self._own[study.study_name, setting.key] = batch
        return batch

    def _fetched(
        self, study: Study, setting: Setting, number: int, trials: Sequence[FrozenTrial]
    ) -> RecommendedBatch | None:
        n_complete = sum(t.state is OptunaState.COMPLETE for t in trials)
        space = inferred_space(trials) if setting.space is None else setting.space
        if space is None or n_complete >= self._question.n_startup:
            return None
        answer = self._link.send(
            recommend(
                setting.task,
                setting.asked(space),
                metric=setting.asked_metric,
                direction=setting.asked_direction,
                n=self._question.n_startup,
                time_budget_s=self._question.left_s(trials) if len(setting.metrics) == 1 else None,
                exclude_task_ids=self._question.exclude_task_ids,
            )
        )
        recommended = [checked_proposal(ranked, space) for ranked in answer.configurations]
        self._link.succeeded()
        tried = [projected(fixed_parameters(t) or t.params, space) for t in trials]
        is_resumed = any(t.state in FINISHED_STATES for t in trials)
        batch = RecommendedBatch(
            key=setting.key,
            # workers that all begin now agree on 0, whoever writes last
            first_number=number if is_resumed else 0,
            recommendation_id=answer.recommendation_id,
            strategy=answer.strategy.value,
            model_version=answer.model_version,
            configurations=[configuration for configuration in recommended if configuration not in tried],
        )
        return share_batch(study, batch)
