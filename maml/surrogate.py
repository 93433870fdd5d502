"""Neural surrogates: meta-trained on past tasks of one search space and metric, adapted to a new one's few trials."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from maml.augmentation import Augmentation, split_rows
from maml.examples import Episode, Examples
from maml.learner import Learner
from maml.meta_training import TrainingSettings, TrainingState, start_training, train
from maml.parameters import Params
from maml.score_scale import ScaleEstimate, ScorePrior
from maml.state_files import state_from_bytes, state_to_bytes
from maml.surrogate_learners import SurrogateKind, surrogate_learner
from maml.training import LearnerState, OuterSettings
from maml.tuning_tasks import Points, TuningTask, stack_tasks, to_rows
from warmtune.errors import InvalidInputError

FloatArray = NDArray[np.float64]

_LEAST_TASKS: Final = 4
_LEAST_TRIALS: Final = 2
_HELD_OUT_SPLITS: Final = 4


@dataclass(frozen=True, slots=True)
class SurrogateSettings:
    """How a surrogate is meta-trained.

    Attributes:
        kind: Which algorithm.
        n_batch: Tasks in a meta-step.
        max_support: Most trials that a support holds in meta-training.
        held_out_share: Of the past tasks that stop the training early; at least one.
        augmentation: Of the tasks; shifts and scales teach it that a new task's scale is only estimated.
        training: Steps, patience and seed.
    """

    kind: SurrogateKind = SurrogateKind.BAYESIAN_LAST_LAYER
    n_batch: int = 16
    max_support: int = 15
    held_out_share: float = 0.15
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(label_shift=0.2, label_log_scale=0.2, input_warp=0.1, drop_embedding=0.1)
    )
    training: TrainingSettings = field(
        default_factory=lambda: TrainingSettings(
            n_steps=2_000, check_every=100, patience=5, outer=OuterSettings(rate=2e-3, decay_steps=2_000)
        )
    )


@dataclass(frozen=True, slots=True)
class NeuralSurrogate:
    """A trained surrogate: an immutable, versioned snapshot that threads may share.

    Attributes:
        learner: The algorithm.
        meta: Its meta-parameters.
        scale_prior: Where and how wide new tasks' scores are expected.
        sd_factor: By which predicted deviations were too small (above 1) on held-out tasks.
        n_columns: Columns of the search space's cube.
        n_embedding: Columns of the task embedding.
    """

    learner: Learner
    meta: Params
    scale_prior: ScorePrior
    sd_factor: float
    n_columns: int
    n_embedding: int

    @property
    def version(self) -> str:
        """Name of the content: equal for equal snapshots."""
        return f"neural-1-{hashlib.sha256(self.to_bytes()).hexdigest()[:12]}"

    def predict(
        self, points: Points, scores: FloatArray, query: Points, embedding: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the query's scores, in the metric's units.

        Args:
            points: The new task's evaluated configurations; may be none.
            scores: Shape ``(n,)``, finite, in the metric's units.
            query: Configurations to judge.
            embedding: Shape ``(n_embedding,)``; None where nothing is known of the task.

        Returns:
            Two of shape ``(n_query,)``.

        Raises:
            InvalidInputError: On another number of columns than trained on, or a score that isn't finite.
        """
        normalised, sd, scale = self.predict_normalised(points, scores, query, embedding)
        return scale.restore(normalised, sd)

    def predict_normalised(
        self, points: Points, scores: FloatArray, query: Points, embedding: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray, ScaleEstimate]:
        """`predict` in units of the task's own spread around its centre, and the estimate of both."""
        self._check(points, scores, query)
        known = np.zeros(self.n_embedding) if embedding is None else embedding
        described = torch.tensor(known, dtype=torch.float32)
        nothing = Points(points.cube[:0], points.active[:0])
        expected = self._predict(nothing, scores[:0], points, described)
        scale = self.scale_prior.estimate(scores, *expected)
        mean, sd = self._predict(points, scale.normalise(scores), query, described)
        return mean, sd, scale

    def _predict(
        self, points: Points, scores: FloatArray, query: Points, embedding: torch.Tensor
    ) -> tuple[FloatArray, FloatArray]:
        with torch.no_grad():  # the inner steps' own gradients are taken all the same
            adapted = self.learner.adapt(self.meta, _padded(to_rows(points, scores)), embedding)
            inputs = torch.tensor(query.to_inputs(), dtype=torch.float32)
            prediction = self.learner.predict(self.meta, adapted, inputs)
        mean = prediction.mean[:, 0].double().numpy()
        return mean, self.sd_factor * np.sqrt(prediction.variance[:, 0].double().numpy())

    def _check(self, points: Points, scores: FloatArray, query: Points) -> None:
        for field_name, given in (("points", points), ("query", query)):
            if given.cube.shape[1] != self.n_columns:
                raise InvalidInputError(
                    "another number of columns than trained on",
                    field=field_name,
                    value=given.cube.shape[1],
                    limit=self.n_columns,
                )
        if scores.shape != (len(points),) or not np.isfinite(scores).all():
            raise InvalidInputError("every point needs a finite score", field="scores", value=scores.shape)

    def to_bytes(self) -> bytes:
        """The snapshot as one safetensors file."""
        facts: dict[str, object] = {
            "scale_prior": asdict(self.scale_prior),
            "sd_factor": self.sd_factor,
            "n_columns": self.n_columns,
            "n_embedding": self.n_embedding,
        }
        empty = {name: torch.zeros_like(value) for name, value in self.meta.items()}
        return state_to_bytes(self.learner, LearnerState(self.meta, empty, empty, 0), facts)

    @classmethod
    def from_bytes(cls, content: bytes) -> "NeuralSurrogate":
        """Inverse of `to_bytes`.

        Raises:
            InvalidInputError: If the bytes aren't a surrogate's.
        """
        kept = state_from_bytes(content)
        facts = kept.facts
        prior = facts.get("scale_prior")
        if not isinstance(prior, dict):
            raise InvalidInputError("the state isn't a surrogate's", field="scale_prior", value=prior)
        return cls(
            kept.learner,
            kept.best,
            ScorePrior(**{name: float(value) for name, value in prior.items()}),
            float(str(facts["sd_factor"])),
            int(str(facts["n_columns"])),
            int(str(facts["n_embedding"])),
        )


def fit_surrogate(
    tasks: Sequence[TuningTask],
    settings: SurrogateSettings,
    *,
    begun: TrainingState | None = None,
    on_check: Callable[[TrainingState], None] = lambda state: None,
) -> NeuralSurrogate:
    """Meta-train a surrogate on past tasks.

    Args:
        tasks: Of one search space and metric, with equally wide cubes and embeddings; those with fewer than two finite
            scores, or only equal ones, teach nothing and are left out.
        settings: How.
        begun: A checkpoint of the same tasks and settings to go on from.
        on_check: Is told every look at the held-out tasks.

    Raises:
        InvalidInputError: If fewer than four tasks can be used.
    """
    useful = [t for t in (task.finished() for task in tasks) if len(t.scores) >= _LEAST_TRIALS and np.ptp(t.scores) > 0]
    if len(useful) < _LEAST_TASKS:
        raise InvalidInputError(
            "too few past tasks with different scores", field="tasks", value=len(useful), limit=_LEAST_TASKS
        )
    n_columns, n_embedding = useful[0].points.cube.shape[1], len(useful[0].embedding)
    learner = surrogate_learner(settings.kind, n_inputs=2 * n_columns, n_embedding=n_embedding)
    rows, embeddings = stack_tasks(useful)
    order = torch.randperm(len(useful), generator=torch.Generator().manual_seed(settings.training.seed))
    n_held_out = max(1, round(settings.held_out_share * len(useful)))
    held_out = _held_out(rows, embeddings, order[:n_held_out], settings)
    rest = order[n_held_out:]

    def sample(generator: torch.Generator) -> Episode:
        picks = rest[torch.randint(len(rest), (min(settings.n_batch, len(rest)),), generator=generator)]
        split = split_rows(rows.map(lambda t: t[picks]), generator, max_support=settings.max_support)
        batch = Episode(split.support, split.query, embeddings[picks])
        return settings.augmentation.apply(batch, generator, n_warped=n_columns)

    state = start_training(learner, settings.training) if begun is None else begun
    state = train(learner, state, settings.training, sample=sample, held_out=held_out, on_check=on_check)
    return NeuralSurrogate(
        learner,
        {name: value.detach() for name, value in state.best.items()},
        ScorePrior.of_tasks([task.scores for task in useful]),
        _sd_factor(learner, state.best, held_out),
        n_columns,
        n_embedding,
    )


def _held_out(rows: Examples, embeddings: torch.Tensor, picks: torch.Tensor, settings: SurrogateSettings) -> Episode:
    """Several fixed splits of each held-out task."""
    repeated = picks.repeat(_HELD_OUT_SPLITS)
    draws = torch.Generator().manual_seed(settings.training.seed + 1)
    split = split_rows(rows.map(lambda t: t[repeated]), draws, max_support=settings.max_support)
    return Episode(split.support, split.query, embeddings[repeated])


def _sd_factor(learner: Learner, meta: Params, held_out: Episode) -> float:
    """Root mean square of the held-out residuals in predicted deviations, within [0.5, 3]."""
    adapted = learner.adapt_tasks(meta, held_out.support, held_out.embedding)
    prediction = learner.predict_tasks(meta, adapted, held_out.query.inputs)
    squares = ((prediction.mean - held_out.query.targets) ** 2 / prediction.variance)[..., 0]
    weights = held_out.query.weights
    ratio = float((squares * weights).sum() / weights.sum())
    return float(np.clip(np.sqrt(ratio), 0.5, 3.0))


def _padded(rows: Examples) -> Examples:
    """At least one row: an empty support is one row of weight 0."""
    if len(rows.weights):
        return rows
    return Examples(
        rows.inputs.new_zeros(1, rows.inputs.shape[1]), rows.targets.new_zeros(1, 1), rows.weights.new_zeros(1)
    )
