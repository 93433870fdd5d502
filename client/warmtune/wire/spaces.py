"""Search spaces on the wire."""

from typing import Annotated

from pydantic import Field, model_validator

from warmtune.vocabulary.magnitudes import check_magnitudes
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.parameter_checks import MAX_CHOICES, MAX_PARAMETERS, check_all_choices
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.space_json import search_space_from_json
from warmtune.vocabulary.space_limits import MAX_ALIASES, MAX_CONDITIONS
from warmtune.vocabulary.task import TaskKind
from warmtune.wire import examples
from warmtune.wire.base import RequestBody, ResponseBody, WireValue, with_example
from warmtune.wire.pages import PageBody
from warmtune.wire.sizes import ItemLimit

_ANSWERED = frozenset({"name", "content_key", "search_space", "kinds", "shipped", "n_studies"})


class ConditionBody(RequestBody):
    """`parameter` is active only where `parent` has one of `values`."""

    parameter: str
    parent: str
    values: Annotated[list[WireValue], ItemLimit(MAX_CHOICES)]


class DistributionBody(RequestBody):
    """One distribution, exactly as `optuna.distributions.distribution_to_json` writes it."""

    name: str = Field(description="FloatDistribution, IntDistribution or CategoricalDistribution")
    attributes: Annotated[dict[str, WireValue | Annotated[list[WireValue], ItemLimit(MAX_CHOICES)]], ItemLimit(20)]


class SearchSpaceBody(RequestBody):
    """A search space: Optuna's distributions verbatim, with conditions, defaults and aliases."""

    model_config = with_example(examples.SEARCH_SPACE)

    parameters: Annotated[dict[str, DistributionBody], ItemLimit(MAX_PARAMETERS)]
    conditions: Annotated[list[ConditionBody], ItemLimit(MAX_CONDITIONS)] = []
    defaults: Annotated[dict[str, WireValue], ItemLimit(MAX_PARAMETERS)] = {}
    aliases: Annotated[dict[str, Annotated[list[str], ItemLimit(MAX_ALIASES)]], ItemLimit(MAX_PARAMETERS)] = {}

    def to_domain(self) -> SearchSpace:
        """The validated search space.

        Raises:
            InvalidSearchSpaceError: Naming the field.
            LimitExceededError: On more choices of all parameters together than a service compares.
        """
        space = search_space_from_json(self.model_dump(include=set(SearchSpaceBody.model_fields)))
        check_magnitudes(space)
        check_all_choices(space.parameters)
        return space

    @classmethod
    def from_domain(cls, space: SearchSpace) -> "SearchSpaceBody":
        """The body of a search space."""
        return cls.model_validate(space.to_json())


class SearchSpaceRegistration(SearchSpaceBody):
    """A search space to register; the body that GET returns is accepted too."""

    model_config = with_example(examples.SEARCH_SPACE)

    kinds: Annotated[list[TaskKind], ItemLimit(100)] | None = Field(
        default=None, description="Kinds of task that the search space is for; `?kind=` overrides it"
    )

    @model_validator(mode="before")
    @classmethod
    def unwrap(cls, body: object) -> object:
        """Take the search space out of a `RegisteredSearchSpace`; whatever else that says is the service's own."""
        if not isinstance(body, dict) or "search_space" not in body or not set(body) <= _ANSWERED:
            return body
        inner = body["search_space"]
        return {**inner, "kinds": body.get("kinds")} if isinstance(inner, dict) else body


class RegisteredSearchSpace(ResponseBody):
    """A search space that is stored under a name."""

    model_config = with_example(examples.STORED_SEARCH_SPACE)

    name: str
    content_key: str = Field(description="Hash of parameters and conditions")
    search_space: SearchSpaceBody
    kinds: list[str] = Field(description="Kinds of task that the search space is for")
    shipped: bool = Field(description="Whether it belongs to the shipped catalogue")
    n_studies: int = Field(default=0, description="Past studies over this definition, under whatever name")

    def to_domain(self) -> NamedSearchSpace:
        """The search space with its name."""
        return NamedSearchSpace(
            name=self.name,
            search_space=self.search_space.to_domain(),
            content_key=self.content_key,
            kinds=tuple(self.kinds),
            shipped=self.shipped,
            n_studies=self.n_studies,
        )

    @classmethod
    def from_domain(cls, named: NamedSearchSpace) -> "RegisteredSearchSpace":
        """The body of a search space that is stored under a name."""
        return cls(
            name=named.name,
            content_key=named.content_key,
            search_space=SearchSpaceBody.from_domain(named.search_space),
            kinds=list(named.kinds),
            shipped=named.shipped,
            n_studies=named.n_studies,
        )


class SearchSpacePage(PageBody[RegisteredSearchSpace, NamedSearchSpace]):
    """A page of search spaces."""

    model_config = with_example(examples.SEARCH_SPACE_PAGE)
