"""What a service takes as a search space: known here before it is asked."""

from optuna.distributions import BaseDistribution

from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.text import check_still
from warmtune.wire.spaces import SearchSpaceBody


def check_sendable(space: SearchSpace) -> None:
    """Check a new search space by the rules that services have for one.

    Raises:
        InvalidInputError: Naming the parameter that is refused.
    """
    check_still(space.parameters, field="search_space.parameters")
    SearchSpaceBody.from_domain(space).to_domain()


def is_usable(name: str, distribution: BaseDistribution) -> bool:
    """Whether a service takes a parameter: one that it refuses would cost a study all others, too."""
    return refusal(name, distribution) is None


def refusal(name: str, distribution: BaseDistribution) -> InvalidInputError | None:
    """Why no service takes a parameter, or None where services do."""
    try:
        check_sendable(SearchSpace({name: distribution}))
    except InvalidInputError as error:
        return error
    return None
