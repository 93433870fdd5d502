"""A learned acquisition that is trained: candidates, what is believed of them, and the policy that picks."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from maml.acquisition.completed_tasks import squared_distances
from maml.acquisition.files import from_file, parameters_in, to_file
from maml.algorithms.learned_acquisition import Belief, LearnedAcquisition
from maml.surrogates.score_scale import ScaleEstimate, ScorePrior
from maml.surrogates.tuning_tasks import Points
from maml.tensors.files import check_parameters, refusing
from maml.tensors.parameters import Params, prefixed
from warmtune.vocabulary.arrays import FloatArray, IntArray
from warmtune.vocabulary.errors import InvalidInputError

_SAME: Final = 1e-12


@dataclass(frozen=True, slots=True)
class AcquisitionPolicy:
    """An immutable, versioned snapshot that threads may share.

    Scores are normalised by an estimate of the task's scale, negated before where smaller is better.

    Attributes:
        acquisition: The algorithm.
        meta: The policy network's parameters.
        candidates: The configurations that it picks from.
        mean: Shape ``(n_candidates,)``: the belief's mean before the first trial.
        covariance: Shape ``(n_candidates, n_candidates)``.
        scale_prior: Where and how wide new tasks' scores are expected.
        roughness: By how much a score differs from that of a candidate nearby: variance per squared distance.
        larger_is_better: The metric's direction.
    """

    acquisition: LearnedAcquisition
    meta: Params
    candidates: Points
    mean: FloatArray
    covariance: FloatArray
    scale_prior: ScorePrior
    roughness: float
    larger_is_better: bool

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            InvalidInputError: If they don't agree, or a number isn't finite.
        """
        n = len(self.candidates)
        if self.mean.shape != (n,) or self.covariance.shape != (n, n):
            raise InvalidInputError("the belief isn't one over the candidates", field="mean", value=self.mean.shape)
        if not (np.isfinite(self.mean).all() and np.isfinite(self.covariance).all() and np.isfinite(self.roughness)):
            raise InvalidInputError("the belief must be finite", field="covariance")

    @property
    def version(self) -> str:
        """Name of the content: equal for equal snapshots."""
        return f"acquisition-1-{hashlib.sha256(self.to_bytes()).hexdigest()[:12]}"

    def predict(self, points: Points, scores: FloatArray, query: Points) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the query's scores, in the metric's units.

        A configuration that is no candidate is predicted as the nearest one; its deviation grows with the distance.

        Args:
            points: The new task's evaluated configurations; may be none.
            scores: Shape ``(n,)``, finite, in the metric's units.
            query: Configurations to judge.

        Returns:
            Two of shape ``(n_query,)``.

        Raises:
            InvalidInputError: On another number of columns than trained on, or a score that isn't finite.
        """
        mean, covariance, scale, _ = self._believe(points, scores)
        at, variance = self._nearest(query, "query")
        spread = np.sqrt(np.maximum(np.diag(covariance)[at], 0.0) + variance)
        restored, sd = scale.restore(mean[at], spread)
        return (restored if self.larger_is_better else -restored), sd

    def propose(self, points: Points, scores: FloatArray, *, n: int, failed: Points | None = None) -> IntArray:
        """Let the policy pick the candidates to evaluate next.

        A pick counts as if it had scored as believed, so that a batch is diverse.

        Args:
            points: The evaluated configurations; may be none.
            scores: Shape ``(n_evaluated,)``, finite, in the metric's units.
            n: From 1 to the number of candidates that were not tried.
            failed: Configurations that were tried in vain; they aren't picked either.

        Returns:
            Shape ``(n,)``: distinct rows of `candidates` in pick order, ties go low.

        Raises:
            InvalidInputError: On an ``n`` out of range, or what `predict` refuses.
        """
        n_failed = 0 if failed is None else len(failed)
        tried = self.tried(points)
        if failed is not None:
            tried |= self.tried(failed)
        if not 1 <= n <= int((~tried).sum()):
            raise InvalidInputError("n is out of range", field="n", value=n, limit=f"1..{int((~tried).sum())}")
        mean, covariance, _, normalised = self._believe(points, scores)
        best = float(normalised.max()) if len(normalised) else float(mean.min())
        belief = Belief.of(
            torch.tensor(mean, dtype=torch.float32)[None],
            torch.tensor(covariance, dtype=torch.float32)[None],
            best=torch.tensor([best], dtype=torch.float32),
            tried=torch.tensor(tried)[None],
        )
        inputs = torch.tensor(self.candidates.to_inputs(), dtype=torch.float32)[None]
        picks: list[int] = []
        with torch.no_grad():
            while True:
                step = len(points) + n_failed + len(picks)
                chosen = self.acquisition.scores(self.meta, inputs, belief, step).argmax(1)
                picks.append(int(chosen))
                if len(picks) == n:
                    return np.array(picks, dtype=np.intp)
                belief = belief.after(chosen, belief.mean[:, chosen[0]], self.acquisition.noise)

    def tried(self, points: Points) -> NDArray[np.bool_]:
        """Which candidates are among the points, shape ``(n_candidates,)``."""
        self._check(points, "points")
        found: NDArray[np.bool_] = np.any(squared_distances(points, self.candidates) < _SAME, axis=0)
        return found

    def _believe(self, points: Points, scores: FloatArray) -> tuple[FloatArray, FloatArray, ScaleEstimate, FloatArray]:
        """Mean and covariance of the candidates' normalised scores after the trials, the scale, the trials' own."""
        if scores.shape != (len(points),) or not np.isfinite(scores).all():
            raise InvalidInputError("every point needs a finite score", field="scores", value=scores.shape)
        scores = self.scale_prior.drawn_in(scores if self.larger_is_better else -scores)
        at, variance = self._nearest(points, "points")
        noise = self.acquisition.noise + variance
        gram = self.covariance[np.ix_(at, at)] + np.diag(noise)
        scale = self.scale_prior.estimate(scores, self.mean[at], np.sqrt(np.diag(gram)))
        normalised = scale.normalise(scores)
        gain = np.linalg.solve(gram, self.covariance[at]).T  # (n_candidates, n)
        mean = self.mean + gain @ (normalised - self.mean[at])
        return mean, self.covariance - gain @ self.covariance[at], scale, normalised

    def _nearest(self, points: Points, field: str) -> tuple[IntArray, FloatArray]:
        """The nearest candidate of each point, and the variance that its distance adds."""
        self._check(points, field)
        squared = squared_distances(points, self.candidates)
        return squared.argmin(1), self.roughness * squared.min(1)

    def _check(self, points: Points, field: str) -> None:
        n_columns = self.candidates.cube.shape[1]
        if points.cube.shape[1] != n_columns:
            raise InvalidInputError(
                "another number of columns than trained on", field=field, value=points.cube.shape[1], limit=n_columns
            )

    def to_bytes(self) -> bytes:
        """The snapshot as one safetensors file."""
        tensors = prefixed("policy", self.meta) | {
            "candidates.cube": torch.tensor(np.where(self.candidates.active, self.candidates.cube, 0.5)),
            "candidates.active": torch.tensor(self.candidates.active),
            "belief.mean": torch.tensor(self.mean),
            "belief.covariance": torch.tensor(self.covariance),
        }
        facts: dict[str, object] = {
            "scale_prior": asdict(self.scale_prior),
            "roughness": self.roughness,
            "larger_is_better": self.larger_is_better,
        }
        return to_file(self.acquisition, tensors, facts)

    @classmethod
    def from_bytes(cls, content: bytes) -> "AcquisitionPolicy":
        """Inverse of `to_bytes`.

        Raises:
            InvalidInputError: If the bytes aren't a learned acquisition's.
        """
        with refusing("a learned acquisition", "acquisition"):
            acquisition, tensors, facts = from_file(content)
            prior = facts.get("scale_prior")
            names = ("candidates.cube", "candidates.active", "belief.mean", "belief.covariance")
            if not isinstance(prior, dict) or not all(name in tensors for name in names):
                raise InvalidInputError(
                    "the file holds no trained acquisition", field="acquisition", value=sorted(facts)
                )
            check_parameters({name: value for name, value in tensors.items() if name != "candidates.active"})
            cube, active, mean, covariance = (tensors[name].numpy() for name in names)
            return cls(
                acquisition,
                parameters_in(acquisition, tensors, "policy"),
                Points(cube, active),
                mean,
                covariance,
                ScorePrior(**{name: float(value) for name, value in prior.items()}),
                float(str(facts["roughness"])),
                bool(facts["larger_is_better"]),
            )
