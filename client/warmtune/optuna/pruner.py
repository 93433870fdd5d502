"""A pruner that knows how trials of other studies went on."""

import math
from collections.abc import Iterable, Mapping, Sequence

from optuna.pruners import BasePruner, MedianPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from warmtune.optuna.arguments import checked_metric, checked_space
from warmtune.optuna.constraints import constraint_values
from warmtune.optuna.directions import check_study, study_direction
from warmtune.optuna.link import Link
from warmtune.optuna.process_lock import ProcessLock
from warmtune.optuna.promise import Curve, Promise
from warmtune.optuna.whole_study import all_trials
from warmtune.rest.connection import Connection
from warmtune.rest.endpoints.learning_curves import learning_curves
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.finite import is_finite_number, is_integer
from warmtune.vocabulary.metrics import Direction, default_metric
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import SearchSpaceLike, kind_of, task_ids_of


class WarmtunePruner(BasePruner):
    """Prunes trials that are unlikely to become the best, by the learning curves of past trials.

    ```python
    pruner = warmtune.optuna.WarmtunePruner("http://127.0.0.1:8000", search_space=space, kind="binary")
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    ```

    The chance is the share of past trials that lagged as far behind their study's best at the same step, in spreads of
    the trials' values there, and still became the best. Past curves are those of studies over the same search space,
    kind of task, metric and direction; the study's own complete trials count as well. Where they are too few, or the
    service can't be reached, the fallback decides: by default Optuna's `MedianPruner`.

    Threads (``n_jobs``) may share one.
    """

    def __init__(  # noqa: PLR0913  # one line in a script: flat keywords
        self,
        service: str | Connection | None,
        *,
        search_space: SearchSpaceLike,
        kind: TaskKind | str,
        metric: str | None = None,
        min_chance: float = 0.02,
        n_startup_trials: int = 3,
        n_warmup_steps: int = 0,
        exclude_task_ids: Iterable[str] = (),
        fallback: BasePruner | None = None,
    ) -> None:
        """Prepare; curves are fetched with the first decision.

        Args:
            service: Its address, or a `warmtune.Client`, which its owner closes; None for that of the environment.
            search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name.
            kind: What is predicted.
            metric: What the objective returns; by default accuracy, or r2 for regression.
            min_chance: Trials whose chance to become the best is below this are pruned, from 0 (none) to 1.
            n_startup_trials: So many complete trials come first.
            n_warmup_steps: No trial is pruned before this step.
            exclude_task_ids: Past tasks whose curves don't count.
            fallback: What decides without curves.

        Raises:
            InvalidInputError: Naming what is wrong.
        """
        if not is_finite_number(min_chance) or not 0.0 <= min_chance <= 1.0:
            raise InvalidInputError(
                "min_chance must be a probability", field="min_chance", value=min_chance, limit="0 to 1"
            )
        for field, number in (("n_startup_trials", n_startup_trials), ("n_warmup_steps", n_warmup_steps)):
            if not is_integer(number) or number < 0:
                raise InvalidInputError(f"{field} is a number from 0 up", field=field, value=number, limit=">= 0")
        if fallback is not None and not isinstance(fallback, BasePruner):
            raise InvalidInputError(
                "fallback must be an Optuna pruner", field="fallback", value=fallback, limit="optuna.pruners.BasePruner"
            )
        known_kind = kind_of(kind)
        if known_kind is None:
            raise InvalidInputError("the kind of task is needed", field="kind", limit=", ".join(TaskKind))
        named = checked_metric(metric)
        if named is not None and not isinstance(named, str):
            raise InvalidInputError(
                "a pruner needs a study with one objective", field="metric", value=metric, limit="a name"
            )
        self._kind = known_kind
        self._metric = named or default_metric(known_kind)
        space = checked_space(search_space)
        if space is None:
            raise InvalidInputError("a search space is needed", field="search_space")
        self._space: SearchSpaceLike = space
        self._min_chance, self._n_startup = float(min_chance), max(int(n_startup_trials), 1)
        self._n_warmup_steps = int(n_warmup_steps)
        self._exclude = tuple(task_ids_of(exclude_task_ids, "exclude_task_ids"))
        self._fallback = fallback or MedianPruner(n_startup_trials=self._n_startup, n_warmup_steps=self._n_warmup_steps)
        self._link = Link(service, otherwise=type(self._fallback).__name__)
        self._lock = ProcessLock()
        self._past: dict[Direction, list[list[Curve]]] = {}
        self._promise: tuple[object, Promise] | None = None

    def __getstate__(self) -> dict[str, object]:
        """Everything but the lock."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        vars(self).update(state)
        self._lock = ProcessLock()

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Whether the trial should end at its latest step.

        Raises:
            InvalidInputError: If the study has several objectives, which Optuna itself can't prune.
        """
        check_study(study)
        direction = study_direction(study)
        step = trial.last_step
        if step is None or step < self._n_warmup_steps:
            return False
        sign = direction.sign
        complete = [t for t in all_trials(study, [TrialState.COMPLETE]) if _is_best_material(t)]
        if len(complete) < self._n_startup:
            return False
        value = trial.intermediate_values[step]
        if math.isnan(value):
            return True
        with self._lock:
            promise = self._promise_of(study, direction, complete)
        best = max(sign * float(t.values[0]) for t in complete)
        others = [
            sign * at
            for t in all_trials(study)
            if t.number != trial.number and math.isfinite(at := t.intermediate_values.get(step, math.nan))
        ]
        chance = None if promise is None else promise.chance(step, sign * value, best, others)
        if chance is None:
            return self._fallback.prune(study, trial)
        return chance < self._min_chance

    def _promise_of(self, study: Study, direction: Direction, complete: Sequence[FrozenTrial]) -> Promise | None:
        """What the past and the study's own trials show; learned anew as these become more. None without a past."""
        past = self._curves(direction)
        if not past:
            return None
        key = (study.study_name, direction, tuple(t.number for t in complete))
        if self._promise is None or self._promise[0] != key:
            self._promise = key, Promise([*past, [_curve(t, direction) for t in complete if _has_curve(t)]])
        return self._promise[1]

    def _curves(self, direction: Direction) -> list[list[Curve]]:
        """Past curves by task, fetched once; none where they can't be had now: a study never dies of Warmtune."""
        if direction in self._past or self._link.is_paused:
            return self._past.get(direction, [])
        try:
            curves = self._link.send(
                learning_curves(
                    self._space,
                    kind=self._kind,
                    metric=self._metric,
                    direction=direction,
                    exclude_task_ids=self._exclude,
                )
            )
        except Exception as error:  # noqa: BLE001  # see above
            self._link.failed(error)
            return []
        self._link.succeeded()
        by_task: dict[str, list[Curve]] = {}
        for one in curves:
            values = {step: direction.sign * value for step, value in one.values.items()}
            by_task.setdefault(one.task_id, []).append(Curve.of(values, direction.sign * one.value))
        self._past[direction] = list(by_task.values())
        return self._past[direction]


def _is_best_material(trial: FrozenTrial) -> bool:
    values = trial.values or []
    return bool(values) and is_finite_number(values[0]) and all(c <= 0.0 for c in constraint_values(trial))


def _has_curve(trial: FrozenTrial) -> bool:
    return sum(map(math.isfinite, trial.intermediate_values.values())) > 1


def _curve(trial: FrozenTrial, direction: Direction) -> Curve:
    """Of a complete trial, larger is better."""
    values = {step: direction.sign * at for step, at in trial.intermediate_values.items() if math.isfinite(at)}
    return Curve.of(values, direction.sign * float(trial.values[0]))
