"""The tools: typed questions to the service, by the SDK's client, with its limits and its caller's key."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from warmtune.agents.answers import DescriptionAnswer, ReportAnswer, SpaceList, SpaceSummary
from warmtune.agents.caller_limits import Turns
from warmtune.agents.tables import TableFiles
from warmtune.client import Client
from warmtune.tables.description import describe_task, pack_table
from warmtune.vocabulary.dataset import TaskDescription
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import Direction
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.understanding import Understanding
from warmtune.wire.base import WireValue
from warmtune.wire.explanations import ExplanationResponse
from warmtune.wire.recommendations import RecommendationResponse, SuggestionsResponse
from warmtune.wire.spaces import SearchSpaceBody
from warmtune.wire.studies import TrialBody

MAX_ANSWERED: Final = 100
_MAX_TRIALS: Final = 1_000
_SPACES: Final = 500

TaskId = Annotated[str, Field(description="Identifier of a stored task, as `describe` returns it")]
StudyId = Annotated[str, Field(description="Identifier of a stored study, as `report` returns it")]
Space = Annotated[
    str | SearchSpaceBody,
    Field(description="A registered name (see `search_spaces`), or a search space: Optuna's distributions by name"),
]
Metric = Annotated[str | None, Field(description="By default accuracy, or r2 for regression")]
Way = Annotated[Direction | None, Field(description="Needed for a metric that Warmtune doesn't know")]
Count = Annotated[int, Field(ge=1, le=MAX_ANSWERED, description="Number of configurations")]
Pending = Annotated[list[dict[str, WireValue]], Field(description="Configurations that are being evaluated now")]


@dataclass(frozen=True, slots=True)
class Tools:
    """Answers one caller's questions; threads may share it.

    Attributes:
        client: With the caller's key.
        files: Tables that may be named.
        turns: Of a server with many callers: a table is described for valid keys only, and few at a time. None where
            the caller has started the server.
    """

    client: Client
    files: TableFiles
    turns: Turns | None = None

    def search_spaces(self) -> SpaceList:
        """List the registered search spaces, which other tools take by name."""
        page = self.client.list_search_spaces(limit=_SPACES)
        return SpaceList(
            search_spaces=[
                SpaceSummary(
                    name=one.name,
                    kinds=list(one.kinds),
                    parameters=list(one.search_space.parameters),
                    n_studies=one.n_studies,
                )
                for one in page.items
            ]
        )

    def describe(
        self,
        target: Annotated[str, Field(description="Name of the column to predict")],
        *,
        path: Annotated[str | None, Field(description="A file: CSV, Parquet, Arrow, a workbook, JSON, ARFF")] = None,
        csv: Annotated[
            str | None, Field(description="A small table as CSV text with a header, instead of a file")
        ] = None,
        kind: Annotated[TaskKind | None, Field(description="By default inferred from the target")] = None,
        name: Annotated[str | None, Field(description="Name of the task for people")] = None,
        keep: Annotated[bool, Field(description="Store the task, so that the other tools can use it")] = True,
        upload: Annotated[
            bool, Field(description="Send the table to the service; otherwise no row leaves this machine")
        ] = False,
        with_meta_features: Annotated[bool, Field(description="Also return all meta-features")] = False,
    ) -> DescriptionAnswer:
        """Describe a dataset by its meta-features; do this first: the other tools need its task_id.

        Rows are read on this machine and stay here unless `upload` is set; the service stores meta-features only.
        """
        if upload and not keep:
            raise InvalidInputError(
                "a table that the service describes is always stored", field="keep", value=keep, limit="true"
            )
        with self.files.opened(path, csv) as file:
            if upload:
                stored = self.client.create_task(pack_table(file, target, kind=kind, name=name))
                task_id: str | None = stored.task_id
                described = TaskDescription(stored.kind, stored.meta_features, understanding=stored.understanding)
            else:
                with self._turn():
                    described = describe_task(file, target, kind=kind, name=name)
                task_id = self.client.create_task(described).task_id if keep else None
        return _described(task_id, described, with_meta_features=with_meta_features)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Work of this process for a caller of the service: for its own user at once, for others if they may call."""
        if self.turns is None:
            yield
            return
        self.client.list_search_spaces(limit=1)  # the service knows keys and their limits, this process doesn't
        with self.turns.table():
            yield

    def recommend(
        self,
        task_id: TaskId,
        search_space: Space,
        *,
        metric: Metric = None,
        direction: Way = None,
        n: Count = 10,
        time_budget_s: Annotated[
            float | None, Field(gt=0, description="Seconds for all configurations together")
        ] = None,
        explain: Annotated[
            bool, Field(description="Also explain which configurations usually win on such tasks")
        ] = True,
    ) -> RecommendationResponse:
        """The configurations to try first for a task without trials, in order, with the past tasks they come from."""
        answer = self.client.recommend(
            task_id,
            _space(search_space),
            metric=metric,
            direction=direction,
            n=n,
            time_budget_s=time_budget_s,
            explain=explain,
        )
        return RecommendationResponse.from_domain(answer)

    def report(
        self,
        trials: Annotated[list[TrialBody], Field(min_length=1, max_length=_MAX_TRIALS)],
        *,
        study_id: Annotated[
            str | None, Field(description="Identifier of a stored study; without it a new one is started")
        ] = None,
        task_id: Annotated[str | None, Field(description="Task of a new study")] = None,
        search_space: Annotated[str | SearchSpaceBody | None, Field(description="Search space of a new study")] = None,
        metric: Metric = None,
        direction: Way = None,
        name: Annotated[str | None, Field(description="Name of a new study, for people")] = None,
    ) -> ReportAnswer:
        """Report trials, so that suggestions and later recommendations learn from them.

        Idempotent by number within a study; parameters must be those of its search space.
        """
        if study_id is None:
            if task_id is None or search_space is None:
                raise InvalidInputError(
                    "a new study needs a task_id and a search_space; for a stored study, pass its study_id",
                    field="study_id",
                    limit="a study_id, or a task_id and a search_space",
                )
            space = _space(search_space)
            made = self.client.create_study(task_id, space, metric=metric, direction=direction, name=name)
            study_id = made.study_id
        receipt = self.client.report_trials(study_id, [body.to_domain() for body in trials])
        return ReportAnswer(
            study_id=receipt.study_id,
            accepted=receipt.accepted,
            unchanged=receipt.unchanged,
            n_trials=receipt.n_trials,
            quarantined=[f"trial {one.number}: {one.reason}" for one in receipt.quarantined],
        )

    def suggest(self, study_id: StudyId, *, n: Count = 1, pending: Pending = []) -> SuggestionsResponse:  # noqa: B006  # the SDK copies defaults
        """The next configurations of a study, given the trials that were reported to it."""
        answer = self.client.suggestions(study_id, n=n, pending=pending)
        return SuggestionsResponse.from_domain(answer, study_id=study_id)

    def explain(
        self,
        search_space: Annotated[str, Field(description="A registered name")],
        kind: Annotated[TaskKind, Field(description="The kind of task")],
        *,
        metric: Metric = None,
        direction: Way = None,
        task_id: Annotated[str | None, Field(description="A stored task that the sentence is about")] = None,
        by: Annotated[str | None, Field(description="A categorical parameter whose choices are compared")] = None,
    ) -> ExplanationResponse:
        """Which configurations win on which kinds of tasks: a sentence and a shallow tree over meta-features."""
        found = self.client.explain(search_space, kind=kind, metric=metric, direction=direction, task_id=task_id, by=by)
        group = "classification" if kind.is_classification else "regression"
        return ExplanationResponse.from_domain(found, search_space=search_space, kind_group=group)


def _space(given: str | SearchSpaceBody) -> str | SearchSpace:
    return given if isinstance(given, str) else given.to_domain()


def _described(task_id: str | None, described: TaskDescription, *, with_meta_features: bool) -> DescriptionAnswer:
    understood = described.understanding
    return DescriptionAnswer(
        task_id=task_id,
        kind=described.kind,
        kind_reason="" if understood is None else understood.kind_reason,
        n_rows=0 if understood is None else understood.n_rows,
        columns={} if understood is None else _roles(understood),
        notices=[] if understood is None else [notice.text for notice in understood.notices],
        meta_features=dict(described.meta_features.values) if with_meta_features else {},
    )


def _roles(understood: Understanding) -> dict[str, int]:
    return dict(Counter(str(column.role) for column in understood.columns))
