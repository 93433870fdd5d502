"""The model of one search space and metric: fitted on past tasks, asked for recommendations and suggestions."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from metamodel.answers.first_pick import judge_rules
from metamodel.answers.harm import HARM_LIMIT
from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.answers.portfolio import warped
from metamodel.answers.recommendations import recommend
from metamodel.answers.snapshot import Snapshot
from metamodel.answers.suggestions import Pace, suggest
from metamodel.answers.weights import MIN_TASKS_FOR_NEIGHBOURS, TaskWeights, weigh_tasks, weights_without
from metamodel.embedding.near_copies import copy_shares
from metamodel.large.conditioned_past import LearnedCore, basis_of, condition_on_core
from metamodel.large.core import CORE_TASKS, choose_core
from metamodel.large.lookup import AnchorLookup
from metamodel.large.named_histories import NamedHistories
from metamodel.large.past_index import PastIndex
from metamodel.large.retrieval import retrieve
from metamodel.maps.anchors import configuration_key
from metamodel.maps.durations import Durations
from metamodel.maps.history import TaskHistory
from metamodel.maps.low_rank import LowRankPrior
from metamodel.maps.performance_maps import build_maps
from metamodel.maps.surrogates import SurrogateRole, SurrogateUse
from metamodel.space.cube import UnitCube
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.recommendation import Recommendation, Strategy
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.vocabulary.task import MetaFeatures
from warmtune.vocabulary.trial import Trial
from warmtune.vocabulary.work import check_wanted


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SpaceModel(Snapshot):
    """A snapshot that answers."""

    def weigh(
        self, meta_features: MetaFeatures | None, exclude: Collection[str] = (), *, task_id: str | None = None
    ) -> TaskWeights:
        """How much each past task speaks for the asked one; excluded tasks not at all, its own past most of all."""
        included = np.ones(len(self.histories), dtype=bool)
        if exclude:
            hidden = frozenset(exclude)
            included = np.array([h.task.task_id not in hidden for h in self.histories], dtype=bool)
        weights = weigh_tasks(meta_features, self.embedding, self.places, included, forest=self.forest)
        if self.cross_space is not None:
            weights = weights.across_spaces(self.cross_space, included)
        if self.shares is not None:
            weights = weights.shared(self.shares)
        if task_id is None:
            return weights
        own = np.array([h.task.task_id == task_id for h in self.histories], dtype=bool) & included
        return weights.with_own(own) if own.any() else weights

    def narrowed(
        self, meta_features: MetaFeatures | None, exclude: Collection[str] = (), *, task_id: str | None = None
    ) -> "tuple[SpaceModel, TaskWeights]":
        """The model of the tasks that answer a question, with their weights; the arguments are those of `weigh`.

        A model of many tasks has whole maps of those that were retrieved only (`metamodel.large.retrieval`), and their
        histories are without trials. Any other model answers as it is.
        """
        if self.many is None or self.maps is None:
            return self, self.weigh(meta_features, exclude, task_id=task_id)
        found = retrieve(self.many, self.embedding, self.forest, meta_features, exclude=exclude, task_id=task_id)
        model = replace(
            self,
            histories=NamedHistories(self.many, found.rows),
            maps=self.many.maps_of(found.rows, self.maps),
            places=self.many.places_of(found.rows),
            outcomes=self.many.outcomes_of(found.rows),
            shares=self.many.shares_of(found.rows),
            forest=None,  # it numbers the tasks of the core
            many=None,
        )
        return model, found.weights

    def _knows_any(self, task_ids: Collection[str]) -> bool:
        if self.many is not None:
            return bool(len(self.many.rows_of(task_ids)))
        return any(h.task.task_id in task_ids for h in self.histories)

    def recommend(
        self,
        meta_features: MetaFeatures | None,
        *,
        n: int,
        task_id: str | None = None,
        exclude: Collection[str] = (),
        time_budget_s: float | None = None,
        seed: int = 0,
        harm_limit: float = HARM_LIMIT,
    ) -> Recommendation:
        """The ordered batch for a task without trials.

        Args:
            meta_features: Of the asked task, or None where nothing is known of it.
            n: Number of configurations, at least 1; fewer come back only if the space has fewer or the time budget
                holds fewer.
            task_id: Of the asked task, if it is stored: what was tried on it before then counts most.
            exclude: Ids of past tasks that must not be used.
            time_budget_s: Order by gain per predicted second, and stop when the predicted sum passes the budget.
            seed: Of space-filling configurations.
            harm_limit: Share of tasks, in [0, 1], on which the first configuration may be worse than the space's
                default by more than `metamodel.answers.harm.MARGIN`: the lower, the more a chance of harm costs; where
                past tasks were harmed more often all the same, the default comes first.
        """
        model, weights = self.narrowed(meta_features, exclude, task_id=task_id)
        return recommend(
            model.timed(meta_features), weights, n=n, time_budget_s=time_budget_s, seed=seed, harm_limit=harm_limit
        )

    def suggest(  # noqa: PLR0913  # what a study knows, flat
        self,
        meta_features: MetaFeatures | None,
        trials: Sequence[Trial],
        *,
        n: int,
        pending: Sequence[Configuration] = (),
        task_id: str | None = None,
        exclude: Collection[str] = (),
        seed: int = 0,
        time_budget_s: float | None = None,
        harm_limit: float = HARM_LIMIT,
    ) -> Recommendation:
        """The next configurations, given the trials so far.

        A surrogate that suggests can't forget: where an excluded task is one of those it may have learned from, the
        maps' prior takes its place. Of the task's own past it may have learned as of any other's.

        Args:
            meta_features: Of the task, or None.
            trials: Of the study, valid in the space; running and waiting ones count as pending.
            n: Number of configurations, at least 1.
            pending: Further configurations under evaluation elsewhere.
            task_id: Of the task, if it is stored: its own map has no weight, since its trials are given.
            exclude: Ids of past tasks that must not be used.
            seed: Of local candidates.
            time_budget_s: Seconds that are left: what gains most per predicted second comes first, and only what is
                predicted to end in time, if anything is.
            harm_limit: As of `recommend`; it counts until a trial has a score.
        """
        hidden = frozenset(exclude)
        model, weights = self.narrowed(meta_features, hidden if task_id is None else hidden | {task_id})
        suggests = self.use is not None and self.use.role is SurrogateRole.SUGGESTIONS
        if suggests and self._knows_any(hidden):
            model = replace(model, use=None)
        finished = [trial for trial in trials if trial.state.is_finished]
        seconds = None
        if self.durations is not None and weights.strategy is not Strategy.DEFAULTS:
            points = UnitCube(self.space)
            own = points.features(*points.encode([trial.configuration for trial in finished]))
            seconds = partial(self.durations.seconds, meta_features, own=finished, own_features=own)
        pace = Pace(seconds, time_budget_s)
        return suggest(
            model.timed(meta_features),
            weights,
            trials,
            n=n,
            pending=pending,
            seed=seed,
            pace=pace,
            harm_limit=harm_limit,
        )

    def timed(self, meta_features: MetaFeatures | None) -> "SpaceModel":
        """The same with the seconds of anchors as predicted for a table."""
        if self.maps is None or self.durations is None:
            return self
        seconds = self.durations.seconds_at_anchors(meta_features)
        return replace(self, maps=replace(self.maps, durations_s=seconds))


def fit_model(
    space: SearchSpace,
    histories: Sequence[TaskHistory],
    *,
    metric: str,
    direction: Direction,
    seed: int = 0,
    use: SurrogateUse | None = None,
    core_tasks: int = CORE_TASKS,
) -> SpaceModel:
    """Learn from past tasks.

    Args:
        space: The asked search space; histories' configurations must be valid in it.
        histories: Past tasks; those without any score teach nothing and are left out.
        metric: Name of the metric.
        direction: Which way is better.
        seed: Of anchors.
        use: A surrogate that works in place of the empirical prior.
        core_tasks: Of more past tasks, so many teach the prior, embedding and rules for first configurations
            (`metamodel.large.core`); all of them are conditioned on it and answer.
    """
    past_index = PastIndex.of(histories) if len(histories) > core_tasks else None
    if past_index is not None and len(past_index) > core_tasks:
        core = choose_core(past_index.names.kinds, past_index.n_trials, past_index.shares, n=core_tasks, seed=seed)
        taught, shares = tuple(histories[int(row)] for row in past_index.rows[core]), past_index.shares[core]
    else:
        past_index = None
        taught = tuple(h for h in histories if not np.isnan(h.scores).all())
        shares = copy_shares([history.task for history in taught])
    version = _version(space, taught, metric, seed)
    if not taught:
        version += "" if use is None else f".{use.version}"
        return SpaceModel(version, space, metric, direction, (), None, None, np.zeros((0, 0)), use=use)
    completing = None if use is None else use.in_role(SurrogateRole.MAPS)
    built = build_maps(space, taught, direction=direction, seed=seed, surrogate=completing)
    maps, tried = built.maps, built.tried
    embedding = None
    if len(taught) >= MIN_TASKS_FOR_NEIGHBOURS:
        from metamodel.embedding.training import train_embedding  # noqa: PLC0415  # torch: only where a refit trains

        embedding = train_embedding([h.task.meta_features for h in taught], maps.mean, seed=seed)
    places = np.zeros((len(taught), 0)) if embedding is None else embedding.place(maps.mean)
    forest = None
    if embedding is not None:
        from metamodel.embedding.forest_growth import grow_forest  # noqa: PLC0415  # scikit-learn: likewise

        forest = grow_forest(
            embedding.scaler.transform([h.task.meta_features for h in taught]),
            warped(maps.mean[:, : maps.n_tried]),
            partial(weights_without, embedding=embedding, places=places),
            seed=seed,
        )
    first_picks = None
    if space.default_configuration() is not None:
        first_picks = judge_rules(maps, taught, embedding, places, direction=direction, seed=seed, forest=forest)
    prior, many = LowRankPrior.of(built.prior), None
    if past_index is None:
        durations = Durations.of_histories(taught, maps, tried)
    else:
        basis = basis_of(taught, tried, maps, prior, direction=direction, seed=seed)
        learned = condition_on_core(
            histories,
            past_index,
            AnchorLookup(space, maps.position, maps.features),
            LearnedCore(basis, maps.n_tried, embedding, forest),
            direction=direction,
            seed=seed,
        )
        durations, many = learned.durations, learned.many
        version = f"engine-2-{hashlib.sha256(f'{version} {learned.digest}'.encode()).hexdigest()[:12]}"
    version += "" if use is None else f".{use.version}"
    return SpaceModel(
        version=version,
        space=space,
        metric=metric,
        direction=direction,
        histories=taught,
        maps=maps,
        embedding=embedding,
        places=places,
        outcomes=PastOutcomes.of_histories(taught, tried),
        durations=durations,
        first_picks=first_picks,
        use=use,
        shares=None if (shares == 1.0).all() else shares,
        forest=forest,
        prior=prior,
        many=many,
    )


def _version(space: SearchSpace, histories: Sequence[TaskHistory], metric: str, seed: int) -> str:
    digest = hashlib.sha256(f"{space.content_key}|{metric}|{seed}".encode())
    for history in histories:
        check_wanted()
        digest.update(history.task.task_id.encode())
        digest.update(repr([configuration_key(c) for c in history.configurations]).encode())
        digest.update(history.scores.tobytes())
        if history.is_infeasible.any():
            digest.update(history.is_infeasible.tobytes())
        digest.update(repr(sorted(history.task.meta_features.values.items())).encode())
    return f"engine-2-{digest.hexdigest()[:12]}"
