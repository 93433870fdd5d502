"""Neural surrogates of "configuration -> score": snapshots that adapt to a new task's few trials."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch

from maml.algorithms.learner import Learner
from maml.surrogates.describer import TaskDescriber
from maml.surrogates.score_scale import ScaleEstimate, ScorePrior
from maml.surrogates.tuning_tasks import Points, to_rows
from maml.tensors.examples import Examples, append_columns
from maml.tensors.files import check_parameters, refusing
from maml.tensors.parameters import Params
from maml.training.outer_loop import LearnerState
from maml.training.state_files import state_from_bytes, state_to_bytes
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.work import check_wanted


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
        reads_embedding: Whether rows hold the embedding too.
        describer: Makes embeddings of meta-features; None where the past tasks came without any, or with embeddings of
            another making.
    """

    learner: Learner
    meta: Params
    scale_prior: ScorePrior
    sd_factor: float
    n_columns: int
    n_embedding: int
    reads_embedding: bool
    describer: TaskDescriber | None = None

    def __post_init__(self) -> None:
        """Check the describer.

        Raises:
            InvalidInputError: If its embeddings have another width than those trained on.
        """
        if self.describer is not None and len(self.describer.names) != self.n_embedding:
            raise InvalidInputError(
                "the describer has another width than the surrogate's embeddings",
                field="describer",
                value=len(self.describer.names),
                limit=self.n_embedding,
            )

    def describe(self, meta_features: Mapping[str, float]) -> FloatArray:
        """The embedding of a task, shape ``(n_embedding,)``.

        Raises:
            InvalidInputError: If the surrogate was trained without the past tasks' meta-features.
        """
        if self.describer is None:
            raise InvalidInputError(
                "the surrogate was trained without the past tasks' meta-features: it can't use any",
                field="task",
                value="a task",
                limit="none",
            )
        return self.describer.embed(meta_features)

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
            WarmtuneError: If nobody wants it any more (`check_wanted`).
        """
        normalised, sd, scale = self.predict_normalised(points, scores, query, embedding)
        return scale.restore(normalised, sd)

    def predict_normalised(
        self, points: Points, scores: FloatArray, query: Points, embedding: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray, ScaleEstimate]:
        """`predict` in units of the task's own spread around its centre, and the estimate of both."""
        self._check(points, scores, query)
        scores = self.scale_prior.drawn_in(scores)
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
        check_wanted()  # a backtest predicts thousands of times
        with torch.no_grad():  # the inner steps' own gradients are taken all the same
            support, asked = _padded(to_rows(points, scores)), to_rows(query, np.zeros(len(query)))
            if self.reads_embedding:
                support, asked = append_columns(support, embedding), append_columns(asked, embedding)
            adapted = self.learner.adapt(self.meta, support, embedding)
            prediction = self.learner.predict(self.meta, adapted, asked.inputs)
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
            "reads_embedding": self.reads_embedding,
        }
        if self.describer is not None:
            facts["describer"] = self.describer.to_json()
        empty = {name: torch.zeros_like(value) for name, value in self.meta.items()}
        return state_to_bytes(self.learner, LearnerState(self.meta, empty, empty, 0), facts)

    @classmethod
    def from_bytes(cls, content: bytes) -> "NeuralSurrogate":
        """Inverse of `to_bytes`.

        Raises:
            InvalidInputError: If the bytes aren't a surrogate's.
        """
        with refusing("a surrogate", "state"):
            stored = state_from_bytes(content)
            facts = stored.facts
            prior = facts.get("scale_prior")
            if not isinstance(prior, dict):
                raise InvalidInputError("the state isn't a surrogate's", field="scale_prior", value=prior)
            check_parameters(stored.best)
            return cls(
                stored.learner,
                stored.best,
                ScorePrior(**{name: float(value) for name, value in prior.items()}),
                float(str(facts["sd_factor"])),
                int(str(facts["n_columns"])),
                int(str(facts["n_embedding"])),
                bool(facts["reads_embedding"]),
                TaskDescriber.from_json(facts["describer"]) if "describer" in facts else None,  # older files have none
            )


def _padded(rows: Examples) -> Examples:
    """At least one row: an empty support is one row of weight 0."""
    if len(rows.weights):
        return rows
    return Examples(
        rows.inputs.new_zeros(1, rows.inputs.shape[1]), rows.targets.new_zeros(1, 1), rows.weights.new_zeros(1)
    )
