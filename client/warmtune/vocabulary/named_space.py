"""Search spaces under a name."""

from dataclasses import dataclass

from warmtune.vocabulary.space import SearchSpace


@dataclass(frozen=True, slots=True)
class NamedSearchSpace:
    """A search space that the service stores under a name.

    Attributes:
        name: As given on registration.
        search_space: The space itself.
        content_key: Equal for equal spaces.
        kinds: What kinds of task it is made for.
        shipped: Whether it belongs to the shipped catalogue.
        n_studies: Past studies over this definition, under whatever name; those over a former one aren't among them.
    """

    name: str
    search_space: SearchSpace
    content_key: str
    kinds: tuple[str, ...]
    shipped: bool
    n_studies: int
