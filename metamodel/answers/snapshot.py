"""The learned state of one search space and metric: fitted from stored trials, kept in memory, replaced as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from metamodel.answers.first_pick import FirstPicks
from metamodel.answers.past_outcomes import PastOutcomes
from metamodel.answers.weights import CrossSpaceWeights
from metamodel.embedding.task_embedding import TaskEmbedding
from metamodel.embedding.task_forest import TaskForest
from metamodel.large.many_tasks import ManyTasks
from metamodel.maps.durations import Durations
from metamodel.maps.history import TaskHistory
from metamodel.maps.low_rank import LowRankPrior
from metamodel.maps.performance_maps import PerformanceMaps
from metamodel.maps.surrogates import SurrogateUse
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable snapshot; threads may share it.

    Attributes:
        version: Hash of what it was fitted on: equal histories give equal versions.
        space: The search space whose configurations it knows.
        metric: What was scored.
        direction: Which way is better.
        histories: Past tasks with at least one score, ``T`` of them, in order.
        maps: Their performance maps, or None without any history.
        embedding: Trained on these tasks, or None where they are too few.
        places: Shape ``(T, E)``: the tasks' own coordinates in it.
        durations: What past trials predict of a trial's seconds; None where none took any.
        outcomes: Which past trials failed or were infeasible; None where none was.
        first_picks: How rules for the first configuration did on the past tasks, or None where they can't be judged.
        use: The surrogate that works in place of the empirical prior, or None.
        shares: Shape ``(T,)``: how much each task counts beside its near copies, which together count as one; None: 1.
        forest: Decides a part of the weights of past tasks; None where trees didn't help.
        prior: What a task is conditioned on, in few directions; None without any history.
        many: All past tasks, where they are many: the histories are then those of the core that taught the prior.
        cross_space: What the asked task's trials over other spaces say; None in a model that answers for any task.
    """

    version: str
    space: SearchSpace
    metric: str
    direction: Direction
    histories: Sequence[TaskHistory]
    maps: PerformanceMaps | None
    embedding: TaskEmbedding | None
    places: FloatArray
    outcomes: PastOutcomes | None = None
    durations: Durations | None = None
    first_picks: FirstPicks | None = None
    use: SurrogateUse | None = None
    shares: FloatArray | None = None
    forest: TaskForest | None = None
    prior: LowRankPrior | None = None
    many: ManyTasks | None = None
    cross_space: CrossSpaceWeights | None = None

    @property
    def n_tasks(self) -> int:
        """How many past tasks there are, those besides the core included."""
        return len(self.histories) if self.many is None else len(self.many)
