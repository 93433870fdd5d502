"""Explanations on the wire."""

from dataclasses import fields

from pydantic import Field, FiniteFloat, JsonValue

from warmtune.vocabulary.explanation import Explanation
from warmtune.vocabulary.metrics import Direction
from warmtune.wire import job_examples
from warmtune.wire.base import ResponseBody, with_example


class ExplanationResponse(ResponseBody):
    """Which configurations win on which kinds of tasks."""

    model_config = with_example(job_examples.EXPLANATION)

    search_space: str
    kind_group: str
    metric: str
    direction: Direction
    model_version: str
    by: str | None = Field(
        description="The parameter whose choices are compared, or null for regions of the search space"
    )
    sentence: str = Field(description="Explanation for the given task, else for all tasks")
    text: str = Field(description="The tree in ASCII, at most 80 columns wide")
    n_tasks: int = Field(description="Number of past tasks that it was learned from")
    regret: FiniteFloat = Field(
        description="Mean regret over these tasks when following the tree, against the best candidate"
    )
    tree: dict[str, JsonValue] = Field(
        description="`candidates`, and `root`: a question with `name`, `threshold`, `unknown_goes_above`, `above` and "
        "`at_most`, or a leaf with `candidate`, `n_tasks`, `n_wins` and `regret`"
    )

    def to_domain(self) -> Explanation:
        """The explanation."""
        return Explanation(
            sentence=self.sentence,
            text=self.text,
            by=self.by,
            n_tasks=self.n_tasks,
            regret=self.regret,
            tree=self.tree,
            metric=self.metric,
            direction=self.direction,
            model_version=self.model_version,
        )

    @classmethod
    def from_domain(cls, explanation: Explanation, *, search_space: str, kind_group: str) -> "ExplanationResponse":
        """The body of an explanation of a registered search space."""
        said = {field.name: getattr(explanation, field.name) for field in fields(explanation)}
        return cls.model_validate(said | {"search_space": search_space, "kind_group": kind_group})
